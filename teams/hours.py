"""A zone's wall clock against UTC, and the weekly hours in which a layer is on. Pure.

A local time that a clock change skips is the first instant after the gap; one that occurs twice is the first.
"""

from bisect import bisect_left
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

Span = tuple[datetime, datetime]

FIRST_YEAR, LAST_YEAR = 1900, 2999
DAY = timedelta(days=1)
WEEK = 7 * DAY


@dataclass(frozen=True, slots=True)
class Restriction:
    """Hours in which a layer is on: from `start` to `end` local time on each of `weekdays` (Monday is 0).

    The weekday is that of the start. An end at or before the start is on the next day, so that 20:00-08:00 is
    a night and 00:00-00:00 a whole day.
    """

    weekdays: frozenset[int]
    start: time
    end: time

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= set(range(7)):
            raise ValueError("weekdays: give at least one of 0 (Monday) to 6 (Sunday)")
        for name in ("start", "end"):
            value: time = getattr(self, name)
            if value.tzinfo or value.microsecond:
                raise ValueError(f"{name}: give a local time in whole seconds, without a zone")

    @property
    def length(self) -> timedelta:
        """On the clock's face: more than 0, at most 24 hours."""
        return (_since_midnight(self.end) - _since_midnight(self.start)) % DAY or DAY


def restrictions_from_json(value: object) -> tuple[Restriction, ...]:
    """Read `[{"weekdays": [0, 4], "start": "09:00", "end": "17:00"}]`; ValueError names the field."""
    if not isinstance(value, list):
        raise ValueError("restrictions: give a list")
    return tuple(_restriction(item, f"restrictions[{index}]") for index, item in enumerate(value))


def always(restrictions: tuple[Restriction, ...]) -> bool:
    """Whether there are no restrictions, or they cover the whole week between them."""
    return not restrictions or _covers_week(restrictions)


def windows(restrictions: tuple[Restriction, ...], zone: str, start: datetime, end: datetime) -> list[Span]:
    """The spans of [start, end) (UTC) that the restrictions leave, in order, joined where they touch."""
    if start >= end:
        return []
    if always(restrictions):
        return [(start, end)]
    tz = ZoneInfo(zone)
    # Two days before and one after: windows run over midnight, and a clock change can skip or repeat it.
    first, last = start.astimezone(tz).date() - 2 * DAY, end.astimezone(tz).date() + DAY
    found: list[Span] = []
    for number in range((last - first).days + 1):
        day = first + number * DAY
        for each in restrictions:
            if day.weekday() in each.weekdays:
                local = datetime.combine(day, each.start)
                found.append((instant(local, zone), instant(local + each.length, zone)))
    merged: list[Span] = []
    for opens, closes in sorted((max(start, a), min(end, b)) for a, b in found):
        if opens >= closes:
            continue
        if merged and opens <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(merged[-1][1], closes)
        else:
            merged.append((opens, closes))
    return merged


def utc(moment: datetime) -> datetime:
    """The aware `moment` in UTC, where it compares and subtracts rightly.

    ValueError when it is naive or outside the years 1900 to 2999.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


@lru_cache(maxsize=4096)
def instant(local: datetime, zone: str) -> datetime:
    """The UTC instant of a naive local time: the first of two, or the first after the gap that skips it."""
    tz = ZoneInfo(zone)
    first = local.replace(tzinfo=tz, fold=0)
    before, after = _offset(first), _offset(first.replace(fold=1))
    if before >= after:
        return first.astimezone(UTC)
    # In a gap these are the offsets on its two sides; the change lies between the two readings of `local`.
    earliest = (local - after).replace(tzinfo=UTC, microsecond=0)
    seconds = range(int((after - before).total_seconds()) + 2)
    past = bisect_left(seconds, True, key=lambda n: _offset((earliest + timedelta(seconds=n)).astimezone(tz)) != before)
    return earliest + timedelta(seconds=past)


def _offset(moment: datetime) -> timedelta:
    return moment.utcoffset() or timedelta(0)


def _since_midnight(value: time) -> timedelta:
    return timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)


@lru_cache(maxsize=512)
def _covers_week(restrictions: tuple[Restriction, ...]) -> bool:
    opens = [(day * DAY + _since_midnight(each.start), each.length) for each in restrictions for day in each.weekdays]
    reach = timedelta(0)
    # Each window once more a week earlier: Sunday night's runs into Monday.
    for start, length in sorted((at - back, length) for at, length in opens for back in (WEEK, timedelta(0))):
        if start > reach:
            return False
        reach = max(reach, start + length)
    return reach >= WEEK


def _restriction(item: object, where: str) -> Restriction:
    if not isinstance(item, dict):
        raise ValueError(f"{where}: give an object with weekdays, start and end")
    weekdays = item.get("weekdays")
    if not isinstance(weekdays, list) or any(type(day) is not int for day in weekdays):
        raise ValueError(f"{where}.weekdays: give a list of 0 (Monday) to 6 (Sunday)")
    times = []
    for name in ("start", "end"):
        try:
            times.append(time.fromisoformat(item[name]))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{where}.{name}: give a local time such as 09:00") from error
    try:
        return Restriction(frozenset(weekdays), *times)
    except ValueError as error:
        raise ValueError(f"{where}.{error}") from error
