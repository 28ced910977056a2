"""What a drill is asked for with, and the filters of the list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet

from comms.models import Drill
from teams import permits
from teams.forms import ClockField, Refusable, field_of
from teams.models import Schedule, User

NOW, LATER = "now", "later"


class DrillFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Schedule, team or note", widget=forms.TextInput({"type": "search"})
    )
    schedule = forms.ModelChoiceField(Schedule.objects.none(), required=False, label="Schedule", empty_label="Any")
    state = forms.ChoiceField(required=False, label="State", choices=[("", "Any"), *Drill.State.choices])

    def __init__(self, *args: Any, schedules: QuerySet[Schedule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field_of(self, "schedule", forms.ModelChoiceField).queryset = schedules


class DrillForm(Refusable):
    """A drill of one of the schedules that `user` keeps, at once or at a time on the clock of `zone`."""

    # An empty time is an answer: at once.
    either = ("starts_at",)

    schedule = forms.ModelChoiceField(Schedule.objects.none(), label="Schedule", empty_label="Choose …")
    audience = forms.ChoiceField(
        label="Whom to call", choices=Drill.Audience.choices, initial=Drill.Audience.ROTATION, widget=forms.RadioSelect
    )
    when = forms.ChoiceField(
        label="When",
        choices=[(NOW, "At once"), (LATER, "At the time below")],
        initial=NOW,
        widget=forms.RadioSelect,
    )
    starts_at = ClockField(label="Time", required=False)
    repeats = forms.ChoiceField(
        label="Repeat",
        choices=Drill.Repeats.choices,
        initial=Drill.Repeats.NEVER,
        help_text="At the same time on the clock of the schedule.",
    )
    minutes = forms.IntegerField(
        label="Minutes to answer",
        initial=15,
        min_value=Drill.SHORTEST,
        max_value=Drill.LONGEST,
        help_text="What is confirmed later is recorded as late.",
    )
    note = forms.CharField(
        required=False,
        max_length=Drill._meta.get_field("note").max_length,
        help_text="Everybody who is called reads it, for example: the quarterly drill, back to bed.",
    )

    def __init__(self, data: Mapping[str, Any] | None, *, user: User, zone: str, initial: dict[str, Any]) -> None:
        super().__init__(data, initial=initial)
        teams = permits.teams_where(user, "drill.start")
        schedules = Schedule.objects.filter(team__in=teams).select_related("team")
        field_of(self, "schedule", forms.ModelChoiceField).queryset = schedules
        clock = field_of(self, "starts_at", ClockField)
        clock.zone, clock.help_text = zone, f"In {zone}"

    def clean(self) -> dict[str, Any]:
        """As `actions.drills.plan` takes it."""
        found = self.cleaned_data
        if found.pop("when", NOW) == NOW:
            found["starts_at"] = None
            self.errors.pop("starts_at", None)
        elif not found.get("starts_at") and "starts_at" not in self.errors:
            self.add_error("starts_at", "Give the time at which it should start, or choose “At once”.")
        return found


def previewed(given: Mapping[str, Any], schedules: QuerySet[Schedule]) -> tuple[Schedule | None, str]:
    """Which schedule and audience a form names so far, as far as they can be told."""
    number, audience = str(given.get("schedule") or ""), str(given.get("audience") or Drill.Audience.ROTATION)
    known = number.isascii() and number.isdecimal() and len(number) < 10
    schedule = schedules.filter(pk=int(number)).first() if known else None
    return schedule, audience if audience in Drill.Audience.values else Drill.Audience.ROTATION
