"""Verbs on the layers of a schedule. A change has an effective time: the past, and the running shift, stay as they
were, and what was known before the change can still be asked for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from teams import oncall, permits, rotation
from teams.hours import instant
from teams.models import Layer, LayerMember, Schedule, User

# What decides who is on call; a name alone does not.
SETUP = (
    *("position", "every", "kind", "anchor_date", "handoff_time", "time_zone", "ends_at", "restrictions", "holidays"),
)
Crews = Sequence[Sequence[User]]


@dataclass(frozen=True, slots=True)
class LayerChange:
    """What becomes of one layer. `layer` None: a new one. `values`: fields of SETUP, and `name`; what is left out
    stays. `crews`: the people of each turn; None: as they were. `gone`: it ends."""

    layer: Layer | None
    values: Mapping[str, Any] = field(default_factory=dict)
    crews: Crews | None = None
    gone: bool = False


def earliest(schedule: Schedule, layer: Layer | None, now: datetime) -> tuple[datetime, oncall.Watch | None]:
    """The first moment from which a change of `layer` (None: a new one) may count, and the running shift that it waits
    for. Overrides win over any change of the roster, so they hold up none."""
    if schedule._state.adding:
        return now, None
    rota = oncall.load([schedule], since=now)[0]
    running = [rotation.who(rota.layers, (), now)]
    if layer is not None:
        versions = {name for name, each in rota.names.items() if each.lineage == layer.lineage}
        running += [rotation.turn(each, now) for each in rota.layers if each.key in versions]
    last = max((shift for shift in running if shift), key=lambda shift: shift.end, default=None)
    return (last.end, rota.watch(last)) if last else (now, None)


@transaction.atomic
def change_roster(
    schedule: Schedule, changes: Iterable[LayerChange], *, by: User | None, effective_at: datetime | None = None
) -> list[Layer]:
    """Change layers of `schedule` together; returns those that go on, newest version each.

    `effective_at` (aware) None: each as early as the running shifts allow. A layer that has not begun is changed
    whole. ValidationError names `effective_at` when a running shift would be cut short, and `ends_at`.
    """
    permits.require(by, "roster.change", schedule)
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    now = timezone.now()
    # All of them wait for what ran before the first of them was made.
    planned = []
    for change in changes:
        first, running = earliest(locked, change.layer, now)
        at = _effective(effective_at, first, running, now)
        if (ends := change.values.get("ends_at")) is not None and ends <= at and not change.gone:
            raise ValidationError({"ends_at": f"The change counts from {_said(at, locked)}. Give an end after that."})
        planned.append((change, at))
    return [done for change, at in planned if (done := _change(locked, change, at, now, by)) is not None]


def end_layer(layer: Layer, *, by: User | None, effective_at: datetime | None = None) -> Layer | None:
    """Let a layer end, as early as its running shift allows; None when it had not begun and is gone."""
    left = change_roster(layer.schedule, [LayerChange(layer, gone=True)], by=by, effective_at=effective_at)
    return left[0] if left else None


def set_rota(
    layer: Layer, people: Sequence[User], *, by: User | None = None, effective_at: datetime | None = None
) -> None:
    """Put `people` into the layer's rotation in this order, one a turn; the same person may come twice."""
    crews = [[person] for person in people]
    change_roster(layer.schedule, [LayerChange(layer, crews=crews)], by=by, effective_at=effective_at)


@transaction.atomic
def move_schedule(schedule: Schedule, *, by: User | None, time_zone: str, country: str) -> None:
    """Let `schedule` run in another zone, or by another country's holidays. Layers that leave these to it change as
    early as their running shifts allow."""
    permits.require(by, "roster.change", schedule)
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    now = timezone.now()
    leaving = [each for each in _newest(row) if not each.time_zone or each.holidays != Layer.Holidays.ON]
    planned = [(each, earliest(row, each, now)[0]) for each in leaving]
    for each, at in planned:
        _split(each, at, now, by)
    Schedule.objects.filter(pk=row.pk).update(time_zone=time_zone, country=country)
    schedule.time_zone, schedule.country = time_zone, country


def _effective(asked: datetime | None, first: datetime, running: oncall.Watch | None, now: datetime) -> datetime:
    if asked is None or (running is None and asked <= now):
        return first
    if asked < first and running is not None:
        names = " and ".join(user.name for user in running.users)
        until = _said(first, running.schedule)
        raise ValidationError(
            {
                "effective_at": f"The shift of {names} runs until {until} and stays as it is. Give that time or a "
                "later one; an override changes who is on call now."
            }
        )
    return asked


def _said(moment: datetime, schedule: Schedule) -> str:
    from zoneinfo import ZoneInfo

    return f"{moment.astimezone(ZoneInfo(schedule.time_zone)):%Y-%m-%d %H:%M} ({schedule.time_zone})"


