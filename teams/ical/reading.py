"""A calendar file's shifts: recurrences unrolled, times in UTC, what is broken told apart from the rest. Pure.

An event's length is that of its first occurrence on the clock's face: a night from 20:00 to 08:00 ends at 08:00
when the clock changes in between.
"""

from __future__ import annotations

import re
import time as stopwatch
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

import recurring_ical_events
from icalendar import Calendar, Event, vBroken
from recurring_ical_events.errors import BadRuleStringFormat

from teams.hours import instant, utc
from teams.ical import lines, rules
from teams.ical.people import Attendee, Named

MAX_BYTES = 1_000_000
MAX_SHIFTS = 5_000
# One rule that matches nothing costs the recurrence library up to twelve seconds; a file of them stops here.
MAX_SECONDS = 15.0
DAY = timedelta(days=1)
# icalendar types each property as the union of all, so that nothing could be asked of one.
Component = Any
# The properties that say when and whether; an event is of no use when one of them can't be read.
_TIMES = ("DTSTART", "DTEND", "DURATION", "RECURRENCE-ID", "RRULE", "RDATE", "EXDATE")
_DECIDING = frozenset({*_TIMES, "STATUS", "SEQUENCE", "UID"})


@dataclass(frozen=True, slots=True)
class Shift:
    """One occurrence in [start, end), UTC. Occurrences of one event share its `uid`."""

    uid: str
    start: datetime
    end: datetime
    named: Named
    all_day: bool

    @property
    def summary(self) -> str:
        return self.named.summary


@dataclass(frozen=True, slots=True)
class Problem:
    """What of the file couldn't be used: `about` names the event or zone, `text` is a sentence about it."""

    about: str
    text: str

    def __str__(self) -> str:
        return f"{self.about}: {self.text}"


@dataclass(frozen=True, slots=True)
class Read:
    """`events` are the shifts in order of their start; `name` is the calendar's own, or ""."""

    events: tuple[Shift, ...]
    problems: tuple[Problem, ...]
    name: str


class _Broken(Exception):
    """An event that can't be used; the text says why."""


def read(body: bytes, start: datetime, end: datetime, zone_fallback: str) -> Read:
    """The shifts of `body` that overlap [start, end), aware.

    `zone_fallback` is the IANA zone of times without one where the calendar has no X-WR-TIMEZONE. ValueError, in
    sentences for people, when it is no calendar, cut off, or larger than what is read.
    """
    start, end = utc(start), utc(end)
    if len(body) > MAX_BYTES:
        raise ValueError(f"The calendar is larger than {MAX_BYTES // 1_000_000} MB. Give one of this schedule alone.")
    until = stopwatch.monotonic() + MAX_SECONDS
    found: list[Shift] = []
    problems: list[Problem] = []
    name = ""
    for source in lines.split(body):
        reader = _Reader(source, start, end, zone_fallback, problems)
        name = name or source.header("X-WR-CALNAME", "NAME")
        for shifts in reader.shifts():
            found += shifts
            if len(found) > MAX_SHIFTS:
                raise ValueError(
                    f"The calendar has more than {MAX_SHIFTS} events between {start:%Y-%m-%d} and {end:%Y-%m-%d}. "
                    "Give one of this schedule alone."
                )
            if stopwatch.monotonic() > until:
                raise ValueError(
                    "The calendar takes too long to read: its repeated events are too many or too unusual."
                )
    return Read(tuple(sorted(found, key=lambda s: (s.start, s.end, s.uid))), tuple(problems), name)


