"""The form of time off, and the filters of its list."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from teams.forms import Refusable, field_of
from teams.hours import instant
from teams.models import Team, TimeOff, User

DAY = timedelta(days=1)


class TimeOffFilter(forms.Form):
    q = forms.CharField(
        required=False, max_length=200, label="Person or note", widget=forms.TextInput({"type": "search"})
    )
    show = forms.ChoiceField(required=False, label="Show", choices=[("", "Mine"), ("teams", "Everybody's I manage")])
    when = forms.ChoiceField(
        required=False, label="When", choices=[("", "Now and to come"), ("past", "Over"), ("all", "Any time")]
    )
    team = forms.ModelChoiceField(
        Team.objects.none(), required=False, label="Team", to_field_name="slug", empty_label="Any"
    )

    def __init__(self, *args: Any, teams: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not teams.exists():
            del self.fields["show"], self.fields["team"]
            return
        field_of(self, "team", forms.ModelChoiceField).queryset = teams.order_by("name")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class TimeInput(forms.TimeInput):
    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class TimeOffForm(Refusable):
    """Days on the reader's clock, whole ones unless a time is given."""

    user = forms.ModelChoiceField(User.objects.none(), label="Who is away", empty_label=None)
    first_day = forms.DateField(label="First day", widget=DayInput)
    from_time = forms.TimeField(label="From", required=False, widget=TimeInput)
    last_day = forms.DateField(label="Last day", widget=DayInput)
    until_time = forms.TimeField(label="Until", required=False, widget=TimeInput)
    note = forms.CharField(
        required=False,
        max_length=TimeOff._meta.get_field("note").max_length,
        help_text="Only you, managers of your teams and administrators read it.",
    )

    def __init__(
        self, data: Any, *, people: Any, row: TimeOff | None = None, initial: dict[str, Any] | None = None
    ) -> None:
        super().__init__(data, initial=_days(row) if row else initial)
        self.row = row
        field_of(self, "user", forms.ModelChoiceField).queryset = people
        if row is not None or len(people[:2]) < 2:
            del self.fields["user"]
        self.fields["from_time"].help_text = "Empty: from midnight."
        self.fields["until_time"].help_text = "Empty: to the end of that day."
        if row is not None and row.starts_at <= timezone.now():
            for name in ("first_day", "from_time"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        found = self.cleaned_data
        for name in ("first_day", "last_day"):
            if (day := found.get(name)) and not 2000 <= day.year <= 2199:
                self.add_error(name, "Give a year from 2000 to 2199.")
        if self.errors:
            return found
        zone = timezone.get_current_timezone_name()
        start = instant(datetime.combine(found["first_day"], found.get("from_time") or time.min), zone)
        if self.row is not None and self.fields["first_day"].disabled:
            start = self.row.starts_at
        last, until = found["last_day"], found.get("until_time")
        end = instant(datetime.combine(last, until) if until else datetime.combine(last + DAY, time.min), zone)
        given = {"starts_at": start, "ends_at": end, "note": found.get("note", "")}
        return given | ({"user": found["user"]} if "user" in found else {})

    def places(self) -> dict[str, str]:
        return {"starts_at": "first_day", "ends_at": "last_day"}


def _days(row: TimeOff) -> dict[str, Any]:
    """A time off as the form says it."""
    start, end = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
    whole_end = end.time() == time.min
    return {
        "first_day": start.date(),
        "from_time": None if start.time() == time.min else start.time(),
        "last_day": end.date() - DAY if whole_end else end.date(),
        "until_time": None if whole_end else end.time(),
        "note": row.note,
    }


def said(row: TimeOff) -> str:
    """On the reader's clock: whole days as days, anything else with its times."""
    start, end = timezone.localtime(row.starts_at), timezone.localtime(row.ends_at)
    if start.time() == end.time() == time.min:
        last = end.date() - DAY
        first = f"{start:%a} {start.day} {start:%b %Y}"
        return first if last <= start.date() else f"{first} to {last:%a} {last.day} {last:%b %Y}"
    return " to ".join(f"{at:%a} {at.day} {at:%b %Y}, {at:%H:%M}" for at in (start, end))
