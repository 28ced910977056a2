"""Where the clocks of a zone change, and where its hours stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from teams.hours import instant

EVERY = 6
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class ClockChange:
    """At `at` (UTC) the clocks of `zone` jump from the local time `before` to `after`, both naive."""

    at: datetime
    zone: str
    before: datetime
    after: datetime

    @property
    def forward(self) -> bool:
        return self.after > self.before


def clock_changes(zone: str, moments: Sequence[datetime]) -> Iterator[ClockChange]:
    """The changes between `moments` (ascending, a day or so apart, so that no two fall between a pair)."""
    clock = ZoneInfo(zone)
    for low, high in pairwise(moments):
        if low.astimezone(clock).utcoffset() == high.astimezone(clock).utcoffset():
            continue
        at = _jump(clock, low, high)
        before = (at - SECOND).astimezone(clock).replace(tzinfo=None) + SECOND
        yield ClockChange(at, zone, before, at.astimezone(clock).replace(tzinfo=None))


def _jump(clock: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second, after `low` and until `high`, at which the offset changes."""
    offset = low.astimezone(clock).utcoffset()
    while high - low > SECOND:
        middle = low + (high - low) // 2
        if middle.astimezone(clock).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def hours_between(zone: str, start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(moment, its local time) of midnight, six, noon and eighteen hours on the clock of `zone` in [start, end)."""
    day = start.astimezone(ZoneInfo(zone)).date()
    last = end.astimezone(ZoneInfo(zone)).date()
    while day <= last:
        for hour in range(0, 24, EVERY):
            local = datetime.combine(day, time(hour))
            at = instant(local, zone)
            if start <= at < end:
                yield at.astimezone(UTC), local
        day += timedelta(days=1)