def _newest(schedule: Schedule) -> list[Layer]:
    return list(Layer.objects.newest().select_for_update().filter(schedule=schedule).order_by("position", "pk"))


def _change(schedule: Schedule, change: LayerChange, at: datetime, now: datetime, by: User | None) -> Layer | None:
    if change.layer is None:
        return _add(schedule, change, at, now, by)
    row: Layer = Layer.objects.newest().select_for_update().get(pk=change.layer.pk)
    row.schedule = schedule
    if change.gone:
        return _end(row, at, now, by)
    setup = {k: v for k, v in change.values.items() if k in SETUP and getattr(row, k) != v}
    crews = change.crews if change.crews is not None and _differ(row, change.crews) else None
    if "name" in change.values:
        # A name decides nothing, so that all versions carry the one that people know.
        Layer.history.filter(lineage=row.lineage).exclude(name=change.values["name"]).update(name=change.values["name"])
        row.name = change.values["name"]
    if not setup and crews is None:
        return row
    _split(row, at, now, by)
    for name, value in setup.items():
        setattr(row, name, value)
    row.save(update_fields=[*setup, "name"])
    if crews is not None:
        row.rota.all().delete()
        _put(row, crews)
    return row


def _add(schedule: Schedule, change: LayerChange, at: datetime, now: datetime, by: User | None) -> Layer:
    values = dict(change.values)
    if "position" not in values:
        top = Layer.objects.newest().filter(schedule=schedule).aggregate(top=Max("position"))["top"]
        values["position"] = 0 if top is None else top + 1
    row = Layer(schedule=schedule, **values, starts_at=at, known_from=now, changed_by=by)
    row.save(force_insert=True)
    _put(row, change.crews or ())
    return row


def _end(row: Layer, at: datetime, now: datetime, by: User | None) -> Layer | None:
    if row.ends_at is not None and row.ends_at <= at:
        return row
    if at <= _begins(row):
        _forget_from(row, at, now)
        row.known_until = now
        row.save(update_fields=["known_until"])
        return None
    _forget_from(row, at, now)
    _remember(row, now)
    row.ends_at, row.changed_by = at, by
    row.save(update_fields=["ends_at", "known_from", "changed_by"])
    return row


def _split(row: Layer, at: datetime, now: datetime, by: User | None) -> None:
    """Let the newest version begin at `at`, and what it said until then go on as a former one."""
    _forget_from(row, at, now)
    begins, ends = _begins(row), row.ends_at
    _remember(row, now)
    if begins < at and (ends is None or begins < ends):
        _copy(row, ends_at=at if ends is None else min(at, ends), known_from=now)
    row.starts_at, row.changed_by = at, by
    row.save(update_fields=["starts_at", "known_from", "changed_by"])


def _forget_from(row: Layer, at: datetime, now: datetime) -> None:
    """Cut the former versions that would still count at `at`."""
    for each in Layer.objects.select_for_update(of=("self",)).filter(replaced_by=row).select_related("schedule"):
        if each.starts_at is not None and each.starts_at >= at:
            each.known_until = now
            each.save(update_fields=["known_until"])
        elif each.ends_at is None or each.ends_at > at:
            _remember(each, now)
            each.ends_at = at
            each.save(update_fields=["ends_at", "known_from"])


def _begins(row: Layer) -> datetime:
    """When it is first on: at its first hand-over, or later where it was put in effect later."""
    anchor = instant(datetime.combine(row.anchor_date, row.handoff_time), row.zone)
    return max(anchor, row.starts_at) if row.starts_at else anchor


def _remember(row: Layer, now: datetime) -> None:
    """Keep what is known until now as a copy. The caller saves `known_from`."""
    if row.known_from < now:
        _copy(row, known_until=now)
    row.known_from = now


def _copy(row: Layer, **changed: Any) -> None:
    values = {f.attname: getattr(row, f.attname) for f in Layer._meta.concrete_fields if not f.primary_key}
    values |= {
        "time_zone": row.zone,
        "country": row.country or row.schedule.country,
        "replaced_by_id": row.replaced_by_id or row.pk,
        **changed,
    }
    made = Layer(**values)
    made.save(force_insert=True)
    LayerMember.objects.bulk_create(
        LayerMember(layer=made, user_id=m.user_id, position=m.position) for m in row.rota.order_by("position", "pk")
    )


def _put(row: Layer, crews: Crews) -> None:
    LayerMember.objects.bulk_create(
        LayerMember(layer=row, user=user, position=place)
        for place, crew in enumerate(crews)
        for user in dict.fromkeys(crew)
    )


def _differ(row: Layer, crews: Crews) -> bool:
    places: dict[int, list[int]] = {}
    for position, user in row.rota.order_by("position", "pk").values_list("position", "user_id"):
        places.setdefault(position, []).append(user)
    return list(places.values()) != [[user.pk for user in dict.fromkeys(crew)] for crew in crews]
