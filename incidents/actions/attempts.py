"""The mitigation clock: who commands is asked for an attempt where none begins, and of each attempt whether it worked.

Both are asked once, by a sweep, and stand on the timeline. Neither blocks anything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from incidents import options, timeline
from incidents.actions import escalation
from incidents.actions.facts import lock, try_lock
from incidents.models import Incident, Mitigation, RoleAssignment
from incidents.phases import Phase
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import faultpoints, moments
from teams.models import Organization, Role, User

log = logging.getLogger(__name__)
# The phases in which somebody waits for service.
RUNS = (Phase.DECLARE, Phase.MITIGATE)
AT_ONCE = 50
State = Mitigation.State
LONGEST = 24 * 60


def minutes_of(incident: Incident) -> int:
    """Minutes without an attempt until somebody is asked; 0: never."""
    severity = incident.severity
    if severity is not None and severity.attempt_minutes is not None:
        return severity.attempt_minutes
    return Organization.current().attempt_minutes


def follow(incident: Incident, *, anew: bool = False) -> None:
    """Let the clock run where service is not restored and nothing is tried, and stand still elsewhere, on the object;
    the caller holds the lock and saves. `anew`: an attempt has ended or the trouble is back, so it starts again."""
    if incident.phase not in RUNS or _busy(incident):
        incident.attempt_due_at = incident.attempt_asked_at = None
        return
    runs = incident.attempt_due_at is not None or incident.attempt_asked_at is not None
    minutes = minutes_of(incident)
    if not minutes:
        incident.attempt_due_at = incident.attempt_asked_at = None
    elif anew or not runs:
        incident.attempt_due_at = moments.now() + timedelta(minutes=minutes)
        incident.attempt_asked_at = None


def sooner(incident: Incident) -> None:
    """After a change of severity: what is due by the new one is due then, where that is sooner; the caller saves."""
    minutes = minutes_of(incident)
    if not minutes or (incident.attempt_due_at is None and incident.attempt_asked_at is None):
        follow(incident)
    elif incident.attempt_due_at is not None:
        incident.attempt_due_at = min(incident.attempt_due_at, moments.now() + timedelta(minutes=minutes))


def _busy(incident: Incident) -> bool:
    """Whether something is tried, or was seen to work and has still to be confirmed."""
    rows = incident.mitigations.filter(state__in=[*Mitigation.IN_FLIGHT, State.WORKED])
    return rows.exclude(state=State.WORKED, held=False).exists()


def whom(incident: Incident) -> list[User]:
    """Who decides what is tried: the commander, else who leads operations, else the team's managers."""
    seats = incident.assignments.filter(
        role__slug__in=[Role.COMMANDER, Role.OPERATIONS], state=RoleAssignment.State.HELD, user__is_active=True
    )
    held = {seat.role.slug: seat.user for seat in seats.select_related("role", "user")}
    first = held.get(Role.COMMANDER) or held.get(Role.OPERATIONS)
    return [first] if first else escalation.managers(incident)


def sweep(now: datetime) -> int:
    """Ask whatever is due at `now`; returns how often somebody was asked. One that fails, or that somebody holds at
    this moment, holds up no other: the next sweep comes back to it."""
    waiting = Incident.objects.filter(attempt_due_at__lte=now).order_by("attempt_due_at")
    asked = _each(waiting.values_list("pk", flat=True)[:AT_ONCE], ask_for_attempt)
    judged = Mitigation.objects.filter(deadline_at__lte=now, asked_at=None, state__in=Mitigation.IN_FLIGHT)
    return asked + _each(judged.order_by("deadline_at").values_list("pk", flat=True)[:AT_ONCE], ask_for_outcome)


def _each(keys: Iterable[int], ask: Callable[[int], bool]) -> int:
    done = 0
    for pk in keys:
        try:
            done += ask(pk)
        except Exception:
            log.exception("%s of %s failed; it is tried again", ask.__name__, pk)
    return done


