"""Figures as dots, strips and bars: where each goes in a picture. PURE.

Nothing here draws: a template does, in the colours of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.witness.charting import Size, Tick
from incidents.witness.figures import lasting, ticks

WIDE = Size("wide", 820, 260, left=62, right=14, top=14, bottom=26)
NARROW = Size("narrow", 340, 230, left=50, right=8, top=12, bottom=24)
SIZES = (WIDE, NARROW)
# So many dots can be opened one by one; of more there is one line that has them all.
MOST_LINKS = 400
# Rows of strips and their labels.
ROW, STRIP_TOP, STRIP_BOTTOM = 34, 6, 24
# Round lengths of time, in seconds.
_ROUND = (
    *(1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800),
    *(86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400, 90 * 86400, 365 * 86400, 3650 * 86400),
)
# From the median to the longest so many times as long: a linear scale would press most dots together.
_SKEWED = 6


def spelled(seconds: float | None) -> str:
    """`45 s`, `12 min`, `3 h 05 min`, `4 d 2 h`; empty for None."""
    if seconds is None:
        return ""
    if abs(seconds) < 2 * 86400:
        return f"−{lasting(timedelta(seconds=-seconds))}" if seconds < 0 else lasting(timedelta(seconds=seconds))
    days, hours = divmod(round(abs(seconds) / 3600), 24)
    said = f"{days} d {hours} h" if hours and days < 14 else f"{days} d"
    return f"−{said}" if seconds < 0 else said


@dataclass(frozen=True, slots=True)
class Scale:
    """Seconds on a line of which `low` is the beginning and `high` the end, both rounded."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    def share(self, seconds: float) -> float:
        """Where a value lies, 0 at the beginning to 1 at the end."""
        if self.log:
            inside = min(max(seconds, self.low), self.high)
            return math.log(inside / self.low) / math.log(self.high / self.low)
        return (min(max(seconds, self.low), self.high) - self.low) / (self.high - self.low)


