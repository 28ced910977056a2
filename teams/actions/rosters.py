"""Verbs on the layers of a schedule. A change has an effective time: the past, and the running shift, stay as they
were, and what was known before the change can still be asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from teams import oncall, permits, rotation
from teams.actions import versioning
from teams.actions.overrides import why_unfit
from teams.actions.versioning import Crews
from teams.actions.warnings import look_soon
from teams.hours import FIRST_YEAR, LAST_YEAR, restrictions_from_json
from teams.models import Layer, Schedule, User

# What decides who is on call; a name alone does not.
SETUP = (
    *("position", "every", "kind", "anchor_date", "handoff_time", "time_zone", "ends_at", "restrictions", "holidays"),
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class LayerChange:
    """What becomes of one layer. `layer` None: a new one. `values`: fields of SETUP, and `name`; what is left out
    stays. `crews`: the people of each turn; None: as they were. `gone`: it ends."""

    layer: Layer | None
    values: Mapping[str, Any] = field(default_factory=dict)
    crews: Crews | None = None
    gone: bool = False


class LayerRefused(ValidationError):
    """One of several changes can't be made; `number` is its place among those that were asked for."""

    def __init__(self, number: int, message: Any) -> None:
        super().__init__(message)
        self.number = number


@dataclass(frozen=True, slots=True)
class Planned:
    """A change, locked and compared: `setup` and `crews` are what really becomes other. It counts from `at`."""

    change: LayerChange
    at: datetime
    row: Layer | None
    setup: dict[str, Any]
    crews: Crews | None

    @property
    def changes(self) -> bool:
        return self.row is None or self.change.gone or bool(self.setup) or self.crews is not None


def earliest(
    schedule: Schedule, layer: Layer | None, now: datetime, *, rota: oncall.Rota | None = None
) -> tuple[datetime, oncall.Watch | None]:
    """The first moment from which a change of `layer` (None: a new one) may count, and the running shift that it waits
    for. Overrides win over any change of the roster, so they hold up none. `rota`: the schedule's, where it is
    loaded."""
    if schedule._state.adding:
        return now, None
    rota = rota or oncall.load([schedule], since=now)[0]
    running = [rotation.who(rota.layers, (), now)]
    if layer is not None:
        versions = {name for name, each in rota.names.items() if each.lineage == layer.lineage}
        running += [rotation.turn(each, now) for each in rota.layers if each.key in versions]
    last = max((shift for shift in running if shift), key=lambda shift: shift.end, default=None)
    return (last.end, rota.watch(last)) if last else (now, None)


@transaction.atomic
def change_roster(
    schedule: Schedule,
    changes: Iterable[LayerChange],
    *,
    by: User | None,
    effective_at: datetime | None = None,
    time_zone: str | None = None,
    country: str | None = None,
) -> list[Layer]:
    """Change layers of `schedule` together, and with them its zone and the country of its holidays where these are
    given; returns the layers that go on, newest version each.

    `effective_at` (aware) None: each as early as the running shifts allow. A layer that has not begun is changed
    whole. ValidationError names `effective_at` when a running shift would be cut short; LayerRefused, `ends_at`.
    """
    permits.require(by, "roster.change", schedule)
    locked = Schedule.objects.select_for_update().get(pk=schedule.pk)
    now = timezone.now()
    # All of them wait for what ran before the first of them was made.
    rota = oncall.load([locked], since=now)[0]
    planned = [_plan(locked, rota, each, n, effective_at, now) for n, each in enumerate(changes)]
    zone = locked.time_zone if time_zone is None else time_zone
    holidays_of = locked.country if country is None else country
    if (zone, holidays_of) != (locked.time_zone, locked.country):
        _check(Schedule(time_zone=zone, country=holidays_of), ("time_zone", "country"))
        known = {each.row.pk: each.at for each in planned if each.row and each.changes}
        first = {row.pk: known.get(row.pk) or _when(effective_at, locked, row, rota, now) for row in _leaving(locked)}
        _move(locked, zone, holidays_of, first, now, by)
        schedule.time_zone, schedule.country = zone, holidays_of
    look_soon()
    return [done for each in planned if (done := _change(locked, each, now, by)) is not None]


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


