"""From when until when, in words and in one zone. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo


def in_words(start: datetime, end: datetime, zone: str) -> str:
    """`Sat 28 Nov 2026, 02:00 to 04:00 (Europe/Berlin)`; the day of the end is said where it is another one, and the
    abbreviations of both where a clock change lies between."""
    begins, ends = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
    changes = begins.utcoffset() != ends.utcoffset()
    from_, until = (f"{at:%H:%M}{f' {at:%Z}' if changes else ''}" for at in (begins, ends))
    day = "" if begins.date() == ends.date() else f"{_day(ends)}, "
    return f"{_day(begins)}, {from_} to {day}{until} ({zone})"


def _day(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y}"
