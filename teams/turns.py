"""What one layer of a schedule gives by itself: when it is on, and whose turn it is then. Pure.

Works in ticks (see `teams.clock`). `Edges` are spans as one flat list: begin, end, begin, end ..., each later than
the one before. They are short to write down and quick to cut.
"""

from bisect import bisect_left, bisect_right
from calendar import monthrange
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from itertools import cycle, islice, pairwise, repeat
from operator import itemgetter
from typing import Literal

from teams.clock import AFTER, BEFORE, DAY, EPOCH_DAY, HOUR, WEEK, Clock, clock, ticks, zone_info
from teams.hours import FIRST_YEAR, LAST_YEAR, Restriction, utc, week_of

# The people of one turn in order, the first is the primary. () is nobody.
Crew = tuple[Hashable, ...]
Edges = list[int]
# Begin, end, who is on call, and the key or override that says so.
Piece = tuple[int, int, Crew, Hashable]

NEVER_AFTER = ticks(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC))
STEPS = {"hour": HOUR, "day": DAY, "week": WEEK}
# 1970 began on a Thursday.
FIRST_MONDAY = 4 * DAY

since_of: Callable[[Piece], int] = itemgetter(0)
until_of: Callable[[Piece], int] = itemgetter(1)


@dataclass(frozen=True, slots=True)
class Layer:
    """One rotation.

    `anchor` is the first hand-off, naive local time in `zone` (an IANA name). Days, weeks and months hand over at
    its time, months on its day, clamped to the last day of a shorter month; hours are counted on the wall clock
    from it. Crew i of `crews` is on in every period whose number from the anchor is i modulo their count; through
    an empty crew, or none at all, lower layers show. `starts` and `ends` bound the layer's effective time,
    half-open; None is unbounded. `holidays` "off" takes the layer out on local days that are holidays, "only" has
    it on them alone; `days` gives the holidays of a year. Raises ValueError on what makes no sense.
    """

    key: Hashable
    crews: tuple[Crew, ...]
    kind: Literal["hour", "day", "week", "month"]
    every: int
    anchor: datetime
    zone: str
    restrictions: tuple[Restriction, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None
    holidays: Literal["on", "off", "only"] = "on"
    days: Callable[[int], frozenset[date]] | None = field(default=None, compare=False, repr=False)
    # Read off the rest: the anchor in local ticks, the hours of a week.
    _born: int = field(init=False, compare=False, repr=False)
    _week: tuple[int, ...] | None = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in ("hour", "day", "week", "month"):
            raise ValueError(f"kind: {self.kind!r} is not hour, day, week or month")
        if not 1 <= self.every <= 1000:
            raise ValueError("every: give 1 to 1000 periods")
        if self.anchor.tzinfo is not None or not FIRST_YEAR <= self.anchor.year <= LAST_YEAR:
            raise ValueError(f"anchor: give a local time, of the years {FIRST_YEAR} to {LAST_YEAR}")
        if self.holidays not in ("on", "off", "only"):
            raise ValueError(f"holidays: {self.holidays!r} is not on, off or only")
        object.__setattr__(self, "crews", _crews(tuple(map(tuple, self.crews))))
        try:
            zone_info(self.zone)
        except ValueError as error:
            raise ValueError(f"zone: {error}") from error
        for name in ("starts", "ends"):
            if (moment := getattr(self, name)) is not None:
                object.__setattr__(self, name, utc(moment))
        object.__setattr__(self, "_born", ticks(self.anchor))
        object.__setattr__(self, "_week", week_of(self.restrictions))

    def on(self, start: int, end: int) -> Edges:
        """When somebody is on within [start, end)."""
        face = clock(self.zone, start, end)
        if face.place(start) < self._born:
            start = face.instant(self._born)
        start = max(start, ticks(self.starts)) if self.starts else start
        end = min(end, ticks(self.ends) if self.ends else NEVER_AFTER)
        if start >= end or not any(self.crews):
            return []
        edges = [start, end]
        if self._week is not None:
            edges = meet(edges, _weekly(self._week, face, start, end))
        if self.holidays == "only":
            edges = meet(edges, self._holidays(face, start, end))
        elif self.holidays == "off":
            edges = without(edges, self._holidays(face, start, end))
        return edges if all(self.crews) else meet(edges, self._manned(face, start, end))

    def pieces(self, shown: Edges) -> list[Piece]:
        """The turns in `shown`, which is a part of what `on` gave."""
        crews, key, count = self.crews, self.key, len(self.crews)
        if crews.count(crews[0]) == count:
            return [(start, end, crews[0], key) for start, end in zip(shown[::2], shown[1::2], strict=True)]
        number, handoffs = self._handoffs(clock(self.zone, shown[0], shown[-1]), shown[0], shown[-1])
        found: list[Piece] = []
        low = 0
        for start, end in zip(shown[::2], shown[1::2], strict=True):
            low = bisect_right(handoffs, start, low)
            if low == len(handoffs) or handoffs[low] >= end:
                found.append((start, end, crews[(number + low) % count], key))
                continue
            edges = [start, *handoffs[low : bisect_left(handoffs, end, low)], end]
            found += zip(edges, edges[1:], islice(cycle(crews), (number + low) % count, None), repeat(key))
        # Periods that a clock change swallowed.
        return found if len(set(handoffs)) == len(handoffs) else [piece for piece in found if piece[0] < piece[1]]

    def turn(self, at: int) -> tuple[int, int, Crew] | None:
        """The turn that is running at `at`, from its begin to its end."""
        place = clock(self.zone, at, at).place(at)
        if not self.crews or place < self._born or not self._open(place):
            return None
        number = self._number(place)
        crew = self.crews[number % len(self.crews)]
        first, last = self._face(number), self._face(number + 1)
        start, end = clock(self.zone, first, first).instant(first), clock(self.zone, last, last).instant(last)
        start = max(start, ticks(self.starts)) if self.starts else start
        end = min(end, ticks(self.ends) if self.ends else NEVER_AFTER)
        if not crew or not start <= at < end:
            return None
        if self.holidays == "on" and self._week is None:
            return start, end, crew
        return *stretch(self, at, start, end), crew

    def _open(self, place: int) -> bool:
        """Whether the hours and the holidays let the layer be on at a place of its clock."""
        if (week := self._week) is not None:
            since = (place - FIRST_MONDAY) % WEEK
            # The last hours of the week may run into the next.
            if not bisect_right(week, since) % 2 and since + WEEK >= week[-1]:
                return False
        if self.holidays == "on":
            return True
        day = date.fromordinal(EPOCH_DAY + place // DAY)
        return (self.days is not None and day in self.days(day.year)) == (self.holidays == "only")

    def _number(self, place: int) -> int:
        """The number of the period, counted from the anchor, in which a place of the clock lies."""
        if self.kind != "month":
            return (place - self._born) // (self.every * STEPS[self.kind])
        day = date.fromordinal(EPOCH_DAY + place // DAY)
        number = ((day.year - self.anchor.year) * 12 + day.month - self.anchor.month) // self.every
        return number if self._face(number) <= place else number - 1

    def _face(self, number: int) -> int:
        """The local ticks at which a period begins."""
        anchor = self.anchor
        if self.kind != "month":
            return self._born + number * self.every * STEPS[self.kind]
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + number * self.every, 12)
        day = min(anchor.day, monthrange(year, month + 1)[1])
        return (date(year, month + 1, day).toordinal() - EPOCH_DAY) * DAY + self._born % DAY

    def _handoffs(self, face: Clock, start: int, end: int) -> tuple[int, list[int]]:
        """The number of the period at `start`, and the hand-offs in (start, end]."""
        first, last = self._number(face.place(start)), self._number(face.place(end))
        if self.kind == "month":
            return first, face.instants([self._face(number) for number in range(first + 1, last + 1)])
        step = self.every * STEPS[self.kind]
        return first, face.instants(range(self._face(first + 1), self._face(last) + 1, step))

    def _manned(self, face: Clock, start: int, end: int) -> Edges:
        """Where the crew is not empty."""
        number, handoffs = self._handoffs(face, start, end)
        spans = enumerate(pairwise([start, *handoffs, AFTER]), number)
        return _apart([edge for each, span in spans if self.crews[each % len(self.crews)] for edge in span])

    def _holidays(self, face: Clock, start: int, end: int) -> Edges:
        if self.days is None:
            return []
        first, last = (date.fromordinal(EPOCH_DAY + face.place(at) // DAY) for at in (start, end))
        years = range(first.year, last.year + 1)
        days = sorted(day for year in years for day in self.days(year) if day.year == year and first <= day <= last)
        midnights = [(day.toordinal() - EPOCH_DAY) * DAY for day in days]
        return _apart(face.instants(_apart([edge for at in midnights for edge in (at, at + DAY)])))


@dataclass(frozen=True, slots=True)
class Listed:
    """A layer whose turns are given one by one, as an imported calendar gives them.

    `turns` are (start, end, crew), aware, in any order. Where some overlap everybody is on, in the order in which
    the turns start; neighbouring turns of the same people are one. A turn without length or people is left out.
    """

    key: Hashable
    turns: tuple[tuple[datetime, datetime, Crew], ...]
    _line: tuple[Piece, ...] = field(init=False, compare=False, repr=False)
    _edges: tuple[int, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        turns = [(ticks(utc(start)), ticks(utc(end)), _crew(crew, "turns")) for start, end, crew in self.turns]
        turns = sorted((turn for turn in turns if turn[0] < turn[1] and turn[2]), key=lambda turn: turn[:1])
        line: list[Piece] = []
        running: list[tuple[int, int, Crew]] = []
        waiting = 0
        for start, end in pairwise(sorted({edge for turn in turns for edge in turn[:2]})):
            while waiting < len(turns) and turns[waiting][0] <= start:
                running.append(turns[waiting])
                waiting += 1
            running = [turn for turn in running if turn[1] > start]
            if running:
                line.append((start, end, tuple(dict.fromkeys(p for turn in running for p in turn[2])), self.key))
        line = joined(line)
        object.__setattr__(self, "_line", tuple(line))
        object.__setattr__(self, "_edges", tuple(_apart([edge for piece in line for edge in piece[:2]])))

    def on(self, start: int, end: int) -> Edges:
        """When somebody is on within [start, end)."""
        return meet([start, end], self._edges)

    def pieces(self, shown: Edges) -> list[Piece]:
        """The turns in `shown`, which is a part of what `on` gave."""
        found = []
        for start, end in zip(shown[::2], shown[1::2], strict=True):
            low = bisect_right(self._line, start, key=until_of)
            high = bisect_left(self._line, end, low, key=since_of)
            found += [(max(a, start), min(b, end), crew, key) for a, b, crew, key in self._line[low:high]]
        return found

    def turn(self, at: int) -> tuple[int, int, Crew] | None:
        """The turn that is running at `at`, from its begin to its end."""
        place = bisect_right(self._line, at, key=until_of)
        if place == len(self._line) or self._line[place][0] > at:
            return None
        return self._line[place][:3]


def meet(one: Sequence[int], other: Sequence[int]) -> Edges:
    """Where both are. Costs the spans of the shorter times the logarithm of the longer, and a copy."""
    if len(one) > len(other):
        one, other = other, one
    found: Edges = []
    low = 0
    for start, end in zip(one[::2], one[1::2], strict=True):
        low = bisect_right(other, start, low)
        high = bisect_left(other, end, low)
        if low % 2:
            found.append(start)
        found += other[low:high]
        if high % 2:
            found.append(end)
        low = high
    return found


def without(one: Sequence[int], other: Sequence[int]) -> Edges:
    """Where `one` is and `other` is not."""
    return meet(one, [BEFORE, *other, AFTER])


def split(free: Edges, on: Edges) -> tuple[Edges, Edges]:
    """Where both are, and what is left of `free`: `meet` and `without` in one pass where many spans are cut."""
    if len(on) > len(free):
        return meet(free, on), without(free, on)
    both: Edges = []
    left: Edges = []
    done = low = 0
    for start, end in zip(on[::2], on[1::2], strict=True):
        low = bisect_right(free, start, low)
        high = bisect_left(free, end, low)
        if low == high and not low % 2:
            continue
        left += free[done:low]
        done = high
        if low % 2:
            both.append(start)
            # A span that would begin and end at once is none.
            if left[-1] == start:
                left.pop()
            else:
                left.append(start)
        both += free[low:high]
        if high % 2:
            both.append(end)
            if free[high] == end:
                done += 1
            else:
                left.append(end)
        low = high
    return both, left + free[done:]


def stretch(layer: Layer | Listed, at: int, start: int, end: int) -> tuple[int, int]:
    """The longest span around `at` within [start, end) in which the layer is on throughout, or off throughout."""
    # A weekly window comes again within this time, unless it is a holiday or a clock change swallows it.
    width = WEEK + DAY
    while True:
        low, high = max(start, at - width), min(end, at + width)
        edges = layer.on(low, high)
        place = bisect_right(edges, at)
        since = edges[place - 1] if place else low
        until = edges[place] if place < len(edges) else high
        if (since > low or low == start) and (until < high or high == end):
            return since, until
        width *= 8


def joined(pieces: Sequence[Piece]) -> list[Piece]:
    """Neighbours of equal people and source made one."""
    found: list[Piece] = []
    last: Piece = (AFTER, AFTER, (), None)
    for piece in pieces:
        if last[1] == piece[0] and last[2] == piece[2] and last[3] == piece[3]:
            found[-1] = last = (last[0], *piece[1:])
        else:
            found.append(last := piece)
    return found


@lru_cache(maxsize=4096)
def _crews(crews: tuple[Sequence[Hashable], ...]) -> tuple[Crew, ...]:
    """Rotations of many schedules are read again and again, and seldom change."""
    return tuple([_crew(crew, "crews") for crew in crews])


def _crew(people: Sequence[Hashable], where: str) -> Crew:
    if None in people:
        raise ValueError(f"{where}: None is nobody; an empty crew says so")
    return tuple(dict.fromkeys(people) if len(people) > 1 else people)


def _apart(edges: list[int]) -> Edges:
    """Ascending edges without the spans that have no length, joined where they touch."""
    if len(set(edges)) == len(edges):
        return edges
    found: Edges = []
    for edge in edges:
        if found and found[-1] == edge:
            found.pop()
        else:
            found.append(edge)
    return found


def _weekly(week: tuple[int, ...], face: Clock, start: int, end: int) -> Edges:
    """The weekly hours around [start, end): all that reach into it, and some more."""
    first = (face.place(start) - FIRST_MONDAY) // WEEK - 1
    last = (face.place(end) - FIRST_MONDAY) // WEEK
    mondays = range(FIRST_MONDAY + first * WEEK, FIRST_MONDAY + last * WEEK + 1, WEEK)
    return _apart(face.instants([monday + edge for monday in mondays for edge in week]))
