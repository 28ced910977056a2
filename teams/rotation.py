"""Who is on call when: layers and overrides become shifts. Pure; the clock is an argument.

A layer hands over at wall-clock times in its own zone, counted in whole local periods from its anchor, so
that hand-offs never drift over a clock change. Higher layers win over lower ones, overrides win over all,
and of overlapping overrides the last created wins. Every span is half-open UTC: at a hand-off second
exactly, the incoming person is on call.

- A local time that a clock change skips happens at the first instant after the gap; one that occurs twice
  happens the first time.
- Before its anchor a layer is not on yet. There, outside its restrictions, and with an empty roster, lower
  layers show through; where none is left there is a gap.
- "As known at k" is the caller's choice of rows: pass only the layers and overrides that were known at k. A
  roster change closes one layer (`ends`) and opens the next (`starts`), so that the past stays as it was.

Functions take aware moments of the years 1900 to 2999 and return UTC; other moments raise ValueError.
"""

import heapq
from calendar import monthrange
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, Literal
from zoneinfo import ZoneInfo

from teams.hours import (
    DAY,
    FIRST_YEAR,
    LAST_YEAR,
    WEEK,
    Restriction,
    Span,
    always,
    instant,
    restrictions_from_json,
    utc,
    windows,
)

__all__ = [
    "Handoff",
    "Layer",
    "Override",
    "Restriction",
    "Shift",
    "gaps",
    "layer_shifts",
    "next_handoff",
    "restrictions_from_json",
    "shifts",
    "who",
]

NEVER_BEFORE = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
NEVER_AFTER = datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC)
# A weekly window recurs within 14 days even when a clock change swallows one of them, and lasts under 7.
REACH = timedelta(days=16)


@dataclass(frozen=True, slots=True)
class Layer:
    """One rotation.

    `anchor` is the first hand-off, naive local time in `zone` (an IANA name); its time is the time of all
    hand-offs and, for months, its day is theirs, clamped to the last day of a shorter month. Person i of
    `people` is on in every period whose number from the anchor is i modulo their count. `starts` and `ends`
    bound the layer's effective time, half-open; None is unbounded. Raises ValueError on what makes no sense.
    """

    key: Hashable
    people: tuple[Hashable, ...]
    kind: Literal["day", "week", "month"]
    every: int
    anchor: datetime
    zone: str
    restrictions: tuple[Restriction, ...] = ()
    starts: datetime | None = None
    ends: datetime | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("day", "week", "month"):
            raise ValueError(f"kind: {self.kind!r} is not day, week or month")
        if not 1 <= self.every <= 1000:
            raise ValueError("every: give 1 to 1000 periods")
        if self.anchor.tzinfo is not None or not FIRST_YEAR <= self.anchor.year <= LAST_YEAR:
            raise ValueError(f"anchor: give a local time, of the years {FIRST_YEAR} to {LAST_YEAR}")
        if None in self.people:
            raise ValueError("people: None is nobody")
        try:
            ZoneInfo(self.zone)
        except (KeyError, OSError, ValueError) as error:
            raise ValueError(f"zone: {self.zone!r} is not a known time zone") from error
        for name in ("starts", "ends"):
            if (moment := getattr(self, name)) is not None:
                object.__setattr__(self, name, utc(moment))


@dataclass(frozen=True, slots=True)
class Override:
    """`person` stands in from `start` until `end` (aware); of two that overlap, the greater `created` wins.

    Among equal `created` the later in the sequence wins. `key` is the caller's own, such as a row's id.
    """

    person: Hashable
    start: datetime
    end: datetime
    created: Any
    key: Hashable = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", utc(self.start))
        object.__setattr__(self, "end", utc(self.end))
        if self.person is None:
            raise ValueError("person: None is nobody")
        if self.end <= self.start:
            raise ValueError("end: an override ends after it starts")


@dataclass(frozen=True, slots=True)
class Shift:
    """`person` is on call in [start, end), UTC. `source` is a layer's key, or the Override itself."""

    start: datetime
    end: datetime
    person: Hashable
    source: Hashable


