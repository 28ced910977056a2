"""Who is on call: reads the rows and asks `teams.rotation`. One query a kind of row, however many schedules.

Every answer can be had as it was known at an earlier moment: a roster's former versions are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property, lru_cache
from itertools import groupby
from typing import Any

from django.contrib.postgres.aggregates import ArrayAgg
from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, BooleanField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from teams import public_holidays, rotation
from teams.hours import restrictions_from_json
from teams.models import ImportedShift, Layer, LayerMember, Override, Schedule, User

# A shift that began before an override ended is told with its true start, if it ended in this time.
LONGEST_LOOK_BACK = timedelta(days=31)
IMPORTED = "calendar"


@dataclass(frozen=True, slots=True)
class LayerName:
    """Which layer a watch comes from: `id` is its newest version's, None of an imported calendar."""

    id: int | None
    name: str
    position: int
    lineage: object = None


# Made by the thousand for a month of many layers: not frozen, which would double what each takes.
@dataclass(slots=True, unsafe_hash=True)
class Watch:
    """A span of duty of one person, or of several who stand it together. `layer` None: an override, by which the first
    person stands in for `instead_of` (None: for whoever it would be)."""

    schedule: Schedule
    users: tuple[User, ...]
    start: datetime
    end: datetime
    layer: LayerName | None
    override_id: int | None = None
    instead_of: User | None = None

    @property
    def user(self) -> User:
        """The first of them."""
        return self.users[0]

    @property
    def present(self) -> tuple[User, ...]:
        """Those whom a page would reach: who has left is nobody."""
        return tuple(user for user in self.users if user.is_active)


@dataclass(frozen=True, slots=True)
class Handoff:
    """A change of watch. Nobody on a side: empty."""

    at: datetime
    leaving: tuple[User, ...]
    coming: tuple[User, ...]

    @property
    def outgoing(self) -> User | None:
        return next(iter(self.leaving), None)

    @property
    def incoming(self) -> User | None:
        return next(iter(self.coming), None)


@dataclass(slots=True)
class People:
    """The people of several rotas, read in one query when the first of them is asked for."""

    rotas: list[Rota] = field(default_factory=list)
    known: dict[int, User] = field(default_factory=dict)

    def __getitem__(self, pk: Any) -> User:
        if pk not in self.known:
            self.name(each for rota in self.rotas for each in _occurring(rota.layers, rota.overrides))
        return self.known[pk]

    def name(self, pks: Iterable[Any]) -> None:
        """Read these, as far as they are not known, in one query."""
        self.known.update(User.objects.in_bulk({pk for pk in pks if pk not in self.known}))