def move_schedule(
    schedule: Schedule, *, by: User | None, time_zone: str, country: str, effective_at: datetime | None = None
) -> None:
    """Let `schedule` run in another zone, or by another country's holidays. Layers that leave these to it change as
    early as their running shifts allow, or at `effective_at`."""
    change_roster(schedule, (), by=by, effective_at=effective_at, time_zone=time_zone, country=country)


@transaction.atomic
def withdraw_change(layer: Layer, *, by: User | None) -> Layer | None:
    """Take back what is to become of a layer: the version that is in effect goes on. Returns it, or None where the
    layer had not begun at all and is gone. ValidationError when nothing is to come."""
    permits.require(by, "roster.change", layer.schedule)
    schedule = Schedule.objects.select_for_update().get(pk=layer.schedule_id)
    row: Layer | None = Layer.objects.newest().select_for_update().filter(pk=layer.pk).first()
    now = timezone.now()
    if row is None or row.starts_at is None or row.starts_at <= now:
        raise ValidationError("No change of this layer is pending: what it says is in effect, or was taken back.")
    row.schedule = schedule
    look_soon()
    versions = Layer.objects.filter(replaced_by=row, starts_at__lte=now) | Layer.objects.filter(
        replaced_by=row, starts_at=None
    )
    former: Layer | None = versions.filter(ends_at__gt=now).first()
    if former is None:
        return versioning.end(row, now, now, by)
    versioning.restore(row, former, now, by)
    return row


def trial(schedule: Schedule, verbs: Callable[[Schedule], T]) -> T:
    """What `verbs` return, who get a copy of `schedule`. All that they do is undone again, so that what is shown before
    is what comes of it. A schedule that is not saved yet is made for it."""
    with transaction.atomic():
        row = copy(schedule)
        row._state = copy(schedule._state)
        if row._state.adding:
            row.pk = None
            row.save(force_insert=True)
        found = verbs(row)
        transaction.set_rollback(True)
    return found


def preview_of(
    schedule: Schedule, changes: Iterable[LayerChange], *, by: User | None, effective_at: datetime | None = None
) -> oncall.Rota:
    """The rota that `change_roster` would leave, with the same refusals; nothing is saved."""

    def verbs(row: Schedule) -> oncall.Rota:
        change_roster(row, changes, by=by, effective_at=effective_at)
        return oncall.load([row])[0]

    return trial(schedule, verbs)


def _plan(
    schedule: Schedule, rota: oncall.Rota, change: LayerChange, number: int, asked: datetime | None, now: datetime
) -> Planned:
    row: Layer | None = None
    if change.layer is not None:
        row = Layer.objects.newest().select_for_update().get(pk=change.layer.pk, schedule=schedule)
        row.schedule = schedule
    setup = {k: v for k, v in change.values.items() if k in SETUP and (row is None or getattr(row, k) != v)}
    other = change.crews is not None and (row is None or versioning.differ(row, change.crews))
    planned = Planned(change, now, row, setup, change.crews if other else None)
    if not planned.changes:
        return planned
    try:
        named = {"name": change.values["name"]} if "name" in change.values else {}
        _check(Layer(**setup, **named), {**setup, **named})
        _check_people(planned)
        at = _when(asked, schedule, row, rota, now)
    except ValidationError as error:
        raise LayerRefused(number, error) from error
    ends = setup.get("ends_at", row.ends_at if row else None)
    if ends is not None and ends <= at and not change.gone:
        said = f"The change counts from {_said(at, schedule)}. Give an end after that."
        raise LayerRefused(number, {"ends_at": said})
    return Planned(change, at, row, setup, planned.crews)


