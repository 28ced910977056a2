"""The score of promises as a picture, and what became of each in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.metrics import PromiseScore
from incidents.models import Promise

# Of a picture without a unit: a part of the time, and the highest bar.
STEP, BAR, HIGH = 40, 28, 72


@dataclass(frozen=True, slots=True)
class Bar:
    """A part of the time: heights and places of what was kept and, above it, broken; `title` says it."""

    x: int
    title: str
    kept_y: float
    kept_height: float
    broken_y: float
    broken_height: float


@dataclass(frozen=True, slots=True)
class Picture:
    """`summary` is the picture in a sentence, for whoever doesn't see it."""

    width: int
    bars: tuple[Bar, ...]
    first: Any
    last: Any
    most: int
    summary: str


def picture(score: PromiseScore) -> Picture:
    parts = score.over_time
    most = max((rate.counted for _, rate in parts), default=0) or 1
    bars = []
    for n, (day, rate) in enumerate(parts):
        kept, broken = (HIGH * count / most for count in (rate.kept, rate.broken))
        said = f"{rate.kept} of {rate.counted} kept" if rate.counted else "none due"
        bars.append(
            Bar(
                x=n * STEP + (STEP - BAR) // 2,
                title=f"From {day:%d %b %Y}: {said}",
                kept_y=round(HIGH - kept, 1),
                kept_height=round(kept, 1),
                broken_y=round(HIGH - kept - broken, 1),
                broken_height=round(broken, 1),
            )
        )
    told = [f"{day:%d %b} {rate.kept} of {rate.counted}" for day, rate in parts if rate.counted]
    return Picture(
        width=STEP * len(parts),
        bars=tuple(bars),
        first=parts[0][0],
        last=parts[-1][0],
        most=most,
        summary=f"Promises kept by the time they were due, from: {', '.join(told) or 'none'}.",
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One promise in the list. `late` is by how many minutes its update came late, `waits` that it has not come yet."""

    promise: Promise
    late: int
    waits: bool
    never: bool


def lines(rows: Iterable[Promise], now: datetime) -> list[Line]:
    return [
        Line(row, row.minutes_late(now), row.ended_at is None, row.ended_at is not None and row.told_at is None)
        for row in rows
    ]
