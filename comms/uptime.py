"""How a component was, day by day, from what was published about it. Pure; the clock is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DAYS = 90
OPERATIONAL = "operational"
# How much of an outage counts as time down. What is slow, or taken down by plan, is up.
DOWN = {"major_outage": 1.0, "partial_outage": 0.3}
WORST_FIRST = ("major_outage", "partial_outage", "degraded_performance", "under_maintenance", OPERATIONAL)


@dataclass(frozen=True, slots=True)
class Change:
    """At `at` a component went from one state to another."""

    at: datetime
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Spell:
    """A component was in one state, from `start` until before `end`."""

    status: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A day in the page's zone: how long (seconds) it was in which state other than operational. `known` is False
    before anybody watched it."""

    day: date
    trouble: dict[str, float]
    known: bool = True

    @property
    def worst(self) -> str:
        return next((status for status in WORST_FIRST if self.trouble.get(status)), OPERATIONAL)


def spells(changes: Iterable[Change], current: str, start: datetime, now: datetime) -> list[Spell]:
    """What the changes since `start` say of the time from then until now; the state before the first is what that one
    changed. Where the last of them is not what it is now, somebody set it by hand, and nobody knows when: it counts
    from the last change."""
    ordered = sorted((each for each in changes if each.at < now), key=lambda each: each.at)
    if not ordered:
        return [Spell(current, start, now)]
    found = [Spell(ordered[0].old, start, max(start, ordered[0].at))]
    for each, following in zip(ordered, [*ordered[1:], None], strict=True):
        status = each.new if following is not None else current
        found.append(Spell(status, max(start, each.at), following.at if following is not None else now))
    return [each for each in found if each.end > each.start]


def days(found: Sequence[Spell], zone: ZoneInfo, now: datetime, *, since: datetime, count: int = DAYS) -> list[Day]:
    """The last `count` days, oldest first; those that were over by `since` are not known."""
    today = now.astimezone(zone).date()
    told = []
    for number in range(count - 1, -1, -1):
        day = today - timedelta(days=number)
        begin, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
        if end <= since:
            told.append(Day(day, {}, known=False))
            continue
        trouble: dict[str, float] = {}
        for spell in found:
            seconds = _overlap(spell, begin, end)
            if seconds > 0 and spell.status != OPERATIONAL:
                trouble[spell.status] = trouble.get(spell.status, 0.0) + seconds
        told.append(Day(day, trouble))
    return told


def uptime(found: Sequence[Spell]) -> float | None:
    """How much of the time it was up, 0 to 1; None where no time has passed."""
    whole = sum(_overlap(each, each.start, each.end) for each in found)
    down = sum(_overlap(each, each.start, each.end) * DOWN.get(each.status, 0.0) for each in found)
    return 1 - down / whole if whole > 0 else None


def percent(share: float) -> str:
    """A share with two decimals, cut and not rounded: what was down for a second was not up for 100 %."""
    return f"{int(share * 10_000) / 100:.2f} %".replace("100.00 %", "100 %")


def _overlap(spell: Spell, begin: datetime, end: datetime) -> float:
    # Wall clocks of one zone are subtracted as they show; as timestamps an hour that comes twice counts twice.
    return max(0.0, min(spell.end.timestamp(), end.timestamp()) - max(spell.start.timestamp(), begin.timestamp()))
