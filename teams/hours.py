"""The weekly hours in which a layer is on, and moments as the callers give and take them. Pure."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache

from teams.clock import DAY, WEEK, clock, moment, ticks

Span = tuple[datetime, datetime]

FIRST_YEAR, LAST_YEAR = 1900, 2999
_EPOCH = date(1970, 1, 1)


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
    def opens(self) -> int:
        """Local ticks from the midnight before `start`."""
        return ticks(datetime.combine(_EPOCH, self.start))

    @property
    def length(self) -> int:
        """In ticks of the clock's face: more than 0, at most a day."""
        return (ticks(datetime.combine(_EPOCH, self.end)) - self.opens) % DAY or DAY


def restrictions_from_json(value: object) -> tuple[Restriction, ...]:
    """Read `[{"weekdays": [0, 4], "start": "09:00", "end": "17:00"}]`; ValueError names the field."""
    if not isinstance(value, list):
        raise ValueError("restrictions: give a list")
    return tuple(_restriction(item, f"restrictions[{index}]") for index, item in enumerate(value))


@lru_cache(maxsize=1024)
def week_of(restrictions: tuple[Restriction, ...]) -> tuple[int, ...] | None:
    """The hours of a week: local ticks from Monday's midnight at which they open, close, open, close ...

    Ascending, joined where they touch; the last may close in the next week. None: all of it.
    """
    found = [(day * DAY + each.opens, each.length) for each in restrictions for day in each.weekdays]
    merged: list[list[int]] = []
    # Once more a week earlier and a week later: Sunday night's run into Monday.
    for start, length in sorted((at + shift, length) for at, length in found for shift in (-WEEK, 0, WEEK)):
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], start + length)
        else:
            merged.append([start, start + length])
    if not restrictions or any(end - start > WEEK for start, end in merged):
        return None
    return tuple(edge for span in merged if 0 <= span[0] < WEEK for edge in span)


def utc(moment: datetime) -> datetime:
    """The aware `moment` in UTC, where it compares and subtracts rightly.

    ValueError when it is naive or outside the years 1900 to 2999.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise ValueError(f"{moment.isoformat()} lies outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return moment.astimezone(UTC)


def instant(local: datetime, zone: str) -> datetime:
    """The UTC instant of a naive local time: the first of two, or the first after the gap that skips it."""
    at = ticks(local)
    return moment(clock(zone, at, at).instant(at))


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
