"""Nights on call, on a zone's clock: 23:00 to 07:00, called by the day of the evening. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from teams.hours import instant

BEGINS, ENDS = time(23), time(7)
# Less of one than this is none.
SHORTEST = timedelta(hours=2)
DAY = timedelta(days=1)


class Night(NamedTuple):
    day: date
    start: datetime
    end: datetime


def between(start: datetime, end: datetime, zone: str) -> list[Night]:
    """The nights that touch [start, end), in order."""
    first = start.astimezone(ZoneInfo(zone)).date() - DAY
    found = []
    for n in range((end - start).days + 3):
        day = first + n * DAY
        begins = instant(datetime.combine(day, BEGINS), zone)
        ends = instant(datetime.combine(day + DAY, ENDS), zone)
        if ends > start and begins < end:
            found.append(Night(day, begins, ends))
    return found


def stood(spans: Iterable[tuple[datetime, datetime]], nights: Sequence[Night]) -> list[date]:
    """The days of those of `nights` of which enough lies in `spans`; both in order, without overlaps."""
    length: dict[date, timedelta] = defaultdict(timedelta)
    at = 0
    for start, end in spans:
        while at < len(nights) and nights[at].end <= start:
            at += 1
        for night in nights[at:]:
            if night.start >= end:
                break
            length[night.day] += min(night.end, end) - max(night.start, start)
    return [day for day, long in length.items() if long >= SHORTEST]
