"""How the rows of a layer's versions are written: what counts until when, and what was known until when.

Not verbs: whoever calls these holds the schedule's lock in a transaction, and has asked whether it may be done.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from teams.actions import remembering
from teams.hours import instant
from teams.models import Layer, LayerMember, User

Crews = Sequence[Sequence[User]]
# What a version says for itself; its zone, its country and its end need a thought each.
KEPT = (
    *("schedule_id", "position", "every", "kind", "anchor_date", "handoff_time", "restrictions", "holidays"),
    "starts_at",
)


def end(row: Layer, at: datetime, now: datetime, by: User | None) -> Layer | None:
    """Let the layer end at `at`; None when it had not begun by then, and is gone."""
    if row.ends_at is not None and row.ends_at <= at:
        return row
    if at <= begins(row):
        forget_from(row, at, now)
        row.known_until = now
        row.save(update_fields=["known_until"])
        return None
    forget_from(row, at, now)
    remember(row, now)
    row.ends_at, row.changed_by = at, by
    row.save(update_fields=["ends_at", "known_from", "changed_by"])
    return row


def split(row: Layer, at: datetime, now: datetime, by: User | None) -> None:
    """Let the newest version begin at `at`, and what it said until then go on as a former one."""
    forget_from(row, at, now)
    since, ends = begins(row), row.ends_at
    remember(row, now)
    if since < at and (ends is None or since < ends):
        copy(row, ends_at=at if ends is None else min(at, ends), known_from=now)
    row.starts_at, row.changed_by = at, by
    row.save(update_fields=["starts_at", "known_from", "changed_by"])


def forget_from(row: Layer, at: datetime, now: datetime) -> None:
    """Cut the former versions that would still count at `at`."""
    for each in Layer.objects.select_for_update(of=("self",)).filter(replaced_by=row).select_related("schedule"):
        if each.starts_at is not None and each.starts_at >= at:
            each.known_until = now
            each.save(update_fields=["known_until"])
        elif each.ends_at is None or each.ends_at > at:
            remember(each, now)
            each.ends_at = at
            each.save(update_fields=["ends_at", "known_from"])


def settle(row: Layer, now: datetime) -> None:
    """Write down what a layer that is over has left to its schedule, which moves on without it."""
    remember(row, now)
    row.time_zone, row.country = row.zone, row.country or row.schedule.country
    row.save(update_fields=["time_zone", "country", "known_from"])


def restore(row: Layer, former: Layer, now: datetime, by: User | None) -> None:
    """Let `former`, the version that is in effect, go on as the newest; what was to take its place is forgotten.

    What it leaves to its schedule was written down in it; where that is what the schedule says today, it is left to
    the schedule again."""
    schedule = row.schedule
    ends_at = _own_end(former)
    for each in Layer.objects.select_for_update().filter(replaced_by=row, starts_at__gte=former.ends_at):
        each.known_until = now
        each.save(update_fields=["known_until"])
    remember(row, now)
    for name in KEPT:
        setattr(row, name, getattr(former, name))
    row.time_zone = "" if former.time_zone == schedule.time_zone else former.time_zone
    row.country = "" if former.country == schedule.country else former.country
    row.ends_at, row.changed_by = ends_at, by
    row.save()
    row.rota.all().delete()
    take_over(former, row)
    former.known_until = now
    former.save(update_fields=["known_until"])


def _own_end(former: Layer) -> datetime | None:
    """When it was to end before later versions cut it short: an end at which another version begins is not its own."""
    told = Layer.history.filter(lineage=former.lineage)
    begun = set(told.values_list("starts_at", flat=True))
    found: datetime | None = former.ends_at
    for before in told.filter(starts_at=former.starts_at, known_until__lte=former.known_from).order_by("-known_until"):
        if found not in begun:
            break
        found = before.ends_at
    return None if found in begun else found


def begins(row: Layer) -> datetime:
    """When it is first on: at its first hand-over, or later where it was put in effect later."""
    anchor = instant(datetime.combine(row.anchor_date, row.handoff_time), row.zone)
    return max(anchor, row.starts_at) if row.starts_at else anchor


def remember(row: Layer, now: datetime) -> None:
    """Keep what is known until now as a copy. The caller saves `known_from`."""
    remembering.remember(row, now, copy)


def copy(row: Layer, **changed: Any) -> None:
    """A former version that says what `row` says, save for what is `changed`; what is left to the schedule is written
    down in it."""
    former = row.replaced_by_id or row.pk
    country = row.country or row.schedule.country
    take_over(row, remembering.copied(row, time_zone=row.zone, country=country, replaced_by_id=former, **changed))


def take_over(given: Layer, to: Layer) -> None:
    """Put the people of `given` into the rotation of `to`, which has none."""
    LayerMember.objects.bulk_create(
        LayerMember(layer=to, user_id=m.user_id, position=m.position) for m in given.rota.order_by("position", "pk")
    )


def put(row: Layer, crews: Crews) -> None:
    """Put `crews` into the rotation of `row`, which has none. Somebody twice in one turn stands it once."""
    LayerMember.objects.bulk_create(
        LayerMember(layer=row, user=user, position=place)
        for place, crew in enumerate(crews)
        for user in dict.fromkeys(crew)
    )


def differ(row: Layer, crews: Crews) -> bool:
    """Whether other people than `crews`, or in another order, are in the rotation of `row`."""
    places: dict[int, list[int]] = {}
    for position, user in row.rota.order_by("position", "pk").values_list("position", "user_id"):
        places.setdefault(position, []).append(user)
    return list(places.values()) != [[user.pk for user in dict.fromkeys(crew)] for crew in crews]
