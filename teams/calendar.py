"""A rota as a picture: weeks of seven equal days, with the final schedule above what it is made of.

A moment's place is its day plus the part of that day that has passed, so that days of 23 and 25 hours are as
wide as the others and every midnight falls on a line. Reads a loaded `Rota`; runs no query.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from teams.hours import instant
from teams.models import User
from teams.oncall import Rota, Watch

HUES = 12
# How far outside the picture a shift's real begin and end are looked for.
MARGIN = timedelta(days=35)


@dataclass(frozen=True, slots=True)
class Span:
    """Somebody's, or with `user` None nobody's, time in [start, end), UTC."""

    start: datetime
    end: datetime
    user: User | None
    why: str


def digits(percent: float) -> str:
    """A percentage of 0 to 100 as calendar.css reads it, a word for each digit: 37.4 is "t3 u7 d4".

    The page's policy lets no style stand in the page itself, so a place is said in words that the sheet adds up.
    """
    tenths = round(percent * 10)
    return f"t{tenths // 100} u{tenths // 10 % 10} d{tenths % 10}"


@dataclass(frozen=True, slots=True)
class Bar:
    """A span's part in one week. `left` and `width` are percent of the week's width."""

    left: float
    width: float
    user: User | None
    hue: int
    label: str
    title: str
    continues: bool

    @property
    def left_digits(self) -> str:
        return digits(self.left)

    @property
    def width_digits(self) -> str:
        """From the ends as they are drawn, so that bars which touch also touch in the picture."""
        return digits(round(self.left + self.width, 1) - round(self.left, 1))


@dataclass(frozen=True, slots=True)
class Lane:
    """One line of bars. `kind`: final, override or layer."""

    label: str
    kind: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    label: str
    today: bool


@dataclass(frozen=True, slots=True)
class Week:
    """`now` is the percent at which this moment stands, None in other weeks."""

    days: tuple[Day, ...]
    lanes: tuple[Lane, ...]
    now: float | None

    @property
    def now_digits(self) -> str:
        return "" if self.now is None else digits(self.now)


@dataclass(frozen=True, slots=True)
class Fact:
    """One row of the list below the picture. `begin` or `end` None: further than anybody looked."""

    begin: datetime | None
    end: datetime | None
    user: User | None
    hue: int
    why: str
    begin_text: str
    end_text: str
    also: str
    length: timedelta | None
    over: bool
    now: bool


class Calendar:
    """`weeks` weeks of `rota` from the local date `first`, in `zone` (an IANA name); `now` is aware."""

    def __init__(self, rota: Rota, first: date, weeks: int, zone: str, now: datetime) -> None:
        self.rota = rota
        self.first = first
        self.zone = zone
        self.now = now.astimezone(UTC)
        self.midnights = [
            instant(datetime.combine(first + timedelta(days=n), time.min), zone) for n in range(7 * weeks + 1)
        ]
        self.start, self.end = self.midnights[0], self.midnights[-1]
        self.hues = {pk: n % HUES for n, pk in enumerate(rota.users)}

    @property
    def schedule_zone(self) -> str:
        return self.rota.schedule.time_zone

    @property
    def last(self) -> date:
        return self.first + timedelta(days=len(self.midnights) - 2)

    @cached_property
    def final(self) -> list[Span]:
        """The final schedule with its gaps, reaching past the picture so that shifts keep their real ends."""
        since, until = self.start - MARGIN, self.end + MARGIN
        spans = [self._span(w) for w in self.rota.watches(since, until)]
        spans += [Span(a, b, None, "gap") for a, b in self.rota.gaps(since, until)]
        return sorted(spans, key=lambda s: s.start)

    @cached_property
    def people(self) -> list[tuple[User, int]]:
        """Whoever occurs in the picture, with their colour."""
        seen = {s.user.pk: s.user for s in self._within(self.final) if s.user}
        return [(user, self.hues[pk]) for pk, user in seen.items()]

    @cached_property
    def gaps(self) -> list[Fact]:
        """Gaps that are still to come or going on."""
        return [fact for fact in self.facts if fact.user is None and not fact.over]

    @cached_property
    def facts(self) -> list[Fact]:
        """The picture's final schedule in words, in order."""
        edge_a, edge_b = self.start - MARGIN, self.end + MARGIN
        found = []
        for span in self._within(self.final):
            begin = span.start if span.start > edge_a else None
            end = span.end if span.end < edge_b else None
            found.append(
                Fact(
                    begin,
                    end,
                    span.user,
                    self.hues.get(span.user.pk, 0) if span.user else 0,
                    span.why,
                    self.say(begin) if begin else "earlier",
                    self.say(end) if end else "later",
                    self._also(begin, end),
                    end - begin if begin and end else None,
                    span.end <= self.now,
                    span.start <= self.now < span.end,
                )
            )
        return found

    @cached_property
    def weeks(self) -> list[Week]:
        lanes = [("Final schedule", "final", self.final)]
        stand_ins = [
            Span(o.start, o.end, self.rota.users[o.person], "Override")  # type: ignore[index]
            for o in self.rota.overrides
            if o.start < self.end and self.start < o.end
        ]
        lanes += [("Overrides", "override", row) for row in _rows(stand_ins)]
        for layer, watches in reversed(self.rota.layer_watches(self.start - MARGIN, self.end + MARGIN)):
            spans = [Span(w.start, w.end, w.user, layer.name) for w in watches]
            lanes.append((layer.name, "layer", spans))
        today = self.now.astimezone(ZoneInfo(self.zone)).date()
        return [self._week(n, lanes, today) for n in range((len(self.midnights) - 1) // 7)]

    def place(self, moment: datetime, week: int) -> float:
        """Percent of the width of week number `week` at which `moment` stands, 0 to 100."""
        lines = self.midnights[week * 7 : week * 7 + 8]
        if moment <= lines[0]:
            return 0.0
        if moment >= lines[-1]:
            return 100.0
        day = bisect_right(lines, moment) - 1
        return round((day + (moment - lines[day]) / (lines[day + 1] - lines[day])) / 7 * 100, 3)

    def say(self, moment: datetime, zone: str = "") -> str:
        local = moment.astimezone(ZoneInfo(zone or self.zone))
        year = "" if local.year == self.now.year else f" {local.year}"
        return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"

    def _span(self, watch: Watch) -> Span:
        """A watch of somebody who has left is a gap from now on: nobody is paged by it."""
        if not watch.user.is_active and watch.end > self.now:
            return Span(watch.start, watch.end, None, f"{watch.user} has left")
        return Span(watch.start, watch.end, watch.user, watch.layer.name if watch.layer else "Override")

    def _also(self, begin: datetime | None, end: datetime | None) -> str:
        """The same span on the schedule's own clock, where that is another."""
        if self.zone == self.schedule_zone:
            return ""
        first = self.say(begin, self.schedule_zone) if begin else "earlier"
        return f"{first} to {self.say(end, self.schedule_zone) if end else 'later'}"

    def _within(self, spans: Iterable[Span]) -> list[Span]:
        return [s for s in spans if s.start < self.end and self.start < s.end]

    def _week(self, number: int, lanes: Sequence[tuple[str, str, list[Span]]], today: date) -> Week:
        dates = [self.first + timedelta(days=7 * number + n) for n in range(7)]
        start, end = self.midnights[7 * number], self.midnights[7 * number + 7]
        return Week(
            tuple(Day(d, f"{d:%a} {d.day} {d:%b}", d == today) for d in dates),
            tuple(
                Lane(
                    label,
                    kind,
                    tuple(self._bar(s, number, start) for s in spans if s.start < end and start < s.end),
                )
                for label, kind, spans in lanes
                if kind != "override" or any(s.start < end and start < s.end for s in spans)
            ),
            self.place(self.now, number) if start <= self.now < end else None,
        )

    def _bar(self, span: Span, week: int, start: datetime) -> Bar:
        left, right = self.place(span.start, week), self.place(span.end, week)
        name = span.user.name if span.user else "Nobody"
        return Bar(
            left,
            round(right - left, 3),
            span.user,
            self.hues.get(span.user.pk, 0) if span.user else 0,
            name,
            f"{name}: {self.say(span.start)} to {self.say(span.end)} ({span.why})",
            span.start < start,
        )


def monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _rows(spans: list[Span]) -> list[list[Span]]:
    """Spans over as few lines as it takes for none to cover another."""
    rows: list[list[Span]] = []
    for span in sorted(spans, key=lambda s: s.start):
        for row in rows:
            if row[-1].end <= span.start:
                row.append(span)
                break
        else:
            rows.append([span])
    return rows
