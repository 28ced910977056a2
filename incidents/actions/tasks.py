"""Tasks during an incident: given to one person with a time, accepted by them, and followed until they are done."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from incidents import timeline
from incidents.actions import escalation, followers
from incidents.actions.facts import lock, try_lock
from incidents.actions.owning import may_own
from incidents.models import Incident, IncidentTask, RoleAssignment
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments
from teams.models import Role, User

log = logging.getLogger(__name__)
State, Step = IncidentTask.State, IncidentTask.Step
VERBS = ("accept", "done", "drop", "reassign")
# How long a task may wait for its owner's yes, and how late it may be before the commander hears of it.
YES_WITHIN = timedelta(minutes=5)
LATE_AFTER = timedelta(minutes=5)
AT_ONCE = 100


@transaction.atomic
def add(
    incident_pk: int, title: str, *, by: User | None, owner: User | None = None, due_at: datetime | None = None
) -> IncidentTask:
    """Give a task to `owner`, who is told and has to say yes; what one gives oneself is accepted. Without an owner it
    waits for somebody to take it. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    _must_be_open(incident)
    if not title.strip():
        raise refuse("title_missing", "Begin with a verb: Check, Call, Measure …", field="title")
    may_own(owner)
    now = moments.now()
    _must_be_ahead(due_at, now)
    task = IncidentTask(
        incident=incident,
        title=title.strip()[:200],
        owner=owner,
        due_at=due_at,
        created_by=by,
        created_at=now,
        given_at=now,
    )
    if owner is not None and owner == by:
        task.state, task.accepted_at = State.ACCEPTED, now
    _clock(task)
    task.save()
    whom = f" to {owner}" if owner is not None and owner != by else ""
    _tell(
        task,
        "task.added",
        f"{_name(by)} {'gave' if whom else 'noted'} a task{whom}: {task.title}{_by_when(task)}",
        by=by,
        notify=_others([owner], by),
    )
    return task


@transaction.atomic
def accept(task_pk: int, *, by: User) -> IncidentTask:
    """Say yes to one's own task, or take one that nobody has. Raises Blocked for somebody else's; saying so twice
    changes nothing."""
    incident, task = _locked(task_pk, by=by)
    _must_be_open(incident)
    _must_be_unfinished(task)
    if task.owner_id not in (None, by.pk):
        raise refuse("not_yours", f"This is {task.owner}'s. Give it to yourself first.")
    if task.state == State.ACCEPTED:
        return task
    now = moments.now()
    if task.owner is None:
        task.owner, task.given_at = by, now
    task.state, task.accepted_at = State.ACCEPTED, now
    _clock(task)
    task.save()
    followers.took_part(incident, by)
    _tell(task, "task.accepted", f"{by} accepted: {task.title}", by=by)
    return task


@transaction.atomic
def done(task_pk: int, *, by: User, note: str = "") -> IncidentTask:
    """It is done; `note` says what came of it. Whoever gave it is told. Raises Blocked."""
    return _end(task_pk, State.DONE, by, note, "done")


@transaction.atomic
def drop(task_pk: int, *, by: User, note: str) -> IncidentTask:
    """It will not be done; `note` says why. Its owner and whoever gave it are told. Raises Blocked."""
    if not note.strip():
        raise refuse("note_missing", "Say why it will not be done.", field="note")
    return _end(task_pk, State.DROPPED, by, note, "dropped")


