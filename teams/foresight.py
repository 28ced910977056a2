"""What will hurt in the rosters if nobody looks: spans of duty in, findings in plain words out. Pure; the clock is an
argument.

Spans are half-open and aware. What is looked through begins before the present, so that something which is going on is
told with its true begin, and ends after the look-ahead, so that it is told with its true end; only what touches
[now, until) is found. A finding's `key` is the same as long as it is the same trouble.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

from teams import nights
from teams.spans import Span, common, merged
from teams.words import listed

NIGHTS_IN = timedelta(days=28)
# So many gaps at the same hours are told as one.
SUMMED_FROM = 3
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Duty:
    """Somebody who can answer is on call in [start, end)."""

    person: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Roster:
    """A schedule with the duty on it, of everybody who is still there. `zone` is its own."""

    key: int
    team: int
    name: str
    zone: str
    duties: tuple[Duty, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """`zone` is whose nights are theirs; empty: that of each schedule. `reachable`: a page would find them."""

    key: int
    name: str
    zone: str = ""
    reachable: bool = True


@dataclass(frozen=True, slots=True)
class Absence:
    key: int
    person: int
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Unread:
    """The calendar that feeds `roster` can't be read, and why; `since`: when it last could, None for never."""

    roster: int
    why: str
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """`rosters` give their duty in [since, beyond), people and absences are those of all of it. More than `nights` in
    four weeks are too many; 0: never. `known`: keys that are told of already."""

    now: datetime
    weeks: int
    since: datetime
    beyond: datetime
    nights: int = 0
    known: Collection[str] = ()

    @property
    def until(self) -> datetime:
        return self.now + timedelta(weeks=self.weeks)

    @property
    def said(self) -> str:
        return "the next week" if self.weeks == 1 else f"the next {self.weeks} weeks"

    def touches(self, span: Span) -> bool:
        return span.start < self.until and span.end > self.now

    def begin(self, span: Span) -> datetime | None:
        """None: it began before what is looked through."""
        return None if span.start <= self.since else span.start

    def end(self, span: Span) -> datetime | None:
        """None: no end is in sight."""
        return None if span.end >= self.beyond else span.end


@dataclass(frozen=True, slots=True)
class Finding:
    """`start` and `end` are of the first span that it is about: None for one that lies too far away, or for none."""

    kind: str
    key: str
    team: int
    text: str
    schedule: int | None = None
    person: int | None = None
    start: datetime | None = None
    end: datetime | None = None


def foresee(
    rosters: Sequence[Roster],
    people: Mapping[int, Person],
    absences: Iterable[Absence],
    unread: Iterable[Unread],
    look: Look,
) -> list[Finding]:
    """All that will hurt in [now, until), in no order."""
    found: list[Finding] = []
    by_person: dict[int, list[tuple[Roster, list[Span]]]] = defaultdict(list)
    for roster in rosters:
        found += _gaps(roster, look)
        spans: dict[int, list[Span]] = defaultdict(list)
        for duty in roster.duties:
            spans[duty.person].append(Span(duty.start, duty.end))
        for key, theirs in spans.items():
            by_person[key].append((roster, merged(theirs)))
        found += _alone(roster, people, look)
    away: dict[int, list[Absence]] = defaultdict(list)
    for each in absences:
        away[each.person].append(each)
    tired = _Nights(look)
    for key, theirs_on in by_person.items():
        person = people[key]
        found += _twice(person, theirs_on, look)
        found += _unreachable(person, theirs_on, look)
        found += _away(person, theirs_on, away.get(key, ()), look)
        found += tired.of(person, theirs_on)
    found += _unread(rosters, unread)
    return found


@dataclass(frozen=True, slots=True)
class _Pattern:
    """The hours of a gap on the schedule's clock: from `begin` to `end`, `days` midnights later."""

    begin: time
    end: time
    days: int

    def prefix(self, roster: Roster) -> str:
        return f"gap:{roster.key}:{self.begin:%H%M}-{self.end:%H%M}+{self.days}:"


