"""The public status as JSON, in the shape that the world's status readers already know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from comms import places
from comms.models import Component, ComponentGroup, PageIncident, StatusPage, StatusUpdate
from comms.rollup import overall, worst
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
    response = JsonResponse({"page": page_json(page)} | make(page))
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response


def instant(value: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and Z."""
    if value is None:
        return None
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def page_json(page: StatusPage) -> Json:
    return {
        "id": page.uid,
        "name": page.name,
        "url": places.absolute(page),
        "time_zone": page.time_zone,
        "updated_at": instant(page.updated_at),
    }


def component_json(component: Component, page: StatusPage) -> Json:
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


def group_json(group: ComponentGroup, members: list[Component], page: StatusPage) -> Json:
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


def update_json(update: StatusUpdate, incident: PageIncident) -> Json:
    touched = [
        {
            "code": change.component.uid,
            "name": _full_name(change.component),
            "old_status": change.old_status,
            "new_status": change.new_status,
        }
        for change in update.component_changes.all()
    ]
    return {
        "id": update.uid,
        "status": update.state,
        "body": update.body,
        "incident_id": incident.uid,
        "created_at": instant(update.published_at),
        "updated_at": instant(update.updated_at),
        "display_at": instant(update.shown_at),
        "affected_components": touched or None,
        "deliver_notifications": update.notify,
        "custom_tweet": None,
        "tweet_id": None,
    }


def _full_name(component: Component) -> str:
    return f"{component.group.name} - {component.name}" if component.group else component.name


def incident_json(incident: PageIncident, page: StatusPage) -> Json:
    """An incident fetched `with_story()`."""
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


def _components(page: StatusPage) -> Json:
    components = list(page.components.select_related("group"))
    rows = [component_json(component, page) for component in components]
    for group in page.groups.all():
        members = [component for component in components if component.group_id == group.pk]
        rows.append(group_json(group, members, page))
    return {"components": rows}


def _status(page: StatusPage) -> Json:
    found = overall(page.components.values_list("status", flat=True))
    return {"status": {"indicator": found.indicator, "description": found.description}}


def _told(page: StatusPage) -> Any:
    return PageIncident.objects.filter(page=page).told().with_story()


def _incidents(page: StatusPage) -> Json:
    return {"incidents": [incident_json(i, page) for i in _told(page)[:LATEST]]}


def _unresolved(page: StatusPage) -> Json:
    return {"incidents": [incident_json(i, page) for i in _told(page).active()]}


def _maintenances(page: StatusPage) -> Json:
    # Planned maintenance is not told here yet; readers expect the key and an empty list.
    return {"scheduled_maintenances": []}


def _summary(page: StatusPage) -> Json:
    return _status(page) | _components(page) | _unresolved(page) | _maintenances(page)


FILES: dict[str, Callable[[StatusPage], Json]] = {
    "summary": _summary,
    "status": _status,
    "components": _components,
    "incidents": _incidents,
    "incidents/unresolved": _unresolved,
    "scheduled-maintenances": _maintenances,
    "scheduled-maintenances/upcoming": _maintenances,
    "scheduled-maintenances/active": _maintenances,
}