@transaction.atomic
def ask_for_attempt(incident_pk: int) -> bool:
    """Put what could be tried before whoever commands. Safe to call twice; returns whether it was due."""
    incident = try_lock(incident_pk)
    now = moments.now()
    if incident is None or incident.attempt_due_at is None or incident.attempt_due_at > now:
        return False
    due_at, incident.attempt_due_at = incident.attempt_due_at, None
    if incident.phase not in RUNS or _busy(incident):
        incident.save(update_fields=["attempt_due_at"])
        return False
    incident.attempt_asked_at = now
    incident.save(update_fields=["attempt_due_at", "attempt_asked_at"])
    people = whom(incident)
    offered = options.of(incident, people[0] if people else None)
    listed = "; ".join(f"{n}. {option.label}" for n, option in enumerate(offered, 1))
    _tell(
        incident,
        "mitigation.wanted",
        f"{minutes_of(incident)} min without an attempt to restore service. {_names(people)} asked. "
        f"Could be tried: {listed or 'nothing that Watchbill knows of'}",
        people,
        {"due_at": due_at.isoformat(), "options": [option.label for option in offered]},
    )
    faultpoints.reached("attempt asked")
    return True


@transaction.atomic
def ask_for_outcome(mitigation_pk: int) -> bool:
    """Ask whoever commands whether a mitigation worked, once for its deadline. Safe to call twice."""
    known = Mitigation.objects.filter(pk=mitigation_pk).values_list("incident_id", flat=True).first()
    incident = try_lock(known) if known else None
    now = moments.now()
    if incident is None:
        return False
    rows = Mitigation.objects.select_for_update(of=("self",)).select_related("carried_by")
    one = rows.filter(pk=mitigation_pk, asked_at=None, deadline_at__lte=now, state__in=Mitigation.IN_FLIGHT).first()
    if one is None:
        return False
    one.asked_at = now
    one.save(update_fields=["asked_at"])
    if not incident.is_open:
        return False
    people = whom(incident)
    signal = f" You would see: {one.success_signal}." if one.success_signal else ""
    _tell(
        incident,
        "mitigation.due",
        f"Did it work, partly, not at all, or harm? {one.title}.{signal} {_names(people)} asked",
        people,
        {"mitigation": one.pk, "kind": one.kind, "state": one.state},
    )
    faultpoints.reached("outcome asked")
    return True


def _names(people: list[User]) -> str:
    return f"{', '.join(map(str, people)) or 'Nobody'} {'were' if len(people) > 1 else 'was'}"


def _tell(incident: Incident, verb: str, text: str, people: list[User], data: dict[str, object]) -> None:
    """By mail, and as they are paged for this severity."""
    call = escalation.urgency_of(incident.severity_id) if incident.severity_id else "low"
    told = {**data, "people": [person.pk for person in people], "call": call}
    timeline.record(incident, Kind.MITIGATION, verb, text, by=None, data=told, notify=people)


@transaction.atomic
def extend(mitigation_pk: int, *, by: User, minutes: int) -> Mitigation:
    """Give a mitigation that runs so many more minutes before it is judged, on the record. Raises Blocked."""
    known = Mitigation.objects.get(pk=mitigation_pk)
    incident = lock(known.incident_id, by=by)
    one = Mitigation.objects.select_for_update(of=("self",)).get(pk=mitigation_pk)
    one.incident = incident
    if not 1 <= minutes <= LONGEST:
        raise refuse("minutes_out_of_range", f"Give 1 to {LONGEST} minutes.", field="minutes")
    if not one.is_in_flight or not incident.is_open:
        raise refuse("wrong_state", f"“{one.title}” does not run any more: {one.get_state_display().lower()}.")
    now = moments.now()
    one.deadline_at, one.asked_at = now + timedelta(minutes=minutes), None
    one.save(update_fields=["deadline_at", "asked_at"])
    timeline.record(
        incident,
        Kind.MITIGATION,
        "mitigation.extended",
        f"{by} gave it {minutes} more min: {one.title}",
        by=by,
        data={"mitigation": one.pk, "kind": one.kind, "state": one.state, "deadline_at": one.deadline_at.isoformat()},
    )
    return one
