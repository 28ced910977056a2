"""The picture of a drill: what happened and what was done, in lanes over the time of the story. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, LEFT, RIGHT, LANE, TOP, METRIC = 880, 110, 30, 40, 26, 64
BEFORE = 300
"""Of what was before the first alert so many seconds are shown; what was earlier stands at the edge."""
STEPS = (60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400)


@dataclass(frozen=True, slots=True)
class Mark:
    """Something at `at`, or from there until `until`, in seconds of the story."""

    at: int
    text: str
    tone: str = "neutral"
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    name: str
    marks: Sequence[Mark] = ()
    targets: Sequence[Mark] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    x: int
    y: int
    width: int
    mark: Mark


@dataclass(slots=True)
class DrawnLane:
    name: str
    y: int
    marks: list[Drawn] = field(default_factory=list)
    targets: list[Drawn] = field(default_factory=list)


@dataclass(slots=True)
class Picture:
    """Geometry for an SVG of `width` by `height`; `ticks` are (x, minutes)."""

    height: int
    lanes: list[DrawnLane]
    ticks: list[tuple[int, int]]
    metric: str = ""
    metric_y: int = 0
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    bottom: int = 0


def draw(lanes: Sequence[Lane], metric: Sequence[tuple[int, float]], ends: int) -> Picture:
    """Lanes below each other, and below them the line of what was measured, as (second, value)."""
    every = [mark for lane in lanes for mark in (*lane.marks, *lane.targets)]
    last = max([ends, 60, *(mark.until or mark.at for mark in every)])
    first = -BEFORE if any(mark.at < 0 for mark in every) or any(at < 0 for at, _ in metric) else 0

    def x(at: int) -> int:
        return round(LEFT + (max(at, first) - first) * (WIDTH - LEFT - RIGHT) / (last - first))

    rows = []
    for number, lane in enumerate(lanes):
        y = TOP + number * LANE + LANE // 2
        row = DrawnLane(lane.name, y)
        row.marks = [
            Drawn(x(m.at), y, max(8, x(m.until) - x(m.at)) if m.until is not None else 0, m) for m in lane.marks
        ]
        row.targets = [Drawn(x(m.at), y, 0, m) for m in lane.targets]
        rows.append(row)
    bottom = TOP + len(rows) * LANE
    step = next((each for each in STEPS if (last - first) / each <= 10), STEPS[-1])
    ticks = [(x(at), at // 60) for at in range(first - first % step if first else 0, last + 1, step) if at >= first]
    picture = Picture(bottom + 8, rows, ticks, bottom=bottom)
    if metric:
        most = max(value for _, value in metric) or 1.0
        picture.metric_y = bottom + METRIC
        picture.metric = " ".join(
            f"{x(at)},{round(picture.metric_y - (METRIC - 12) * value / most)}" for at, value in metric
        )
        picture.height = picture.bottom = picture.metric_y
        picture.height += 8
    return picture