class _Reader:
    """One VCALENDAR of a file."""

    def __init__(
        self, source: lines.Source, start: datetime, end: datetime, fallback: str, problems: list[Problem]
    ) -> None:
        self.start, self.end, self.problems = start, end, problems
        self.zone, self.own_zone = fallback, ""
        self.groups: dict[str, list[Component]] = {}
        with lines.zones_of(source) as (zone, broken):
            self.problems += [Problem(f"Time zone {tzid}", text) for tzid, text in broken]
            if wanted := source.header("X-WR-TIMEZONE"):
                known = zone(wanted)
                if isinstance(known, ZoneInfo):
                    self.zone = self.own_zone = known.key
                else:
                    self._problem("X-WR-TIMEZONE", f"{wanted} is no known time zone; {fallback} is used instead.")
            for number, block in enumerate(source.events, start=1):
                self._parse(number, block)

    def _parse(self, number: int, block: str) -> None:
        try:
            event = Event.from_ical(block)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError) as error:
            self._problem(f"Event {number}", f"It can't be read: {_first_line(error)}.")
            return
        try:
            _check(event)
        except _Broken as error:
            self._problem(_label(event, number), str(error))
            return
        # Without a UID an event stands for itself.
        self.groups.setdefault(str(event.get("UID", f"event-{number}")), []).append(event)

    def shifts(self) -> Iterator[list[Shift]]:
        """The shifts of one UID after the other."""
        for uid, events in self.groups.items():
            try:
                yield list(self._of(uid, events))
            except _Broken as error:
                self._problem(_label(events[0]), str(error))
            except BadRuleStringFormat as error:
                self._problem(_label(events[0]), f"Its RRULE can't be used: {_shown(error.rule)}.")
            except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError) as error:
                self._problem(_label(events[0]), f"Its times can't be worked out: {_first_line(error)}.")

    def _of(self, uid: str, events: list[Component]) -> Iterator[Shift]:
        recurs = any(name in event for event in events for name in ("RRULE", "RDATE", "RECURRENCE-ID"))
        for event in self._unrolled(events) if recurs else [_latest(events)]:
            if str(event.get("STATUS", "")).upper() == "CANCELLED":
                continue
            begins, ends = _span(event)
            start, end = self._utc(begins), self._utc(ends)
            if start < end and start < self.end and self.start < end:
                yield Shift(uid, start, end, _named(event), not isinstance(begins, datetime))

    def _unrolled(self, events: list[Component]) -> list[Component]:
        """The occurrences within a day of the span."""
        for event in events:
            for rule in _many(event.get("RRULE")):
                if refusal := rules.refusal(rule, self._utc(event["DTSTART"].dt), self.end):
                    raise _Broken(refusal)
        calendar = Calendar()
        if self.own_zone:
            # A rule on UTC times means the wall clock of the calendar's zone.
            calendar.add("X-WR-TIMEZONE", self.own_zone)
        for event in events:
            calendar.add_component(event)
        # Times without a zone are compared as if they were UTC, which is less than a day from everywhere.
        return list(recurring_ical_events.of(calendar).between(self.start - DAY, self.end + DAY))

    def _utc(self, value: date) -> datetime:
        if not isinstance(value, datetime):
            return instant(datetime.combine(value, time()), self.zone)
        zone = value.tzinfo
        if zone is None:
            return instant(value, self.zone)
        # A second reading is only ever said by UTC: a local time that comes twice is the first.
        if value.fold:
            return value.astimezone(UTC)
        if isinstance(zone, ZoneInfo):
            return instant(value.replace(tzinfo=None), zone.key)
        return _defined(value.replace(tzinfo=None), zone)

    def _problem(self, about: str, text: str) -> None:
        self.problems.append(Problem(about, text))


def _check(event: Component) -> None:
    for name, _error in event.errors:
        if name in _DECIDING:
            raise _Broken(f"Its {name} can't be read: {_shown(event.get(name))}.")
    if "DTSTART" not in event:
        raise _Broken("It has no beginning (DTSTART).")
    for name in _TIMES:
        for value in _many(event.get(name)):
            tzid = value.params.get("TZID")
            if tzid and any(isinstance(at, datetime) and at.tzinfo is None for at in _moments(value)):
                raise _Broken(f"Its time zone {tzid} is neither known nor defined in the calendar.")
    begins, ends = _span(event)
    if type(begins) is not type(ends):
        raise _Broken("It begins on a day and ends at a time, or the other way round.")
    if _comparable(ends) < _comparable(begins):
        raise _Broken("It ends before it begins.")
    if begins == ends and str(event.get("STATUS", "")).upper() != "CANCELLED":
        raise _Broken("It has no length.")