@transaction.atomic
def reassign(task_pk: int, *, by: User, owner: User | None, due_at: datetime | None = None) -> IncidentTask:
    """Give a task to somebody else, or to nobody yet, and set its time anew (None: it has none). A new owner has to say
    yes. What stays the same leaves no trace. Raises Blocked."""
    incident, task = _locked(task_pk, by=by)
    _must_be_open(incident)
    _must_be_unfinished(task)
    if task.owner == owner and task.due_at == due_at:
        return task
    now = moments.now()
    if due_at != task.due_at:
        _must_be_ahead(due_at, now)
    before = task.owner
    if owner != before:
        may_own(owner)
        task.owner, task.given_at = owner, now
        task.state, task.accepted_at = (State.ACCEPTED, now) if owner == by else (State.OPEN, None)
    task.due_at = due_at
    _clock(task)
    task.save()
    if owner == before:
        text = f"{by} set the time of a task: {task.title}{_by_when(task) or ', no time'}"
    else:
        text = f"{by} gave a task to {owner or 'nobody yet'}: {task.title}{_by_when(task)}"
    people = [owner] if owner == before else [owner, before]
    _tell(task, "task.reassigned", text, by=by, notify=_others(people, by))
    return task


def move(tasks: Iterable[IncidentTask], target: Incident) -> list[dict[str, Any]]:
    """Bring unfinished tasks to another incident, in the caller's transaction. One whose owner may not see that has no
    owner there. Returns of each its key, owner and state before, for `move_back`."""
    from teams import permits

    before = []
    for task in tasks:
        before.append({"task": task.pk, "owner": task.owner_id, "state": task.state})
        task.incident = target
        if task.owner is not None and not permits.may(task.owner, "incident.respond", target):
            task.owner, task.state, task.accepted_at = None, State.OPEN, None
        _clock(task)
        task.save()
    return before


def move_back(moved: Iterable[dict[str, Any]], source: Incident, *, where: Iterable[int]) -> None:
    """Undo `move`: what still stands unfinished in one of the incidents `where` returns to `source`, to the owner it
    had unless somebody else has it now."""
    known = {row["task"]: row for row in moved}
    rows = IncidentTask.objects.unfinished().filter(pk__in=known, incident__in=list(where))
    for task in rows.select_for_update(of=("self",)):
        task.incident = source
        if task.owner_id is None:
            task.owner_id = known[task.pk]["owner"]
        _clock(task)
        task.save()


def remind_again(incident: Incident) -> None:
    """Set the reminders of its unfinished tasks anew, in the caller's transaction."""
    for task in incident.tasks.unfinished().select_for_update(of=("self",)):
        _clock(task)
        task.save(update_fields=["step", "remind_at"])


def _end(task_pk: int, state: str, by: User, note: str, said: str) -> IncidentTask:
    incident, task = _locked(task_pk, by=by)
    _must_be_open(incident)
    _must_be_unfinished(task)
    task.state, task.ended_at, task.remind_at = state, moments.now(), None
    task.note = note.strip()
    task.save()
    people = [task.created_by] if state == State.DONE else [task.created_by, task.owner]
    _tell(task, f"task.{state}", f"{by}: {task.title} – {said}", by=by, reason=task.note, notify=_others(people, by))
    return task


def _locked(task_pk: int, *, by: User | None) -> tuple[Incident, IncidentTask]:
    while True:
        place = IncidentTask.objects.values_list("incident_id", flat=True).get(pk=task_pk)
        incident = lock(place, by=by)
        rows = IncidentTask.objects.select_for_update(of=("self",)).select_related("owner", "created_by")
        task = rows.get(pk=task_pk)
        # Meanwhile a merge may have taken it elsewhere.
        if task.incident_id == incident.pk:
            task.incident = incident
            return incident, task


def _must_be_open(incident: Incident) -> None:
    if not incident.is_open:
        raise refuse(
            "incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}: its tasks are settled."
        )


def _must_be_unfinished(task: IncidentTask) -> None:
    if not task.is_unfinished:
        raise refuse("wrong_state", f"It is {task.get_state_display().lower()} already.")


def _must_be_ahead(due_at: datetime | None, now: datetime) -> None:
    if due_at is not None and due_at <= now:
        raise refuse("due_in_past", "That time is over. Give one that is still to come.", field="due_at")


