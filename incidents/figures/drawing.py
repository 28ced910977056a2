"""Figures as dots, strips and bars: where each goes in a picture. PURE.

Nothing here draws: a template does, in the colours of the page.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.witness.charting import Size, Tick
from incidents.witness.figures import lasting, ticks

WIDE = Size("wide", 820, 260, left=62, right=14, top=14, bottom=26)
NARROW = Size("narrow", 340, 230, left=50, right=8, top=12, bottom=24)
SIZES = (WIDE, NARROW)
# So many dots are drawn each by itself; of more, fields say how many lie in them.
MOST_DOTS = 400
COLUMNS, FIELDS, STEPS = 40, 16, 48
# Shades of fields, from few values to the most.
SHADES = 5
# Rows of strips and their labels.
ROW, STRIP_TOP, STRIP_BOTTOM = 44, 6, 24
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

    def bounds(self, most: int) -> list[float]:
        """Whole seconds at which up to `most` equal fields begin, the first at 0; the last has no end."""
        shares = (n / most for n in range(1, most))
        if self.log:
            places = (self.low * (self.high / self.low) ** share for share in shares)
        else:
            places = (self.low + (self.high - self.low) * share for share in shares)
        return sorted({0.0, *(float(round(each)) for each in places)})


def scale(seconds: Sequence[float], *, room: int = 5) -> Scale:
    """A scale for these values."""
    ordered = sorted(seconds)
    if not ordered:
        return scaled(None, None, None, room=room)
    shortest = next((each for each in ordered if each >= 1), None)
    return scaled(shortest, ordered[len(ordered) // 2], ordered[-1], room=room)


def scaled(shortest: float | None, middle: float | None, longest: float | None, *, room: int = 5) -> Scale:
    """A scale for values of which these are the shortest of a second or more, the median and the longest: logarithmic
    where few are much longer than most."""
    longest = max(60.0 if longest is None else longest, 1.0)
    middle = max(60.0 if middle is None else middle, 1.0)
    if longest / middle < _SKEWED:
        grid = _even(longest, room)
        return Scale(0.0, grid[-1], False, tuple(grid))
    low = max((each for each in _ROUND if each <= max(shortest or 1.0, 1.0)), default=1)
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
class Field:
    """Values that lie close together. `row` is its number, `since` to `until` the share of the time."""

    since: float
    until: float
    row: int
    count: int
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Block:
    """`kind` is the number of its series, or its shade."""

    kind: int
    x: float
    y: float
    width: float
    height: float
    title: str = ""
    url: str = ""

    @property
    def path(self) -> str:
        return f"M{self.x} {self.y}h{self.width}v{self.height}h-{self.width}z"


@dataclass(frozen=True, slots=True)
class Sheet(Framed):
    """Values over time: each as one of `dots`, or where there are too many, by `fields`."""

    dots: tuple[Placed, ...]
    fields: tuple[Block, ...]
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    median_y: float | None
    p90_y: float | None

    @property
    def paths(self) -> list[tuple[int, str]]:
        """The fields as one path a shade, for where they can't be opened."""
        made: dict[int, list[str]] = {}
        for each in self.fields:
            made.setdefault(each.kind, []).append(each.path)
        return [(kind, "".join(parts)) for kind, parts in sorted(made.items())]


