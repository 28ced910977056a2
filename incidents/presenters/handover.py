"""The brief of a hand-over, drafted from what the record knows, for somebody to correct before it is offered."""

from __future__ import annotations

from datetime import UTC, datetime

from django.utils import timezone

from incidents import handover
from incidents.handover import Standing
from incidents.models import Incident, IncidentTask, Mitigation, RoleAssignment
from incidents.phases import Phase
from teams.models import User

SINCE = {
    Phase.DECLARE: "declared_at",
    Phase.MITIGATE: "mitigation_started_at",
    Phase.COMMUNICATE: "mitigated_at",
    Phase.RESOLVE: "resolved_at",
    Phase.REVIEW: "review_started_at",
}


def draft(incident: Incident, user: User | None) -> str:
    """Condition, actions, needs, promises, and who holds what, `user` left out. A handful of queries."""
    mitigations = list(incident.mitigations.select_related("carried_by").order_by("pk"))
    live = (RoleAssignment.State.HELD, RoleAssignment.State.OFFERED)
    seats = list(incident.assignments.filter(state__in=live).select_related("role", "user"))
    return handover.compose(
        Standing(
            state=_state(incident),
            impact=f"Impact: {incident.impact}" if incident.impact else "Impact: not written down yet",
            running=[_running(m) for m in mitigations if m.is_in_flight],
            waiting=[m.title for m in mitigations if m.is_waiting],
            tried=[_tried(m) for m in mitigations if m.finished_at and m.state != Mitigation.State.DROPPED],
            tasks=[_task(task) for task in incident.tasks.unfinished().select_related("owner")[:20]],
            promised=_promised(incident),
            open_questions=_open(incident, mitigations, seats),
            holders=[_holder(seat) for seat in seats if seat.user != user and seat.state == RoleAssignment.State.HELD],
        )
    )


def _state(incident: Incident) -> str:
    phase = Phase(incident.phase)
    since = getattr(incident, SINCE[phase]) if phase in SINCE else incident.detected_at
    severity = str(incident.severity) if incident.severity else "no severity"
    return f"{incident.title}: {severity}, {phase.label}" + (f" since {_at(since)}" if since else "")


def _running(mitigation: Mitigation) -> str:
    who = f", by {mitigation.carried_by}" if mitigation.carried_by else ""
    judged = f", to be judged by {_at(mitigation.deadline_at)}" if mitigation.deadline_at else ""
    signal = f"; it worked when: {mitigation.success_signal}" if mitigation.success_signal else ""
    return f"{mitigation.title}{who}{judged}{signal}"


def _tried(mitigation: Mitigation) -> str:
    return f"{mitigation.title}, {mitigation.get_state_display().lower()}" + (
        f" ({mitigation.outcome_note})" if mitigation.outcome_note else ""
    )


def _task(task: IncidentTask) -> str:
    who = f", {task.owner}" if task.owner else ", nobody has it"
    return f"{task.title}{who}" + (f", by {_at(task.due_at)}" if task.due_at else "")


def _promised(incident: Incident) -> list[str]:
    found = []
    if incident.next_update_due_at:
        found.append(f"The next update by {_at(incident.next_update_due_at)}, to stakeholders")
    if incident.eta_at and incident.is_active:
        found.append(f"Service back by {_at(incident.eta_at)}")
    if incident.soak_until and incident.phase == Phase.COMMUNICATE and incident.soak_until > timezone.now():
        found.append(f"Watched until {_at(incident.soak_until)}")
    return found


def _open(incident: Incident, mitigations: list[Mitigation], seats: list[RoleAssignment]) -> list[str]:
    found = []
    if incident.impact_started_at is None:
        found.append("Since when are users hit?")
    if incident.is_active and not any(m.is_in_flight or m.is_waiting for m in mitigations):
        found.append("What is tried next?")
    if incident.suspect_change is not None:
        found.append(f"Is it {incident.suspect_change.summary}? It is suspected.")
    if incident.is_active and incident.eta_at is None and incident.mitigated_at is None:
        found.append("When is service back? No ETA was given.")
    for seat in seats:
        if seat.state == RoleAssignment.State.OFFERED:
            found.append(f"Does {seat.user} take {seat.role.name}? It is offered.")
        elif seat.accepted_at is None:
            found.append(f"Does {seat.user} take {seat.role.name}? Not accepted yet.")
    return found


def _holder(seat: RoleAssignment) -> str:
    return f"{seat.role.name}: {seat.user}" + ("" if seat.accepted_at else " (to be accepted)")


def _at(moment: datetime) -> str:
    """In UTC: whoever reads it may be anywhere, and so may whoever reads it later."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"
