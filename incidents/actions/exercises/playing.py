"""What the script of a drill lets happen, taken by a sweep when it is due."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from incidents import timeline
from incidents.actions import escalation, staffing
from incidents.actions.exercises import preparing, running
from incidents.actions.exercises.words import words_of
from incidents.actions.facts import try_lock
from incidents.drilling import clock
from incidents.drilling.script import Answer, Event
from incidents.models import Alert, Change, Exercise, ExerciseEvent, Incident, Integration
from incidents.models.integration import DRILL
from incidents.timeline import Kind
from teams import moments
from teams.models import Service

log = logging.getLogger(__name__)
State = ExerciseEvent.State
AT_ONCE = 50
ATTEMPTS = 5
PAUSE = timedelta(seconds=10)
# What is seen of a mitigation of which the script says nothing.
NO_CHANGE = Answer(
    (), works=False, events=(Event(120, "note", {"source": "Monitoring", "text": "No change is seen."}),)
)


def run_due() -> int:
    """Let everything happen that is due in drills that run; returns how much did. One that fails holds up no other."""
    done = 0
    for pk in list(Exercise.objects.filter(state=Exercise.State.RUNNING).values_list("pk", flat=True)):
        try:
            done += advance(pk)
        except Exception:
            log.exception("drill %s could not go on and will be tried again", pk)
    return done


@transaction.atomic
def advance(exercise_pk: int) -> int:
    """Let happen what is due of one drill, answer mitigations, and end it once its incident is over; returns how much
    happened. While somebody acts on it nothing does: the next sweep comes back. Safe to call twice."""
    incident_pk = Exercise.objects.values_list("incident", flat=True).get(pk=exercise_pk)
    incident = try_lock(incident_pk)
    rows = Exercise.objects.select_for_update(of=("self",), skip_locked=True)
    exercise = rows.filter(pk=exercise_pk, state=Exercise.State.RUNNING).first() if incident else None
    if incident is None or exercise is None:
        return 0
    exercise.incident = incident
    if not incident.is_active:
        said = f"The drill is over: {incident.get_phase_display().lower()}"
        running.finish(exercise, Exercise.State.FINISHED, said, None)
        return 0
    now = moments.now()
    _answer(exercise, now)
    due = exercise.events.filter(due_at__lte=now).order_by("at", "pk")
    return sum(_take(exercise, event, now) for event in due[:AT_ONCE])


def _take(exercise: Exercise, event: ExerciseEvent, now: datetime) -> bool:
    event.attempts += 1
    try:
        with transaction.atomic():
            HAPPENS[event.kind](exercise, event, now)
    except Exception:
        log.exception("event %s of drill %s failed", event.pk, exercise.pk)
        failed = event.attempts >= ATTEMPTS
        event.state = State.FAILED if failed else State.WAITING
        event.due_at = None if failed else now + PAUSE * event.attempts
        event.save()
        return False
    event.state, event.due_at, event.happened_at = State.DONE, None, now
    event.save()
    return True


def _answer(exercise: Exercise, now: datetime) -> None:
    """Let the service answer what was carried out since: each mitigation once."""
    answered = exercise.events.exclude(answers=None).values("answers")
    carried_out = exercise.incident.mitigations.filter(executed_at__isnull=False).exclude(pk__in=answered)
    for mitigation in carried_out.select_related("change"):
        found = exercise.read_script().answer(mitigation.kind, words_of(mitigation)) or NO_CHANGE
        began = round(clock.shows(exercise.laps, mitigation.executed_at or now))
        ExerciseEvent.objects.bulk_create(
            ExerciseEvent(exercise=exercise, kind=event.kind, at=began + event.at, data=event.data, answers=mitigation)
            for event in found.events
        )
        if found.works:
            _heal(exercise, began, began + max(event.at for event in found.events))
        running.reschedule(exercise)


def _heal(exercise: Exercise, began: int, ends: int) -> None:
    """What the script has of the trouble does not happen any more once it is mended."""
    mended = Q(kind=ExerciseEvent.Kind.METRIC, at__gt=began) | Q(at__gt=ends)
    exercise.events.filter(mended, answers=None, state=State.WAITING).update(state=State.SKIPPED, due_at=None)


def _fires(exercise: Exercise, event: ExerciseEvent, now: datetime) -> None:
    incident, told = exercise.incident, event.data
    assert incident.team is not None, "whoever prepared it chose one"
    integration, _ = Integration.every.get_or_create(
        kind=DRILL, team=incident.team, defaults={"name": f"Drills of {incident.team.slug}"[:80]}
    )
    alert = Alert.objects.create(
        integration=integration,
        incident=incident,
        fingerprint=_fingerprint(exercise, told["name"]),
        title=told["title"],
        summary=told.get("summary", ""),
        severity=told.get("severity", ""),
        service=told.get("service", ""),
        labels=told.get("labels", {}),
        starts_at=now,
        received_at=now,
        last_received_at=now,
    )
    first = incident.title == preparing.TITLE
    if first:
        incident.title = told["title"][:200]
        Incident.objects.filter(pk=incident.pk).update(title=incident.title)
    data = {"alerts": [alert.pk], "integration": integration.name}
    timeline.record(incident, Kind.ALERT, "alert.firing", f"Alert: {alert.title}", by=None, data=data)
    if first:
        _would_page(incident, now)


def _would_page(incident: Incident, now: datetime) -> None:
    person = next(staffing.first_of(escalation.policy_for(incident), now), None)
    whom = f"{person} would be paged now" if person else "nobody would be paged: nobody is on call"
    timeline.record(incident, Kind.EXERCISE, "exercise.would_page", f"In earnest, {whom}", by=None)


def _recovers(exercise: Exercise, event: ExerciseEvent, now: datetime) -> None:
    incident = exercise.incident
    fires = incident.alerts.filter(status=Alert.Status.FIRING)
    alert = fires.filter(fingerprint=_fingerprint(exercise, event.data["name"])).first()
    if alert is None:
        return
    alert.status, alert.ends_at, alert.last_received_at = Alert.Status.RESOLVED, now, now
    alert.save()
    left = fires.count()
    timeline.record(
        incident,
        Kind.ALERT,
        "alert.resolved",
        f"Alert resolved: {alert.title}" + ("" if left else ". None is firing any more"),
        by=None,
        data={"alerts": [alert.pk], "still_firing": left},
    )


def _changes(exercise: Exercise, event: ExerciseEvent, now: datetime) -> None:
    told, incident = event.data, exercise.incident
    name = told.get("service", "")
    service = Service.objects.filter(Q(slug=name) | Q(name=name)).first() if name else None
    assert exercise.started_at is not None, "its clock runs"
    Change.every.create(
        drill=incident,
        summary=told["summary"],
        service=service,
        source="Drill",
        details={"version": told["version"]} if told.get("version") else {},
        # What was before the first alert was that long ago, however fast the clock goes.
        at=exercise.started_at + timedelta(seconds=event.at) if event.at < 0 else now,
    )
    if event.at >= 0:
        timeline.record(incident, Kind.CHANGE, "change.made", told["summary"], by=None)
    else:
        _show(incident)


def _says(exercise: Exercise, event: ExerciseEvent, now: datetime) -> None:
    told = event.data
    timeline.record(exercise.incident, Kind.NOTE, "exercise.said", f"{told['source']}: {told['text']}", by=None)


def _measures(exercise: Exercise, event: ExerciseEvent, now: datetime) -> None:
    _show(exercise.incident)


def _show(incident: Incident) -> None:
    """Let open pages find something new, of which the timeline isn't told."""
    Incident.objects.filter(pk=incident.pk).update(version=F("version") + 1)
    incident.version += 1


def _fingerprint(exercise: Exercise, name: str) -> str:
    return f"drill-{exercise.pk}-{name}"[:255]


HAPPENS: dict[str, Callable[[Exercise, ExerciseEvent, datetime], None]] = {
    ExerciseEvent.Kind.ALERT: _fires,
    ExerciseEvent.Kind.RESOLVED: _recovers,
    ExerciseEvent.Kind.CHANGE: _changes,
    ExerciseEvent.Kind.NOTE: _says,
    ExerciseEvent.Kind.METRIC: _measures,
}
