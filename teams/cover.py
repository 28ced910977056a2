"""Who could stand in for somebody: people with their duty and their time off go in, a ranked list comes out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from teams import fairness
from teams.fairness import Days, Load
from teams.spans import Span

# Duty of this long before and after the span counts when the burden is compared.
AROUND = timedelta(weeks=2)


class Duty(NamedTuple):
    """A span of duty on the schedule with the key `where`."""

    span: Span
    where: Hashable


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who may stand in. `duty`: theirs on all schedules, at least `AROUND` the span that is asked about."""

    key: Hashable
    duty: tuple[Duty, ...] = ()
    away: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """How a span suits somebody.

    `here`: on call on the schedule itself at some time of it already; `elsewhere`: on which others; `close`: their
    other duty ends where the span begins, or begins where it ends; `load`: their duty in the weeks around.
    """

    key: Hashable
    here: bool
    elsewhere: tuple[Hashable, ...]
    away: bool
    close: bool
    load: Load

    @property
    def free(self) -> bool:
        return not (self.here or self.elsewhere or self.away)


def candidates(
    people: Iterable[Person],
    span: Span,
    where: Hashable,
    zone_of: Callable[[Hashable], str] = lambda _: "UTC",
    holidays_of: Callable[[Hashable], Days | None] = lambda _: None,
) -> list[Candidate]:
    """How [start, end) on the schedule `where` suits each of `people`: the free ones first, of these those who have
    their rest, then who carries least in the weeks around; otherwise in the order given.

    What somebody carries is weighed as `teams.fairness` does, by the zone and the holidays of where they live."""
    known = list(people)
    duties = [fairness.Duty(person.key, *duty.span) for person in known for duty in person.duty]
    found = fairness.loads(duties, span.start - AROUND, span.end + AROUND, zone_of, holidays_of)
    return sorted((_suited(person, span, where, found.get(person.key, Load())) for person in known), key=_rank)


def _suited(person: Person, span: Span, where: Hashable, load: Load) -> Candidate:
    at_once = [duty.where for duty in person.duty if duty.span.meets(span)]
    return Candidate(
        person.key,
        here=where in at_once,
        elsewhere=tuple(dict.fromkeys(each for each in at_once if each != where)),
        away=any(each.meets(span) for each in person.away),
        close=any(span.start == duty.span.end or span.end == duty.span.start for duty in person.duty),
        load=load,
    )


def _rank(found: Candidate) -> tuple[bool, bool, float]:
    return not found.free, found.close, found.load.weight


def without(duty: Iterable[Duty], span: Span, where: Hashable) -> list[Duty]:
    """`duty` less what of it lies in `span` on the schedule `where`."""
    found = []
    for each in duty:
        if each.where != where or not each.span.meets(span):
            found.append(each)
            continue
        parts = (Span(each.span.start, span.start), Span(span.end, each.span.end))
        found += [Duty(part, where) for part in parts if part.start < part.end]
    return found
