"""How evenly on-call duty falls: hours, nights, weekends and public holidays of each person. Pure.

Every length is a length in UTC, so that the night on which the clocks go back is an hour longer. What is night,
weekend or holiday is read from the clock on the wall where the person lives.

- Night is 23:00 to 07:00. A night counts as one when at least two hours of it are duty; its hours count in any case.
- A weekend is Saturday 00:00 to Monday 00:00, a holiday is its whole local day. One counts when any of it is duty.
- Somebody who stands two shifts at once has the hours of both, and one night.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from teams import nights as night_hours
from teams.clock import DAY, EPOCH, EPOCH_DAY, HOUR, clock, moment, ticks
from teams.hours import utc
from teams.turns import STEPS, Crew, Edges, Layer, meet, without

NIGHT_BEGINS, NIGHT_ENDS = night_hours.BEGINS.hour * HOUR, DAY + night_hours.ENDS.hour * HOUR
A_NIGHT = ticks(EPOCH + night_hours.SHORTEST)
SATURDAY = 5
# What an hour weighs, and how much more at these times. An hour of a Christmas night on a Sunday weighs 5.
WEIGHTS = {"hour": 1, "night": 1, "weekend": 1, "holiday": 2}
# Between most and least, as a part of the average: up to which it is called so.
EVEN, ALMOST = 0.15, 0.40
# A proposal looks at whole cycles of at least this length.
HORIZON = timedelta(days=90)
LONGEST_CYCLE = 1100 * DAY

Days = Callable[[int], frozenset[date]]
ZERO = timedelta()


class Duty(NamedTuple):
    """`person` is on call in [start, end), aware. Several people on a shift have one each."""

    person: Hashable
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Load:
    """One person's duty. `nights` are the days on whose evening they began, `weekends` the Saturdays, `holidays` the
    days. `night_alone` is neither on a weekend nor on a holiday, `weekend_alone` not on a holiday: with `holiday` and
    `plain` they tell every hour once."""

    total: timedelta = ZERO
    night: timedelta = ZERO
    weekend: timedelta = ZERO
    holiday: timedelta = ZERO
    night_alone: timedelta = ZERO
    weekend_alone: timedelta = ZERO
    nights: frozenset[date] = frozenset()
    weekends: frozenset[date] = frozenset()
    holidays: frozenset[date] = frozenset()

    def __add__(self, other: Load) -> Load:
        """Of two spans, or of two schedules: lengths add up, a night that both have is one."""
        return Load(
            self.total + other.total,
            self.night + other.night,
            self.weekend + other.weekend,
            self.holiday + other.holiday,
            self.night_alone + other.night_alone,
            self.weekend_alone + other.weekend_alone,
            self.nights | other.nights,
            self.weekends | other.weekends,
            self.holidays | other.holidays,
        )

    @property
    def plain(self) -> timedelta:
        """Neither at night nor on a weekend nor on a holiday."""
        return self.total - self.night_alone - self.weekend_alone - self.holiday

    @property
    def weight(self) -> float:
        """Hours, those at bad times counted more: see WEIGHTS."""
        weighed = (
            (self.total, "hour"),
            (self.night, "night"),
            (self.weekend, "weekend"),
            (self.holiday, "holiday"),
        )
        return sum(length / timedelta(hours=1) * WEIGHTS[name] for length, name in weighed)


def loads(
    duties: Iterable[Duty],
    start: datetime,
    end: datetime,
    zone_of: Callable[[Hashable], str],
    holidays_of: Callable[[Hashable], Days | None],
) -> dict[Hashable, Load]:
    """What of `duties` falls in [start, end), aware, by person. `zone_of` names the zone in which somebody lives,
    `holidays_of` gives the public holidays of a year there. Nobody without duty is in it."""
    first, last = ticks(utc(start)), ticks(utc(end))
    spans: dict[Hashable, list[tuple[int, int]]] = {}
    for person, begins, ends in duties:
        since, until = max(first, ticks(begins)), min(last, ticks(ends))
        if since < until:
            spans.setdefault(person, []).append((since, until))
    return {
        person: _load(found, _marks(zone_of(person), holidays_of(person), first // DAY, last // DAY + 1))
        for person, found in spans.items()
    }


@dataclass(frozen=True, slots=True)
class Spread:
    """How uneven it is among some people. `share` is what lies between most and least as a part of the average."""

    most: Hashable
    least: Hashable
    share: float

    @property
    def percent(self) -> int:
        return round(self.share * 100)

    @property
    def verdict(self) -> str:
        """In plain words."""
        return "even" if self.share <= EVEN else "a bit uneven" if self.share <= ALMOST else "uneven"


def spread(found: Mapping[Hashable, Load]) -> Spread | None:
    """How uneven the weights of `found` are; None where there is no duty, or fewer than two people to share it."""
    weights = {person: load.weight for person, load in found.items()}
    total = sum(weights.values())
    if len(weights) < 2 or not total:
        return None
    most, least = max(weights, key=weights.__getitem__), min(weights, key=weights.__getitem__)
    return Spread(most, least, (weights[most] - weights[least]) * len(weights) / total)


class Cycles(NamedTuple):
    """Whole cycles of a rotation, UTC."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Proposal:
    """Which crew of a rotation should come first. `offset` 0: the one that does. `starts` is that crew."""

    offset: int
    starts: Crew
    before: Spread
    after: Spread

    @property
    def crew(self) -> int:
        """The crew to put first, counted from 1."""
        return self.offset + 1


