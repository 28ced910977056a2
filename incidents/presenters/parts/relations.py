"""What an incident has to do with others, and with which it may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from incidents import similar
from incidents.models import Incident, Relation
from incidents.models.relation import REVERSE
from incidents.presenters.helm import Scene

MOST = 50
SUGGESTED = 3


@dataclass(frozen=True, slots=True)
class Related:
    """`other` is None where the reader may not see it."""

    relation: Relation
    word: str
    other: Incident | None


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`related`: what is known, of the incident itself and of those merged into it, the larger one and parts first;
    `alike`: open incidents that may be the same trouble, with why."""
    incident = scene.incident
    here = Q(incident=incident) | Q(incident__merged_into=incident)
    back = Q(other=incident) | Q(other__merged_into=incident)
    rows = Relation.objects.filter(here | back).select_related("incident__severity", "other__severity").order_by("pk")
    found = list(rows[:MOST]) if "related" in scene.there or "merged" in scene.there else []
    ends = [(row, _is_here(row.incident, incident)) for row in found]
    others = {(row.other_id if forward else row.incident_id) for row, forward in ends}
    near = {(row.incident_id if forward else row.other_id) for row, forward in ends}
    seen = Incident.objects.visible_to(scene.user).filter(pk__in=others | near)
    visible = set(seen.values_list("pk", flat=True)) if found else set()
    related = []
    for row, forward in ends:
        # What a private incident that was merged into this one has to do with others is its own people's.
        if (row.incident_id if forward else row.other_id) not in visible:
            continue
        other = row.other if forward else row.incident
        word = row.get_kind_display() if forward else REVERSE[row.kind]
        related.append(Related(row, word, other if other.pk in visible else None))
    related.sort(key=lambda each: (each.relation.kind != Relation.Kind.PARENT, each.relation.pk))
    wanted = incident.is_active and may.get("respond")
    return {"related": related, "alike": _alike(scene, others) if wanted else []}


def _is_here(one: Incident, incident: Incident) -> bool:
    return incident.pk in (one.pk, one.merged_into_id)


def _alike(scene: Scene, known: set[int]) -> list[Incident]:
    """Active incidents that share a service or sound the same; each has `touches`: whether it is the former."""
    incident = scene.incident
    rows = (
        Incident.objects.where(scene.user, "incident.respond")
        .active()
        .exclude(pk__in=[incident.pk, *known])
        .select_related("severity")
        .filter(drill=incident.drill)
    )
    rows = similar.going_on(rows, incident.title, [service.pk for service in incident.services.all()])
    if not incident.private:
        rows = rows.filter(private=False)
    return list(rows.order_by("-sounds", "-pk")[:SUGGESTED])
