"""Shifts, and what else has a time, as an iCalendar text that calendar programs subscribe to. Pure; the clock is an
argument.

Times are written in UTC, and the calendar names no X-WR-TIMEZONE: readers take UTC times of a calendar that names one
through that zone's wall clock, where the second of two equal hours in autumn is lost.
"""

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from icalendar import Calendar, Event

PRODUCT = "-//Watchbill//On-call calendar//EN"
REFRESH = timedelta(hours=1)

Key = tuple[Hashable, Hashable, datetime]


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. `start`, `end` and `changed` are aware; `transparent` leaves the time free for meetings."""

    uid: str
    sequence: int
    start: datetime
    end: datetime
    summary: str
    changed: datetime
    description: str = ""
    url: str = ""
    cancelled: bool = False
    transparent: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """`person` is on call on `schedule` in [start, end), aware and never cut by the edge of what was asked."""

    schedule: Hashable
    person: Hashable
    start: datetime
    end: datetime

    @property
    def key(self) -> Key:
        return self.schedule, self.person, self.start


@dataclass(frozen=True, slots=True)
class Published:
    """What subscribers were last told about one shift."""

    schedule: Hashable
    person: Hashable
    start: datetime
    end: datetime
    uid: str
    sequence: int
    cancelled: bool
    changed: datetime

    @property
    def key(self) -> Key:
        return self.schedule, self.person, self.start


Shift = TypeVar("Shift", Wanted, Published)


@dataclass(frozen=True, slots=True)
class Changes:
    """How the published rows have to become. Apart from `insert` they are the rows as they are to be."""

    insert: tuple[Wanted, ...] = ()
    update: tuple[Published, ...] = ()
    cancel: tuple[Published, ...] = ()
    revive: tuple[Published, ...] = ()


def reconcile(published: Iterable[Published], wanted: Iterable[Wanted], now: datetime) -> Changes:
    """What to tell subscribers, so that they see `wanted` and nothing else.

    Both sides are the whole shifts that overlap the same span. A shift is known by schedule, person and start: with
    another end it is the same one changed, with another start it is another one. Each change counts `sequence` up.
    ValueError when two of either side are the same shift.
    """
    rows, shifts = _by_key(published), _by_key(wanted)
    insert, update, cancel, revive = [], [], [], []
    for key, shift in shifts.items():
        row = rows.get(key)
        if row is None:
            insert.append(shift)
        elif row.cancelled:
            revive.append(replace(row, end=shift.end, sequence=row.sequence + 1, cancelled=False, changed=now))
        elif row.end != shift.end:
            update.append(replace(row, end=shift.end, sequence=row.sequence + 1, changed=now))
    for key, row in rows.items():
        if key not in shifts and not row.cancelled:
            cancel.append(replace(row, sequence=row.sequence + 1, cancelled=True, changed=now))
    return Changes(tuple(insert), tuple(update), tuple(cancel), tuple(revive))


def calendar(name: str, entries: Iterable[Entry], *, product: str = PRODUCT) -> bytes:
    """The text in UTF-8, the same for the same entries. ValueError for a naive time or an end before its start."""
    written = Calendar()
    written.add("PRODID", product)
    written.add("VERSION", "2.0")
    written.add("CALSCALE", "GREGORIAN")
    written.add("METHOD", "PUBLISH")
    written.calendar_name = line(name)
    written.add("REFRESH-INTERVAL", REFRESH, parameters={"VALUE": "DURATION"})
    written.add("X-PUBLISHED-TTL", "PT1H")
    for entry in sorted(entries, key=lambda e: (e.start, e.uid)):
        written.add_component(_event(entry))
    text: bytes = written.to_ical(sorted=False)
    return text


def _event(entry: Entry) -> Event:
    if entry.end <= entry.start:
        raise ValueError(f"{entry.uid} ends at {entry.end.isoformat()}, before it has begun")
    event = Event()
    event.add("UID", entry.uid)
    event.add("SEQUENCE", entry.sequence)
    event.add("DTSTAMP", utc(entry.changed))
    event.add("LAST-MODIFIED", utc(entry.changed))
    event.add("DTSTART", utc(entry.start))
    event.add("DTEND", utc(entry.end))
    event.add("SUMMARY", line(entry.summary))
    if entry.description:
        event.add("DESCRIPTION", entry.description)
    if entry.url:
        event.add("URL", entry.url)
    event.add("STATUS", "CANCELLED" if entry.cancelled else "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT" if entry.transparent else "OPAQUE")
    return event


def _by_key(shifts: Iterable[Shift]) -> dict[Key, Shift]:
    found: dict[Key, Shift] = {}
    for shift in shifts:
        if found.setdefault(shift.key, shift) is not shift:
            raise ValueError(f"two shifts of {shift.person} on {shift.schedule} begin at {shift.start.isoformat()}")
    return found


def line(text: str) -> str:
    return " ".join(text.split())


def utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return moment.astimezone(UTC).replace(microsecond=0)
