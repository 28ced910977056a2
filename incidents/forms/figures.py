"""Which incidents figures are of, as their filter bar asks."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

from incidents.figures import drawing
from incidents.figures.asking import Asked
from incidents.models import IncidentType, Severity
from teams.forms import NamedField
from teams.models import Service, Team, User

USUAL = "90"
PERIODS = [
    ("30", "Last 30 days"),
    ("90", "Last 90 days"),
    ("quarter", "This quarter"),
    ("last", "Last quarter"),
    ("365", "Last 365 days"),
]
# Figures that count by kind.
OF_KINDS = ("by_change", "mitigations", "promises_kept", "action_items", "load")
LONGEST = timedelta(days=3660)
DAY = timedelta(days=1)


def quarter_of(day: date) -> tuple[date, date]:
    """The first days of the quarter in which a day lies, and of the next."""
    first = day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return first, (first + timedelta(days=95)).replace(day=1)


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


class FigureFilter(forms.Form):
    """A value that makes no sense is left out rather than refused. Days that are given go before the period."""

    period = forms.ChoiceField(required=False, label="Time", choices=PERIODS)
    since = forms.DateField(required=False, label="Detected from", widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, label="Detected until", widget=forms.DateInput({"type": "date"}))
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    service = NamedField(Service.objects.all(), required=False, empty_label="Any service")
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    type = NamedField(IncidentType.objects.all(), required=False, empty_label="Any type")

    def __init__(self, data: Any, now: datetime) -> None:
        given = data.copy()
        given.setdefault("period", USUAL)
        super().__init__(given)
        self.now = now
        self.is_valid()

    @property
    def narrows(self) -> bool:
        return any(self.cleaned_data.get(name) for name in ("team", "service", "severity", "type"))

    @property
    def query(self) -> dict[str, str]:
        """What was asked for and makes sense, for links."""
        return {
            name: str(getattr(value, "pk", value)) for name in self.fields if (value := self.cleaned_data.get(name))
        }

    def asked(self) -> Asked:
        given = self.cleaned_data
        since, until = self._days()
        names = ("team", "service", "severity", "type")
        return Asked(midnight(since), midnight(until + DAY), **{name: given.get(name) for name in names})

    def _days(self) -> tuple[date, date]:
        """The first and the last day."""
        given, today = self.cleaned_data, timezone.localdate(self.now)
        period = given.get("period") or USUAL
        if period in ("quarter", "last"):
            first, beyond = quarter_of(today)
            if period == "last":
                first, beyond = quarter_of(first - DAY)
            usual = first, min(beyond - DAY, today)
        else:
            usual = today - timedelta(days=int(period)) + DAY, today
        until = _sensible(given.get("until")) or usual[1]
        since = _sensible(given.get("since")) or (usual[0] if usual[0] <= until else until - timedelta(days=90))
        if since > until:
            since, until = until, since
        return max(since, until - LONGEST), until


class FigureListFilter(FigureFilter):
    """`FigureFilter` of a list of incidents, which is searched too."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(
        required=False,
        label="Values",
        choices=[
            ("", "All values"),
            ("recorded", "Recorded"),
            ("pending", "Pending"),
            ("not_applicable", "Not applicable"),
            ("invalid", "Invalid"),
        ],
    )
    phase = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    # What a part of a picture leads to: of what kind, whose, when it came, and how long it took, in seconds.
    kind = forms.CharField(required=False, max_length=16, widget=forms.HiddenInput)
    person = forms.ModelChoiceField(User.objects.all(), required=False, widget=forms.HiddenInput)
    first = forms.DateField(required=False, widget=forms.HiddenInput)
    last = forms.DateField(required=False, widget=forms.HiddenInput)
    least = forms.IntegerField(required=False, min_value=0, max_value=10**10, widget=forms.HiddenInput)
    most = forms.IntegerField(required=False, min_value=0, max_value=10**10, widget=forms.HiddenInput)
    field_order = ("q", "state")

    def clean_first(self) -> date | None:
        return _sensible(self.cleaned_data["first"])

    def clean_last(self) -> date | None:
        return _sensible(self.cleaned_data["last"])

    def part(self, slug: str) -> str:
        """What part of that figure's picture it is, in words; empty for all of it."""
        given, said = self.cleaned_data, []
        if slug in OF_KINDS and (kind := given.get("kind")):
            said.append(kind.replace("_", " "))
        if slug == "load" and (person := given.get("person")):
            said.append(person.name)
        least, most = given.get("least"), given.get("most")
        if most is not None:
            said.append(f"{drawing.spelled(least or 0)} to less than {drawing.spelled(most)}")
        elif least:
            said.append(f"{drawing.spelled(least)} or more")
        first, last = given.get("first"), given.get("last")
        if first and last:
            said.append(f"{first.day} {first:%b} to {last.day} {last:%b %Y}")
        return ", ".join(said)


def _sensible(day: date | None) -> date | None:
    return day if day is not None and 1970 <= day.year <= 2999 else None
