"""What boards are kept as."""

from __future__ import annotations

from typing import Any

from django import forms

from incidents.forms.fields import ActForm
from incidents.models import Export, SavedFilter
from teams.forms import field_of
from teams.models import Team, User


class SavedFilterForm(ActForm):
    name = forms.CharField(required=False, max_length=80, label="Name")
    shared = forms.ChoiceField(choices=SavedFilter.Shared.choices, label="Who sees it", widget=forms.RadioSelect)
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label="Team", empty_label="Choose …", help_text="Only for “A team”."
    )
    opens = forms.BooleanField(required=False, label="Open my incidents with it")

    def __init__(self, data: Any = None, *, user: User, saved: SavedFilter | None = None) -> None:
        first = {"name": saved.name, "shared": saved.shared, "team": saved.team_id} if saved else {"shared": "nobody"}
        super().__init__(data, initial=first)
        field_of(self, "team", forms.ModelChoiceField).queryset = Team.objects.filter(memberships__user=user)
        if saved is not None:
            del self.fields["opens"]


class WallForm(ActForm):
    name = forms.CharField(required=False, max_length=80, label="Where the screen hangs")
    teams = forms.ModelMultipleChoiceField(
        Team.objects.all(),
        required=False,
        label="Teams",
        widget=forms.CheckboxSelectMultiple,
        help_text="Whose incidents and duty it shows. None: all.",
    )


class ExportForm(ActForm):
    form = forms.ChoiceField(choices=Export.Form.choices, initial="csv", label="Format", widget=forms.RadioSelect)
    timelines = forms.BooleanField(required=False, label="With the timelines (JSON only)")
