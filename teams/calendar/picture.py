"""A rota as a picture: weeks of seven days, with the final schedule above what it is made of.

A moment's place is its day plus the part of that day that has passed: days of 23 and 25 hours are as wide as the
others, so that the midnights of a month stand below one another. A week with its hours is drawn as long as it is
instead: an hour is an hour wide. Reads a loaded `Rota` and rows that are given; runs no query but the rota's people.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from teams import public_holidays, rotation
from teams.calendar.clocks import ClockChange, clock_changes, hours_between
from teams.calendar.shapes import (
    HUES,
    NOBODY,
    Bar,
    Clash,
    Day,
    Fact,
    Lane,
    Mark,
    Scale,
    Span,
    Tick,
    Week,
    Words,
    given_name,
    monday,
    side_by_side,
    words_of,
)
from teams.hours import instant
from teams.models import Swap, TimeOff, User
from teams.oncall import Rota, Watch

# How far outside the picture a shift's real begin and end are looked for.
MARGIN = timedelta(days=35)


def month_of(day: date) -> tuple[date, int]:
    """The first Monday and the number of weeks that show the whole month of `day`."""
    first = monday(day.replace(day=1))
    last = day.replace(day=monthrange(day.year, day.month)[1])
    return first, ((last - first).days + 7) // 7


class Calendar:
    """`weeks` weeks of `rota` from the local date `first`, in `zone` (an IANA name); `now` is aware.

    `hours` draws the scale of hours; `month` is any day of the month that the picture is of. `swaps` are open ones of
    the schedule, `away` is time off of the rota's people; both may reach beyond the picture.
    """

    def __init__(
        self,
        rota: Rota,
        first: date,
        weeks: int,
        zone: str,
        now: datetime,
        *,
        hours: bool = False,
        month: date | None = None,
        swaps: Sequence[Swap] = (),
        away: Sequence[TimeOff] = (),
    ) -> None:
        self.rota = rota
        self.first = first
        self.zone = zone
        self.now = now.astimezone(UTC)
        self.hours = hours
        self.month = month
        self.midnights = [
            instant(datetime.combine(first + timedelta(days=n), time.min), zone) for n in range(7 * weeks + 1)
        ]
        self.start, self.end = self.midnights[0], self.midnights[-1]
        self.hues = {pk: n % HUES for n, pk in enumerate(rota.users)}
        self.swaps = [s for s in swaps if s.starts_at < self.end and self.start < s.ends_at]
        self.away = [t for t in away if t.starts_at < self.end and self.start < t.ends_at]
        self._clock = ZoneInfo(zone)
        self._said: dict[datetime, str] = {}
        self._worded: dict[object, Words] = {}

    @property
    def schedule_zone(self) -> str:
        return self.rota.schedule.time_zone

    @property
    def zones(self) -> list[str]:
        """The clock of the picture, and the schedule's own where that is another."""
        return list(dict.fromkeys([self.zone, self.schedule_zone]))

    @property
    def last(self) -> date:
        return self.first + timedelta(days=len(self.midnights) - 2)

    @cached_property
    def final(self) -> list[Span]:
        """The final schedule with its gaps, reaching past the picture so that shifts keep their real ends."""
        return self._told(self.start - MARGIN, self.end + MARGIN)

    @cached_property
    def drawn(self) -> list[Span]:
        """What of the final schedule is in the picture."""
        return [s for s in self.final if s.start < self.end and self.start < s.end]

    @cached_property
    def people(self) -> list[tuple[User, int]]:
        """Whoever occurs in the picture, with their colour."""
        return [(self.rota.people[pk], self.hues[pk]) for pk in self._duty]

    @cached_property
    def _duty(self) -> dict[int, list[Span]]:
        found: dict[int, list[Span]] = {}
        for span in self.drawn:
            for user in span.people:
                found.setdefault(user.pk, []).append(span)
        return found

    @cached_property
    def gaps(self) -> list[Fact]:
        """Gaps that are still to come or going on."""
        return [fact for fact in self.facts if fact.user is None and not fact.over]

    @cached_property
    def facts(self) -> list[Fact]:
        """The picture's final schedule in words, in order."""
        found = []
        for span in self.drawn:
            begin, end = self._ends(span)
            found.append(
                Fact(
                    begin,
                    end,
                    span.people,
                    span.words.name,
                    self._hue(span) or 0,
                    span.why,
                    self.say(begin) if begin else "earlier",
                    self.say(end) if end else "later",
                    self._also(begin, end),
                    end - begin if begin and end else None,
                    span.end <= self.now,
                    span.start <= self.now < span.end,
                    tuple(self._notes(span)),
                )
            )
        return found

    @cached_property
    def clashes(self) -> list[Clash]:
        """Who is on call while away, from now on."""
        found: list[Clash] = []
        for off in self.away:
            for span in self._duty.get(off.user_id, ()):
                start, end = max(span.start, off.starts_at, self.now), min(span.end, off.ends_at)
                if start < end:
                    user = self.rota.people[off.user_id]
                    if found and found[-1].user == user and found[-1].end >= start:
                        start, end = found[-1].start, max(end, found[-1].end)
                        found.pop()
                    found.append(Clash(user, start, end, f"{self.say(start)} to {self.say(end)}"))
        return found

    @cached_property
    def clock_changes(self) -> list[ClockChange]:
        return [change for zone in self.zones for change in clock_changes(zone, self.midnights)]

    @cached_property
    def holidays(self) -> dict[date, str]:
        """The public holidays in the picture, of the schedule's country."""
        country = self.rota.schedule.country
        years = range(self.first.year, self.last.year + 1)
        named = {day: name for year in years for day, name in public_holidays.named(country, year).items()}
        return {day: named[day] for day in sorted(named) if self.first <= day <= self.last}

    @cached_property
    def notes(self) -> list[str]:
        """What is not like on other days, in words: clock changes, then public holidays."""
        said = []
        for change in self.clock_changes:
            way = "forward" if change.forward else "back"
            where = f" in {change.zone}" if len(self.zones) > 1 else ""
            said.append(
                f"Clocks go {way} on {change.before:%a} {change.before.day} {change.before:%b}, "
                f"{change.before:%H:%M}{where}, to {change.after:%H:%M}."
            )
        return said + [f"{day:%a} {day.day} {day:%b} is {name}." for day, name in self.holidays.items()]

    @cached_property
    def weeks(self) -> list[Week]:
        today = self.now.astimezone(self._clock).date()
        lanes = list(self._lanes())
        return [self._week(n, lanes, today) for n in range((len(self.midnights) - 1) // 7)]

    def place(self, moment: datetime, week: int) -> float:
        """Percent of the width of week number `week` at which `moment` stands, 0 to 100."""
        low, high = week * 7, week * 7 + 7
        lines = self.midnights
        if moment <= lines[low]:
            return 0.0
        if moment >= lines[high]:
            return 100.0
        if self.hours:
            return round((moment - lines[low]) / (lines[high] - lines[low]) * 100, 3)
        day = bisect_right(lines, moment, low, high) - 1
        return round((day - low + (moment - lines[day]) / (lines[day + 1] - lines[day])) / 7 * 100, 3)

    def say(self, moment: datetime, zone: str = "") -> str:
        """ "Mon 23 Nov, 09:00" on the clock of the picture or of `zone`; with the year where it is another."""
        if not zone and (known := self._said.get(moment)):
            return known
        local = moment.astimezone(ZoneInfo(zone) if zone else self._clock)
        year = "" if local.year == self.now.year else f" {local.year}"
        text = f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}"
        if not zone:
            self._said[moment] = text
        return text

    def between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime, Words]]:
        """Who is on call in [start, end), which may lie anywhere, gaps included."""
        return [(s.start, s.end, s.words) for s in self._told(start, end)]

    def _told(self, start: datetime, end: datetime) -> list[Span]:
        found = []
        for watch in self.rota.watches(start, end):
            if start < watch.start:
                found.append(Span(start, watch.start, (), "gap", NOBODY))
            found.append(self._span(watch))
            start = watch.end
        if start < end:
            found.append(Span(start, end, (), "gap", NOBODY))
        return found

    def _span(self, watch: Watch) -> Span:
        """A watch of somebody who has left is a gap from now on: nobody is paged by it."""
        here = watch.present if watch.end > self.now else watch.users
        if not here:
            return Span(watch.start, watch.end, (), f"{watch.user} has left", NOBODY)
        if watch.layer:
            return Span(watch.start, watch.end, here, watch.layer.name, self._words(here))
        by = self._stand_ins.get(watch.override_id) if watch.instead_of else None
        return Span(watch.start, watch.end, here, "Override", self._words(here, by, watch.instead_of))

    def _words(self, people: tuple[User, ...], by: User | None = None, instead_of: User | None = None) -> Words:
        key = tuple(user and user.pk for user in (*people, by, instead_of))
        if key not in self._worded:
            self._worded[key] = words_of(people, by, instead_of)
        return self._worded[key]

    @cached_property
    def _stand_ins(self) -> dict[object, User]:
        return {each.key: self.rota.users[each.person] for each in self.rota.overrides}  # type: ignore[index]

    def _lanes(self) -> Iterator[tuple[str, str, list[Span]]]:
        yield "Final schedule", "final", self.final
        for row in side_by_side([self._asked(swap) for swap in self.swaps]):
            yield "Swaps asked for", "swap", row
        stand_ins = [
            self._override(each) for each in self.rota.overrides if each.start < self.end and self.start < each.end
        ]
        for row in side_by_side(stand_ins):
            yield "Overrides", "override", row
        for layer, watches in reversed(self.rota.layer_watches(self.start - MARGIN, self.end + MARGIN)):
            inside = (w for w in watches if w.start < self.end and self.start < w.end)
            spans = [Span(w.start, w.end, w.users, layer.name, self._words(w.users)) for w in inside]
            yield layer.name, "layer", spans
        yield from self._absences()

    def _asked(self, swap: Swap) -> Span:
        other = swap.asked.name if swap.asked else "anyone"
        first = given_name(swap.asked) if swap.asked else "anyone"
        words = Words(f"{swap.user.name} asks {other}", f"{given_name(swap.user)} asks {first}", "?")
        return Span(swap.starts_at, swap.ends_at, (swap.user,), "swap asked for, not answered yet", words)

    def _override(self, each: rotation.Override) -> Span:
        user = self.rota.users[each.person]  # type: ignore[index]
        instead = self.rota.users[each.replaces] if each.replaces is not None else None  # type: ignore[index]
        return Span(each.start, each.end, (user,), "Override", self._words((user,), user, instead))

    def _absences(self) -> Iterator[tuple[str, str, list[Span]]]:
        """One line for each who is away and has duty in the picture."""
        for user, _ in self.people:
            words = Words(f"{user.name} is away", "away", "–")
            spans = [
                Span(t.starts_at, t.ends_at, (user,), "time off", words) for t in self.away if t.user_id == user.pk
            ]
            if spans:
                yield f"{given_name(user)} away", "away", sorted(spans, key=lambda s: s.start)

    def _also(self, begin: datetime | None, end: datetime | None) -> str:
        """The same span on the schedule's own clock, where that is another."""
        if self.zone == self.schedule_zone:
            return ""
        first = self.say(begin, self.schedule_zone) if begin else "earlier"
        return f"{first} to {self.say(end, self.schedule_zone) if end else 'later'}"

    def _notes(self, span: Span) -> Iterator[str]:
        here = {user.pk for user in span.people}
        for off in self.away:
            if off.user_id in here and off.starts_at < span.end and span.start < off.ends_at:
                yield f"{given_name(self.rota.people[off.user_id])} is away in this time"
        for swap in self.swaps:
            if swap.starts_at < span.end and span.start < swap.ends_at and swap.user_id in here:
                yield f"{given_name(swap.user)} asks for a swap"

    def _week(self, number: int, lanes: Sequence[tuple[str, str, list[Span]]], today: date) -> Week:
        lines = self.midnights[7 * number : 7 * number + 8]
        start, end = lines[0], lines[-1]
        drawn = []
        for label, kind, spans in lanes:
            inside = [s for s in spans if s.start < end and start < s.end]
            if inside or kind in ("final", "layer"):
                bars = tuple(self._bar(s, number, start) for s in inside)
                drawn.append(Lane(label, kind, bars, self._marks(number) if kind == "final" else ()))
        first, last = (self.first + timedelta(days=7 * number + n) for n in (0, 6))
        return Week(
            f"{first:%a} {first.day} {first:%b} to {last:%a} {last.day} {last:%b} {last.year}",
            tuple(self._day(7 * number + n, today) for n in range(7)),
            tuple(drawn),
            tuple(self._scale(zone, number, start, end) for zone in self.zones) if self.hours else (),
            self.place(self.now, number) if start <= self.now < end else None,
            " ".join(str(int(line.timestamp())) for line in lines),
        )

    def _day(self, number: int, today: date) -> Day:
        day = self.first + timedelta(days=number)
        hours = (self.midnights[number + 1] - self.midnights[number]) / timedelta(hours=1)
        month = f" {day:%b}" if self.month is None or day.day == 1 or number == 0 else ""
        outside = self.month is not None and day.month != self.month.month
        return Day(
            day,
            f"{day:%a} {day.day}{month}",
            day == today,
            outside,
            "" if hours == 24 else f"{hours:g}",
            self.holidays.get(day, ""),
        )

    def _scale(self, zone: str, week: int, start: datetime, end: datetime) -> Scale:
        own = zone == self.zone
        ticks = []
        for moment, local in hours_between(zone, start, end):
            kind = {0: "day", 12: "noon"}.get(local.hour, "hour")
            label = f"{local:%H}" if kind != "day" else "" if own else f"{local:%a} {local.day}"
            ticks.append(Tick(self.place(moment, week), label, kind))
        return Scale(zone, own, tuple(ticks))

    def _marks(self, week: int) -> tuple[Mark, ...]:
        told = [(c.start, c.end, "away", f"{c.user.name} is on call while away: {c.text}") for c in self.clashes]
        told += [
            (s.starts_at, s.ends_at, "swap", f"{s.user.name} asks for a swap: {self._between(s.starts_at, s.ends_at)}")
            for s in self.swaps
        ]
        found = []
        for start, end, kind, title in told:
            left, right = self.place(start, week), self.place(end, week)
            if left < right:
                found.append(Mark(left, round(right - left, 3), kind, title))
        return tuple(found)

    def _bar(self, span: Span, week: int, start: datetime) -> Bar:
        left, right = self.place(span.start, week), self.place(span.end, week)
        return Bar(
            left,
            round(right - left, 3),
            self._hue(span),
            tuple(self.hues.get(user.pk, 0) for user in span.people[1:]),
            span.words,
            f"{span.words.name}: {self._between(*self._ends(span))} ({span.why})",
            span.start < start,
            span.end <= self.now,
            span.start,
            span.end,
        )

    def _ends(self, span: Span) -> tuple[datetime | None, datetime | None]:
        """None for an end that lies further than anybody looked."""
        return (
            span.start if span.start > self.start - MARGIN else None,
            span.end if span.end < self.end + MARGIN else None,
        )

    def _between(self, start: datetime | None, end: datetime | None) -> str:
        text = f"{self.say(start) if start else 'earlier'} to {self.say(end) if end else 'later'}"
        there = self._also(start, end)
        return f"{text}; {there} in {self.schedule_zone}" if there else text

    def _hue(self, span: Span) -> int | None:
        return self.hues.get(span.people[0].pk, 0) if span.people else None
