"""The promise of the next update: made, kept, broken and reminded of."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import escalation
from incidents.actions.facts import lock, try_lock
from incidents.models import Incident, RoleAssignment, Severity
from incidents.timeline import Kind
from teams.models import Organization, Role, User

log = logging.getLogger(__name__)


def promise(incident: Incident, at: datetime) -> None:
    """Set when stakeholders hear more, on the object; the caller saves."""
    incident.next_update_due_at = at
    incident.promise_remind_at = at
    incident.promise_reminded = 0
    incident.final_update_at = None


def follow(incident: Incident, severity: Severity | None) -> None:
    """Let the clock of communication follow a severity: started where stakeholders are to be told and nothing was
    promised yet, stopped where they need not be; the caller saves."""
    incident.comms_required = bool(severity and severity.comms_required)
    if severity is None or not incident.comms_required or not incident.is_active:
        keep_no_more(incident)
    elif incident.next_update_due_at is None:
        promise(incident, timezone.now() + timedelta(minutes=severity.update_minutes))


def keep_no_more(incident: Incident) -> None:
    """Nothing more is promised; the caller saves."""
    incident.next_update_due_at = None
    incident.promise_remind_at = None
    incident.promise_reminded = 0


@transaction.atomic
def told(
    incident_pk: int,
    *,
    by: User | None,
    text: str,
    final: bool,
    occurred_at: datetime | None = None,
    next_update_at: datetime | None = None,
    eta_at: datetime | None = None,
    data: dict[str, object] | None = None,
) -> Incident:
    """Stakeholders were told: note it on the timeline and start the clock of the next promise.

    Called by whatever published the update, in its transaction. `final`: nothing more will follow.
    """
    # Whoever published was asked whether they may: on a page they may without being of the incident.
    incident = lock(incident_pk, by=None)
    now = timezone.now()
    at = timeline.happened(occurred_at, now)
    incident.last_update_at = max(filter(None, (incident.last_update_at, at)))
    if eta_at is not None:
        incident.eta_at = eta_at
    if final or not incident.is_active:
        keep_no_more(incident)
        incident.final_update_at = at if final else incident.final_update_at
    elif next_update_at is not None:
        promise(incident, next_update_at)
    elif incident.comms_required and incident.severity is not None:
        promise(incident, now + timedelta(minutes=incident.severity.update_minutes))
    incident.save()
    timeline.record(
        incident,
        Kind.UPDATE,
        "update.published",
        f"Status update sent: {text}",
        by=by,
        occurred_at=at,
        data=data,
    )
    return incident


def due(now: datetime, limit: int = 50) -> list[int]:
    """Incidents whose promise is broken and whose next reminder is due."""
    return list(
        Incident.objects.active()
        .filter(promise_remind_at__lte=now)
        .order_by("promise_remind_at")
        .values_list("pk", flat=True)[:limit]
    )


def remind_due(now: datetime) -> int:
    """Remind of every promise that is late at `now`; returns how many were told. One that fails holds up no other."""
    told_of = 0
    for pk in due(now):
        try:
            told_of += remind(pk)
        except Exception:
            log.exception("the late update of incident %s could not be reminded of and will be tried again", pk)
    return told_of


@transaction.atomic
def remind(incident_pk: int) -> bool:
    """Remind of a broken promise: the Communications Lead first, after the organization's grace the Incident
    Commander, then no more. Returns whether anything was due. Safe to call twice."""
    incident = try_lock(incident_pk)
    now = timezone.now()
    if (
        incident is None
        or incident.promise_remind_at is None
        or incident.promise_remind_at > now
        or not incident.is_active
    ):
        return False
    comms_lead, commander = (_holder(incident, slug) for slug in (Role.COMMUNICATIONS, Role.COMMANDER))
    first = incident.promise_reminded == 0 and comms_lead is not None
    person = comms_lead if first else commander
    grace = timedelta(minutes=Organization.current().promise_grace_minutes)
    incident.promise_reminded = 1 if first else 2
    incident.promise_remind_at = now + grace if first and commander not in (None, comms_lead) else None
    incident.save(update_fields=["promise_reminded", "promise_remind_at"])
    people = [person] if person else escalation.managers(incident)
    names = ", ".join(p.name for p in people) or "nobody"
    whom = f"{names} {'were' if len(people) > 1 else 'was'} reminded"
    timeline.record(
        incident,
        Kind.PROMISE,
        "promise.broken",
        f"The promised update is late; {whom}",
        by=None,
        data={"due_at": incident.next_update_due_at.isoformat() if incident.next_update_due_at else None},
        notify=people,
    )
    return True


def _holder(incident: Incident, slug: str) -> User | None:
    seat = incident.assignments.filter(role__slug=slug, state=RoleAssignment.State.HELD).select_related("user").first()
    return seat.user if seat else None
