"""Which recurrence rules are unrolled: those of shifts, and none that would take for ever. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from math import prod
from typing import Any

# From its beginning to the end of the span: 130 years of days, or five of hours.
MAX_STEPS = 50_000
_STEP = {
    "HOURLY": timedelta(hours=1),
    "DAILY": timedelta(days=1),
    "WEEKLY": timedelta(days=7),
    "MONTHLY": timedelta(days=28),
    "YEARLY": timedelta(days=365),
}
_ZONE_RULE = re.compile(r"^RRULE[^:\n]*:(.*)$", re.MULTILINE | re.IGNORECASE)
_FREQ = re.compile(r"FREQ=(\w+)")
_IN_A_DAY = ("BYHOUR", "BYMINUTE", "BYSECOND")


def refusal(rule: Mapping[str, Sequence[Any]], begins: datetime, until: datetime) -> str:
    """Why `rule` (as icalendar reads it) of an event that begins at `begins` isn't unrolled up to `until`, or ""."""
    freq = str(_first(rule, "FREQ", "")).upper()
    if freq in {"SECONDLY", "MINUTELY"}:
        return f"It repeats {'every second' if freq == 'SECONDLY' else 'every minute'}, which no shift does."
    if freq not in _STEP:
        return "Its RRULE doesn't say how often it repeats."
    every = int(_first(rule, "INTERVAL", 1))
    if every < 1:
        return "Its RRULE has an INTERVAL below 1."
    steps = max(0, (until - begins) // _STEP[freq]) // every
    if (count := _first(rule, "COUNT", None)) is not None and int(count) >= 0:
        steps = min(steps, int(count))
    times = prod(max(1, len(rule.get(name, ()))) for name in _IN_A_DAY)
    if times > 24 or steps * times > MAX_STEPS:
        return "It repeats too often or since too long ago. Let it begin later."
    return ""


def too_rich_for_a_zone(text: str) -> bool:
    """Whether a VTIMEZONE has a rule that isn't one such as "the last Sunday in March, every year"."""
    found = [rule.upper() for rule in _ZONE_RULE.findall(text)]
    return len(found) > 50 or not all(map(_plain, found))


def _plain(rule: str) -> bool:
    return _FREQ.findall(rule) == ["YEARLY"] and not any(f"{name}=" in rule for name in ("INTERVAL", *_IN_A_DAY))


def _first(rule: Mapping[str, Sequence[Any]], name: str, default: Any) -> Any:
    values = rule.get(name)
    return values[0] if values else default
