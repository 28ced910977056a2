"""The clock of a drill: it runs as fast as one likes, stands while it is paused, and can be put forward. Pure.

A clock is a list of laps. In each it ran at one speed; between two of them it stood or was put forward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Lap:
    """From `began` on the clock showed `at` and went `speed` times as fast as the one on the wall, until `ended`; None:
    it still goes. `at` is in seconds of the story, from its first alert on."""

    began: datetime
    at: float
    speed: int
    ended: datetime | None = None

    def shows(self, now: datetime) -> float:
        until = min(now, self.ended) if self.ended else now
        return self.at + max(0.0, (until - self.began).total_seconds()) * self.speed


Clock = Sequence[Lap]


def shows(clock: Clock, now: datetime) -> float:
    """What the clock showed at `now`, in seconds of the story; 0 before it began."""
    lap = next((lap for lap in reversed(clock) if lap.began <= now), None)
    return lap.shows(now) if lap else 0.0


def runs(clock: Clock) -> bool:
    return bool(clock) and clock[-1].ended is None


def when(clock: Clock, at: float) -> datetime | None:
    """When the clock will show `at`, or did in its last lap; None while it stands."""
    if not runs(clock):
        return None
    lap = clock[-1]
    return lap.began + timedelta(seconds=(at - lap.at) / lap.speed)


def start(clock: Clock, now: datetime, speed: int) -> list[Lap]:
    """Let it go on from what it shows."""
    return [*stop(clock, now), Lap(now, shows(clock, now), speed)]


def stop(clock: Clock, now: datetime) -> list[Lap]:
    """Let it stand."""
    if not runs(clock):
        return list(clock)
    return [*clock[:-1], replace(clock[-1], ended=now)]


def forward(clock: Clock, now: datetime, at: float) -> list[Lap]:
    """Put a clock that goes forward to `at`; never back."""
    assert runs(clock), "a clock that stands is started first"
    return [*stop(clock, now), Lap(now, max(at, shows(clock, now)), clock[-1].speed)]


def to_json(clock: Clock) -> list[dict[str, Any]]:
    return [
        {
            "began": lap.began.isoformat(),
            "at": lap.at,
            "speed": lap.speed,
            "ended": lap.ended.isoformat() if lap.ended else None,
        }
        for lap in clock
    ]


def from_json(rows: Sequence[dict[str, Any]]) -> list[Lap]:
    return [
        Lap(
            datetime.fromisoformat(row["began"]),
            row["at"],
            row["speed"],
            datetime.fromisoformat(row["ended"]) if row["ended"] else None,
        )
        for row in rows
    ]
