"""How evenly the duty of a schedule or a team falls: reads the rotas and the pages, and asks `teams.fairness`.

The past is as it really was, with every override. Whoever has left keeps what they stood and is on nothing to come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from teams import fairness, oncall, public_holidays, rotation
from teams.calendar import HUES
from teams.fairness import Duty, Load, Spread
from teams.models import Layer, Schedule, User

# What people had in this time counts when a rotation's start is proposed.
LOOK_BACK = timedelta(days=90)


class Call(NamedTuple):
    """A page that reached somebody (their key) `at`; whether they answered it."""

    person: int
    at: datetime
    answered: bool


# (who asks, whose pages, from, until) -> the pages that whoever asks may know of.
Calls = Callable[[Any, Collection[int], datetime, datetime], Iterable[Call]]
_CALLS: list[Calls] = []


def calls_from(found: Calls) -> Calls:
    """Register a room that pages people."""
    _CALLS.append(found)
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has of it. `regular`: in the rotation, and still there; others only stood in, or have left.
    `paged` and `answered` count pages that came while they were on call here."""

    user: User
    hue: int
    regular: bool
    load: Load
    paged: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class Shares:
    """Who had or will have what of `schedules` in [start, end), most first. `spread` is among the regulars."""

    schedules: tuple[Schedule, ...]
    start: datetime
    end: datetime
    rows: tuple[Share, ...]
    spread: Spread | None

    @property
    def regulars(self) -> tuple[Share, ...]:
        return tuple(row for row in self.rows if row.regular)

    @property
    def most(self) -> User | None:
        return self._named(self.spread.most) if self.spread else None

    @property
    def least(self) -> User | None:
        return self._named(self.spread.least) if self.spread else None

    def even(self, measure: Callable[[Share], float]) -> float:
        """What each regular would have of a measure if the regulars shared evenly; 0 without any."""
        rows = self.regulars
        return sum(map(measure, rows)) / len(rows) if rows else 0.0

    def _named(self, person: object) -> User:
        return next(row.user for row in self.rows if row.user.pk == person)


def shares(schedules: Sequence[Schedule], start: datetime, end: datetime, *, reader: Any, now: datetime) -> Shares:
    """Everybody's part of `schedules` in [start, end), aware, in six queries however many there are. Of pages only
    those of incidents that `reader` may see count."""
    rotas = oncall.load(schedules)
    users: dict[int, User] = {}
    found: dict[int, Load] = {}
    stood: dict[int, list[tuple[datetime, datetime]]] = {}
    regular: dict[int, None] = {}
    for rota in rotas:
        users |= rota.users
        regular |= dict.fromkeys(_in_rotation(rota, start, end))
        duties = list(_duties(rota, start, end, now))
        for person, begins, ends in duties:
            stood.setdefault(person, []).append((begins, ends))  # type: ignore[arg-type]
        _add(found, _loads(rota, duties, start, end))
    rows = []
    calls = _calls(reader, stood, start, min(end, now))
    hues = {pk: n % HUES for n, pk in enumerate(users)}
    for pk in {**regular, **found}:
        user, load = users[pk], found.get(pk, Load())
        if user.is_active or load.total:
            rows.append(Share(user, hues[pk], pk in regular and user.is_active, load, *calls.get(pk, (0, 0))))
    rows.sort(key=lambda row: (-row.load.total, row.user.name.casefold(), row.user.pk))
    spread = fairness.spread({row.user.pk: row.load for row in rows if row.regular})
    return Shares(tuple(schedules), start, end, tuple(rows), spread)


@dataclass(frozen=True, slots=True)
class Proposed:
    """With which crew a rotation starts most evenly. `crew` is its place in the rotation as given, counted from 1,
    and `starts` are its people. 1 where the given start is the best already."""

    crew: int
    starts: tuple[User, ...]
    before: Spread
    after: Spread

    @property
    def changes(self) -> bool:
        return self.crew > 1

    @property
    def sentence(self) -> str:
        if not self.changes:
            return f"No other start is more even: {self.before.percent} % between most and least."
        names = " and ".join(user.name for user in self.starts)
        told = f"{self.after.percent} % between most and least instead of {self.before.percent} %"
        return f"Starting with {names} evens it: {told}."