def _clock(task: IncidentTask) -> None:
    """Set the task's reminders anew: first for its owner's yes, where that is asked for before it is due."""
    waits = task.state == State.OPEN and task.owner_id is not None
    first = task.given_at + YES_WITHIN
    if waits and (task.due_at is None or first < task.due_at):
        task.step, task.remind_at = Step.ACCEPTANCE, first
    elif task.due_at is not None:
        task.step, task.remind_at = Step.OWNER, task.due_at
    else:
        task.step, task.remind_at = Step.OVER, None


def _on(task: IncidentTask) -> None:
    """Go on to the next reminder."""
    if task.due_at is None or task.step >= Step.COMMANDER:
        task.step, task.remind_at = Step.OVER, None
    elif task.step == Step.ACCEPTANCE:
        task.step, task.remind_at = Step.OWNER, task.due_at
    else:
        task.step, task.remind_at = Step.COMMANDER, task.due_at + LATE_AFTER


def remind_due(now: datetime) -> int:
    """Ask after every task whose time has come; returns how often somebody was asked. One that fails, or whose incident
    somebody holds at this moment, keeps none of the others back."""
    asked = 0
    due = IncidentTask.objects.filter(remind_at__lte=now).order_by("remind_at").values_list("pk", "incident_id")
    for pk, incident in due[:AT_ONCE]:
        try:
            asked += remind(pk, incident)
        except Exception:
            log.exception("task %s could not be asked after; it is tried again", pk)
    return asked


@transaction.atomic
def remind(task_pk: int, incident_pk: int) -> bool:
    """Take the step that is due: ask for a yes, ask the owner, or tell the commander. Safe to call twice."""
    incident = try_lock(incident_pk)
    if incident is None:
        return False
    now = moments.now()
    rows = IncidentTask.objects.select_for_update(of=("self",)).select_related("owner", "created_by")
    task = rows.filter(pk=task_pk, incident=incident, remind_at__lte=now).first()
    if task is None:
        return False
    task.incident = incident
    if not incident.is_open:
        task.step, task.remind_at = Step.OVER, None
        task.save(update_fields=["step", "remind_at"])
        return False
    step = Step(task.step)
    _on(task)
    task.save(update_fields=["step", "remind_at"])
    people: Sequence[User | None]
    if step == Step.OWNER and task.owner is not None:
        people, text = [task.owner], f"{task.owner} was asked whether it is done: {task.title}"
    elif step == Step.OWNER:
        people, text = _command(incident), f"It is due and nobody has it: {task.title}"
    elif step == Step.ACCEPTANCE:
        givers: list[User | None] = [*_command(incident)]
        people = [task.owner, *(givers or [task.created_by])]
        text = f"{task.owner} has not said yes: {task.title}"
    else:
        people, text = _command(incident) or escalation.managers(incident), f"Late: {task.title} ({_name(task.owner)})"
    _tell(task, "task.reminded", text, by=None, notify=_others(people, None))
    return True


def _command(incident: Incident) -> list[User]:
    held = incident.assignments.filter(role__slug=Role.COMMANDER, state=RoleAssignment.State.HELD)
    return [seat.user for seat in held.select_related("user")[:1]]


def _others(people: Iterable[User | None], by: User | None) -> list[User]:
    found = {person.pk: person for person in people if person is not None and person != by}
    return list(found.values())


def _name(user: User | None) -> str:
    return str(user or "Watchbill")


def _by_when(task: IncidentTask) -> str:
    return f", by {task.due_at:%H:%M} UTC" if task.due_at else ""


def _tell(
    task: IncidentTask, verb: str, text: str, *, by: User | None, notify: Iterable[User] = (), reason: str = ""
) -> None:
    if task.owner is not None:
        task.incident.participants.add(task.owner)
    data = {"task": task.pk, "owner": task.owner_id, "due_at": task.due_at.isoformat() if task.due_at else None}
    timeline.record(task.incident, Kind.TASK, verb, text, by=by, reason=reason, data=data, notify=notify)
