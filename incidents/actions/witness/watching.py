"""Reading what is due, and what follows from it: the timeline hears when a metric begins or ceases to hold, and
Watchbill proposes to go on where it has held for its time.

A network read happens under a lease and outside of any transaction. What it gave is kept in one, and told in another,
that needs the incident: where somebody holds that at this moment, the next reading tells.
"""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import facts
from incidents.models import Incident, RoleAssignment, Witness, WitnessPoint
from incidents.phases import VERBS, Phase, blockers
from incidents.timeline import Kind
from incidents.witness import reading
from incidents.witness.judging import Course, Point, blind_after, walk
from teams import moments
from teams.models import Role, User

log = logging.getLogger(__name__)
State = Witness.State
LEASE = timedelta(seconds=60)
AT_ONCE = 24
THREADS = 8
BUDGET = timedelta(seconds=40)
# What was before the trouble belongs into the picture as well.
LOOK_BACK = timedelta(minutes=30)
LONGEST_LOOK_BACK = timedelta(hours=24)
# After the end it is read for a while, so that one sees that it stays.
AFTERWARDS = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=2)
# A metric that jumps to and fro is told of no more often than this.
TELL_AGAIN = timedelta(minutes=2)
TELL_UNREADABLE = timedelta(minutes=2)
POINTS_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Task:
    """One reading that is to be done; `since` where what came before is wanted too."""

    pk: int
    lease: datetime
    address: reading.Address | None
    error: str
    since: datetime | None
    interval: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: points in their order, or why there are none."""

    task: Task
    points: list[Point]
    error: str = ""


def read_due() -> int:
    """Read every metric that is due; returns how many. One that fails, or is slow, holds up no other."""
    began, done = timezone.now(), 0
    with ThreadPoolExecutor(THREADS, thread_name_prefix="metrics") as threads:
        while timezone.now() - began < BUDGET and (tasks := claim(moments.now())):
            for outcome in threads.map(_look, tasks):
                try:
                    if _keep(outcome):
                        _tell(outcome.task.pk)
                except Exception:
                    log.exception("what metric %s gave could not be kept; it is read again", outcome.task.pk)
                done += 1
    return done


@transaction.atomic
def claim(now: datetime, limit: int = AT_ONCE) -> list[Task]:
    """Take metrics that are due for this process alone, for as long as reading may take."""
    rows = Witness.objects.due(now).select_for_update(skip_locked=True, of=("self",)).select_related("incident")
    tasks, over = [], []
    for row in rows.order_by("due_at", "pk")[:limit]:
        if _is_over(row.incident, now):
            over.append(row.pk)
            continue
        tasks.append(_task(row, now))
    Witness.objects.filter(pk__in=over).update(due_at=None, leased_until=None)
    Witness.objects.filter(pk__in=[task.pk for task in tasks]).update(leased_until=now + LEASE)
    return tasks


def _is_over(incident: Incident, now: datetime) -> bool:
    return not incident.is_active and (incident.over_at is None or now - incident.over_at > AFTERWARDS)


def _task(row: Witness, now: datetime) -> Task:
    try:
        address, error = reading.address_of(row), ""
    except reading.Failed as failed:
        address, error = None, str(failed)
    since = None
    if row.kind == Witness.Kind.PROMQL:
        if row.value_at is None:
            began = min(filter(None, (row.incident.impact_started_at, row.incident.detected_at)))
            since = max(began - LOOK_BACK, now - LONGEST_LOOK_BACK)
        elif now - row.value_at > blind_after(row.interval_seconds):
            since = row.value_at
    return Task(row.pk, now + LEASE, address, error, since, row.interval_seconds)


def _look(task: Task) -> Outcome:
    """Ask the other side. Runs in a thread and touches no database."""
    if task.address is None:
        return Outcome(task, [], task.error)
    try:
        before: list[Point] = []
        if task.since is not None:
            now = timezone.now()
            step = max(task.interval, int((now - task.since).total_seconds()) // POINTS_AT_ONCE + 1)
            before = reading.read_range(task.address, task.since, now, step)
        value = reading.read(task.address)
        return Outcome(task, [*before, (timezone.now(), value)])
    except reading.Failed as failed:
        return Outcome(task, [], str(failed))
    except Exception as error:
        log.exception("metric %s could not be read", task.pk)
        return Outcome(task, [], f"It could not be read ({type(error).__name__}).")


@transaction.atomic
def _keep(outcome: Outcome) -> bool:
    """Write down what came of a reading, unless somebody took it over or removed the metric meanwhile."""
    row = Witness.objects.select_for_update().filter(pk=outcome.task.pk, leased_until=outcome.task.lease).first()
    if row is None:
        return False
    now = moments.now()
    row.reads += 1
    row.leased_until = None
    if outcome.error:
        row.error, row.unreadable_since = outcome.error[:300], row.unreadable_since or now
        wait = timedelta(seconds=row.interval_seconds) * 2 ** min(row.attempts, 4)
        row.attempts = min(row.attempts + 1, 30_000)
        row.due_at = now + max(timedelta(seconds=row.interval_seconds), min(wait, LONGEST_WAIT))
    else:
        row.error, row.unreadable_since, row.attempts = "", None, 0
        row.due_at = now + timedelta(seconds=row.interval_seconds)
        _judge(row, outcome.points)
    row.save()
    return True


def _judge(row: Witness, points: list[Point]) -> None:
    known = {State.HOLDS.value: True, State.FAILS.value: False}.get(row.state)
    first = known is None
    course = walk(Course(known, row.state_since, row.value_at), points, row.holds_at, blind_after(row.interval_seconds))
    fresh = [(at, value) for at, value in points if row.value_at is None or at > row.value_at]
    row.state = State.HOLDS if course.holds else State.FAILS
    row.state_since, (row.value_at, row.value) = course.since, points[-1]
    if first:
        # How it was found is no news, unless it changed before our eyes.
        other = State.FAILS if course.holds else State.HOLDS
        row.told = other if course.crossed else row.state
    WitnessPoint.objects.bulk_create(
        [WitnessPoint(witness=row, at=at, value=value) for at, value in fresh], ignore_conflicts=True
    )


def _has_news(row: Witness, incident: Incident, now: datetime) -> bool:
    # What takes a proposal back is told at once.
    calm = row.told_at is None or row.proposed_at is not None or now - row.told_at >= TELL_AGAIN
    changed = row.is_readable and row.told != row.state and calm
    lost = row.unreadable_since is not None and now - row.unreadable_since >= TELL_UNREADABLE
    wanted = incident.phase == Phase.COMMUNICATE and incident.resolve_proposed_at is None and row.proposed_at is None
    return (
        changed
        or (lost != row.told_unreadable and (lost or row.unreadable_since is None))
        or (wanted and row.has_held(now))
    )


def _tell(pk: int) -> None:
    """Let the timeline hear of what a metric has come to, and propose what follows."""
    now = moments.now()
    known = Witness.objects.select_related("incident").get(pk=pk)
    if not _has_news(known, known.incident, now):
        return
    with transaction.atomic():
        incident = facts.try_lock(known.incident_id)
        row = Witness.objects.select_for_update().filter(pk=pk, removed_at=None).first()
        if incident is None or row is None or not _has_news(row, incident, now):
            return
        _tell_of_reading(row, incident, now)
        _tell_of_state(row, incident, now)
        if row.state == State.HOLDS:
            _propose(row, incident, now)
        row.save()


def _tell_of_reading(row: Witness, incident: Incident, now: datetime) -> None:
    if row.unreadable_since is None and row.told_unreadable:
        row.told_unreadable = False
        _record(row, incident, "metric.readable", f"{row.title} can be read again: {row.spell(row.value or 0)}")
    elif row.unreadable_since and not row.told_unreadable and now - row.unreadable_since >= TELL_UNREADABLE:
        row.told_unreadable = True
        _record(row, incident, "metric.unreadable", f"{row.title} can't be read: {row.error}", at=row.unreadable_since)


def _tell_of_state(row: Witness, incident: Incident, now: datetime) -> None:
    if not row.is_readable or row.told == row.state:
        return
    row.told, row.told_at = row.state, now
    figure = row.spell(row.value or 0)
    if row.state == State.HOLDS:
        text, notify = f"{row.title} holds: {figure}, {row.condition}", list[User]()
        if incident.phase in (Phase.DECLARE, Phase.MITIGATE):
            text, notify = f"{text}. Is service restored? Confirm that it is mitigated", _commander(incident)
        _record(row, incident, "metric.holds", text, at=row.state_since, notify=notify)
        return
    text = f"{row.title} does not hold: {figure}, not {row.condition}"
    if row.proposed_at and incident.resolve_proposed_at:
        incident.resolve_proposed_at = None
        incident.save(update_fields=["resolve_proposed_at"])
        text += ". Watchbill no longer proposes to resolve it"
        Witness.objects.standing().filter(incident=incident).update(proposed_at=None)
    row.proposed_at = None
    notify = _commander(incident) if incident.phase == Phase.COMMUNICATE else []
    _record(row, incident, "metric.fails", text, at=row.state_since, notify=notify)


def _propose(row: Witness, incident: Incident, now: datetime) -> None:
    """Propose to resolve it, once all its metrics have held for their time and nothing else stands in the way."""
    if incident.phase != Phase.COMMUNICATE or incident.resolve_proposed_at or row.proposed_at:
        return
    others = Witness.objects.standing().filter(incident=incident).exclude(pk=row.pk)
    if not all(each.has_held(now) for each in (row, *others)):
        return
    known = facts.gather(incident, by=None, now=now)
    if blockers(VERBS["resolve"], known, {"confirmation": row.title}):
        return
    incident.resolve_proposed_at = row.proposed_at = now
    incident.save(update_fields=["resolve_proposed_at"])
    others.update(proposed_at=now)
    _record(
        row,
        incident,
        "incident.resolve_proposed",
        f"{row.evidence(now)}. Watchbill proposes to resolve it",
        notify=_commander(incident),
    )


def _commander(incident: Incident) -> list[User]:
    held = incident.assignments.filter(role__slug=Role.COMMANDER, state=RoleAssignment.State.HELD)
    seat = held.select_related("user").first()
    whom = seat.user if seat else incident.acknowledged_by
    return [whom] if whom else []


def _record(
    row: Witness,
    incident: Incident,
    verb: str,
    text: str,
    *,
    at: datetime | None = None,
    notify: list[User] | None = None,
) -> None:
    timeline.record(
        incident,
        Kind.WITNESS,
        verb,
        text,
        by=None,
        occurred_at=at or moments.now(),
        data={"metric": row.pk, "value": row.value},
        notify=notify or [],
    )