def over_time(
    grid: Scale,
    span: tuple[datetime, datetime],
    lines: tuple[float | None, float | None],
    name: Callable[[datetime], str],
    *,
    dots: Sequence[Dot] = (),
    fields: Sequence[Field] = (),
) -> tuple[Sheet, ...]:
    """Values by when their incidents were detected, with lines for the median and the ninetieth percentile. `name` says
    a day below the picture."""
    start, end = span
    length = max((end - start).total_seconds(), 1.0)
    shares = [((dot.at - start).total_seconds() / length, grid.share(dot.seconds)) for dot in dots]
    titles = [f"INC-{dot.key}, {name(dot.at)}: {spelled(dot.seconds)}" for dot in dots]
    edges = [*map(grid.share, grid.bounds(STEPS)[:: STEPS // FIELDS]), 1.0]
    edges[0] = 0.0
    most = max((field.count for field in fields), default=1)
    sheets = []
    for size in SIZES:
        left, floor = size.left + 4, size.floor
        wide, high = size.end - size.left - 8, floor - size.top

        def x(share: float, left: int = left, wide: int = wide) -> float:
            return round(left + min(max(share, 0.0), 1.0) * wide, 1)

        def y(share: float, floor: int = floor, high: int = high) -> float:
            return round(floor - share * high, 1)

        sheets.append(
            Sheet(
                size,
                tuple(
                    Placed(dot.key, x(over), y(up), title)
                    for dot, (over, up), title in zip(dots, shares, titles, strict=True)
                ),
                tuple(
                    Block(
                        _shade(each.count, most),
                        x(each.since),
                        y(edges[each.row + 1]),
                        round(max(x(each.until) - x(each.since) - 0.6, 1), 1),
                        round(max(y(edges[each.row]) - y(edges[each.row + 1]) - 0.6, 1), 1),
                        each.title,
                        each.url,
                    )
                    for each in fields
                ),
                tuple(Tick(y(grid.share(each)), spelled(each)) for each in grid.ticks),
                tuple(Tick(x((at - start).total_seconds() / length), name(at)) for at in _days(start, end, size)),
                *(None if each is None else y(grid.share(each)) for each in lines),
            )
        )
    return tuple(sheets)


def _shade(count: int, most: int) -> int:
    return min(int(math.sqrt(count / most) * SHADES), SHADES - 1)


def _days(start: datetime, end: datetime, size: Size) -> list[datetime]:
    room = max(2, (size.end - size.left) // 90)
    days = max((end - start).total_seconds() / 86400, 1 / 24)
    step = next((each for each in (1, 2, 7, 14, 30, 61, 91, 182, 365) if days / each <= room), math.ceil(days / room))
    # The last name needs room to its right.
    return [start + timedelta(days=n * step) for n in range(int(days / step) + 1) if n * step <= days * 0.94]


@dataclass(frozen=True, slots=True)
class Line:
    """The values of one group: `dots` as (incident, seconds), or where there are too many `bins` as (number, how many).
    `told` says it in words, `url` leads to the incidents."""

    label: str
    told: str = ""
    url: str = ""
    median: float | None = None
    p90: float | None = None
    dots: Sequence[tuple[int, float]] = ()
    bins: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True, slots=True)
class Strip:
    """A line with the places of its dots, its median and its ninetieth percentile, by their x. `path` has bars instead
    of dots, the taller the more values."""

    line: Line
    y: int
    dots: tuple[Placed, ...]
    path: str
    median_x: float | None
    p90_x: float | None


@dataclass(frozen=True, slots=True)
class Strips:
    size: Size
    rows: tuple[Strip, ...]
    ticks: tuple[Tick, ...]
    height: int
    bar: float

    @property
    def stop(self) -> str:
        """Where the Tab key comes to: the first strip that leads anywhere. Without one, to the first dot."""
        return next((row.line.url for row in self.rows if row.line.url), "")

    @property
    def stop_dot(self) -> int | None:
        return None if self.stop else next((dot.key for row in self.rows for dot in row.dots), None)

    @property
    def width(self) -> int:
        return self.size.end - self.size.left

    @property
    def floor(self) -> int:
        return self.height - STRIP_BOTTOM

    @property
    def time_y(self) -> int:
        return self.height - 7


def strips(grid: Scale, lines: Sequence[Line]) -> tuple[Strips, ...]:
    """Groups below each other on one scale."""
    edges = [*map(grid.share, grid.bounds(STEPS)), 1.0]
    edges[0] = 0.0
    most = max((count for line in lines for _, count in line.bins), default=1)
    sheets = []
    for size in (Size("wide", 820, 0, left=8, right=30), Size("narrow", 340, 0, left=8, right=26)):
        left, wide = size.left + 4, size.end - size.left - 8

        def x(share: float, left: int = left, wide: int = wide) -> float:
            return round(left + share * wide, 1)

        rows = []
        for n, line in enumerate(lines):
            y = STRIP_TOP + n * ROW + 28
            dots = tuple(
                Placed(key, x(grid.share(seconds)), y, f"INC-{key}: {spelled(seconds)}") for key, seconds in line.dots
            )
            path = []
            for number, count in sorted(line.bins):
                tall = round(4 + 18 * math.sqrt(count / most), 1)
                path.append(f"M{x((edges[number] + edges[number + 1]) / 2)} {y - tall / 2:.1f}v{tall}")
            ends = (None if each is None else x(grid.share(each)) for each in (line.median, line.p90))
            rows.append(Strip(line, y, dots, "".join(path), *ends))
        shown = grid.ticks if size.name == "wide" else grid.ticks[:: max(1, math.ceil(len(grid.ticks) / 4))]
        height = STRIP_TOP + len(lines) * ROW + STRIP_BOTTOM
        ticks = tuple(Tick(x(grid.share(each)), spelled(each)) for each in shown)
        sheets.append(Strips(size, tuple(rows), ticks, height, round(max(wide / STEPS - 1, 2), 1)))
    return tuple(sheets)


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    width: float
    label: str
    blocks: tuple[Block, ...]
    named: bool = True

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True, slots=True)
class Bars(Framed):
    bars: tuple[Bar, ...]
    rows: tuple[Tick, ...]

    @property
    def stop(self) -> str:
        """Where the Tab key comes to: the first block that leads anywhere."""
        return next((block.url for bar in self.bars for block in bar.blocks if block.url), "")


def bars(parts: Sequence[tuple[str, Sequence[tuple[int, str, str]]]]) -> tuple[Bars, ...]:
    """Stacked bars of parts as (label, of each series how many, in words, and where they are listed)."""
    most = max((sum(count for count, *_ in series) for _, series in parts), default=0) or 1
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
        for n, (label, series) in enumerate(parts):
            below, blocks = float(size.floor), []
            x = round(size.left + n * step + (step - width) / 2, 1)
            for kind, (count, title, url) in enumerate(series):
                if count:
                    tall = count / top * high
                    below -= tall
                    blocks.append(Block(kind, x, round(below, 1), round(width, 1), round(tall, 1), title, url))
            made.append(Bar(x, round(width, 1), label, tuple(blocks), n % every == 0))
        rows = tuple(Tick(round(size.floor - each / top * high, 1), f"{each:g}") for each in grid)
        sheets.append(Bars(size, tuple(made), rows))
    return tuple(sheets)
