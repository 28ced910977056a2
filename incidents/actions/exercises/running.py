"""Who runs a drill: start, pause, put forward, stop, and hints for whoever asks."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.text import Truncator

from incidents import timeline
from incidents.actions import lifecycle
from incidents.actions.exercises import scoring
from incidents.actions.facts import lock
from incidents.drilling import clock
from incidents.drilling.script import Hint
from incidents.models import Exercise, ExerciseEvent, Incident
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments
from teams.models import User

State = Exercise.State
MOST_DEBRIEF = 20_000


def held(exercise_pk: int, *, by: User | None) -> Exercise:
    """The drill with its incident, both locked, the incident first as every action does. PermissionDenied unless `by`
    may run it."""
    incident_pk = Exercise.objects.values_list("incident", flat=True).get(pk=exercise_pk)
    incident = lock(incident_pk, by=by, verb="exercise.run")
    exercise = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise_pk)
    exercise.incident = incident
    return exercise


@transaction.atomic
def start(exercise_pk: int, *, by: User) -> Exercise:
    """Start it, or let it go on after a pause. Raises Blocked for one that runs or is over."""
    exercise = held(exercise_pk, by=by)
    now = moments.now()
    if exercise.is_over:
        raise refuse("exercise_over", "This drill is over. Repeat it to play it again.")
    if exercise.state == State.RUNNING:
        raise refuse("exercise_runs", "It runs already.")
    first = exercise.started_at is None
    if first:
        exercise.started_at = now
        Incident.objects.filter(pk=exercise.incident_id).update(detected_at=now)
        exercise.incident.detected_at = now
    exercise.state = State.RUNNING
    _set_clock(exercise, clock.start(exercise.laps, now, exercise.speed))
    _tell(exercise, "started" if first else "resumed", f"{by} {'started' if first else 'went on with'} the drill", by)
    from incidents.tasks import play_due

    play_due.delay_on_commit()
    return exercise


@transaction.atomic
def pause(exercise_pk: int, *, by: User) -> Exercise:
    """Let its clock stand: nothing more happens until it goes on. Raises Blocked where it does not run."""
    exercise = _running(exercise_pk, by=by)
    exercise.state = State.PAUSED
    _set_clock(exercise, clock.stop(exercise.laps, moments.now()))
    _tell(exercise, "paused", f"{by} paused the drill", by)
    return exercise


@transaction.atomic
def set_speed(exercise_pk: int, speed: int, *, by: User) -> Exercise:
    """Let its clock go 1, 2 or 5 times as fast from now on. Raises Blocked."""
    exercise = held(exercise_pk, by=by)
    if speed not in Exercise.Speed.values:
        raise refuse("speed_unknown", "Choose a speed of 1, 2 or 5.", field="speed")
    if exercise.is_over:
        raise refuse("exercise_over", "This drill is over.")
    if exercise.speed == speed:
        return exercise
    exercise.speed = speed
    runs = exercise.state == State.RUNNING
    _set_clock(exercise, clock.start(exercise.laps, moments.now(), speed) if runs else exercise.laps)
    _tell(exercise, "speed", f"{by} lets the drill run {exercise.get_speed_display().lower()}", by)
    return exercise


@transaction.atomic
def forward(exercise_pk: int, *, by: User) -> Exercise:
    """Put the clock forward to what happens next. Raises Blocked where nothing more happens by itself."""
    exercise = _running(exercise_pk, by=by)
    now = moments.now()
    following = waiting(exercise).filter(at__gt=exercise.at(now)).first()
    if following is None:
        raise refuse("nothing_next", "Nothing more happens by itself: it is for the responders to act.")
    _set_clock(exercise, clock.forward(exercise.laps, now, following.at))
    _tell(exercise, "forwarded", f"{by} put the clock forward", by)
    from incidents.tasks import play_due

    play_due.delay_on_commit()
    return exercise


@transaction.atomic
def stop(exercise_pk: int, *, by: User, reason: str = "") -> Exercise:
    """End it now. What was not restored by then is cancelled with it. Raises Blocked where it is over."""
    exercise = held(exercise_pk, by=by)
    if exercise.is_over:
        raise refuse("exercise_over", "This drill is over already.")
    finish(exercise, State.STOPPED, f"{by} ended the drill" + (f": {reason.strip()}" if reason.strip() else ""), by)
    if exercise.incident.is_active:
        inputs = {"kind": "other", "reason": "The drill was ended."}
        lifecycle.perform("cancel", exercise.incident_id, by=by, inputs=inputs)
    return exercise


def finish(exercise: Exercise, state: str, said: str, by: User | None) -> None:
    """End it in the caller's transaction, which holds it: nothing more happens, and the score is kept."""
    now = moments.now()
    exercise.state, exercise.ended_at = state, now
    exercise.events.filter(state=ExerciseEvent.State.WAITING).update(state=ExerciseEvent.State.SKIPPED, due_at=None)
    exercise.clock = clock.to_json(clock.stop(exercise.laps, now))
    exercise.score = scoring.score(exercise)
    exercise.save()
    timeline.record(exercise.incident, Kind.EXERCISE, f"exercise.{state}", said, by=by)