@dataclass
class Rota:
    """A schedule with its rows loaded, ready to be asked."""

    schedule: Schedule
    layers: list[rotation.Layer | rotation.Listed]
    overrides: list[rotation.Override]
    people: People
    names: dict[Any, LayerName]

    @cached_property
    def users(self) -> dict[int, User]:
        """Whoever occurs in it, by key, in the order of the rotations."""
        found = dict.fromkeys(_occurring(self.layers, self.overrides))
        return {pk: self.people[pk] for pk in found}

    def watch(self, shift: rotation.Shift) -> Watch:
        users = tuple(self.people[pk] for pk in shift.people)
        source = shift.source
        if not isinstance(source, rotation.Override):
            return Watch(self.schedule, users, shift.start, shift.end, self.names[source])
        instead = self.people[source.replaces] if source.replaces is not None else None
        key = source.key if isinstance(source.key, int) else None
        return Watch(self.schedule, users, shift.start, shift.end, None, key, instead)

    def who(self, at: datetime) -> Watch | None:
        """Whose watch it is at `at` (aware), with the whole span of the shift."""
        shift = rotation.who(self.layers, self.overrides, at)
        return self.watch(shift) if shift else None

    def watches(self, start: datetime, end: datetime) -> list[Watch]:
        """The final schedule in [start, end), in order."""
        return [self.watch(s) for s in rotation.shifts(self.layers, self.overrides, start, end)]

    def layer_watches(self, start: datetime, end: datetime) -> list[tuple[LayerName, list[Watch]]]:
        """What each layer alone would give in [start, end), lowest first: what an admin compares with the result.
        The versions of a layer that follow one another are one line."""
        lines: dict[object, tuple[LayerName, list[Watch]]] = {}
        for layer in self.layers:
            name = self.names[layer.key]
            found = [self.watch(s) for s in rotation.layer_shifts(layer, start, end)]
            former = lines.get(name.lineage)
            if former is None:
                lines[name.lineage] = name, found
            elif found:
                both = sorted([*former[1], *found], key=lambda w: w.start)
                lines[name.lineage] = (name if found[-1] is both[-1] else former[0]), both
        return sorted(lines.values(), key=lambda line: line[0].position)

    def gaps(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Spans in [start, end) in which nobody is on call."""
        return rotation.gaps(self.layers, self.overrides, start, end)

    def changes_after(self, at: datetime) -> bool:
        """Whether a layer begins or ends after `at`, as the roster is known."""
        layers = [layer for layer in self.layers if isinstance(layer, rotation.Layer)]
        return any(each is not None and each > at for layer in layers for each in (layer.starts, layer.ends))

    def next_handoff(self, at: datetime) -> Handoff | None:
        found = rotation.next_handoff(self.layers, self.overrides, at)
        if found is None:
            return None
        sides = [tuple(self.people[pk] for pk in crew) for crew in (found.outgoing, found.incoming)]
        return Handoff(found.at, *sides)


def load(
    schedules: Iterable[Schedule], *, since: datetime | None = None, known_at: datetime | None = None
) -> list[Rota]:
    """Rotas of `schedules`, in as many queries for a hundred as for one. What ended long before `since` is left out.
    `known_at`: as the rosters stood in the database then, instead of now."""
    rows = list(schedules)
    if not rows:
        return []
    people = People()
    keys = [row.pk for row in rows]
    ended = Q() if since is None else Q(ends_at=None) | Q(ends_at__gt=since - LONGEST_LOOK_BACK)
    layers = _by_schedule(_layers(keys, ended, known_at))
    imported = _by_schedule(
        ImportedShift.history.known_at(known_at)
        .filter(ended, Among(F("schedule"), Value(keys, KEYS)))
        .order_by("starts_at", "pk")
        .values_list("schedule_id", "starts_at", "ends_at", "user_id")
    )
    overrides = _by_schedule(
        Override.history.known_at(known_at)
        .filter(ended, Among(F("schedule"), Value(keys, KEYS)))
        .order_by("pk")
        .values_list("schedule_id", "pk", "user_id", "replaces_id", "starts_at", "ends_at", "created_at")
    )
    return [
        _rota(
            row,
            layers.get(row.pk, []),
            tuple((start, end, (user,)) for _, start, end, user in imported.get(row.pk, [])),
            [
                rotation.Override(user, start, end, (created, pk), key=pk, replaces=replaces)
                for _, pk, user, replaces, start, end, created in overrides.get(row.pk, [])
            ],
            people,
        )
        for row in rows
    ]


class Among(Func):
    """A column = ANY(a list): one parameter however many there are, where IN has to write and read each."""

    template = "%(expressions)s)"
    arg_joiner = " = ANY("
    output_field = BooleanField()


KEYS: ArrayField[list[int], list[int]] = ArrayField(BigIntegerField())


def _layers(keys: list[int], ended: Q, known_at: datetime | None) -> list[tuple[Any, ...]]:
    """Rows as `_layer` reads them. Their people are a query of their own: joined to them, each would be sorted with all
    that its layer says."""
    layers = list(
        Layer.history.known_at(known_at)
        .filter(ended, Among(F("schedule"), Value(keys, KEYS)))
        .annotate(hours=Cast("restrictions", TextField()))
        .order_by("position", "pk")
        .values_list("schedule_id", "pk", "replaced_by_id", "lineage", "name", "position", *COLUMNS)
    )
    order = ("position", "pk")
    members = (
        LayerMember.objects.filter(Among(F("layer"), Value([row[1] for row in layers], KEYS)))
        .order_by()
        .values("layer_id")
        .annotate(places=ArrayAgg("position", order_by=order), users=ArrayAgg("user_id", order_by=order))
        .values_list("layer_id", "places", "users")
    )
    found = {layer: crews for layer, *crews in members}
    return [(*row, *found.get(row[1], ((), ()))) for row in layers]


@lru_cache(maxsize=1024)
def _hours(written: str) -> tuple[rotation.Restriction, ...]:
    """Most layers have one of a few hours: they are read once."""
    return restrictions_from_json(json.loads(written))


COLUMNS = (
    *("kind", "every", "anchor_date", "handoff_time", "time_zone", "hours", "holidays", "country"),
    *("starts_at", "ends_at"),
)


def _by_schedule(rows: Iterable[tuple[Any, ...]]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(row)
    return found


def rota_of(schedule: Schedule, layers: Sequence[Layer], overrides: Sequence[Override]) -> Rota:
    """A rota from rows in memory (saved or not, so that a form can show its result before it is saved).

    Each layer carries its members as `rota_members`: `LayerMember` rows, in order.
    """
    people, built = People(), []
    for place, layer in enumerate(layers, start=1):
        members = layer.rota_members  # type: ignore[attr-defined]
        people.known.update({m.user.pk: m.user for m in members})
        row = (None, layer.pk or -place, layer.replaced_by_id, layer.lineage, layer.name, layer.position)
        layer.hours = json.dumps(layer.restrictions)  # type: ignore[attr-defined]
        values = tuple(getattr(layer, name) for name in COLUMNS)
        built.append((*row, *values, [m.position for m in members], [m.user.pk for m in members]))
    for each in overrides:
        people.known.update({user.pk: user for user in (each.user, each.replaces) if user is not None})
    stands_in = [
        rotation.Override(
            o.user.pk, o.starts_at, o.ends_at, (o.created_at, o.pk or 0), key=o.pk, replaces=o.replaces_id
        )
        for o in overrides
    ]
    return _rota(schedule, built, (), stands_in, people)


def _rota(
    schedule: Schedule,
    rows: Iterable[tuple[Any, ...]],
    imported: tuple[tuple[datetime, datetime, tuple[int, ...]], ...],
    overrides: list[rotation.Override],
    people: People,
) -> Rota:
    layers: list[rotation.Layer | rotation.Listed] = []
    names: dict[Any, LayerName] = {}
    if imported:
        layers.append(rotation.Listed(IMPORTED, imported))
        names[IMPORTED] = LayerName(None, "Imported calendar", -1, IMPORTED)
    for row in rows:
        layer, name = _layer(schedule, row)
        layers.append(layer)
        names[layer.key] = name
    rota = Rota(schedule, layers, overrides, people, names)
    people.rotas.append(rota)
    return rota


def _layer(schedule: Schedule, row: tuple[Any, ...]) -> tuple[rotation.Layer, LayerName]:
    _, key, replaced_by, lineage, name, position, *setup, places, users = row
    kind, every, day, clock, zone, hours, holidays, country, starts, ends = setup
    handoff = clock if isinstance(clock, time) else time.fromisoformat(clock)
    layer = rotation.Layer(
        key=key,
        crews=_crews(places, users),
        kind=kind,
        every=every,
        anchor=datetime.combine(day, handoff),
        zone=zone or schedule.time_zone,
        restrictions=_hours(hours),
        starts=starts,
        ends=ends,
        holidays=holidays,
        days=public_holidays.days(country or schedule.country) if holidays != Layer.Holidays.ON else None,
    )
    return layer, LayerName(replaced_by or key, name, position, lineage)


def _crews(places: list[int], users: list[int]) -> tuple[tuple[int, ...], ...]:
    """Those of one place stand together."""
    if len(set(places)) == len(places):
        return tuple([(user,) for user in users])
    placed = zip(places, users, strict=True)
    return tuple(tuple(user for _, user in crew) for _, crew in groupby(placed, key=lambda pair: pair[0]))


def _occurring(
    layers: Iterable[rotation.Layer | rotation.Listed], overrides: Iterable[rotation.Override]
) -> Iterable[Any]:
    for layer in layers:
        crews = layer.crews if isinstance(layer, rotation.Layer) else (crew for _, _, crew in layer.turns)
        for crew in crews:
            yield from crew
    for each in overrides:
        yield each.person
        if each.replaces is not None:
            yield each.replaces


def on_call(
    schedules: Iterable[Schedule], at: datetime, *, known_at: datetime | None = None
) -> list[tuple[Rota, Watch | None]]:
    """Each of `schedules` with its watch at `at` (aware). As many queries for a hundred as for one, and no more people
    than are on call."""
    rotas = load(schedules, since=at, known_at=known_at)
    found = [(rota, rotation.who(rota.layers, rota.overrides, at)) for rota in rotas]
    if rotas:
        rotas[0].people.name(pk for _, shift in found if shift for pk in _named(shift))
    return [(rota, rota.watch(shift) if shift else None) for rota, shift in found]


def _named(shift: rotation.Shift) -> tuple[Any, ...]:
    instead = shift.source.replaces if isinstance(shift.source, rotation.Override) else None
    return shift.people if instead is None else (*shift.people, instead)


def crew(schedule: Schedule, at: datetime) -> tuple[User, ...]:
    """Everybody who is on call at `at` (aware) and can be reached. Empty: a gap, or all of them have left."""
    ((_, watch),) = on_call([schedule], at)
    return watch.present if watch else ()


def who(schedule: Schedule, at: datetime) -> User | None:
    """The first of `crew`, None where there is nobody."""
    return next(iter(crew(schedule, at)), None)


def schedules_of(people: Iterable[User | int]) -> QuerySet[Schedule]:
    """Every schedule on which any of `people` has, had or may have duty."""
    who = list(people)
    duty = Q(layers__rota__user__in=who) | Q(overrides__user__in=who) | Q(imported_shifts__user__in=who)
    return Schedule.objects.filter(duty).select_related("team").distinct()


def watches_of(user: User, at: datetime, until: datetime) -> list[Watch]:
    """Somebody's own duty in [at, until) over all schedules, in order."""
    rotas = load(schedules_of([user]), since=at)
    found = [w for rota in rotas for w in rota.watches(at, until) if user.pk in {each.pk for each in w.users}]
    return sorted(found, key=lambda w: w.start)
