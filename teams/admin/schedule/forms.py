"""The forms of a schedule's page: the schedule itself, a layer, and somebody who stands in."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, ClassVar

from django import forms
from django.utils import timezone

from teams.admin.live import NumberedForm, Refusable
from teams.admin.schedule.patterns import PatternWidget
from teams.admin.widgets import CrewsField, HoursField, ZoneSelect
from teams.calendar import monday
from teams.forms import ClockField
from teams.models import Layer, Override, Schedule
from teams.versions import said_moment

NEXT, AT = "next", "at"


class ScheduleForm(Refusable):
    # Since when what the form shows is to count, where that is later than the running shift's end.
    pending_at: ClassVar[datetime | None] = None

    pattern = forms.Field(
        required=False,
        widget=PatternWidget,
        label="Start from",
        help_text="Fills in the layers below; change there what is different with you.",
    )
    effect = forms.ChoiceField(
        required=False, label="Takes effect", choices=[(NEXT, ""), (AT, "At this time:")], widget=forms.RadioSelect
    )
    effective_at = ClockField(
        required=False,
        label="Time",
        help_text="Only where “At this time” is chosen. What ran before, and the running shift, stay as they are.",
    )

    class Meta:
        model = Schedule
        fields = ("team", "name", "time_zone", "country")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        patterns = self.fields["pattern"].widget
        assert isinstance(patterns, PatternWidget)
        patterns.today = timezone.localdate()
        if self.instance.pk is not None:
            self.fields["pattern"].label = "Add layers from"
        if self.pending_at is None:
            self.initial.setdefault("effect", NEXT)
        else:
            # Somebody who adds to what is pending does not mean to bring it forward.
            self.initial.update(effect=AT, effective_at=self.pending_at)
            self.fields["effective_at"].help_text += " A change is pending from this time: leave it to add to that one."

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("effect") != AT:
            found["effective_at"] = None
        elif not found.get("effective_at") and "effective_at" not in self.errors:
            self.add_error("effective_at", "Give the date and time at which the change takes effect.")
        return found


class LayerForm(NumberedForm):
    rota = CrewsField(
        noun="person",
        label="People, in order",
        required=False,
        help_text="They take turns from the first to the last, then from the first again. Tick “together with the one "
        "above” where several stand one shift; the first of them is the primary.",
    )
    restrictions = HoursField(
        label="Only at these hours",
        required=False,
        help_text="Leave empty for around the clock. An end at or before the start is on the next day: 20:00 to 08:00 "
        "is a night, 00:00 to 00:00 a whole day.",
    )
    ends_at = ClockField(
        label="Ends", required=False, help_text="Empty: runs on. On the schedule's clock, as everything on this page."
    )

    class Meta:
        model = Layer
        fields = (
            *("name", "position", "every", "kind", "anchor_date", "handoff_time", "restrictions", "holidays"),
            *("time_zone", "ends_at"),
        )
        labels: ClassVar[dict[str, str]] = {
            "every": "Hand over every",
            "kind": "Period",
            "anchor_date": "First hand-over",
            "handoff_time": "At",
            "holidays": "Public holidays",
            "time_zone": "On the clock of",
        }
        help_texts: ClassVar[dict[str, str]] = {
            "every": "",
            "anchor_date": "Turns are counted from this day, when the first person starts. Weeks hand over on its "
            "weekday, months on its day.",
            "handoff_time": "Local time of every hand-over; hours are counted from it.",
            "holidays": "Those of the schedule's country, on the layer's clock.",
            "time_zone": "Its hand-overs and hours follow this clock, also when it changes to summer time.",
        }
        widgets: ClassVar[dict[str, Any]] = {
            "anchor_date": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "handoff_time": forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
            "every": forms.NumberInput(attrs={"class": "wb-short", "min": 1}),
            "time_zone": ZoneSelect(blank="the schedule"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].label = "Layer number"
        self.fields["position"].help_text = "Where two layers are on, the higher number wins. Empty: on top."
        if self.instance.pk is None:
            self.initial.setdefault("anchor_date", monday(timezone.localdate()))
            self.initial.setdefault("handoff_time", time(9))
            return
        crews: dict[int, list[int]] = {}
        for member in sorted(self.instance.rota.all(), key=lambda m: (m.position, m.pk)):
            crews.setdefault(member.position, []).append(member.user_id)
        self.initial["rota"] = list(crews.values())
        now = timezone.now()
        if self.instance.starts_at and self.instance.starts_at > now:
            starts = said_moment(self.instance.starts_at, timezone.get_current_timezone_name(), now)
            self.fields["name"].help_text = f"Pending: what is below counts from {starts}."


class OverrideForm(Refusable):
    starts_at = ClockField(label="From")
    ends_at = ClockField(label="Until")

    class Meta:
        model = Override
        fields = ("user", "replaces", "starts_at", "ends_at", "reason")
        labels: ClassVar[dict[str, str]] = {"user": "Who stands in", "replaces": "Instead of"}
        help_texts: ClassVar[dict[str, str]] = {"replaces": "", "reason": ""}

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or self.cleaned_data
        start, end = found.get("starts_at"), found.get("ends_at")
        if start and end and end <= start:
            self.add_error("ends_at", "It ends before it starts. Give an end after the start.")
        return found