@dataclass(frozen=True, slots=True)
class Handoff:
    """At `at` (UTC) the person on call changes. None is nobody: a gap begins or ends."""

    at: datetime
    outgoing: Hashable | None
    incoming: Hashable | None


def shifts(layers: Sequence[Layer], overrides: Iterable[Override], start: datetime, end: datetime) -> list[Shift]:
    """The final schedule in [start, end), in order, cut at both ends.

    `layers` run from the lowest to the highest priority. Neighbouring shifts of one person and source are
    one. Costs O(n log n) in the spans of all layers and overrides within the range, however far that lies
    from the anchor. ValueError when the range ends before it starts.
    """
    start, end = _range(start, end)
    ranked = [(rank, shift) for rank, layer in enumerate(layers) for shift in _on(layer, start, end)]
    for rank, each in enumerate(_by_creation(overrides), len(layers)):
        if each.start < end and start < each.end:
            ranked.append((rank, Shift(max(start, each.start), min(end, each.end), each.person, each)))
    return _joined(_overlay(ranked))


def layer_shifts(layer: Layer, start: datetime, end: datetime) -> list[Shift]:
    """One layer alone in [start, end), as `shifts` gives it."""
    return _joined(_on(layer, *_range(start, end)))


def who(layers: Sequence[Layer], overrides: Iterable[Override], at: datetime) -> Shift | None:
    """Who is on call at `at`, None in a gap. O(layers + overrides), however far from the anchor.

    The shift is the present turn: cut at the layer's own hand-offs, and by whatever wins over it, but not
    joined with a neighbouring turn of the same person as `shifts` does; `next_handoff` tells when the person
    changes. An unbounded side is cut at the year 1900 or 3000.
    """
    at = utc(at)
    free = NEVER_BEFORE, NEVER_AFTER
    for each in reversed(_by_creation(overrides)):
        if each.start <= at < each.end:
            return Shift(max(free[0], each.start), min(free[1], each.end), each.person, each)
        free = _narrowed(free, at, [(each.start, each.end)])
    for layer in reversed(layers):
        near = _near(layer, at)
        for opens, closes in near:
            if opens <= at < closes:
                turn = _period(layer, at)
                start = max(free[0], opens, _handoff(layer, turn))
                end = min(free[1], closes, _handoff(layer, turn + 1))
                return Shift(start, end, layer.people[turn % len(layer.people)], layer.key)
        free = _narrowed(free, at, near)
    return None


def gaps(layers: Sequence[Layer], overrides: Iterable[Override], start: datetime, end: datetime) -> list[Span]:
    """The spans of [start, end) in which nobody is on call, in order, UTC."""
    start, end = _range(start, end)
    states = [*_states(shifts(layers, overrides, start, end), start, end), (end, None)]
    return [(a, b) for (a, person), (b, _) in pairwise(states) if person is None]


def next_handoff(
    layers: Sequence[Layer],
    overrides: Iterable[Override],
    at: datetime,
    within: timedelta = timedelta(days=731),
) -> Handoff | None:
    """The first moment after `at` at which another person, or nobody, is on call.

    None when there is none `within` that time. A change of source alone, as when a person's own layer takes
    over from their override, is no hand-off.
    """
    at, overrides = utc(at), list(overrides)
    limit = min(at + within, NEVER_AFTER - DAY)
    width = 8 * DAY
    while at < limit:
        until = min(at + width, limit)
        states = _states(shifts(layers, overrides, at, until), at, until)
        for (_, outgoing), (moment, incoming) in pairwise(states):
            if outgoing != incoming:
                return Handoff(moment, outgoing, incoming)
        if until == limit:
            break
        width *= 8
    return None


def _range(start: datetime, end: datetime) -> Span:
    start, end = utc(start), utc(end)
    if end < start:
        raise ValueError("the range ends before it starts")
    return start, end


def _by_creation(overrides: Iterable[Override]) -> list[Override]:
    return sorted(overrides, key=lambda each: each.created)


