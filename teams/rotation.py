"""Who is on call when: layers and overrides become shifts. Pure; the clock is an argument.

A layer hands over at wall-clock times in its own zone, counted in whole local periods from its anchor, so
that hand-offs never drift over a clock change. Higher layers win over lower ones, overrides win over all, in
the order in which they were created. Every span is half-open UTC: at a hand-off second exactly, the incoming
people are on call.

- A local time that a clock change skips happens at the first instant after the gap; one that occurs twice
  happens the first time. A period that a clock change swallows whole has no length and is nobody's turn.
- Before its anchor a layer is not on yet. There, outside its hours, on days that its holidays rule out, and with
  an empty crew, lower layers show through; where none is left there is a gap.
- An override that replaces nobody has its person alone on call throughout. One that replaces somebody gives their
  place in the crew to its person where they are on call in what was there before it, and does nothing elsewhere.
- "As known at k" is the caller's choice of rows: pass only the layers and overrides that were known at k. A
  roster change closes one layer (`ends`) and opens the next (`starts`), so that the past stays as it was.

Functions take aware moments of the years 1900 to 2999 and return UTC; other moments raise ValueError.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import Any, NamedTuple

from teams.clock import AFTER, BEFORE, DAY, EPOCH, WEEK, moment, ticks
from teams.hours import Restriction, Span, restrictions_from_json, utc
from teams.turns import (
    NEVER_AFTER,
    Crew,
    Layer,
    Listed,
    Piece,
    joined,
    meet,
    since_of,
    stretch,
    until_of,
    without,
)

__all__ = [
    "Crew",
    "Handoff",
    "Layer",
    "Listed",
    "Override",
    "Restriction",
    "Shift",
    "gaps",
    "layer_shifts",
    "next_handoff",
    "restrictions_from_json",
    "shifts",
    "turn",
    "who",
]

Layers = Sequence[Layer | Listed]


@dataclass(frozen=True, slots=True)
class Override:
    """`person` stands in from `start` until `end` (aware); of two that overlap, the greater `created` wins.

    With `replaces` only where that person is on call beneath it, in their place. Among equal `created` the later in
    the sequence wins. `key` is the caller's own, such as a row's id.
    """

    person: Hashable
    start: datetime
    end: datetime
    created: Any
    key: Hashable = None
    replaces: Hashable | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", utc(self.end))
        if self.person is None:
            raise ValueError("person: None is nobody")
        if self.end <= self.start:
            raise ValueError("end: an override ends after it starts")


class Shift(NamedTuple):
    """`people`, never empty, are on call in [start, end), UTC; the first is the primary.

    `source` is a layer's key, or the last Override that had a say.
    """

    start: datetime
    end: datetime
    people: Crew
    source: Hashable

    @property
    def person(self) -> Hashable:
        return self.people[0]


@dataclass(frozen=True, slots=True)
class Handoff:
    """At `at` (UTC) the people on call change. () is nobody: a gap begins or ends."""

    at: datetime
    outgoing: Crew
    incoming: Crew


def shifts(layers: Layers, overrides: Iterable[Override], start: datetime, end: datetime) -> list[Shift]:
    """The final schedule in [start, end), in order, cut at both ends.

    `layers` run from the lowest to the highest priority. Neighbouring shifts of the same people and source are
    one. Costs O(n log n) in the spans within the range of what is not hidden, however far that lies from the
    anchor. ValueError when the range ends before it starts.
    """
    return _told(_scheduled(layers, overrides, *_range(start, end)))


def layer_shifts(layer: Layer | Listed, start: datetime, end: datetime) -> list[Shift]:
    """One layer alone in [start, end), as `shifts` gives it."""
    return shifts([layer], [], start, end)


def who(layers: Layers, overrides: Iterable[Override], at: datetime) -> Shift | None:
    """Who is on call at `at`, None in a gap. O(layers + overrides), however far from the anchor.

    The shift is the present turn: cut at the layer's own hand-offs, and by whatever wins over it, but not
    joined with a neighbouring turn of the same people as `shifts` does; `next_handoff` tells when the people
    change. An unbounded side is cut at the year 3000.
    """
    now = ticks(utc(at))
    pieces = _overridden(_showing(layers, now), overrides, BEFORE, AFTER)
    return next(iter(_told([piece for piece in pieces if piece[0] <= now < piece[1]])), None)


def turn(layer: Layer | Listed, at: datetime) -> Shift | None:
    """The layer's own turn that is running at `at`, whatever wins over it."""
    return who([layer], [], at)