def _check(row: Layer | Schedule, names: Iterable[str]) -> None:
    """ValidationError by name for what the fields `names` of `row` can't be."""
    others = {f.name for f in row._meta.concrete_fields} - set(names)
    row.clean_fields(exclude=others)
    if not isinstance(row, Layer):
        return
    if "anchor_date" in names and not FIRST_YEAR <= row.anchor_date.year <= LAST_YEAR:
        raise ValidationError({"anchor_date": f"Give a day of the years {FIRST_YEAR} to {LAST_YEAR}."})
    try:
        restrictions_from_json(row.restrictions)
    except ValueError as error:
        raise ValidationError({"restrictions": f"These hours can't be read: {error}."}) from error


def _check_people(planned: Planned) -> None:
    """Whoever comes into a rotation can be paged; whoever is in it already may have left since."""
    here = set(planned.row.rota.values_list("user_id", flat=True)) if planned.row else set()
    for user in (user for crew in planned.crews or () for user in crew if user.pk not in here):
        if why := why_unfit(user):
            raise ValidationError({"people": why})


def _when(asked: datetime | None, schedule: Schedule, row: Layer | None, rota: oncall.Rota, now: datetime) -> datetime:
    """From when a change of `row` counts that is to count at `asked`; ValidationError names `effective_at`."""
    first, running = earliest(schedule, row, now, rota=rota)
    if asked is None or (running is None and asked <= now):
        return first
    if asked < first and running is not None:
        names = " and ".join(user.name for user in running.users)
        raise ValidationError(
            {
                "effective_at": f"The shift of {names} runs until {_said(first, schedule)} and stays as it is. Give "
                "that time or a later one; an override changes who is on call now."
            }
        )
    return asked


def _said(moment: datetime, schedule: Schedule) -> str:
    return f"{moment.astimezone(ZoneInfo(schedule.time_zone)):%Y-%m-%d %H:%M} ({schedule.time_zone})"


def _leaving(schedule: Schedule) -> list[Layer]:
    """The layers that leave their zone or their holidays to the schedule."""
    newest = Layer.objects.newest().select_for_update().filter(schedule=schedule)
    return list(newest.filter(Q(time_zone="") | ~Q(holidays=Layer.Holidays.ON)).order_by("position", "pk"))


def _move(
    schedule: Schedule, zone: str, country: str, first: Mapping[Any, datetime], now: datetime, by: User | None
) -> None:
    """Let what is left to the schedule be another, for each layer from the time in `first`."""
    for row in _leaving(schedule):
        row.schedule = schedule
        if row.ends_at is not None and row.ends_at <= first[row.pk]:
            versioning.settle(row, now)
        else:
            versioning.split(row, first[row.pk], now, by)
    schedule.time_zone, schedule.country = zone, country
    schedule.save(update_fields=["time_zone", "country"])


def _change(schedule: Schedule, planned: Planned, now: datetime, by: User | None) -> Layer | None:
    change, row = planned.change, planned.row
    if row is None:
        return _add(schedule, change, planned.at, now, by)
    row.refresh_from_db()
    row.schedule = schedule
    if change.gone:
        return versioning.end(row, planned.at, now, by)
    if "name" in change.values:
        # A name decides nothing, so that all versions carry the one that people know.
        Layer.history.filter(lineage=row.lineage).exclude(name=change.values["name"]).update(name=change.values["name"])
        row.name = change.values["name"]
    if not planned.changes:
        return row
    versioning.split(row, planned.at, now, by)
    for name, value in planned.setup.items():
        setattr(row, name, value)
    row.save(update_fields=[*planned.setup, "name"])
    if planned.crews is not None:
        row.rota.all().delete()
        versioning.put(row, planned.crews)
    return row


def _add(schedule: Schedule, change: LayerChange, at: datetime, now: datetime, by: User | None) -> Layer:
    values = dict(change.values)
    if "position" not in values:
        top = Layer.objects.newest().filter(schedule=schedule).aggregate(top=Max("position"))["top"]
        values["position"] = 0 if top is None else top + 1
    row = Layer(schedule=schedule, **values, starts_at=at, known_from=now, changed_by=by)
    row.save(force_insert=True)
    versioning.put(row, change.crews or ())
    return row
