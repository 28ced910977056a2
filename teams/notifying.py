"""Through which channels somebody hears of a page, and when. Pure.

for each in plan(habits, "high", at): at `each.at`, unless the page was answered, use `each.method`
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from teams.hours import instant, utc


@dataclass(frozen=True, slots=True)
class Rule:
    """`method` is used so long after the page. None is the e-mail address of the account."""

    delay: timedelta
    method: Hashable | None


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of every day, on the clock of `zone`, in which what is of low urgency waits; an `end` before the `start` is
    on the next day."""

    start: time
    end: time
    zone: str

    def until(self, at: datetime) -> datetime | None:
        """When the quiet hours end in which the aware moment `at` lies, in UTC; None outside of them."""
        local = utc(at).astimezone(ZoneInfo(self.zone))
        for day in (local.date() - timedelta(days=1), local.date()):
            last = day + timedelta(days=1) if self.end <= self.start else day
            begins = instant(datetime.combine(day, self.start), self.zone)
            ends = instant(datetime.combine(last, self.end), self.zone)
            if begins <= at < ends:
                return ends
        return None


@dataclass(frozen=True, slots=True)
class Habits:
    """How somebody wants to hear of pages: their rules by urgency, of methods that can be used."""

    high: tuple[Rule, ...] = ()
    low: tuple[Rule, ...] = ()
    quiet: Quiet | None = None


@dataclass(frozen=True, slots=True)
class Planned:
    """`place` counts the notifications of one page from 0; `why` says by which rule in the person's words."""

    at: datetime
    method: Hashable | None
    place: int
    why: str


ONLY_MAIL = (Rule(timedelta(0), None),)


def plan(habits: Habits, urgency: str, at: datetime) -> tuple[Planned, ...]:
    """Every notification of a page of `urgency`, "high" or "low", sent at the aware moment `at`, in order, never
    none. Who made no rules hears of it by mail at once. Low urgency waits for the end of the quiet hours, and the
    delays with it."""
    rules = (habits.low if urgency == "low" else habits.high) or ONLY_MAIL
    waits = habits.quiet.until(at) if habits.quiet is not None and urgency == "low" else None
    begins = waits or at
    found = []
    for place, rule in enumerate(sorted(rules, key=lambda rule: rule.delay)):
        minutes = int(rule.delay.total_seconds() // 60)
        why = f"{urgency} urgency, " + ("at once" if not minutes else f"after {minutes} min")
        found.append(
            Planned(begins + rule.delay, rule.method, place, why + (", held for the quiet hours" if waits else ""))
        )
    return tuple(found)
