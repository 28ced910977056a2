"""Times as people type them in a hurry: 14:40, 2:40pm, 30m, 1h30, 10m ago. The clock is an argument."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

CLOCK = re.compile(r"([01]?\d|2[0-3])[:.]([0-5]\d) ?(am|pm)?", re.IGNORECASE)
SPAN = re.compile(
    r"(?:(\d{1,3}) ?(?:h|hr|hrs|hours?))? ?(?:(\d{1,4}) ?(?:m|min|mins|minutes?))?|(\d{1,3})h(\d{2})", re.IGNORECASE
)
DAY = timedelta(days=1)
HINT = "Give a time such as 14:40, or how long such as 30m or 1h30."


def span(text: str) -> timedelta | None:
    """`30m`, `90 min`, `1h`, `1h30`, `2 hours`; None where it says no length of time, or none."""
    found = SPAN.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, short_hours, short_minutes = found.groups()
    length = timedelta(hours=int(hours or short_hours or 0), minutes=int(minutes or short_minutes or 0))
    return length or None


def clock(text: str) -> time | None:
    """`14:40`, `9.05`, `2:40pm`."""
    found = CLOCK.fullmatch(text.strip())
    if found is None:
        return None
    hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").lower()
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "pm" else 0)
    return time(hour, minute)


def ahead(text: str, now: datetime) -> datetime | None:
    """A moment to come: in so long, or when the clock of `now`'s zone next shows it."""
    if length := span(text.removeprefix("in ")):
        return now + length
    if (at := clock(text)) is None:
        return None
    found = _on(now, at)
    return found if found > now else _on(now + DAY, at)


def before(text: str, now: datetime) -> datetime | None:
    """A moment that has been: so long ago, or when the clock of `now`'s zone last showed it."""
    if length := span(text.strip().removesuffix("ago").strip()):
        return now - length
    if (at := clock(text)) is None:
        return None
    found = _on(now, at)
    return found if found <= now else _on(now - DAY, at)


def _on(day: datetime, at: time) -> datetime:
    return day.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
