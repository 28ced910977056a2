"""Who is on call: reads the rows and asks `teams.rotation`. One query a kind of row, however many schedules."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Prefetch

from teams import rotation
from teams.hours import restrictions_from_json
from teams.models import Layer, LayerMember, Override, Schedule, User

# A shift that began before an override ended is told with its true start, if it ended in this time.
LONGEST_LOOK_BACK = timedelta(days=31)


@dataclass(frozen=True, slots=True)
class Watch:
    """A span of one person's duty. `layer` None: an override."""

    schedule: Schedule
    user: User
    start: datetime
    end: datetime
    layer: Layer | None


@dataclass(frozen=True, slots=True)
class Handoff:
    """A change of watch. None on a side: nobody."""

    at: datetime
    outgoing: User | None
    incoming: User | None


@dataclass(slots=True)
class Rota:
    """A schedule with its rows loaded, ready to be asked."""

    schedule: Schedule
    layers: list[rotation.Layer]
    overrides: list[rotation.Override]
    users: dict[int, User]
    rows: dict[int, Layer]

    def watch(self, shift: rotation.Shift) -> Watch:
        layer = self.rows.get(shift.source) if isinstance(shift.source, int) else None
        return Watch(self.schedule, self.users[_pk(shift.person)], shift.start, shift.end, layer)

    def who(self, at: datetime) -> Watch | None:
        """Whose watch it is at `at` (aware), with the whole span of the shift."""
        shift = rotation.who(self.layers, self.overrides, at)
        return self.watch(shift) if shift else None

    def watches(self, start: datetime, end: datetime) -> list[Watch]:
        """The final schedule in [start, end), in order."""
        return [self.watch(s) for s in rotation.shifts(self.layers, self.overrides, start, end)]

    def layer_watches(self, start: datetime, end: datetime) -> list[tuple[Layer, list[Watch]]]:
        """What each layer alone would give in [start, end), lowest first: what an admin compares with the result."""
        return [
            (self.rows[_pk(layer.key)], [self.watch(s) for s in rotation.layer_shifts(layer, start, end)])
            for layer in self.layers
        ]

    def gaps(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """Spans in [start, end) in which nobody is on call."""
        return rotation.gaps(self.layers, self.overrides, start, end)

    def next_handoff(self, at: datetime) -> Handoff | None:
        found = rotation.next_handoff(self.layers, self.overrides, at)
        if found is None:
            return None
        return Handoff(
            found.at,
            self.users[_pk(found.outgoing)] if found.outgoing is not None else None,
            self.users[_pk(found.incoming)] if found.incoming is not None else None,
        )


def _pk(value: object) -> int:
    assert isinstance(value, int)
    return value


def load(schedules: Iterable[Schedule], *, since: datetime | None = None) -> list[Rota]:
    """Rotas of `schedules` in four queries. Overrides that ended long before `since` are left out."""
    from django.db.models import prefetch_related_objects

    rows = list(schedules)
    for row in rows:
        # A prefetch skips what an instance carries already: an earlier load must not hide what changed since.
        row.__dict__.pop("rota_layers", None)
        row.__dict__.pop("rota_overrides", None)
    overrides = Override.objects.select_related("user").order_by("pk")
    if since is not None:
        overrides = overrides.filter(ends_at__gt=since - LONGEST_LOOK_BACK)
    members = LayerMember.objects.select_related("user").order_by("position", "pk")
    prefetch_related_objects(
        rows,
        Prefetch("layers", Layer.objects.order_by("position", "pk"), to_attr="rota_layers"),
        Prefetch("rota_layers__rota", members, to_attr="rota_members"),
        Prefetch("overrides", overrides, to_attr="rota_overrides"),
    )
    return [rota_of(schedule, schedule.rota_layers, schedule.rota_overrides) for schedule in rows]  # type: ignore[attr-defined]


def rota_of(schedule: Schedule, layers: list[Layer], overrides: list[Override]) -> Rota:
    """A rota from rows in memory (saved or not, so that a form can show its result before it is saved).

    Each layer carries its members as `rota_members`.
    """
    users: dict[int, User] = {}
    built = []
    rows = {layer.pk or -place: layer for place, layer in enumerate(layers, start=1)}
    for key, layer in rows.items():
        people = [m.user for m in layer.rota_members]  # type: ignore[attr-defined]
        users.update({u.pk: u for u in people})
        built.append(
            rotation.Layer(
                key=key,
                people=tuple(u.pk for u in people),
                kind=layer.kind,  # type: ignore[arg-type]
                every=layer.every,
                anchor=datetime.combine(layer.anchor_date, layer.handoff_time),
                zone=schedule.time_zone,
                restrictions=restrictions_from_json(layer.restrictions),
                ends=layer.ends_at,
            )
        )
    users.update({o.user.pk: o.user for o in overrides})
    stands_in = [
        rotation.Override(o.user.pk, o.starts_at, o.ends_at, (o.created_at, o.pk or 0), key=f"override-{o.pk}")
        for o in overrides
    ]
    return Rota(schedule, built, stands_in, users, rows)


def who(schedule: Schedule, at: datetime) -> User | None:
    """Who is on call at `at` (aware). None: a gap, or somebody who has left and can't be reached."""
    watch = load([schedule], since=at)[0].who(at)
    return watch.user if watch and watch.user.is_active else None


def watches_of(user: User, at: datetime, until: datetime) -> list[Watch]:
    """Somebody's own duty in [at, until) over all schedules, in order."""
    from django.db.models import Q

    mine = (
        Schedule.objects.filter(Q(layers__rota__user=user) | Q(overrides__user=user)).select_related("team").distinct()
    )
    found = [w for rota in load(mine, since=at) for w in rota.watches(at, until) if w.user.pk == user.pk]
    return sorted(found, key=lambda w: w.start)