def scale(seconds: Sequence[float], *, room: int = 5) -> Scale:
    """A scale for these values: logarithmic where few are much longer than most."""
    ordered = sorted(seconds)
    longest = max(ordered[-1] if ordered else 60.0, 1.0)
    middle = max(ordered[len(ordered) // 2] if ordered else 60.0, 1.0)
    if longest / middle < _SKEWED:
        grid = _even(longest, room)
        return Scale(0.0, grid[-1], False, tuple(grid))
    shortest = max(next((each for each in ordered if each >= 1), 1.0), 1.0)
    low = max((each for each in _ROUND if each <= shortest), default=1)
    high = next((each for each in _ROUND if each >= longest and each > low), longest)
    grid = [float(each) for each in _ROUND if low <= each <= high]
    step = max(1, math.ceil(len(grid) / (room + 1)))
    return Scale(float(low), float(high), True, tuple(grid[::step]))


def _even(longest: float, room: int) -> list[float]:
    """From nothing to at least the longest, in steps that a clock or a calendar has."""
    for step in _ROUND:
        if longest / step <= room:
            return [float(step * n) for n in range(math.ceil(longest / step) + 1)]
    return ticks(0.0, longest, room)


@dataclass(frozen=True, slots=True)
class Dot:
    """A value of one incident. `key` is the incident's."""

    key: int
    at: datetime
    seconds: float


@dataclass(frozen=True, slots=True)
class Placed:
    key: int
    x: float
    y: float
    title: str


@dataclass(frozen=True, slots=True)
class Framed:
    """A picture in one size, with room for the names of its rows and columns."""

    size: Size

    @property
    def label_x(self) -> int:
        return self.size.left - 8

    @property
    def time_y(self) -> int:
        return self.size.height - 7


@dataclass(frozen=True, slots=True)
class Sheet(Framed):
    """Dots over time. `dots` can be opened; where there are too many, `path` has all of them instead."""

    dots: tuple[Placed, ...]
    path: str
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    median_y: float | None
    p90_y: float | None


def over_time(
    dots: Sequence[Dot],
    span: tuple[datetime, datetime],
    lines: tuple[float | None, float | None],
    name: Callable[[datetime], str],
) -> tuple[Sheet, ...]:
    """Dots by when their incidents were detected, with lines for the median and the ninetieth percentile. `name` says a
    day below the picture."""
    grid = scale([dot.seconds for dot in dots])
    start, end = span
    length = max((end - start).total_seconds(), 1.0)
    few = len(dots) <= MOST_LINKS
    # Where each lies, from 0 to 1 both ways, whatever the size: there may be ten thousand of them.
    shares = [((dot.at - start).total_seconds() / length, grid.share(dot.seconds)) for dot in dots]
    titles = [f"INC-{dot.key}, {name(dot.at)}: {spelled(dot.seconds)}" for dot in dots] if few else []
    sheets = []
    for size in SIZES:
        left, floor = size.left + 4, size.floor
        wide, high = size.end - size.left - 8, floor - size.top

        def x(at: datetime, left: int = left, wide: int = wide) -> float:
            return round(left + (at - start).total_seconds() / length * wide, 1)

        def y(seconds: float, floor: int = floor, high: int = high) -> float:
            return round(floor - grid.share(seconds) * high, 1)

        sheets.append(
            Sheet(
                size,
                tuple(
                    Placed(dot.key, round(left + over * wide, 1), round(floor - up * high, 1), title)
                    for dot, (over, up), title in zip(dots, shares, titles, strict=True)
                )
                if few
                else (),
                "" if few else _path({(round(left + over * wide), round(floor - up * high)) for over, up in shares}),
                tuple(Tick(y(each), spelled(each)) for each in grid.ticks),
                tuple(Tick(x(at), name(at)) for at in _days(start, end, size)),
                *(None if each is None else y(each) for each in lines),
            )
        )
    return tuple(sheets)


def _path(places: Iterable[tuple[int, int]]) -> str:
    """A dot at each place: a line of no length with round ends."""
    return "".join(f"M{x} {y}h0" for x, y in sorted(places))


def _days(start: datetime, end: datetime, size: Size) -> list[datetime]:
    room = max(2, (size.end - size.left) // 90)
    days = max((end - start).total_seconds() / 86400, 1 / 24)
    step = next((each for each in (1, 2, 7, 14, 30, 61, 91, 182, 365) if days / each <= room), math.ceil(days / room))
    # The last name needs room to its right.
    return [start + timedelta(days=n * step) for n in range(int(days / step) + 1) if n * step <= days * 0.94]


@dataclass(frozen=True, slots=True)
class Strip:
    """The values of one group on a line: its dots, its median and its ninetieth percentile, by their x."""

    label: str
    y: int
    path: str
    median_x: float | None
    p90_x: float | None


@dataclass(frozen=True, slots=True)
class Strips:
    size: Size
    rows: tuple[Strip, ...]
    ticks: tuple[Tick, ...]
    height: int

    @property
    def floor(self) -> int:
        return self.height - STRIP_BOTTOM

    @property
    def time_y(self) -> int:
        return self.height - 7


def strips(groups: Sequence[tuple[str, Sequence[float], float | None, float | None]]) -> tuple[Strips, ...]:
    """Groups as (label, seconds of each, median, ninetieth percentile), below each other on one scale."""
    grid = scale([each for _, seconds, _, _ in groups for each in seconds])
    shares = [[grid.share(each) for each in seconds] for _, seconds, _, _ in groups]
    sheets = []
    for size in (Size("wide", 820, 0, left=8, right=30), Size("narrow", 340, 0, left=8, right=26)):
        left, wide = size.left + 4, size.end - size.left - 8

        def x(seconds: float, left: int = left, wide: int = wide) -> float:
            return round(left + grid.share(seconds) * wide, 1)

        rows = []
        for n, (label, _, middle, most) in enumerate(groups):
            y = STRIP_TOP + n * ROW + 22
            places = ((over, y) for over in {round(left + share * wide) for share in shares[n]})
            ends = (None if each is None else x(each) for each in (middle, most))
            rows.append(Strip(label, y, _path(places), *ends))
        shown = grid.ticks if size.name == "wide" else grid.ticks[:: max(1, math.ceil(len(grid.ticks) / 4))]
        height = STRIP_TOP + len(groups) * ROW + STRIP_BOTTOM
        sheets.append(Strips(size, tuple(rows), tuple(Tick(x(each), spelled(each)) for each in shown), height))
    return tuple(sheets)


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a bar. `kind` is its number among the series."""

    kind: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    label: str
    title: str
    blocks: tuple[Block, ...]
    named: bool = True

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Bars(Framed):
    bars: tuple[Bar, ...]
    rows: tuple[Tick, ...]


def bars(parts: Sequence[tuple[str, str, Sequence[int]]]) -> tuple[Bars, ...]:
    """Stacked bars of parts as (label, title, how many of each series)."""
    most = max((sum(counts) for _, _, counts in parts), default=0) or 1
    grid = [each for each in ticks(0, most, 4) if each == int(each)]
    top = max(grid[-1], most)
    sheets = []
    for size in (
        Size("wide", 820, 200, left=44, right=8, top=10, bottom=26),
        Size("narrow", 340, 180, left=34, right=4),
    ):
        step = (size.end - size.left) / max(len(parts), 1)
        width = min(step * 0.72, 56)
        every = max(1, math.ceil(len(parts) / ((size.end - size.left) / 58)))
        high = size.floor - size.top
        made = []
        for n, (label, title, counts) in enumerate(parts):
            below, blocks = float(size.floor), []
            for kind, count in enumerate(counts):
                if count:
                    tall = count / top * high
                    below -= tall
                    blocks.append(Block(kind, round(below, 1), round(tall, 1)))
            x = size.left + n * step + (step - width) / 2
            made.append(Bar(round(x, 1), round(width, 1), label, title, tuple(blocks), n % every == 0))
        rows = tuple(Tick(round(size.floor - each / top * high, 1), f"{each:g}") for each in grid)
        sheets.append(Bars(size, tuple(made), rows))
    return tuple(sheets)
