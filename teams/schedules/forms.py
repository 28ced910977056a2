"""The forms of a schedule's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from teams.forms import ClockField, field_of, people_choices
from teams.models import Override, Schedule, User


class CoverForm(forms.Form):
    """A time on the clock of `zone`, and who stands in then for whom. `asks`: a swap is asked for in that time, so that
    nobody has to be named. `rota`: whom somebody may stand in for."""

    starts_at = ClockField(label="From")
    ends_at = ClockField(label="Until")
    user = forms.ModelChoiceField(User.objects.none(), label="Who stands in", empty_label="Choose …")
    replaces = forms.ModelChoiceField(
        User.objects.none(), label="For whom", required=False, empty_label="Everybody who is on call then"
    )
    reason = forms.CharField(
        required=False,
        max_length=Override._meta.get_field("reason").max_length,
        help_text="For example: dentist, holiday.",
    )

    def __init__(
        self, *args: Any, schedule: Schedule, zone: str, rota: Iterable[User], asks: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        stand_in, replaces = (field_of(self, name, forms.ModelChoiceField) for name in ("user", "replaces"))
        stand_in.queryset = User.objects.present()
        stand_in.choices = people_choices(schedule.team_id)
        stand_in.required = not asks
        here = [user for user in rota if user.is_active]
        replaces.queryset = User.objects.filter(pk__in=[user.pk for user in here])
        replaces.choices = [
            ("", "Everybody who is on call then"),
            *((user.pk, user.name) for user in sorted(here, key=lambda user: user.name.casefold())),
        ]
        for name in ("starts_at", "ends_at"):
            field_of(self, name, ClockField).zone = zone

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        start, end = found.get("starts_at"), found.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", "It ends before it starts. Give an end after the start.")
        return found


class KnownForm(forms.Form):
    """A moment on the clock of `zone`: the roster as it was known then."""

    known = ClockField(label="As it was known at")

    def __init__(self, *args: Any, zone: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "known", ClockField).zone = zone