def waiting(exercise: Exercise) -> QuerySet[ExerciseEvent]:
    """What is still to happen, in its order."""
    return exercise.events.filter(state=ExerciseEvent.State.WAITING).order_by("at", "pk")


def hints(exercise: Exercise, now: datetime) -> list[Hint]:
    """The hints that fit to where it stands: their time has come, and what they help with is not done."""
    at = exercise.at(now)
    found = [hint for hint in exercise.read_script().hints if hint.at <= at]
    if not found:
        return []
    done = scoring.measured(exercise)
    return [hint for hint in found if not hint.until or done.get(hint.until) is None]


@transaction.atomic
def hint(exercise_pk: int, *, by: User) -> Hint:
    """The newest hint, for a participant who asks, which is counted. Raises Blocked where there is none."""
    incident_pk = Exercise.objects.values_list("incident", flat=True).get(pk=exercise_pk)
    incident = lock(incident_pk, by=by)
    exercise = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise_pk)
    exercise.incident = incident
    found = hints(exercise, moments.now()) if exercise.state == State.RUNNING else []
    if not found:
        raise refuse("no_hint", "There is no hint at this moment.")
    Exercise.objects.filter(pk=exercise_pk).update(hints_taken=F("hints_taken") + 1)
    timeline.record(incident, Kind.EXERCISE, "exercise.hint", f"Hint: {found[-1].text}", by=by)
    return found[-1]


@transaction.atomic
def set_debrief(exercise_pk: int, text: str, *, by: User) -> Exercise:
    """Write down what was learned, also after the end. Raises Blocked where it is too long."""
    incident_pk = Exercise.objects.values_list("incident", flat=True).get(pk=exercise_pk)
    incident = lock(incident_pk, by=by)
    if len(text) > MOST_DEBRIEF:
        raise refuse("text_too_long", f"{MOST_DEBRIEF} characters are the most.", field="debrief")
    exercise = Exercise.objects.select_for_update(of=("self",)).get(pk=exercise_pk)
    if exercise.debrief != text.strip():
        exercise.debrief = text.strip()
        exercise.save(update_fields=["debrief"])
        said = Truncator(exercise.debrief).chars(200) or "nothing any more"
        timeline.record(incident, Kind.EXERCISE, "exercise.debriefed", f"{by} noted in the debrief: {said}", by=by)
    return exercise


def reschedule(exercise: Exercise) -> None:
    """Say of everything that waits when it is due, by the clock; the caller holds the drill."""
    rows = list(waiting(exercise))
    for row in rows:
        row.due_at = clock.when(exercise.laps, row.at)
    ExerciseEvent.objects.bulk_update(rows, ["due_at"])


def _running(exercise_pk: int, *, by: User) -> Exercise:
    exercise = held(exercise_pk, by=by)
    if exercise.state != State.RUNNING:
        raise refuse("exercise_stands", f"It does not run: {exercise.get_state_display().lower()}.")
    return exercise


def _set_clock(exercise: Exercise, laps: clock.Clock) -> None:
    exercise.clock = clock.to_json(laps)
    exercise.save()
    reschedule(exercise)


def _tell(exercise: Exercise, what: str, text: str, by: User) -> None:
    timeline.record(exercise.incident, Kind.EXERCISE, f"exercise.{what}", text, by=by)
