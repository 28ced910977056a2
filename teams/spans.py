"""Spans of time, half-open and aware. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple


class Span(NamedTuple):
    """Time in [start, end)."""

    start: datetime
    end: datetime

    def meets(self, other: Span) -> bool:
        return self.start < other.end and other.start < self.end


def merged(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, joined where they touch."""
    joined: list[Span] = []
    for span in sorted(spans):
        if joined and span.start <= joined[-1].end:
            joined[-1] = Span(joined[-1].start, max(joined[-1].end, span.end))
        else:
            joined.append(span)
    return joined


def within(spans: Iterable[Span], bounds: Span) -> list[Span]:
    """The parts of `spans` inside `bounds`, those that touch as one, in order."""
    parts = (Span(max(each.start, bounds.start), min(each.end, bounds.end)) for each in spans)
    return merged(part for part in parts if part.start < part.end)


def covered(spans: Iterable[Span], wanted: Span) -> bool:
    """Whether `spans` together leave no moment of `wanted` out."""
    return within(spans, wanted) == [wanted]


def common(one: Sequence[Span], other: Sequence[Span]) -> Iterator[Span]:
    """Where both are, each in order and joined."""
    here, there = 0, 0
    while here < len(one) and there < len(other):
        start, end = max(one[here].start, other[there].start), min(one[here].end, other[there].end)
        if start < end:
            yield Span(start, end)
        if one[here].end <= other[there].end:
            here += 1
        else:
            there += 1
