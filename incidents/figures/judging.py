"""What a value of a figure is worth, and what many come to. PURE."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# Below so many values a percentile says little, and the page says so.
FEW = 10


class State(StrEnum):
    """Recorded: both moments are known. Pending: what is missing may still come. Not applicable: it will not, because a
    step was skipped or nobody said when. Invalid: the end lies before the start."""

    RECORDED = "recorded"
    PENDING = "pending"
    NOT_APPLICABLE = "not_applicable"
    INVALID = "invalid"

    @property
    def label(self) -> str:
        return self.value.replace("_", " ")


def between(start: datetime | None, end: datetime | None, *, awaited: bool) -> tuple[State, float | None]:
    """The state of a duration and its seconds. `awaited` says of moments that are missing that all may still come."""
    if start is None or end is None:
        return (State.PENDING if awaited else State.NOT_APPLICABLE), None
    seconds = (end - start).total_seconds()
    return (State.INVALID if seconds < 0 else State.RECORDED), seconds


def percentile(ordered: Sequence[float], part: float) -> float | None:
    """As PostgreSQL's percentile_cont: between two values in proportion. None of none."""
    if not ordered:
        return None
    place = part * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


@dataclass(frozen=True, slots=True)
class Summary:
    """Seconds. `counts` are how many values are in each state; `n` of them are recorded."""

    median: float | None = None
    p90: float | None = None
    counts: Mapping[State, int] = field(default_factory=dict)

    @property
    def n(self) -> int:
        return self.counts.get(State.RECORDED, 0)

    @property
    def pending(self) -> int:
        return self.counts.get(State.PENDING, 0)

    @property
    def not_applicable(self) -> int:
        return self.counts.get(State.NOT_APPLICABLE, 0)

    @property
    def invalid(self) -> int:
        return self.counts.get(State.INVALID, 0)

    @property
    def is_few(self) -> bool:
        return self.n < FEW

    @property
    def is_empty(self) -> bool:
        return not any(self.counts.values())


def summed(values: Iterable[tuple[State, float | None]]) -> Summary:
    counts = dict.fromkeys(State, 0)
    recorded = []
    for state, seconds in values:
        counts[state] += 1
        if state is State.RECORDED and seconds is not None:
            recorded.append(seconds)
    recorded.sort()
    return Summary(percentile(recorded, 0.5), percentile(recorded, 0.9), counts)
