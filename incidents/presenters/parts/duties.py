"""The checklists of the roles that are held, for the present phase."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import FilteredRelation, Q

from incidents.models import Incident, RoleDuty
from incidents.presenters.helm import Scene


@dataclass(slots=True)
class Item:
    duty: RoleDuty
    done: bool


@dataclass(slots=True)
class Checklist:
    """What whoever holds a role does in this phase."""

    items: list[Item] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(item.done for item in self.items)

    @property
    def all(self) -> int:
        return len(self.items)


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`checklists`, by the slug of a role that somebody holds; one query."""
    incident = scene.incident
    held = {seat.role_id for seat in incident.held_roles}
    return {"checklists": of(incident, held) if incident.is_open and held else {}}


def of(incident: Incident, roles: set[int]) -> dict[str, Checklist]:
    """The checklists of `roles` by their slugs, for the phase that the incident is in."""
    rows = (
        RoleDuty.objects.filter(role__in=roles, phase=incident.phase)
        .annotate(mine=FilteredRelation("done", condition=Q(done__incident=incident)))
        .annotate(ticked=Q(mine__isnull=False))
        .select_related("role")
        .order_by("role__position", "position", "pk")
    )
    found: dict[str, Checklist] = {}
    for duty in rows:
        found.setdefault(duty.role.slug, Checklist()).items.append(Item(duty, duty.ticked))
    return found
