"""The public status as JSON, in the shape that the world's status readers already know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from comms import places
from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.models.maintenance import PageMaintenanceQuerySet
from comms.models.update import PageIncidentQuerySet
from comms.rollup import overall, worst
from comms.snapshot import serializer
from comms.snapshot.public import (
    PublicComponent,
    PublicGroup,
    PublicIncident,
    PublicMaintenance,
    PublicPage,
    PublicUpdate,
)
from comms.views.pages import of_page
from teams import permits

LATEST = 50
Json = dict[str, Any]


@permits.open_to("public.read")
@require_safe
@of_page
def answer(request: HttpRequest, page: StatusPage, name: str) -> HttpResponse:
    """One of the files of `/api/v2/`, by its name without `.json`."""
    make = FILES.get(name)
    if make is None:
        raise Http404("There is no such file.")
    response = JsonResponse({"page": page_json(serializer.page(page, dressed=False))} | make(page))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response


def instant(value: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and Z."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page_json(page: PublicPage) -> Json:
    return {
        "id": page.uid,
        "name": page.name,
        "url": places.absolute(page),
        "time_zone": page.time_zone,
        "updated_at": instant(page.updated_at),
    }


def component_json(component: PublicComponent, page: PublicPage) -> Json:
    return {
        "id": component.uid,
        "name": component.name,
        "status": component.status,
        "created_at": instant(component.created_at),
        "updated_at": instant(component.updated_at),
        "position": component.position,
        "description": component.description or None,
        "showcase": True,
        "start_date": f"{component.created_at.astimezone(UTC):%Y-%m-%d}",
        "group_id": component.group.uid if component.group else None,
        "page_id": page.uid,
        "group": False,
        "only_show_if_degraded": component.only_show_if_degraded,
    }


def group_json(group: PublicGroup, members: list[PublicComponent], page: PublicPage) -> Json:
    """A group's row: its state is its worst member's."""
    changed = [member.updated_at for member in members]
    return {
        "id": group.uid,
        "name": group.name,
        "status": worst(member.status for member in members),
        "created_at": instant(group.created_at),
        "updated_at": instant(max(changed, default=group.created_at)),
        "position": group.position,
        "description": None,
        "showcase": False,
        "start_date": None,
        "group_id": None,
        "page_id": page.uid,
        "group": True,
        "only_show_if_degraded": False,
        "components": [member.uid for member in members],
    }


def update_json(update: PublicUpdate, told: PublicIncident | PublicMaintenance) -> Json:
    touched = [
        {
            "code": change.component.uid,
            "name": change.component.full_name,
            "old_status": change.old_status,
            "new_status": change.new_status,
        }
        for change in update.changes
    ]
    return {
        "id": update.uid,
        "status": _state(update.state),
        "body": update.body,
        "incident_id": told.uid,
        "created_at": instant(update.published_at),
        "updated_at": instant(update.updated_at),
        "display_at": instant(update.shown_at),
        "affected_components": touched or None,
        "deliver_notifications": update.notify,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _state(state: str) -> str:
    """Readers know of no maintenance that was cancelled: for them it is over, as what was told last says."""
    return PageMaintenance.State.COMPLETED if state == PageMaintenance.State.CANCELLED else state


def incident_json(incident: PublicIncident, page: PublicPage) -> Json:
    return {
        "id": incident.uid,
        "name": incident.title,
        "status": incident.state,
        "created_at": instant(incident.created_at),
        "updated_at": instant(incident.updated_at),
        "monitoring_at": instant(incident.monitoring_at),
        "resolved_at": instant(incident.resolved_at),
        "impact": incident.impact,
        "shortlink": places.absolute(page, "incident", incident.uid),
        "started_at": instant(incident.started_at),
        "page_id": page.uid,
        "incident_updates": [update_json(update, incident) for update in incident.story],
        "components": [component_json(component, page) for component in incident.affected],
    }


def maintenance_json(maintenance: PublicMaintenance, page: PublicPage) -> Json:
    """An incident's fields, and when it is."""
    return {
        "id": maintenance.uid,
        "name": maintenance.title,
        "status": _state(maintenance.state),
        "created_at": instant(maintenance.created_at),
        "updated_at": instant(maintenance.updated_at),
        "monitoring_at": None,
        "resolved_at": instant(maintenance.completed_at or maintenance.cancelled_at),
        "impact": "maintenance",
        "shortlink": places.absolute(page, "maintenance", maintenance.uid),
        "started_at": instant(maintenance.started_at or maintenance.created_at),
        "page_id": page.uid,
        "incident_updates": [update_json(update, maintenance) for update in maintenance.story],
        "components": [component_json(component, page) for component in maintenance.affected],
        "scheduled_for": instant(maintenance.scheduled_for),
        "scheduled_until": instant(maintenance.scheduled_until),
    }


def _components(page: StatusPage) -> Json:
    told = serializer.page(page, dressed=False)
    components = [serializer.component(row) for row in page.components.select_related("group")]
    rows = [component_json(component, told) for component in components]
    for group in map(serializer.group, page.groups.all()):
        members = [component for component in components if component.group == group]
        rows.append(group_json(group, members, told))
    return {"components": rows}


def _status(page: StatusPage) -> Json:
    found = overall(page.components.values_list("status", flat=True))
    return {"status": {"indicator": found.indicator, "description": found.description}}


def _told(page: StatusPage) -> PageIncidentQuerySet:
    return PageIncident.objects.filter(page=page).told().with_story()


def _as_json(rows: Iterable[PageIncident], page: StatusPage) -> list[Json]:
    told = serializer.page(page, dressed=False)
    return [incident_json(serializer.incident(row), told) for row in rows]


def _incidents(page: StatusPage) -> Json:
    return {"incidents": _as_json(_told(page)[:LATEST], page)}


def _unresolved(page: StatusPage) -> Json:
    return {"incidents": _as_json(_told(page).active(), page)}


def _planned(page: StatusPage) -> PageMaintenanceQuerySet:
    return PageMaintenance.objects.filter(page=page).with_story()


def _maintenance_rows(rows: PageMaintenanceQuerySet, page: StatusPage) -> Json:
    told = serializer.page(page, dressed=False)
    return {"scheduled_maintenances": [maintenance_json(serializer.maintenance(row), told) for row in rows]}


def _maintenances(page: StatusPage) -> Json:
    return _maintenance_rows(_planned(page).order_by("-created_at", "-pk")[:LATEST], page)


def _upcoming(page: StatusPage) -> Json:
    return _maintenance_rows(_planned(page).upcoming(), page)


def _running(page: StatusPage) -> Json:
    return _maintenance_rows(_planned(page).running(), page)


def _ahead(page: StatusPage) -> Json:
    """What goes on, and then what is to come."""
    key = "scheduled_maintenances"
    return {key: _running(page)[key] + _upcoming(page)[key]}


def _summary(page: StatusPage) -> Json:
    return _status(page) | _components(page) | _unresolved(page) | _ahead(page)


FILES: dict[str, Callable[[StatusPage], Json]] = {
    "summary": _summary,
    "status": _status,
    "components": _components,
    "incidents": _incidents,
    "incidents/unresolved": _unresolved,
    "scheduled-maintenances": _maintenances,
    "scheduled-maintenances/upcoming": _upcoming,
    "scheduled-maintenances/active": _running,
}
