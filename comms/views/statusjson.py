"""The public status as JSON, in the shape that the world's status readers already know."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.models.maintenance import PageMaintenanceQuerySet
from comms.models.update import PageIncidentQuerySet
from comms.pagejson import Json, component_json, group_json, incident_json, maintenance_json, page_json, status_json
from comms.snapshot import serializer
from comms.views.pages import of_page
from teams import permits

LATEST = 50


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


def _components(page: StatusPage) -> Json:
    told = serializer.page(page, dressed=False)
    components = [serializer.component(row) for row in page.components.select_related("group")]
    rows = [component_json(component, told) for component in components]
    for group in map(serializer.group, page.groups.all()):
        members = [component for component in components if component.group == group]
        rows.append(group_json(group, members, told))
    return {"components": rows}


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
    return status_json(page) | _components(page) | _unresolved(page) | _ahead(page)


FILES: dict[str, Callable[[StatusPage], Json]] = {
    "summary": _summary,
    "status": status_json,
    "components": _components,
    "incidents": _incidents,
    "incidents/unresolved": _unresolved,
    "scheduled-maintenances": _maintenances,
    "scheduled-maintenances/upcoming": _upcoming,
    "scheduled-maintenances/active": _running,
}