def _gaps(roster: Roster, look: Look) -> Iterator[Finding]:
    stood = merged(Span(d.start, d.end) for d in roster.duties)
    edges = [look.since, *(moment for span in stood for moment in span), look.beyond]
    free = [Span(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if a < b]
    zone = ZoneInfo(roster.zone)
    groups: dict[_Pattern, list[Span]] = defaultdict(list)
    for gap in filter(look.touches, free):
        if look.begin(gap) is None or look.end(gap) is None:
            yield _gap(roster, gap, look)
            continue
        begin, end = gap.start.astimezone(zone), gap.end.astimezone(zone)
        groups[_Pattern(begin.time(), end.time(), (end.date() - begin.date()).days)].append(gap)
    for pattern, gaps in groups.items():
        dates = [gap.start.astimezone(zone).date() for gap in gaps]
        weekdays = "".join(map(str, sorted({day.weekday() for day in dates})))
        prefix = pattern.prefix(roster)
        # What was told as one stays one while it wears off.
        told = (
            key for key in sorted(look.known) if key.startswith(prefix) and set(weekdays) <= set(key[len(prefix) :])
        )
        key = next(told, prefix + weekdays if len(gaps) >= SUMMED_FROM else "")
        if key:
            yield _recurring(roster, key, pattern, gaps, dates, look)
        else:
            yield from (_gap(roster, gap, look) for gap in gaps)


def _gap(roster: Roster, gap: Span, look: Look) -> Finding:
    begin, end = look.begin(gap), look.end(gap)
    until = f"until {_at(gap.end, roster.zone)}" if end else "with no end in sight"
    if gap.start <= look.now:
        when = f"now, {until}"
    elif end:
        when = f"from {_at(gap.start, roster.zone)} to {_at(gap.end, roster.zone)}"
    else:
        when = f"from {_at(gap.start, roster.zone)} on, {until}"
    key = f"gap:{roster.key}:{_stamp(begin)}" if begin else f"gap:{roster.key}:long"
    text = f"Nobody is on call on {roster.name} {when} ({roster.zone})."
    return Finding("gap", key, roster.team, text, roster.key, None, begin, end)


def _recurring(
    roster: Roster, key: str, pattern: _Pattern, gaps: Sequence[Span], dates: Sequence[date], look: Look
) -> Finding:
    by_day: dict[int, list[date]] = defaultdict(list)
    for day in dates:
        by_day[day.weekday()].append(day)
    weekly = len(gaps) > 1 and all(b - a == 7 * DAY for each in by_day.values() for a, b in pairwise(each))
    names = "day" if len(by_day) == 7 else listed([f"{each[0]:%a}" for _, each in sorted(by_day.items())])
    begin, end = f"{pattern.begin:%H:%M}", f"{pattern.end:%H:%M}"
    if pattern.begin == pattern.end == time() and pattern.days == 1:
        hours = "all day"
    elif 1 < pattern.days < 7 and len(by_day) == 1:
        hours = f"{begin} to {dates[0] + pattern.days * DAY:%a} {end}"
    else:
        later = {0: "", 1: " the next day"}.get(pattern.days, f" {pattern.days} days later")
        hours = f"from {begin} to {end}{later}"
    count = f"{len(gaps)} gaps" if len(gaps) > 1 else "1 gap"
    often = f"every {names} {hours}" if weekly else f"on {names} {hours}"
    first = f"the first {'has begun' if gaps[0].start <= look.now else _at(gaps[0].start, roster.zone)}"
    text = f"Nobody is on call on {roster.name} {often}: {count} in {look.said}, {first} ({roster.zone})."
    return Finding("gap", key, roster.team, text, roster.key, None, gaps[0].start, gaps[0].end)


def _alone(roster: Roster, people: Mapping[int, Person], look: Look) -> Iterator[Finding]:
    """Looks as far as the longest usual turn beyond the look-ahead: within a month's turn everybody is alone."""
    ahead = {duty.person for duty in roster.duties if duty.end > look.now}
    if len(ahead) == 1 and any(look.touches(Span(d.start, d.end)) for d in roster.duties):
        person = people[ahead.pop()]
        text = f"{person.name} stands all duty on {roster.name} alone: nobody takes over in {look.said}, or after."
        yield Finding("alone", f"alone:{roster.key}:{person.key}", roster.team, text, roster.key, person.key)


Theirs = Sequence[tuple[Roster, Sequence[Span]]]


def _twice(person: Person, theirs: Theirs, look: Look) -> Iterator[Finding]:
    for (one, spans), (other, others) in combinations(theirs, 2):
        both = [span for span in common(spans, others) if look.touches(span)]
        if not both:
            continue
        text = (
            f"{person.name} is on call on {one.name} and on {other.name} at once{_times(both, look)} "
            f"{_spelled(both[0], one.zone, look)}."
        )
        key = f"twice:{person.key}:{min(one.key, other.key)}:{max(one.key, other.key)}"
        for roster in (one, other) if one.team != other.team else (one,):
            begin, end = look.begin(both[0]), look.end(both[0])
            yield Finding("twice", key, roster.team, text, roster.key, person.key, begin, end)


def _unreachable(person: Person, theirs: Theirs, look: Look) -> Iterator[Finding]:
    if person.reachable:
        return
    for roster, span in _first_in_each_team(theirs, look):
        text = (
            f"No page reaches {person.name}, who has no working contact method and is on call on {roster.name} "
            f"{_spelled(span, roster.zone, look)}."
        )
        key = f"unreachable:{person.key}"
        yield Finding("unreachable", key, roster.team, text, roster.key, person.key, look.begin(span), look.end(span))


def _first_in_each_team(theirs: Theirs, look: Look) -> Iterable[tuple[Roster, Span]]:
    first: dict[int, tuple[Roster, Span]] = {}
    for roster, spans in theirs:
        ahead = next(filter(look.touches, spans), None)
        if ahead and (roster.team not in first or ahead < first[roster.team][1]):
            first[roster.team] = roster, ahead
    return first.values()


def _away(person: Person, theirs: Theirs, absences: Iterable[Absence], look: Look) -> Iterator[Finding]:
    for absence in absences:
        for roster, spans in theirs:
            both = [span for span in common(spans, [Span(absence.start, absence.end)]) if look.touches(span)]
            if not both:
                continue
            zone = roster.zone
            text = (
                f"{person.name} is away from {_at(absence.start, zone)} to {_at(absence.end, zone)}, and on call on "
                f"{roster.name}{_times(both, look)} {_spelled(both[0], zone, look)}."
            )
            key = f"away:{roster.key}:{absence.key}"
            begin, end = look.begin(both[0]), look.end(both[0])
            yield Finding("away", key, roster.team, text, roster.key, person.key, begin, end)


class _Nights:
    """Counts the nights of people, with each zone's nights worked out once."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.until = max(look.until, look.now + NIGHTS_IN)
        self.known: dict[str, list[nights.Night]] = {}

    def of(self, person: Person, theirs: Theirs) -> Iterator[Finding]:
        if not self.look.nights:
            return
        by_zone: dict[str, list[Span]] = defaultdict(list)
        for roster, spans in theirs:
            by_zone[person.zone or roster.zone] += spans
        days = sorted({day for zone, spans in by_zone.items() for day in self.within(zone, merged(spans))})
        count, first = max(
            ((bisect_right(days, day + NIGHTS_IN - DAY) - n, day) for n, day in enumerate(days)),
            key=lambda each: each[0],
            default=(0, date.min),
        )
        if count <= self.look.nights:
            return
        text = (
            f"{person.name} has {count} nights on call in the four weeks from {first:%a} {first.day} {first:%b}. "
            f"More than {self.look.nights} are too many."
        )
        for roster, _ in _first_in_each_team(theirs, self.look):
            yield Finding("nights", f"nights:{person.key}", roster.team, text, roster.key, person.key)

    def within(self, zone: str, spans: Sequence[Span]) -> list[date]:
        if zone not in self.known:
            self.known[zone] = nights.between(self.look.now, self.until, zone)
        return nights.stood(spans, self.known[zone])


def _unread(rosters: Sequence[Roster], unread: Iterable[Unread]) -> Iterator[Finding]:
    by_key = {roster.key: roster for roster in rosters}
    for each in unread:
        roster = by_key.get(each.roster)
        if roster is None:
            continue
        kept = (
            f"Its shifts stay as they were read {_at(each.since, roster.zone)} ({roster.zone})."
            if each.since
            else "It was never read, so that it gives no shifts."
        )
        text = f"The calendar of {roster.name} can't be read: {each.why.strip().rstrip('.')}. {kept}"
        yield Finding("import", f"import:{roster.key}", roster.team, text, roster.key)


def _at(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local:%a} {local.day} {local:%b %H:%M}"


def _spelled(span: Span, zone: str, look: Look) -> str:
    """A span in words, with its zone."""
    end = look.end(span)
    if span.start <= look.now:
        when = f"now, until {_at(end, zone)}" if end else "now, with no end in sight"
    elif end:
        when = f"from {_at(span.start, zone)} to {_at(end, zone)}"
    else:
        when = f"from {_at(span.start, zone)} on"
    return f"{when} ({zone})"


def _times(spans: Sequence[Span], look: Look) -> str:
    """What leads to the first of `spans`."""
    return f", {len(spans)} times in {look.said}: first" if len(spans) > 1 else ""


def _stamp(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
