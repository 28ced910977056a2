"""Gathers what the API shows of one incident, in a number of queries that does not depend on its rows."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.urls import reverse

from incidents.actions import lifecycle, recovery
from incidents.models import Incident, Postmortem, RoleAssignment, TimelineEntry
from incidents.models.incident import IncidentQuerySet
from incidents.phases import PATH, PURPOSE, Phase, blockers, verbs_in
from teams import permits
from teams.models import Role, User

REACHED_AT = {
    Phase.DETECT: "detected_at",
    Phase.DECLARE: "declared_at",
    Phase.MITIGATE: "mitigation_started_at",
    Phase.COMMUNICATE: "mitigated_at",
    Phase.RESOLVE: "resolved_at",
    Phase.REVIEW: "review_started_at",
    Phase.CLOSED: "closed_at",
}


def detail(incidents: IncidentQuerySet, pk: int, user: User) -> Any:
    """One of `incidents` with all that IncidentDetail shows as attributes; what `user` may not see is left out.

    Raises Http404.
    """
    rows = incidents.with_faces().select_related("reported_by", "acknowledged_by", "confirmed_by", "merged_into")
    incident: Any = get_object_or_404(rows.prefetch_related("participants", "shared_with"), pk=pk)
    incident.path = path(incident)
    incident.verbs = verbs(incident, user)
    incident.offers = list(
        incident.assignments.filter(state=RoleAssignment.State.OFFERED).select_related("role", "user")
    )
    incident.wanted_seats = wanted_seats(incident)
    near = Incident.objects.visible_to(user)
    incident.recovery = recovery.pending(incident)
    incident.shown_target = near.filter(pk=incident.merged_into_id).first()
    incident.shown_sources = list(near.filter(merged_into=incident))
    incident.shown_postmortem = Postmortem.objects.filter(incident=incident).first()
    return incident


def path(incident: Incident) -> list[dict[str, Any]]:
    """The phases in order with where the incident is; a phase beside the path comes last."""
    here = Phase(incident.phase)
    phases = [*PATH, Phase.CLOSED]
    if here not in phases:
        phases.append(here)
    place = phases.index(here)
    return [
        {
            "phase": phase,
            "label": phase.label,
            "purpose": PURPOSE[phase],
            "state": _state(incident, phase, n, place),
            "at": _reached_at(incident, phase),
        }
        for n, phase in enumerate(phases)
    ]


def _state(incident: Incident, phase: Phase, n: int, place: int) -> str:
    if n == place:
        return "current"
    if incident.phase in (Phase.CANCELLED, Phase.MERGED):
        return "done" if _reached_at(incident, phase) else "to_come"
    return "done" if n < place else "to_come"


def _reached_at(incident: Incident, phase: Phase) -> datetime | None:
    name = {**REACHED_AT, Phase.CANCELLED: "cancelled_at"}.get(phase)
    return getattr(incident, name) if name else None


def verbs(incident: Incident, user: User) -> list[dict[str, Any]]:
    """What can be done now, with what each verb takes and what is missing before any input is given."""
    if not permits.may(user, "incident.respond", incident):
        return []
    facts = lifecycle.facts_of(incident, by=user)
    found = []
    for verb in verbs_in(incident.phase):
        missing = blockers(verb, facts, {})
        found.append(
            {
                "name": verb.name,
                "label": verb.label,
                "explains": verb.explains,
                "weight": verb.weight,
                "target": verb.target,
                "ready": not missing,
                "overridable": bool(missing) and all(b.overridable for b in missing),
                "inputs": [dataclasses.asdict(i) for i in verb.inputs],
                "blockers": [dataclasses.asdict(b) for b in missing],
                "url": reverse(f"api:incident_{verb.name}", args=[incident.pk]),
            }
        )
    return found


def wanted_seats(incident: Incident) -> list[Role]:
    """Seats that stand empty and should not: from declaring on, until the incident is over."""
    if incident.declared_at is None or not incident.is_open:
        return []
    held = incident.assignments.filter(state=RoleAssignment.State.HELD).values("role")
    return list(Role.objects.filter(wanted=True).exclude(pk__in=held))


def story(incident: Incident, user: User) -> QuerySet[TimelineEntry]:
    """The timeline with that of the incidents merged into it, as far as `user` may see those."""
    return TimelineEntry.objects.of(incident, user)