def best_start(
    crews: Sequence[Crew],
    final: Callable[[tuple[Crew, ...]], Iterable[Duty]],
    cycles: Cycles,
    had: Mapping[Any, Load],
    zone_of: Callable[[Hashable], str],
    holidays_of: Callable[[Hashable], Days | None],
) -> Proposal | None:
    """The start of `crews`, which keep their order, that evens it best, together with what their people `had` already.

    `final` gives the duty in `cycles` with the crews in an order that it is given. None where nothing can be evened:
    with one crew, one person, or no duty. Of equally even starts the one that changes least wins.
    """
    people = dict.fromkeys(person for crew in crews for person in crew)
    if len(crews) < 2 or len(people) < 2:
        return None
    found: list[tuple[Spread, float, tuple[Crew, ...]]] = []
    for offset in range(len(crews)):
        order = (*crews[offset:], *crews[:offset])
        coming = loads(final(order), cycles.start, cycles.end, zone_of, holidays_of)
        both = {person: had.get(person, Load()) + coming.get(person, Load()) for person in people}
        if (uneven := spread(both)) is None:
            return None
        mean = sum(load.weight for load in both.values()) / len(both)
        found.append((uneven, sum((load.weight / mean - 1) ** 2 for load in both.values()), order))
    best = min(range(len(found)), key=lambda n: (round(found[n][0].share, 4), round(found[n][1], 4), n))
    before, after = found[0][0], found[best][0]
    if after.percent >= before.percent:
        best, after = 0, before
    return Proposal(best, found[best][2][0], before, after)


def whole_cycles(layer: Layer, after: datetime, least: timedelta = HORIZON) -> Cycles | None:
    """As many whole cycles of the layer's crews as it takes to fill `least`, from its first hand-off at or after
    `after`. None for fewer than two crews, and where a cycle takes longer than anybody plans."""
    count, since = len(layer.crews), ticks(utc(after))
    turn = layer.every * STEPS.get(layer.kind, 31 * DAY)
    if count < 2 or count * turn > LONGEST_CYCLE:
        return None
    numbered = tuple((number,) for number in range(count))
    clear = replace(layer, crews=numbered, restrictions=(), holidays="on", starts=None, ends=None)
    if (running := clear.turn(since)) and running[0] < since:
        since = running[1]
    elif running is None:
        since = clock(layer.zone, since, since).instant(ticks(layer.anchor))
    turns = clear.pieces(clear.on(since, since + ticks(EPOCH + least) + (count + 2) * (turn + DAY)))
    whole = next(n for n in range(count, len(turns), count) if turns[n][0] - since >= ticks(EPOCH + least))
    return Cycles(moment(since), moment(turns[whole][0]))


