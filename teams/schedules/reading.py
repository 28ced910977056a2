"""What the page of a schedule shows beside its rota: time off, open swaps, roster changes to come, overrides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet

from teams.models import Layer, LayerMember, Override, Schedule, Swap, TimeOff

# No clock is further than this from another.
SLACK = timedelta(days=2)
MOST_NAMES = 6


@dataclass(frozen=True, slots=True)
class Change:
    """From `at` the layer `name` is another, or begins, or with `text` empty is over."""

    at: datetime
    name: str
    begins: bool
    text: str


def _around(first: date, weeks: int, now: datetime) -> tuple[datetime, datetime]:
    """A little more than what a picture of `weeks` weeks from `first` covers in any zone."""
    start = datetime(first.year, first.month, first.day, tzinfo=now.tzinfo)
    return start - SLACK, start + timedelta(weeks=weeks) + SLACK


def away(people: Iterable[int], first: date, weeks: int, now: datetime) -> list[TimeOff]:
    start, end = _around(first, weeks, now)
    found = TimeOff.objects.filter(user__in=list(people), ends_at__gt=start, starts_at__lt=end)
    return list(found.order_by("starts_at", "pk"))


def open_swaps(schedule: Schedule, first: date, weeks: int, now: datetime) -> list[Swap]:
    """Those that somebody may still answer."""
    start, end = _around(first, weeks, now)
    found = schedule.swaps.filter(state=Swap.State.OPEN, ends_at__gt=max(start, now), starts_at__lt=end)
    found = found.select_related("user", "asked").only("schedule", "starts_at", "ends_at", *_named("user", "asked"))
    return list(found.order_by("starts_at", "pk"))


def _named(*people: str) -> list[str]:
    """What it takes to name them, of a row that has far more."""
    return [f"{who}__{field}" for who in people for field in ("username", "first_name", "last_name", "is_active")]


def changes(schedule: Schedule, now: datetime) -> list[Change]:
    """What becomes of the layers, in order of time. Two queries."""
    former = Layer.objects.filter(replaced_by=OuterRef("pk"), ends_at__gt=now)
    layers = (
        Layer.objects.newest()
        .filter(Q(starts_at__gt=now) | Q(ends_at__gt=now), schedule=schedule)
        .annotate(was=Exists(former))
        .prefetch_related(Prefetch("rota", LayerMember.objects.select_related("user").order_by("position", "pk")))
    )
    found = []
    for layer in layers:
        if layer.starts_at and layer.starts_at > now:
            found.append(Change(layer.starts_at, layer.name, not layer.was, _said(layer)))
        if layer.ends_at and layer.ends_at > now:
            found.append(Change(layer.ends_at, layer.name, False, ""))
    return sorted(found, key=lambda change: change.at)


def _said(layer: Layer) -> str:
    """ "Mei, Tom with Ana, every week at 09:00"."""
    crews = groupby(layer.rota.all(), key=lambda member: member.position)
    names = [" with ".join(member.user.name for member in crew) for _, crew in crews]
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} more"]
    period = layer.kind if layer.every == 1 else f"{layer.every} {layer.get_kind_display()}"
    return f"{', '.join(names) or 'nobody'}, every {period} from {layer.handoff_time:%H:%M}"


def overrides(schedule: Schedule, now: datetime, *, past: bool) -> QuerySet[Any]:
    """Those that are over, the latest first, or those that go on or are to come, the nearest first."""
    found: QuerySet[Any] = Override.objects.filter(schedule=schedule)
    found = found.select_related("user", "replaces", "created_by")
    found = found.only("starts_at", "ends_at", "reason", *_named("user", "replaces", "created_by"))
    if past:
        return found.filter(ends_at__lte=now).order_by("-starts_at", "-pk")
    return found.filter(ends_at__gt=now).order_by("starts_at", "pk")
