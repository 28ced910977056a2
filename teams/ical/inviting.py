"""An invitation to one meeting, as iCalendar that is mailed (RFC 5545, RFC 5546). Pure.

What calendars know a meeting by is its UID; of two versions the one with the higher SEQUENCE counts. Times are in UTC.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from icalendar import Calendar, Event, vCalAddress

from teams.ical.writing import line, utc

PRODUCT = "-//Watchbill//Review//EN"
PUBLISH, REQUEST, CANCEL = "PUBLISH", "REQUEST", "CANCEL"


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Meeting:
    """`starts_at` and `changed_at` are aware; `place` is a room or an address. `chair` of the attendees leads it."""

    uid: str
    sequence: int
    starts_at: datetime
    minutes: int
    title: str
    changed_at: datetime
    place: str = ""
    description: str = ""
    url: str = ""
    cancelled: bool = False
    organizer: Person | None = None
    attendees: Sequence[Person] = ()


def write(meeting: Meeting, method: str) -> bytes:
    """The text in UTF-8, the same for the same meeting.

    `method` is REQUEST to invite and to say what changed, CANCEL to take it back, or PUBLISH for whoever takes it into
    a calendar unasked, which names nobody who attends. ValueError for a naive time, or for a REQUEST or CANCEL that
    nobody sends.
    """
    if method != PUBLISH and meeting.organizer is None:
        raise ValueError(f"a {method} comes from somebody")
    written = Calendar()
    written.add("PRODID", PRODUCT)
    written.add("VERSION", "2.0")
    written.add("CALSCALE", "GREGORIAN")
    written.add("METHOD", method)
    written.add_component(_event(meeting, method))
    text: bytes = written.to_ical(sorted=False)
    return text


def _event(meeting: Meeting, method: str) -> Event:
    starts = utc(meeting.starts_at)
    event = Event()
    event.add("UID", meeting.uid)
    event.add("SEQUENCE", meeting.sequence)
    event.add("DTSTAMP", utc(meeting.changed_at))
    event.add("DTSTART", starts)
    event.add("DTEND", starts + timedelta(minutes=meeting.minutes))
    event.add("SUMMARY", line(meeting.title))
    if meeting.place:
        event.add("LOCATION", line(meeting.place))
    if meeting.description:
        event.add("DESCRIPTION", meeting.description)
    if meeting.url:
        event.add("URL", meeting.url)
    if meeting.organizer is not None:
        event.add("ORGANIZER", _address(meeting.organizer), encode=False)
    for person in meeting.attendees if method != PUBLISH else ():
        event.add("ATTENDEE", _attendee(person, meeting.organizer), encode=False)
    event.add("STATUS", "CANCELLED" if meeting.cancelled or method == CANCEL else "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    return event


def _attendee(person: Person, organizer: Person | None) -> vCalAddress:
    found = _address(person)
    chairs = organizer is not None and person.address == organizer.address
    found.params["ROLE"] = "CHAIR" if chairs else "REQ-PARTICIPANT"
    found.params["PARTSTAT"] = "ACCEPTED" if chairs else "NEEDS-ACTION"
    found.params["RSVP"] = "FALSE" if chairs else "TRUE"
    return found


def _address(person: Person) -> vCalAddress:
    found = vCalAddress(f"mailto:{person.address}")
    # Within a parameter a quotation mark would end it.
    found.params["CN"] = line(person.name).replace('"', "'")
    return found