def _span(event: Component) -> tuple[date, date]:
    """DTSTART and DTEND, or what DURATION or the lack of both makes of it."""
    begins: date = event["DTSTART"].dt
    if "DTEND" in event:
        return begins, event["DTEND"].dt
    if "DURATION" in event:
        return begins, begins + event["DURATION"].dt
    return begins, begins if isinstance(begins, datetime) else begins + DAY


def _latest(events: list[Component]) -> Component:
    """Of several versions of one event the one with the highest SEQUENCE, of equal ones the last."""
    return max(enumerate(events), key=lambda pair: (int(pair[1].get("SEQUENCE", 0)), pair[0]))[1]


def _named(event: Component) -> Named:
    return Named(
        tuple(_attendees(event)), str(event.get("SUMMARY", "")).strip(), str(event.get("DESCRIPTION", "")).strip()
    )


def _attendees(event: Component) -> Iterator[Attendee]:
    for each in _many(event.get("ATTENDEE")):
        params = getattr(each, "params", {})
        if str(params.get("PARTSTAT", "")).upper() == "DECLINED":
            continue
        if str(params.get("CUTYPE", "")).upper() in {"ROOM", "RESOURCE"}:
            continue
        address = re.sub(r"^\s*mailto:\s*", "", str(each), flags=re.IGNORECASE).strip().lower()
        yield Attendee(address, str(params.get("CN", "")).strip())


def _defined(local: datetime, zone: tzinfo) -> datetime:
    """As `hours.instant`, for a zone that the calendar defines itself."""
    offsets = {(local + step).replace(tzinfo=zone).utcoffset() or timedelta(0) for step in (-DAY, DAY)}
    for offset in sorted(offsets, reverse=True):
        moment = (local - offset).replace(tzinfo=UTC)
        if moment.astimezone(zone).replace(tzinfo=None) == local:
            return moment
    # Skipped: read with the offset before the gap it is as long after the change as it is into the gap.
    moment = (local - min(offsets)).replace(tzinfo=UTC)
    opened = (local - max(offsets)).replace(tzinfo=UTC)
    while moment - opened > timedelta(seconds=1):
        middle = opened + (moment - opened) / 2
        if middle.astimezone(zone).utcoffset() == max(offsets):
            moment = middle
        else:
            opened = middle
    return moment.replace(microsecond=0)


def _moments(value: Any) -> Iterable[object]:
    if hasattr(value, "dts"):
        return [at for each in value.dts for at in (each.dt if isinstance(each.dt, tuple) else (each.dt,))]
    return [getattr(value, "dt", None)]


def _comparable(value: date) -> datetime:
    if not isinstance(value, datetime):
        return datetime.combine(value, time(), UTC)
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _label(event: Component, number: int = 0) -> str:
    """How people find the event in the calendar: its title and when it first begins."""
    title = _shown(event.get("SUMMARY")) or _shown(event.get("UID")) or f"Event {number}"
    begins = event.get("DTSTART")
    at = None if begins is None or isinstance(begins, vBroken) else begins.dt
    if isinstance(at, datetime):
        return f"“{title}” of {at:%Y-%m-%d %H:%M}"
    return f"“{title}” of {at:%Y-%m-%d}" if isinstance(at, date) else f"“{title}”"


def _shown(value: object) -> str:
    text = " ".join(str(value or "").split())
    return text if len(text) <= 80 else f"{text[:79]}…"


def _first_line(error: Exception) -> str:
    return _shown(str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__)
