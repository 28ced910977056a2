"""A metric over time as lines and words for a picture: for the incident's page, and for whatever else shows it. Pure.

Nothing here draws: a template does, in the colours of the page. Times are written by `write`, in the reader's zone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from incidents.witness.figures import spelled, ticks

Point = tuple[datetime, float]
# Spans between two times below the picture, in minutes.
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
_FLAG = 18
ROWS = 24


@dataclass(frozen=True, slots=True)
class Size:
    """The picture's room, in pixels: of all of it, and of its edges."""

    name: str
    width: int
    height: int
    left: int = 48
    right: int = 12
    top: int = 44
    bottom: int = 24

    @property
    def end(self) -> int:
        return self.width - self.right

    @property
    def floor(self) -> int:
        return self.height - self.bottom


WIDE = Size("wide", 820, 210)
NARROW = Size("narrow", 340, 190, left=42, right=10)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a moment. `sign` is what stands on its flag, `tone` one of the page's."""

    at: datetime
    sign: str
    text: str
    tone: str = "neutral"


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark in the picture: a line at `x` with its flag at `y`."""

    mark: Mark
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Tick:
    """A figure or a time at the edge. `at` is in pixels."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """The picture in one size. `good_y` and `good_height` are where the figure is as it should be."""

    size: Size
    path: str
    last: tuple[float, float] | None
    threshold_y: float
    good_y: float
    good_height: float
    rows: tuple[Tick, ...]
    columns: tuple[Tick, ...]
    flags: tuple[Flag, ...]

    @property
    def width(self) -> int:
        return self.size.end - self.size.left

    @property
    def label_x(self) -> int:
        return self.size.left - 6

    @property
    def time_y(self) -> int:
        return self.size.height - 6


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table behind the picture."""

    at: datetime
    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template needs: the picture in each size, what it says in a sentence, and the same as a table."""

    sheets: tuple[Sheet, ...]
    marks: tuple[Mark, ...]
    summary: str
    table: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The time that is shown. The line breaks where it lacks points for longer than `gap`; `write` says a moment."""

    start: datetime
    end: datetime
    gap: timedelta
    write: Callable[[datetime], str]


@dataclass(frozen=True, slots=True)
class Rule:
    """What the figure has to be: `below` the threshold, or above it."""

    threshold: float
    below: bool
    unit: str = ""

    def holds(self, value: float) -> bool:
        return value < self.threshold if self.below else value > self.threshold


def chart(
    title: str,
    points: Sequence[Point],
    marks: Iterable[Mark],
    rule: Rule,
    frame: Frame,
    *,
    sizes: Sequence[Size] = (WIDE, NARROW),
) -> Chart:
    """`points` in order, and `marks`, of the time of `frame`."""
    if frame.end - frame.start < timedelta(minutes=5):
        frame = replace(frame, start=frame.end - timedelta(minutes=5))
    shown = [(at, value) for at, value in points if frame.start <= at <= frame.end]
    kept = tuple(sorted((mark for mark in marks if frame.start <= mark.at <= frame.end), key=lambda mark: mark.at))
    figures = [value for _, value in shown]
    low, high = min([0.0, rule.threshold, *figures]), max([0.0, rule.threshold, *figures])
    grid = ticks(low, high + (high - low) * 0.04)
    sheets = tuple(_sheet(size, shown, kept, rule, grid, frame) for size in sizes)
    return Chart(sheets, kept, _summary(title, shown, rule, frame.write), _table(shown, rule))


def _sheet(
    size: Size,
    points: Sequence[Point],
    marks: Sequence[Mark],
    rule: Rule,
    grid: Sequence[float],
    frame: Frame,
) -> Sheet:
    start, end = frame.start, frame.end
    span = (end - start).total_seconds()
    low, high = grid[0], grid[-1]

    def x(at: datetime) -> float:
        return round(size.left + (at - start).total_seconds() / span * (size.end - size.left), 1)

    def y(value: float) -> float:
        return round(size.floor - (value - low) / (high - low) * (size.floor - size.top), 1)

    steps, before = [], None
    for at, value in points:
        joined = before is not None and at - before <= frame.gap
        steps.append(f"{'L' if joined else 'M'}{x(at)} {y(value)}")
        if not joined:
            # A point that stands alone is seen as well.
            steps.append(f"L{x(at) + 0.1:.1f} {y(value)}")
        before = at
    edge = y(rule.threshold)
    every = max(1, math.ceil(len(grid) / 5))
    return Sheet(
        size,
        "".join(steps),
        (x(points[-1][0]), y(points[-1][1])) if points else None,
        edge,
        edge if rule.below else size.top,
        (size.floor - edge) if rule.below else edge - size.top,
        tuple(Tick(y(value), spelled(value)) for value in grid[::every]),
        tuple(Tick(x(at), frame.write(at)) for at in _times(start, end, size)),
        _flags(marks, x, size),
    )


def _times(start: datetime, end: datetime, size: Size) -> list[datetime]:
    """Round moments below the picture, as many as it has room for."""
    room = max(2, (size.end - size.left) // 72)
    minutes = (end - start).total_seconds() / 60
    step = next((step for step in _STEPS if minutes / step <= room), _STEPS[-1] * math.ceil(minutes / 1440 / room))
    seconds = step * 60
    first = math.ceil(start.timestamp() / seconds) * seconds
    last = end.timestamp() - (end - start).total_seconds() * 0.03
    return [datetime.fromtimestamp(at, start.tzinfo) for at in range(first, int(last) + 1, seconds)]


def _flags(marks: Sequence[Mark], x: Callable[[datetime], float], size: Size) -> tuple[Flag, ...]:
    """Flags in two rows above the picture, moved aside where they would lie on each other."""
    ends = [-math.inf, -math.inf]
    flags = []
    for mark in marks:
        at = min(max(x(mark.at), size.left), size.end)
        row = 0 if at - ends[0] >= _FLAG else 1 if at - ends[1] >= _FLAG else 0
        ends[row] = at
        flags.append(Flag(mark, at, 11.0 + row * 19))
    return tuple(flags)


def _summary(title: str, points: Sequence[Point], rule: Rule, write: Callable[[datetime], str]) -> str:
    condition = f"{'below' if rule.below else 'above'} {spelled(rule.threshold, rule.unit)}"
    if not points:
        return f"{title}, to be {condition}. Nothing was read yet."
    worst = (max if rule.below else min)(points, key=lambda point: point[1])
    (first, _), (last, value) = points[0], points[-1]
    return (
        f"{title} from {write(first)} to {write(last)}, to be {condition}. "
        f"Worst {spelled(worst[1], rule.unit)} at {write(worst[0])}, last {spelled(value, rule.unit)}."
    )


def _table(points: Sequence[Point], rule: Rule) -> tuple[Row, ...]:
    """At most `ROWS` lines, evenly chosen, the newest first."""
    if not points:
        return ()
    step = max(1, math.ceil(len(points) / ROWS))
    chosen = points[::-1][::step]
    return tuple(Row(at, spelled(value, rule.unit), rule.holds(value)) for at, value in chosen)
