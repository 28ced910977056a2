"""An incident as it stands in a file that people take away: what a column is called, and what is in it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Min, Prefetch

from incidents.models import CustomValue, Incident, Mitigation, RoleAssignment, TimelineEntry
from incidents.models.incident import IncidentQuerySet
from incidents.timeline import Kind
from teams import downloads, mails
from teams.models import Role

TIMES = (
    "impact_started_at",
    "detected_at",
    "acknowledged_at",
    "declared_at",
    "mitigation_started_at",
    "mitigated_at",
    "first_resolved_at",
    "resolved_at",
    "review_started_at",
    "closed_at",
    "cancelled_at",
    "impact_ended_at",
)
# From when to when, in seconds. A step whose time is not known leaves its spans empty.
SPANS = {
    "time_to_detect": ("impact_started_at", "detected_at"),
    "time_to_acknowledge": ("detected_at", "acknowledged_at"),
    "time_to_declare": ("detected_at", "declared_at"),
    "time_to_first_mitigation": ("declared_at", "first_mitigation_at"),
    "time_to_mitigate": ("impact_started_at", "mitigated_at"),
    "time_to_resolve": ("impact_started_at", "resolved_at"),
    "detected_to_resolved": ("detected_at", "resolved_at"),
    "impact_lasted": ("impact_started_at", "impact_ended_at"),
}
COLUMNS = (
    "reference",
    "title",
    "phase",
    "severity",
    "type",
    "team",
    "services",
    "private",
    "drill",
    *TIMES,
    *(f"{name}_seconds" for name in SPANS),
    "commander",
    "roles",
    "reported_by",
    "relapses",
    "reopens",
    "impact",
    "summary",
    "confirmation",
    "url",
)


def rows_of(found: IncidentQuerySet) -> list[Incident]:
    """These incidents with all that is written of them, in as many queries for a hundred as for one."""
    ever = RoleAssignment.objects.exclude(held_at=None).select_related("role", "user").order_by("held_at", "pk")
    values = CustomValue.objects.select_related("field", "person").order_by("field__position", "pk")
    rows = found.select_related("team", "severity", "type", "reported_by").prefetch_related(
        "services",
        Prefetch("assignments", ever, to_attr="ever_held"),
        Prefetch("custom_values", values, to_attr="own_values"),
    )
    incidents: list[Incident] = list(rows)
    first = dict(
        Mitigation.objects.filter(incident__in=incidents)
        .order_by()
        .values_list("incident")
        .annotate(at=Min("executed_at"))
    )
    for incident in incidents:
        incident.first_mitigation_at = first.get(incident.pk)  # type: ignore[attr-defined]
    return incidents


def told(incident: Any) -> dict[str, Any]:
    """The incident by COLUMNS, and `fields` of the organization's own by their keys."""
    roles: dict[str, list[str]] = defaultdict(list)
    for seat in incident.ever_held:
        if seat.user.name not in roles[seat.role.slug]:
            roles[seat.role.slug].append(seat.user.name)
    held = [seat for seat in incident.ever_held if seat.role.slug == Role.COMMANDER]
    return {
        "reference": incident.reference,
        "title": incident.title,
        "phase": incident.phase,
        "severity": incident.severity.code if incident.severity else None,
        "type": incident.type.slug if incident.type else None,
        "team": incident.team.slug if incident.team else None,
        "services": [service.slug for service in incident.services.all()],
        "private": incident.private,
        "drill": incident.drill,
        **{name: getattr(incident, name) for name in TIMES},
        **{f"{name}_seconds": _seconds(incident, *ends) for name, ends in SPANS.items()},
        "commander": held[-1].user.name if held else None,
        "roles": dict(roles),
        "reported_by": incident.reported_by.name if incident.reported_by else None,
        "relapses": incident.relapses,
        "reopens": incident.reopens,
        "impact": incident.impact,
        "summary": incident.summary,
        "confirmation": incident.confirmation,
        "url": mails.absolute(incident.get_absolute_url()),
        "fields": {value.field.key: value.shown for value in incident.own_values},
    }


def heading(keys: Sequence[str]) -> str:
    """The first line of a CSV, with the organization's own fields of these keys."""
    return downloads.line([*COLUMNS, *(f"field_{key}" for key in keys)])


def as_line(row: dict[str, Any], keys: Sequence[str]) -> str:
    cells = [_cell(row[name]) for name in COLUMNS]
    return downloads.line([*cells, *(row["fields"].get(key, "") for key in keys)])


def as_json(row: dict[str, Any]) -> str:
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False)


def stories(incidents: Sequence[Incident]) -> dict[int, list[dict[str, Any]]]:
    """The lines of each incident's own timeline, in the order in which they were recorded."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    lines = TimelineEntry.objects.filter(incident__in=incidents).select_related("actor").order_by("pk")
    for line in lines.iterator(chunk_size=2000):
        found[line.incident_id].append(
            {
                "id": line.pk,
                "kind": Kind(line.kind).value,
                "verb": line.verb,
                "phase": line.phase,
                "occurred_at": line.occurred_at,
                "recorded_at": line.recorded_at,
                "actor": line.actor.name if line.actor else None,
                "text": line.text,
                "reason": line.reason,
                "corrects": line.corrects_id,
            }
        )
    return found


def _seconds(incident: Any, start: str, end: str) -> int | None:
    began, ended = getattr(incident, start), getattr(incident, end)
    return int((ended - began).total_seconds()) if began and ended and ended >= began else None


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(value, dict):
        return "; ".join(f"{role}: {_listed(names)}" for role, names in value.items())
    return _listed(value) if isinstance(value, list) else value


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
