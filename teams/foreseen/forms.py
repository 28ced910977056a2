"""What the page of warnings is narrowed to."""

from __future__ import annotations

from django import forms
from django.db.models import Q, QuerySet

from teams.foreseen import reading
from teams.models import RosterWarning, Team


class WarningFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Words", widget=forms.TextInput({"type": "search", "maxlength": 200})
    )
    team = forms.ModelChoiceField(
        Team.objects.order_by("name"), required=False, to_field_name="slug", empty_label="All teams"
    )
    kind = forms.ChoiceField(required=False, label="What", choices=[("", "Anything"), *RosterWarning.Kind.choices])
    state = forms.ChoiceField(required=False, label="Show", choices=[("", "What is ahead"), ("gone", "What is over")])

    def narrow(self, found: QuerySet[RosterWarning]) -> QuerySet[RosterWarning]:
        """The rows that are asked for; what makes no sense is left out."""
        self.is_valid()
        given = self.cleaned_data
        if given.get("state"):
            found = found.exclude(gone_at=None).order_by("-gone_at", "-pk")
        else:
            found = found.filter(gone_at=None)
        if team := given.get("team"):
            found = found.filter(team=team)
        if kind := given.get("kind"):
            found = found.filter(kind=kind)
        for word in given.get("q", "").split()[:8]:
            found = found.filter(Q(text__icontains=word) | Q(team__name__icontains=word))
        return found if given.get("team") or given.get("state") else reading.once(found)
