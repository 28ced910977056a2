"""Rotations to start from: what a press of a button fills in. Without script the fields are filled in by hand."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms

from teams.calendar import monday

WEEK, DAY = {"every": 1, "kind": "week"}, {"every": 1, "kind": "day"}
ALL_DAYS, WORKDAYS = "0,1,2,3,4,5,6", "0,1,2,3,4"


@dataclass(frozen=True, slots=True)
class Pattern:
    """`layers`: values of the form's fields, lowest layer first; `hours` is days, from and to, as in "0,1 09:00
    17:00"."""

    name: str
    does: str
    layers: tuple[dict[str, Any], ...]


def _around_the_clock(name: str, zone: str) -> dict[str, Any]:
    # An hour more than a third of a day: clocks change on different days around the world, and a gap must not open.
    return {**WEEK, "name": name, "handoff_time": "08:00", "time_zone": zone, "hours": f"{ALL_DAYS} 08:00 17:00"}


PATTERNS = (
    Pattern("Daily at 09:00", "Somebody else every day.", ({**DAY, "handoff_time": "09:00"},)),
    Pattern("Weekly on Monday", "A week each, from Monday at 09:00.", ({**WEEK, "handoff_time": "09:00"},)),
    Pattern("Every two weeks", "Two weeks each, from a Monday.", ({**WEEK, "every": 2, "handoff_time": "09:00"},)),
    Pattern(
        "Monthly",
        "A month each, from the first.",
        ({"every": 1, "kind": "month", "handoff_time": "09:00", "from": "month"},),
    ),
    Pattern(
        "12-hour day and night shifts",
        "Hand over at 08:00 and 20:00. With an even number of people, the same have the nights.",
        ({"every": 12, "kind": "hour", "handoff_time": "08:00"},),
    ),
    Pattern(
        "Business hours and nights",
        "One rotation for nights and weekends, another above it from Monday to Friday, 09:00 to 17:00.",
        (
            {**WEEK, "name": "Nights and weekends", "handoff_time": "09:00"},
            {**WEEK, "name": "Business hours", "handoff_time": "09:00", "hours": f"{WORKDAYS} 09:00 17:00"},
        ),
    ),
    Pattern(
        "Follow the sun",
        "Three rotations, each by day on its own clock.",
        (
            _around_the_clock("Americas", "America/Los_Angeles"),
            _around_the_clock("Europe", "Europe/London"),
            _around_the_clock("Asia", "Asia/Singapore"),
        ),
    ),
)


def filled_in(pattern: Pattern, today: date) -> list[dict[str, Any]]:
    """The values of each layer's fields, with its first hand-over."""
    month = today.replace(day=1).isoformat()
    return [
        {key: value for key, value in each.items() if key != "from"}
        | {"anchor_date": month if each.get("from") == "month" else monday(today).isoformat()}
        for each in pattern.layers
    ]


class PatternWidget(forms.Widget):
    """Buttons; sends nothing."""

    template_name = "teams/widgets/patterns.html"
    today: date = date.min

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["patterns"] = [(each, json.dumps(filled_in(each, self.today))) for each in PATTERNS]
        return context

    def id_for_label(self, id_: str) -> str:
        return ""

    def use_required_attribute(self, initial: Any) -> bool:
        return False
