"""A calendar file taken apart into its events and zones, so that one that is broken doesn't spoil the others. Pure."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import tzinfo
from threading import Lock

from icalendar import Timezone
from icalendar.parser import Contentline, Contentlines
from icalendar.timezone import tzp
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from teams.ical import rules

# icalendar keeps the zones that files define for the whole process: one file's "Customized Time Zone" would be the next
# one's. Whoever reads clears them first and has them alone.
_zones = Lock()
_KEPT = {"VEVENT", "VTIMEZONE"}


@dataclass(slots=True)
class Source:
    """One VCALENDAR: its own lines, and the text of each VTIMEZONE and VEVENT, the latter without what is nested."""

    headers: list[Contentline] = field(default_factory=list)
    zones: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)

    def header(self, *names: str) -> str:
        """The value of the first property there is of `names`, or ""."""
        for name in names:
            for line in self.headers:
                try:
                    found, _, value = line.parts()
                except ValueError:
                    continue
                if found.upper() == name and value.strip():
                    return str(value).strip()
        return ""


def split(body: bytes) -> list[Source]:
    """The calendars of a file. ValueError, in sentences for people, when there is none or its end is missing."""
    found: list[Source] = []
    open_: list[str] = []
    block: list[str] = []
    unfolded: list[Contentline] = Contentlines.from_ical(body)  # type: ignore[no-untyped-call]
    for line in unfolded:
        word, _, what = line.strip().upper().partition(":")
        if word == "BEGIN":
            open_.append(what)
            if not _begin(open_, found, block, line):
                raise ValueError(_no_calendar(body))
        elif word == "END":
            if not open_ or open_[-1] != what:
                raise ValueError(f"The calendar is damaged: END:{what} closes nothing.")
            _end(open_, found, block, line)
            open_.pop()
        elif len(open_) == 1:
            found[-1].headers.append(line)
        elif line and (len(open_) == 2 or open_[1:2] == ["VTIMEZONE"]):
            block.append(line)
    if open_:
        raise ValueError("The calendar is cut off: its last lines are missing. It was not used.")
    if not found:
        raise ValueError(_no_calendar(body))
    return found


@contextmanager
def zones_of(source: Source) -> Iterator[tuple[Callable[[str], tzinfo | None], list[tuple[str, str]]]]:
    """Within it the zones that `source` defines are known to whatever is parsed.

    Gives what finds a zone by its IANA, Windows or own name, and for each definition that is of no use its name and
    a sentence. A Windows name means the zone that it stands for, whatever the file defines.
    """
    with _zones, warnings.catch_warnings():
        # A name such as /vendor/Europe/Berlin is taken for its end, with a warning for programmers.
        warnings.simplefilter("ignore")
        tzp.use_default()
        try:
            yield tzp.timezone, list(_define(source.zones))
        finally:
            tzp.use_default()


def _define(zones: list[str]) -> Iterator[tuple[str, str]]:
    for text in zones:
        tzid = _tzid(text)
        if tzid in WINDOWS_TO_OLSON:
            continue
        if rules.too_rich_for_a_zone(text):
            yield tzid, "Its clock changes more often than some times a year."
            continue
        try:
            Timezone.from_ical(text)
        except (ValueError, TypeError, KeyError, IndexError, AttributeError):
            yield tzid, "Its definition (VTIMEZONE) can't be read."


def _tzid(text: str) -> str:
    for line in text.splitlines():
        if line.upper().startswith(("TZID:", "TZID;")):
            return line.partition(":")[2].strip().strip("/")
    return "without a name"


def _begin(open_: list[str], found: list[Source], block: list[str], line: str) -> bool:
    if len(open_) == 1:
        found.append(Source())
        return open_[0] == "VCALENDAR"
    if len(open_) == 2:
        block[:] = [line]
    elif open_[1] == "VTIMEZONE":
        block.append(line)
    return True


def _end(open_: list[str], found: list[Source], block: list[str], line: str) -> None:
    if len(open_) == 2:
        text = "\r\n".join([*block, line, ""])
        if open_[1] == "VEVENT":
            found[-1].events.append(text)
        elif open_[1] == "VTIMEZONE":
            found[-1].zones.append(text)
    elif len(open_) > 2 and open_[1] == "VTIMEZONE":
        block.append(line)


def _no_calendar(body: bytes) -> str:
    if body[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "This is a web page, not a calendar. Give the address of its iCal format (it often ends in .ics)."
    return "This is no calendar in iCal format: it doesn't begin with BEGIN:VCALENDAR."
