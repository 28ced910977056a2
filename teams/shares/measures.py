"""What is counted of a person's share: once for the table, the chart and the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from teams.loads import Share


@dataclass(frozen=True, slots=True)
class Measure:
    """`value` in hours or as a count; `also` is a second figure."""

    key: str
    label: str
    value: Callable[[Share], float]
    unit: str = ""
    also: Callable[[Share], float] | None = None
    also_unit: str = ""

    def text(self, share: Share) -> str:
        return self.said(self.value(share))

    def said(self, value: float) -> str:
        return figure(value) + (f" {self.unit}" if self.unit else "")

    def also_text(self, share: Share) -> str:
        if self.also is None:
            return ""
        return f"{figure(self.also(share))} {self.also_unit}"


def in_hours(length: timedelta) -> float:
    return length / timedelta(hours=1)


def figure(value: float) -> str:
    """1234.56 as "1,234.6", 12.0 as "12"."""
    return f"{value:,.1f}".removesuffix(".0")


MEASURES = (
    Measure("hours", "Hours", lambda s: in_hours(s.load.total), "h"),
    Measure("nights", "Nights", lambda s: len(s.load.nights), "", lambda s: in_hours(s.load.night), "h"),
    Measure("weekends", "Weekends", lambda s: len(s.load.weekends), "", lambda s: in_hours(s.load.weekend), "h"),
    Measure("holidays", "Holidays", lambda s: len(s.load.holidays), "", lambda s: in_hours(s.load.holiday), "h"),
    Measure("pages", "Pages answered", lambda s: s.answered, "", lambda s: s.paged, "sent"),
)
BY_KEY = {measure.key: measure for measure in MEASURES}


def sort(rows: tuple[Share, ...], order: str) -> tuple[list[Share], str]:
    """`rows` by `order`, a measure's key (most first, with a minus least first) or "name"; and the order that it is."""
    backwards, key = order.startswith("-"), order.removeprefix("-")
    if key == "name":
        return sorted(rows, key=lambda s: s.user.name.casefold(), reverse=backwards), order
    if key not in BY_KEY:
        backwards, key = False, "hours"
    value = BY_KEY[key].value
    found = sorted(rows, key=lambda s: (-value(s), s.user.name.casefold()), reverse=backwards)
    return found, f"-{key}" if backwards else key
