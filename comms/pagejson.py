"""A page's state, incidents and maintenance as JSON, in the shape that the world's status readers already know."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from comms import places
from comms.models import PageMaintenance, StatusPage
from comms.rollup import overall, worst
from comms.snapshot.public import (
    PublicComponent,
    PublicGroup,
    PublicIncident,
    PublicMaintenance,
    PublicPage,
    PublicUpdate,
)

Json = dict[str, Any]


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


def status_json(page: StatusPage) -> Json:
    found = overall(page.components.values_list("status", flat=True))
    return {"status": {"indicator": found.indicator, "description": found.description}}
