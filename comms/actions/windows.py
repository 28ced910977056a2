"""The window that holds back alerts of a planned maintenance's services: it goes with the maintenance."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError

from comms.models import PageMaintenance
from incidents.actions import quiet
from incidents.guards import Blocker
from incidents.models import Maintenance
from incidents.problems import Blocked, refuse
from teams import permits
from teams.models import Service, User

# What the actions on windows call what somebody fills in here.
PLACES = {"services": "hold_back", "ends_at": "scheduled_until", "starts_at": "scheduled_for", "title": "title"}


def hold_back(found: PageMaintenance, *, by: User | None, now: datetime) -> None:
    """Make the window that holds back the alerts of its components' services, or bring it to the same times."""
    former = found.window
    window = former if former is not None and former.ends_at > now else None
    services = list(
        Service.objects.filter(components__maintenances=found).select_related("team").distinct().order_by("pk")
    )
    if not services:
        text = "None of its components belongs to a service, so there are no alerts to hold back."
        raise refuse("services_missing", text, field="hold_back")
    held = set(former.services.values_list("pk", flat=True)) if former else set()
    for service in services:
        if service.pk not in held and not permits.may(by, "quiet.change", service):
            text = f"You may not hold back alerts of {service}. Ask its team, {service.team}, or leave this out."
            raise refuse("quiet_forbidden", text, field="hold_back")
    begins = min(found.scheduled_for, found.started_at or found.scheduled_for)
    try:
        found.window = quiet.maintain(
            window,
            # What somebody who may has asked for follows the maintenance, whoever moves it.
            by=None if former else by,
            title=found.title,
            services=services,
            starts_at=begins,
            ends_at=found.scheduled_until,
        )
    except ValidationError as refusal:
        raise _as_blocked(refusal) from None


def _as_blocked(refusal: ValidationError) -> Blocked:
    by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {"": refusal.messages}
    return Blocked(
        [
            Blocker("window_refused", message, field=PLACES.get(name, "hold_back"))
            for name, messages in by_field.items()
            for message in messages
        ]
    )


def let_through(found: PageMaintenance, now: datetime) -> None:
    window = found.window
    if window is not None and window.ends_at > now:
        quiet.end(Maintenance.objects.get(pk=window.pk), by=None)
    if not found.is_over:
        found.window = None