def _handoff(layer: Layer, number: int) -> datetime:
    """The instant at which period `number`, counted from the anchor, begins."""
    anchor, steps = layer.anchor, number * layer.every
    if layer.kind == "month":
        year, month = divmod(anchor.year * 12 + anchor.month - 1 + steps, 12)
        day = min(anchor.day, monthrange(year, month + 1)[1])
        return instant(anchor.replace(year=year, month=month + 1, day=day), layer.zone)
    return instant(anchor + steps * (WEEK if layer.kind == "week" else DAY), layer.zone)


def _period(layer: Layer, at: datetime) -> int:
    """The number of the period that holds `at`: divide local time, then step where the clock was changed."""
    local, anchor = at.astimezone(ZoneInfo(layer.zone)).replace(tzinfo=None), layer.anchor
    if layer.kind == "month":
        number = ((local.year - anchor.year) * 12 + local.month - anchor.month) // layer.every
    else:
        number = (local - anchor) // (layer.every * (WEEK if layer.kind == "week" else DAY))
    while _handoff(layer, number + 1) <= at:
        number += 1
    while _handoff(layer, number) > at:
        number -= 1
    return number


def _life(layer: Layer) -> Span:
    """From the anchor, or a later effective start, to the effective end; empty without people."""
    start = instant(layer.anchor, layer.zone)
    if not layer.people:
        return start, start
    return max(start, layer.starts or start), layer.ends or NEVER_AFTER


def _on(layer: Layer, start: datetime, end: datetime) -> Iterator[Shift]:
    """The layer's turns in [start, end), in order."""
    born, dies = _life(layer)
    alone = len(set(layer.people)) == 1
    for opens, closes in windows(layer.restrictions, layer.zone, max(start, born), min(end, dies)):
        if alone:
            yield Shift(opens, closes, layer.people[0], layer.key)
            continue
        number, cursor = _period(layer, opens), opens
        while cursor < closes:
            until = min(_handoff(layer, number + 1), closes)
            if cursor < until:
                yield Shift(cursor, until, layer.people[number % len(layer.people)], layer.key)
            number, cursor = number + 1, until


def _near(layer: Layer, at: datetime) -> list[Span]:
    """The layer's spans around `at`: the one that holds it, or the last before and the first after."""
    born, dies = _life(layer)
    if born >= dies:
        return []
    if always(layer.restrictions):
        return [(born, dies)]
    pivot = min(max(at, born), dies)
    return windows(layer.restrictions, layer.zone, max(born, pivot - REACH), min(dies, pivot + REACH))


def _narrowed(span: Span, at: datetime, others: Iterable[Span]) -> Span:
    """`span` around `at`, cut by the nearest of `others`, none of which holds `at`."""
    start, end = span
    for opens, closes in others:
        start, end = (max(start, closes), end) if closes <= at else (start, min(end, opens))
    return start, end


def _overlay(ranked: Iterable[tuple[int, Shift]]) -> Iterator[Shift]:
    """At each moment the shift of the highest rank, in order of time."""
    waiting = sorted(ranked, key=lambda each: each[1].start, reverse=True)
    edges = sorted({edge for _, shift in waiting for edge in (shift.start, shift.end)})
    running: list[tuple[int, int, Shift]] = []
    for start, end in pairwise(edges):
        while waiting and waiting[-1][1].start <= start:
            rank, shift = waiting.pop()
            heapq.heappush(running, (-rank, len(waiting), shift))
        while running and running[0][2].end <= start:
            heapq.heappop(running)
        if running:
            yield Shift(start, end, running[0][2].person, running[0][2].source)


def _joined(parts: Iterable[Shift]) -> list[Shift]:
    result: list[Shift] = []
    for part in parts:
        last = result[-1] if result else None
        if last and last.end == part.start and (last.person, last.source) == (part.person, part.source):
            result[-1] = Shift(last.start, part.end, part.person, part.source)
        else:
            result.append(part)
    return result


def _states(known: Iterable[Shift], start: datetime, end: datetime) -> Iterator[tuple[datetime, Hashable | None]]:
    """(since when, person or None) for each stretch of [start, end), gaps included."""
    cursor = start
    for shift in known:
        if cursor < shift.start:
            yield cursor, None
        yield shift.start, shift.person
        cursor = shift.end
    if cursor < end:
        yield cursor, None