def propose(rota: oncall.Rota, layer: rotation.Layer, now: datetime) -> Proposed | None:
    """How `layer`, one of `rota`'s (saved or not), would best start: over its next whole cycles from `now`, together
    with what its people had in the last 90 days here, and have until the end of those cycles on other schedules.
    None where there is nothing to choose."""
    cycles = fairness.whole_cycles(layer, max(now, layer.starts or now))
    people = dict.fromkeys(pk for crew in layer.crews for pk in crew)
    if cycles is None or len(people) < 2:
        return None
    had: dict[int, Load] = {}
    for each in oncall.load(_schedules_of(people, rota.schedule), since=now - LOOK_BACK):
        # The schedule itself goes on as it is until the first of these hand-offs.
        end = cycles.start if each.schedule.pk == rota.schedule.pk else cycles.end
        duties = [duty for duty in _duties(each, now - LOOK_BACK, end, now) if duty.person in people]
        _add(had, _loads(each, duties, now - LOOK_BACK, end, rota.people))

    def final(order: tuple[rotation.Crew, ...]) -> Iterator[Duty]:
        layers = [replace(each, crews=order) if each is layer else each for each in rota.layers]
        for shift in rotation.shifts(layers, rota.overrides, cycles.start, cycles.end):
            yield from (Duty(pk, shift.start, shift.end) for pk in shift.people if pk in people)

    found = fairness.best_start(layer.crews, final, cycles, had, *places(rota.schedule, rota.people))
    if found is None:
        return None
    return Proposed(found.crew, tuple(rota.people[pk] for pk in found.starts), found.before, found.after)


def propose_row(schedule: Schedule, row: Layer, now: datetime) -> Proposed | None:
    """`propose` for one layer in memory, which takes the place of the saved one of its lineage in `schedule`.

    It carries its members as `rota_members`, as for `oncall.rota_of`.
    """
    added, rota = oncall.rota_of(schedule, [row], []), oncall.load([schedule], since=now)[0]
    layer = added.layers[0]
    assert isinstance(layer, rotation.Layer)
    names = {key: name for key, name in rota.names.items() if name.lineage != row.lineage}
    below = [each for each in rota.layers if each.key in names and names[each.key].position <= row.position]
    above = [each for each in rota.layers if each.key in names and names[each.key].position > row.position]
    rota.people.known.update(added.people.known)
    return propose(replace(rota, layers=[*below, layer, *above]), layer, now)


def _schedules_of(people: Collection[Any], schedule: Schedule) -> list[Schedule]:
    """Every schedule on which one of `people` has, had or may have duty, and `schedule` where it is saved."""
    known = {row.pk: row for row in oncall.schedules_of(people)}
    if not schedule._state.adding:
        known.setdefault(schedule.pk, schedule)
    return list(known.values())


def _duties(rota: oncall.Rota, start: datetime, end: datetime, now: datetime) -> Iterator[Duty]:
    for watch in rota.watches(start, end):
        for user in watch.users:
            until = watch.end if user.is_active else min(watch.end, now)
            if watch.start < until:
                yield Duty(user.pk, watch.start, until)


def _in_rotation(rota: oncall.Rota, start: datetime, end: datetime) -> Iterator[int]:
    """Whoever has a place in a layer that is in effect within [start, end)."""
    for layer in rota.layers:
        if isinstance(layer, rotation.Layer):
            if (layer.starts is None or layer.starts < end) and (layer.ends is None or layer.ends > start):
                yield from (pk for crew in layer.crews for pk in crew)  # type: ignore[misc]
        else:
            yield from (pk for a, b, crew in layer.turns if a < end and start < b for pk in crew)  # type: ignore[misc]


def places(schedule: Schedule, people: Any) -> tuple[Callable[[Any], str], Callable[[Any], fairness.Days | None]]:
    """The zone and the holidays of somebody: their own, else the schedule's."""

    def zone_of(pk: Any) -> str:
        return people[pk].time_zone or schedule.time_zone

    def holidays_of(pk: Any) -> fairness.Days | None:
        code = people[pk].country or schedule.country
        return public_holidays.days(code) if code else None

    return zone_of, holidays_of


def _loads(
    rota: oncall.Rota, duties: Iterable[Duty], start: datetime, end: datetime, people: Any = None
) -> Mapping[Any, Load]:
    return fairness.loads(duties, start, end, *places(rota.schedule, people or rota.people))


def _add(found: dict[int, Load], more: Mapping[Any, Load]) -> None:
    for person, load in more.items():
        found[person] = found[person] + load if person in found else load


def _calls(
    reader: Any, stood: Mapping[int, list[tuple[datetime, datetime]]], start: datetime, end: datetime
) -> dict[int, tuple[int, int]]:
    """Pages that came to somebody within a duty of theirs, and how many of them they answered."""
    found: dict[int, tuple[int, int]] = {}
    if start >= end:
        return found
    duty = {person: sorted(spans) for person, spans in stood.items()}
    for room in _CALLS:
        for person, at, answered in room(reader, duty.keys(), start, end):
            # Of several schedules at once any will do; the longest that began before is among the last ones.
            spans = duty[person][: bisect_right(duty[person], at, key=lambda span: span[0])]
            if any(ends > at for _, ends in reversed(spans)):
                sent, taken = found.get(person, (0, 0))
                found[person] = sent + 1, taken + answered
    return found