class _Marks(NamedTuple):
    """Where in a range it is night, weekend and holiday at one place, and which days each of them is."""

    night: Edges
    nights: tuple[date, ...]
    weekend: Edges
    weekends: tuple[date, ...]
    holiday: Edges
    holidays: tuple[date, ...]
    weekend_alone: Edges
    night_alone: Edges


@lru_cache(maxsize=256)
def _marks(zone: str, days: Days | None, first: int, last: int) -> _Marks:
    """Of the UTC days `first` to `last`, and some around them."""
    face = clock(zone, first * DAY, last * DAY)
    first, last = first - 3, last + 3

    def spans(numbers: list[int], opens: int, closes: int) -> tuple[Edges, tuple[date, ...]]:
        begins = face.instants([n * DAY + opens for n in numbers])
        ends = face.instants([n * DAY + closes for n in numbers])
        kept = [(a, b, n) for a, b, n in zip(begins, ends, numbers, strict=True) if a < b]
        return [edge for a, b, _ in kept for edge in (a, b)], tuple(date.fromordinal(n + EPOCH_DAY) for *_, n in kept)

    every = list(range(first, last + 1))
    # 1970 began on a Thursday.
    saturdays = [n for n in range(first - 2, last + 1) if (n + 3) % 7 == SATURDAY]
    years = range(date.fromordinal(first + EPOCH_DAY).year, date.fromordinal(last + EPOCH_DAY).year + 1)
    known = {day.toordinal() - EPOCH_DAY for year in years for day in (days(year) if days else ())}
    night, nights = spans(every, NIGHT_BEGINS, NIGHT_ENDS)
    weekend, weekends = spans(saturdays, 0, 2 * DAY)
    holiday, holidays = spans([n for n in every if n in known], 0, DAY)
    weekend_alone = without(weekend, holiday)
    return _Marks(
        *(night, nights, weekend, weekends, holiday, holidays),
        weekend_alone,
        without(without(night, holiday), weekend),
    )


def _load(spans: list[tuple[int, int]], marks: _Marks) -> Load:
    spans.sort()
    lines = _lines(spans)
    united = lines[0] if len(lines) == 1 else _united(spans)
    nights = _which(meet(united, marks.night), marks.night)
    return Load(
        _sum(lines, None),
        _sum(lines, marks.night),
        _sum(lines, marks.weekend),
        _sum(lines, marks.holiday),
        _sum(lines, marks.night_alone),
        _sum(lines, marks.weekend_alone),
        frozenset(marks.nights[n] for n, length in nights.items() if length >= A_NIGHT),
        frozenset(marks.weekends[n] for n in _which(meet(united, marks.weekend), marks.weekend)),
        frozenset(marks.holidays[n] for n in _which(meet(united, marks.holiday), marks.holiday)),
    )


def _sum(lines: list[Edges], where: Edges | None) -> timedelta:
    """The length of what all lines have in `where`; None is everywhere."""
    return timedelta(microseconds=sum(_length(line if where is None else meet(line, where)) for line in lines))


def _lines(spans: list[tuple[int, int]]) -> list[Edges]:
    """Spans in order over as few lines as it takes for none to overlap; touching ones are one."""
    lines: list[Edges] = []
    for start, end in spans:
        for line in lines:
            if line[-1] == start:
                line[-1] = end
                break
            if line[-1] < start:
                line.extend((start, end))
                break
        else:
            lines.append([start, end])
    return lines


def _united(spans: list[tuple[int, int]]) -> Edges:
    found: Edges = []
    for start, end in spans:
        if found and start <= found[-1]:
            found[-1] = max(found[-1], end)
        else:
            found += (start, end)
    return found


def _length(edges: Edges) -> int:
    return sum(edges[1::2]) - sum(edges[::2])


def _which(part: Edges, whole: Edges) -> dict[int, int]:
    """The length of `part` within each span of `whole`, by the span's number."""
    found: dict[int, int] = {}
    for start, end in zip(part[::2], part[1::2], strict=True):
        number = (bisect_right(whole, start) - 1) // 2
        found[number] = found.get(number, 0) + end - start
    return found
