"""What every action on a seat begins with: who sits there, and how somebody is put there."""

from __future__ import annotations

from datetime import datetime, timedelta

from incidents.models import Incident, RoleAssignment
from incidents.problems import refuse
from teams.models import Organization, Role, User

State = RoleAssignment.State


def seat_of(incident: Incident, role: Role) -> RoleAssignment | None:
    """Who holds the role, the first of several."""
    return incident.assignments.filter(role=role, state=State.HELD).select_related("user").first()


def must_be_live(incident: Incident) -> None:
    if not incident.is_open:
        raise refuse(
            "incident_over",
            f"{incident.reference} is {incident.get_phase_display().lower()}: roles are settled.",
        )


def answer_by(at: datetime) -> datetime:
    """When somebody asked at `at` counts as not answering."""
    return at + timedelta(minutes=Organization.current().answer_minutes)


def end(seat: RoleAssignment, at: datetime, state: str = State.ENDED) -> None:
    """Let whoever has the seat, or was offered it, be out of it."""
    seat.state, seat.ended_at, seat.answer_due_at = state, at, None
    seat.save(update_fields=["state", "ended_at", "answer_due_at"])


def hold(
    incident: Incident, role: Role, user: User, *, at: datetime, accepted: bool, by: User | None, due: bool = True
) -> RoleAssignment:
    """Put `user` in the seat, out of which the one before them steps in the same moment. Who has not `accepted` has
    until `answer_by`, unless nobody else could be asked (`due` False)."""
    if role.single_seat:
        incident.assignments.filter(role=role, state=State.HELD).update(
            state=State.ENDED, ended_at=at, answer_due_at=None
        )
    if user.is_service:
        raise refuse(
            "not_a_person",
            f"{user} is a service account, and a role is for somebody who answers. Name a person.",
            field="commander" if role.slug == Role.COMMANDER else "user",
        )
    offers = incident.assignments.filter(role=role, user=user, state=State.OFFERED)
    offers.update(state=State.DECLINED, ended_at=at, answer_due_at=None)
    incident.participants.add(user)
    return RoleAssignment.objects.create(
        incident=incident,
        role=role,
        user=user,
        single_seat=role.single_seat,
        state=State.HELD,
        offered_by=by,
        offered_at=at,
        held_at=at,
        accepted_at=at if accepted else None,
        answer_due_at=None if accepted or not due else answer_by(at),
    )