def gaps(layers: Layers, overrides: Iterable[Override], start: datetime, end: datetime) -> list[Span]:
    """The spans of [start, end) in which nobody is on call, in order, UTC."""
    first, last = _range(start, end)
    states = _states(_scheduled(layers, overrides, first, last), first, last)
    return [(moment(since), moment(until)) for (since, crew), (until, _) in pairwise(states) if not crew]


def next_handoff(
    layers: Layers,
    overrides: Iterable[Override],
    at: datetime,
    within: timedelta = timedelta(days=731),
) -> Handoff | None:
    """The first moment after `at` at which other people, or nobody, are on call.

    None when there is none `within` that time. A change of source alone, as when a person's own layer takes
    over from their override, is no hand-off; another order of the same people is one.
    """
    overrides = list(overrides)
    now = ticks(utc(at))
    limit = min(now + ticks(EPOCH + within), NEVER_AFTER - DAY)
    width = WEEK + DAY
    while now < limit:
        until = min(now + width, limit)
        states = _states(_scheduled(layers, overrides, now, until), now, until)[:-1]
        for (_, outgoing), (change, incoming) in pairwise(states):
            if outgoing != incoming:
                return Handoff(moment(change), outgoing, incoming)
        if until == limit:
            break
        width *= 8
    return None


def _range(start: datetime, end: datetime) -> tuple[int, int]:
    first, last = ticks(utc(start)), ticks(utc(end))
    if last < first:
        raise ValueError("the range ends before it starts")
    return first, last


def _scheduled(layers: Layers, overrides: Iterable[Override], start: int, end: int) -> list[Piece]:
    """From the highest layer down, each only where those above left time free; then the overrides."""
    pieces: list[Piece] = []
    free = [start, end] if start < end else []
    for layer in reversed(layers):
        if not free:
            break
        on = layer.on(free[0], free[-1])
        if shown := meet(free, on):
            pieces += layer.pieces(shown)
            free = without(free, on)
    pieces.sort()
    return joined(_overridden(pieces, overrides, start, end))


def _showing(layers: Layers, at: int) -> list[Piece]:
    """The turn at `at` of the highest layer that is on then, as far as those above it let it show."""
    above: list[Layer | Listed] = []
    for layer in reversed(layers):
        if running := layer.turn(at):
            start, end, crew = running
            for higher in above:
                start, end = stretch(higher, at, start, end)
            return [(start, end, crew, layer.key)]
        above.append(layer)
    return []


def _overridden(pieces: list[Piece], overrides: Iterable[Override], start: int, end: int) -> list[Piece]:
    """`pieces` of [start, end) after each override in order of creation has had its say. Changes the list."""
    for each in sorted(overrides, key=attrgetter("created")):
        since, until = max(start, ticks(each.start)), min(end, ticks(each.end))
        if since >= until:
            continue
        low = bisect_right(pieces, since, key=until_of)
        high = bisect_left(pieces, until, low, key=since_of)
        beneath = pieces[low:high]
        if each.replaces is None:
            before = [(a, since, crew, source) for a, _, crew, source in beneath[:1] if a < since]
            behind = [(until, b, crew, source) for _, b, crew, source in beneath[-1:] if until < b]
            pieces[low:high] = [*before, (since, until, (each.person,), each), *behind]
        elif each.person != each.replaces:
            pieces[low:high] = [part for piece in beneath for part in _replaced(piece, each, since, until)]
    return pieces


def _replaced(piece: Piece, each: Override, since: int, until: int) -> list[Piece]:
    start, end, crew, source = piece
    if each.replaces not in crew:
        return [piece]
    since, until = max(start, since), min(end, until)
    people = tuple(dict.fromkeys(each.person if person == each.replaces else person for person in crew))
    parts = [(start, since, crew, source), (since, until, people, each), (until, end, crew, source)]
    return [part for part in parts if part[0] < part[1]]


def _told(pieces: Iterable[Piece]) -> list[Shift]:
    found: list[Shift] = []
    edge, then = BEFORE, EPOCH
    for start, end, crew, source in pieces:
        since = then if start == edge else moment(start)
        edge, then = end, moment(end)
        found.append(Shift(since, then, crew, source))
    return found


def _states(pieces: Iterable[Piece], start: int, end: int) -> list[tuple[int, Crew]]:
    """(since when, who) for each stretch of [start, end), gaps included; the last is its end."""
    found: list[tuple[int, Crew]] = []
    for since, until, crew, _ in pieces:
        if start < since:
            found.append((start, ()))
        found.append((since, crew))
        start = until
    if start < end:
        found.append((start, ()))
    return [*found, (end, ())]
