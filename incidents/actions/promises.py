"""The promise of the next update: made, kept, broken, reminded of and escalated."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction

from incidents import clock, timeline
from incidents.actions import escalation, estimates
from incidents.actions.facts import lock, try_lock
from incidents.clock import Step
from incidents.models import Incident, Promise, RoleAssignment, Severity, TimelineEntry
from incidents.timeline import Kind
from teams import faultpoints, moments
from teams.models import Organization, Role, User

log = logging.getLogger(__name__)
Outcome = Promise.Outcome
AT_ONCE = 50


def promise(incident: Incident, at: datetime, *, by: User | None, to_readers: bool = False) -> None:
    """Promise the next update for `at`, on the object and as a row; the caller holds the incident's lock and saves.
    One that stands is moved there. `to_readers`: an update gave its readers this time."""
    now = moments.now()
    standing = _standing(incident)
    incident.next_update_due_at = at
    incident.final_update_at = None
    if standing is not None and standing.due_at == at:
        return
    if standing is not None:
        _end(standing, now, Outcome.MOVED)
    Promise.objects.create(
        incident=incident,
        made_at=now,
        made_by=by,
        to_readers=to_readers,
        due_at=at,
        remind_at=clock.ahead_at(now, at),
    )


def follow(incident: Incident, severity: Severity | None, *, by: User | None) -> None:
    """Let the clock of communication follow a severity: started where stakeholders are to be told and nothing was
    promised yet, stopped where they need not be; the caller holds the lock and saves."""
    incident.comms_required = bool(severity and severity.comms_required)
    if severity is None or not incident.comms_required or not incident.is_active:
        keep_no_more(incident)
    elif incident.next_update_due_at is None:
        promise(incident, moments.now() + timedelta(minutes=severity.update_minutes), by=by)


def keep_no_more(incident: Incident) -> None:
    """Nothing more is promised; the caller holds the lock and saves. What is late by now was broken."""
    incident.next_update_due_at = None
    if standing := _standing(incident):
        _end(standing, moments.now(), Outcome.VOID)


def _standing(incident: Incident) -> Promise | None:
    return Promise.objects.standing().filter(incident=incident).first()


def _end(row: Promise, now: datetime, otherwise: str) -> None:
    """End a promise: broken where it is late, else as `otherwise` says. Kept means that stakeholders are told now."""
    row.outcome = Outcome.BROKEN if clock.is_late(row.due_at, now) else otherwise
    row.told_at = now if otherwise == Outcome.KEPT else None
    row.ended_at, row.remind_at = now, None
    row.save()


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
    eta_early_at: datetime | None = None,
    eta_confidence: str = "",
    service: str = "",
    data: dict[str, object] | None = None,
) -> Incident:
    """Stakeholders were told: note it on the timeline, settle the promise that this keeps or breaks, and start the
    clock of the next one.

    Called by whatever published the update, in its transaction. `final`: nothing more will follow. Whether the promise
    was kept is told by when they hear of it, whatever `occurred_at` says. `service` is "back" or "gone" again where
    they were told so.
    """
    # Whoever published was asked whether they may: on a page they may without being of the incident.
    incident = lock(incident_pk, by=None)
    now = moments.now()
    at = timeline.happened(occurred_at, now)
    incident.last_update_at = max(filter(None, (incident.last_update_at, at)))
    if eta_at is not None:
        incident.eta_at = eta_at
    if service == "back":
        estimates.score(incident, at)
    elif service == "gone":
        estimates.reopen(incident)
    if eta_at is not None and service != "back":
        estimates.give(incident, eta_at, early_at=eta_early_at, confidence=eta_confidence, by=by)
    standing = _standing(incident)
    if standing is not None:
        _end(standing, now, Outcome.KEPT)
        late = clock.minutes_late(standing.due_at, now)
        data = {**(data or {}), "promise": standing.pk, "minutes_late": late}
    incident.next_update_due_at = None
    if final or not incident.is_active:
        incident.final_update_at = at if final else incident.final_update_at
    elif next_update_at is not None:
        promise(incident, next_update_at, by=by, to_readers=True)
    elif incident.comms_required and incident.severity is not None:
        promise(incident, now + timedelta(minutes=incident.severity.update_minutes), by=by)
    incident.save()
    timeline.record(
        incident,
        Kind.UPDATE,
        "update.published",
        f"{'Drill' if incident.drill else 'Status update sent'}: {text}",
        by=by,
        occurred_at=at,
        data=data,
    )
    return incident


def due(now: datetime, limit: int = AT_ONCE, *, passed: Iterable[int] = ()) -> list[int]:
    """Incidents of whose promise somebody is to hear now, but not those that were `passed`."""
    rows = Promise.objects.standing().filter(remind_at__lte=now).exclude(incident__in=list(passed))
    return list(rows.order_by("remind_at").values_list("incident", flat=True)[:limit])


def remind_due(now: datetime) -> int:
    """Remind of every promise that is due or late at `now`; returns how often somebody was told. One that fails, or
    that somebody holds at this moment, holds up no other: the next sweep comes back to it."""
    told_of = 0
    passed: set[int] = set()
    while keys := due(now, passed=passed):
        for pk in keys:
            try:
                if remind(pk):
                    told_of += 1
                    continue
            except Exception:
                log.exception("the promised update of incident %s could not be reminded of; it is tried again", pk)
            passed.add(pk)
    return told_of


@transaction.atomic
def remind(incident_pk: int) -> bool:
    """Take the step of a promise that is due: remind before its time, and once it is late say that it is broken and
    escalate, until stakeholders are told. Returns whether anything was due. Safe to call twice."""
    incident = try_lock(incident_pk)
    if incident is None:
        return False
    now = moments.now()
    row = Promise.objects.standing().filter(incident=incident, remind_at__lte=now).first()
    if row is None:
        return False
    if not incident.is_active:
        _end(row, now, Outcome.VOID)
        return True
    late = clock.is_late(row.due_at, now)
    if row.step == Step.AHEAD and not late:
        _remind(incident, row, _leads(incident))
        row.step, row.remind_at = Step.LATE, clock.late_from(row.due_at)
    else:
        _escalate(incident, row, max(Step(row.step), Step.LATE), now)
    row.save()
    faultpoints.reached("reminded")
    return True


def _remind(incident: Incident, row: Promise, people: list[User]) -> None:
    if people:
        _record(incident, row, "promise.due", f"The next update is due at {row.due_at:%H:%M} UTC", people)


def _escalate(incident: Incident, row: Promise, step: Step, now: datetime) -> None:
    """Say that a promise is late to whoever is next and has not heard of it, and set when the step after comes."""
    heard = _heard(row)
    for taken in list(Step)[step : Step.DONE]:
        people = _whom(incident, taken, heard, now)
        if taken == Step.LATE:
            _record(incident, row, "promise.broken", "The promised update is late", people)
        elif people and taken == Step.COMMANDER:
            _record(incident, row, "promise.broken", "The promised update is late", people, call=True)
        elif people:
            said = f"The promised update is {clock.minutes_late(row.due_at, now)} min late"
            _record(incident, row, "promise.escalated", said, people, call=True)
        if people or taken == Step.LATE:
            break
    grace = timedelta(minutes=Organization.current().promise_grace_minutes)
    row.outcome, row.step = Outcome.BROKEN, Step(taken + 1)
    row.remind_at = None if row.step == Step.DONE else clock.after(Step(row.step), now, grace)


def _record(incident: Incident, row: Promise, verb: str, text: str, people: list[User], *, call: bool = False) -> None:
    """`call`: not by mail alone, but as they are paged for this severity, where nobody has said how bad it is of low
    urgency."""
    names = ", ".join(person.name for person in people) or "nobody"
    whom = f"{names} {'were' if len(people) > 1 else 'was'} reminded"
    data: dict[str, object] = {
        "promise": row.pk,
        "due_at": row.due_at.isoformat(),
        "people": [person.pk for person in people],
    }
    if call:
        data["call"] = escalation.urgency_of(incident.severity_id) if incident.severity_id else "low"
    timeline.record(incident, Kind.PROMISE, verb, f"{text}; {whom}", by=None, data=data, notify=people)


def _heard(row: Promise) -> set[int]:
    """Who was told that it is late."""
    told = TimelineEntry.objects.filter(incident=row.incident_id, kind=Kind.PROMISE, data__promise=row.pk)
    lists = told.exclude(verb="promise.due").values_list("data__people", flat=True)
    return {pk for people in lists for pk in people}


def _whom(incident: Incident, step: Step, heard: set[int], now: datetime) -> list[User]:
    """Whom a step tells, without those who have `heard` that it is late."""
    if step == Step.LATE:
        people = _leads(incident) or escalation.managers(incident)
    elif step == Step.COMMANDER:
        people = _seated(incident, Role.COMMANDER)
    elif step == Step.ON_CALL:
        return _next_in_policy(incident, heard, now)
    else:
        people = escalation.managers(incident)
    return [person for person in people if person.pk not in heard]


def _next_in_policy(incident: Incident, heard: set[int], now: datetime) -> list[User]:
    """The people of the first step of the incident's policy that has somebody who has not `heard` of it."""
    policy = escalation.policy_for(incident)
    for step in escalation.snapshot(policy).steps if policy else ():
        if step.holds(incident.severity_id, now):
            found = [each for target in step.targets for each in escalation.resolve(target, now, look_only={})]
            people = {each.pk: each for each in found if isinstance(each, User) and each.pk not in heard}
            if people:
                return list(people.values())
    return []


def _leads(incident: Incident) -> list[User]:
    """Whose update it is: the Communications Lead's, else the Incident Commander's."""
    return _seated(incident, Role.COMMUNICATIONS) or _seated(incident, Role.COMMANDER)


def _seated(incident: Incident, slug: str) -> list[User]:
    held = incident.assignments.filter(role__slug=slug, state=RoleAssignment.State.HELD, user__is_active=True)
    return [seat.user for seat in held.select_related("user")[:1]]
