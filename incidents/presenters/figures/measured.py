"""Measures of incidents as the pictures of a page need them: each statement is asked once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from incidents.figures import counting, drawing
from incidents.figures.judging import Summary
from incidents.figures.summing import FIELD, WHOLE, Cell, Dot, Measure, Source, Spread, Told
from incidents.models.incident import IncidentQuerySet

NOTHING = Told()


@dataclass(frozen=True, slots=True)
class Group:
    """The values of a group: its key, what they come to, and where they lie: each, or how many in each step."""

    key: int
    summary: Summary
    dots: list[tuple[int, float]] = field(default_factory=list)
    bins: list[tuple[int, int]] = field(default_factory=list)


class Measured:
    def __init__(
        self,
        found: IncidentQuerySet,
        measures: Sequence[Measure],
        columns: Sequence[counting.Part],
        starts: Sequence[datetime],
        by: tuple[str, ...],
    ) -> None:
        self.number = {measure: n for n, measure in enumerate(measures)}
        self.columns, self.by = columns, by
        self.source = Source(found, measures, starts)
        self.by_service = Source(found, measures, services=True)

    @cached_property
    def _told(self) -> dict[tuple[int, str, int], Told]:
        return self.source.summaries(*self.by)

    @cached_property
    def _told_by_service(self) -> dict[tuple[int, str, int], Told]:
        return self.by_service.summaries("service")

    @cached_property
    def _few(self) -> list[int]:
        return [n for measure, n in self.number.items() if 0 < self._count(measure) <= drawing.MOST_DOTS]

    @cached_property
    def _dots(self) -> dict[int, list[Dot]]:
        return self.source.dots(self._few)

    @cached_property
    def _cells(self) -> dict[tuple[int, str, int], list[Cell]]:
        starts = counting.Placing(self.columns).starts
        return self.source.cells(self._bounds, starts, *self.by)

    @cached_property
    def _bounds(self) -> dict[int, list[float]]:
        many = (measure for measure in self.number if self._count(measure) > drawing.MOST_DOTS)
        return {self.number[measure]: self.scale(measure).bounds(drawing.STEPS) for measure in many}

    @cached_property
    def _phases(self) -> list[Told]:
        return [self._whole(n) for measure, n in self.number.items() if measure.phase]

    def _count(self, measure: Measure) -> int:
        """How many values its picture has."""
        told = self._phases if measure.phase else [self._whole(self.number[measure])]
        return sum(each.summary.n for each in told)

    def _whole(self, n: int) -> Told:
        return self._told.get((n, WHOLE, 0), NOTHING)

    def summary(self, measure: Measure) -> Summary:
        return self._whole(self.number[measure]).summary

    def scale(self, measure: Measure) -> drawing.Scale:
        return self.phases if measure.phase else scale_of([self._whole(self.number[measure])])

    @cached_property
    def phases(self) -> drawing.Scale:
        """One for all of them: their strips stand below each other."""
        return scale_of(self._phases)

    def dots(self, measure: Measure) -> list[Dot]:
        """Each value, in the order of time, where they are few."""
        return self._dots.get(self.number[measure], [])

    def fields(self, measure: Measure) -> list[Cell]:
        """How many values lie where, where they are many."""
        return self._cells.get((self.number[measure], FIELD, 0), []) if self._bounds else []

    def groups(self, measure: Measure, by: str) -> list[Group]:
        n = self.number[measure]
        told = self._told_by_service if by == "service" else self._told
        keys = sorted(key for (number, what, key) in told if number == n and what == by)
        dots: dict[int, list[tuple[int, float]]] = {}
        cells = {}
        if n in self._few:
            rows = self.by_service.dots([n])[n] if by == "service" else self.dots(measure)
            dots = counting.grouped((getattr(row, by), (row.incident, row.seconds)) for row in rows)
        elif n in self._bounds:
            cells = self.by_service.cells(self._bounds, (), "service") if by == "service" else self._cells
        return [
            Group(
                key,
                told[(n, by, key)].summary,
                dots.get(key, []),
                [(cell.row, cell.many) for cell in cells.get((n, by, key), [])],
            )
            for key in keys
        ]

    def group(self, measure: Measure) -> Group:
        """All of it, as one group."""
        n = self.number[measure]
        dots = [(dot.incident, dot.seconds) for dot in self.dots(measure)]
        cells = self._cells.get((n, WHOLE, 0), []) if n in self._bounds else []
        return Group(0, self.summary(measure), dots, [(cell.row, cell.many) for cell in cells])


def scale_of(told: Sequence[Told | Spread]) -> drawing.Scale:
    """For several groups: the median of most of the values."""
    spreads = [each.spread for each in told if each.spread.n]
    spreads.sort(key=lambda each: each.median or 0)
    half, seen, middle = sum(each.n for each in spreads) / 2, 0, None
    for each in spreads:
        seen, middle = seen + each.n, each.median
        if seen >= half:
            break
    shortest = min((each.shortest for each in spreads if each.shortest is not None), default=None)
    longest = max((each.longest for each in spreads if each.longest is not None), default=None)
    return drawing.scaled(shortest, middle, longest)
