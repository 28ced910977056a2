"""Roles that somebody was chosen for or offered, and that nobody has answered in time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from incidents import timeline
from incidents.actions import escalation, staffing
from incidents.actions.facts import try_lock
from incidents.actions.seating import end
from incidents.models import Incident, RoleAssignment
from incidents.timeline import Kind
from teams import moments
from teams.models import Organization, Role

log = logging.getLogger(__name__)
State = RoleAssignment.State
ASKED = (State.OFFERED, State.HELD)
AT_ONCE = 50


def due(now: datetime, limit: int = AT_ONCE, *, passed: Iterable[int] = ()) -> list[tuple[int, int]]:
    """Assignments whose answer is overdue, each with its incident, but not those that were `passed`."""
    rows = RoleAssignment.objects.filter(answer_due_at__lte=now, state__in=ASKED).exclude(pk__in=list(passed))
    return list(rows.order_by("answer_due_at").values_list("pk", "incident_id")[:limit])


def settle_due(now: datetime) -> int:
    """Pass on, or tell of, every role that went unanswered; returns how many. One that fails, or whose incident
    somebody holds at this moment, holds up no other: the next sweep comes back to it."""
    done = 0
    passed: set[int] = set()
    while rows := due(now, passed=passed):
        for pk, incident_pk in rows:
            passed.add(pk)
            try:
                done += settle(pk, incident_pk)
            except Exception:
                log.exception("the unanswered role %s could not be passed on; it is tried again", pk)
    return done


@transaction.atomic
def settle(assignment_pk: int, incident_pk: int) -> bool:
    """Take the step for one role that nobody answered: ask the next of its rosters, or tell whoever offered it. The
    seat is never empty in between. Returns whether anything was due. Safe to call twice."""
    incident = try_lock(incident_pk)
    if incident is None:
        return False
    now = moments.now()
    rows = RoleAssignment.objects.select_related("role__schedule__team", "user", "offered_by")
    seat = rows.filter(pk=assignment_pk, answer_due_at__lte=now, state__in=ASKED).first()
    if seat is None:
        return False
    if not incident.is_active or seat.accepted_at is not None:
        _wait_no_more(seat)
    elif seat.state == State.OFFERED:
        _tell(incident, seat, now)
    else:
        _ask_next(incident, seat, now)
    return True


def _wait_no_more(seat: RoleAssignment) -> None:
    seat.answer_due_at = None
    seat.save(update_fields=["answer_due_at"])


def _tell(incident: Incident, seat: RoleAssignment, now: datetime) -> None:
    """The offer stands; whoever made it hears that nothing came of it, and whom to ask instead."""
    _wait_no_more(seat)
    asked = list(incident.assignments.filter(role=seat.role).values_list("user", flat=True))
    next_one = staffing.Staffing(incident, now).relief(seat.role, outside=asked)
    minutes = Organization.current().answer_minutes
    instead = f". Next would be {next_one.user}, {next_one.why}" if next_one else ""
    timeline.record(
        incident,
        Kind.ROLE,
        "role.unanswered",
        f"{seat.user} has not answered for {minutes} min whether they take {seat.role.name}{instead}",
        by=None,
        data={
            "role": seat.role.slug,
            "user": seat.user_id,
            "assignment": seat.pk,
            "next": next_one.user.pk if next_one else None,
        },
        notify=[seat.offered_by] if seat.offered_by else [],
    )


def _ask_next(incident: Incident, seat: RoleAssignment, now: datetime) -> None:
    choice = staffing.following(incident, seat, now)
    if choice.user is not None:
        end(seat, now)
        staffing.pass_on(incident, seat, choice, by=None, at=now)
        return
    _wait_no_more(seat)
    told = escalation.managers(incident) if seat.role.slug == Role.COMMANDER else []
    timeline.record(
        incident,
        Kind.ROLE,
        "role.unanswered",
        f"{seat.user} has not accepted {seat.role.name}, and there is nobody else to ask",
        by=None,
        reason=choice.explained,
        data={"role": seat.role.slug, "user": seat.user_id, "assignment": seat.pk, "next": None},
        notify=[person for person in told if person.pk != seat.user_id],
    )
