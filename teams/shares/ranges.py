"""Which time a page about fairness is about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

PAST, NEXT, CUSTOM = (30, 90, 365), "next", "custom"
AHEAD = 90
DEFAULT = "90"
LONGEST = timedelta(days=400)
CHOICES = [(str(days), f"Last {days} days") for days in PAST] + [(NEXT, f"Next {AHEAD} days"), (CUSTOM, "Other")]


@dataclass(frozen=True, slots=True)
class Range:
    """[start, end), aware. `first` and `last` are its local days, `chosen` one of CHOICES; `wrong` says why it is not
    the one that was asked for."""

    start: datetime
    end: datetime
    chosen: str
    wrong: str = ""

    @property
    def first(self) -> date:
        return timezone.localdate(self.start)

    @property
    def last(self) -> date:
        return timezone.localdate(self.end - timedelta(microseconds=1))

    @property
    def ahead(self) -> bool:
        return self.chosen == NEXT


def read(asked: Mapping[str, str], now: datetime) -> Range:
    """From `range`, or `from` and `until` (local days, both within it), on the reader's clock."""
    chosen = asked.get("range") or (CUSTOM if asked.get("from") or asked.get("until") else DEFAULT)
    if chosen == CUSTOM:
        return _custom(asked, now)
    if chosen not in dict(CHOICES):
        chosen = DEFAULT
    today = timezone.localdate(now)
    if chosen == NEXT:
        return Range(now, _midnight(today + timedelta(days=AHEAD + 1)), NEXT)
    return Range(_midnight(today - timedelta(days=int(chosen))), now, chosen)


def _custom(asked: Mapping[str, str], now: datetime) -> Range:
    today = timezone.localdate(now)
    first, last = _day(asked.get("from", "")), _day(asked.get("until", ""))
    start = _midnight(first or (last or today) - timedelta(days=30))
    end = _midnight((last or timezone.localdate(start) + timedelta(days=30)) + timedelta(days=1))
    wrong = ""
    if (asked.get("from") and not first) or (asked.get("until") and not last):
        wrong = "Give days such as 2026-03-29."
    elif end <= start:
        wrong = "It ends before it starts. Choose a last day after the first."
    elif end - start > LONGEST:
        wrong = f"Choose at most {LONGEST.days} days."
    if wrong:
        usual = read({"range": DEFAULT}, now)
        return Range(usual.start, usual.end, CUSTOM, wrong)
    return Range(start, end, CUSTOM)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 2199 else None


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
