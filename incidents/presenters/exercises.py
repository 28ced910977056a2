"""What a drill comes to, as its page shows it: steps against their targets and earlier runs, and the picture."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from incidents.actions.exercises import scoring
from incidents.drilling import clock, lanes
from incidents.drilling.script import STEPS, Script
from incidents.models import Exercise, ExerciseEvent, Mitigation, RoleAssignment, TimelineEntry
from teams.models import User

EARLIER = 5
TONES = {
    ExerciseEvent.Kind.ALERT: "danger",
    ExerciseEvent.Kind.RESOLVED: "ok",
    ExerciseEvent.Kind.CHANGE: "warn",
    ExerciseEvent.Kind.NOTE: "info",
}
OUTCOMES = {
    Mitigation.State.WORKED: "ok",
    Mitigation.State.PARTLY: "warn",
    Mitigation.State.HARMFUL: "danger",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the response in seconds of the story: when it was done, when it should have been, and when in earlier
    runs; None: never, or without a target."""

    name: str
    label: str
    done: int | None
    target: int | None
    earlier: list[int | None]

    @property
    def met(self) -> bool | None:
        return None if self.target is None else self.done is not None and self.done <= self.target

    @property
    def late(self) -> int | None:
        """By how many seconds it missed its target."""
        return self.done - self.target if self.done is not None and self.target and not self.met else None


def earlier(exercise: Exercise, user: User) -> list[Exercise]:
    """The last runs before it of the same story, as far as `user` may see them, the oldest first."""
    rows = Exercise.objects.visible_to(user).like(exercise).filter(pk__lt=exercise.pk, score__isnull=False)
    return list(rows.order_by("-pk")[:EARLIER])[::-1]


def steps(exercise: Exercise, score: dict[str, Any], before: list[Exercise]) -> list[Step]:
    targets = exercise.read_script().targets
    runs = [run.score["steps"] for run in before if run.score]
    return [
        Step(name, label, score["steps"].get(name), targets.get(name), [run.get(name) for run in runs])
        for name, label in STEPS.items()
    ]


def picture(exercise: Exercise) -> lanes.Picture:
    """What the script did and what people did, in lanes. Five queries."""
    laps, script = exercise.laps, exercise.read_script()
    events = [row for row in exercise.events.all() if row.state == ExerciseEvent.State.DONE]
    measured = [(row.at, float(row.data["value"])) for row in events if row.kind == ExerciseEvent.Kind.METRIC]
    happened = [
        lanes.Mark(row.at, _says(row), TONES[ExerciseEvent.Kind(row.kind)]) for row in events if row.kind in TONES
    ]
    ends = round(exercise.at(exercise.ended_at)) if exercise.ended_at else 0
    return lanes.draw(
        [
            lanes.Lane("What happened", happened),
            lanes.Lane("Command", _command(exercise, laps), _targets(script, "declared", "commander", "roles")),
            lanes.Lane(
                "Mitigation", _mitigations(exercise, laps, ends), _targets(script, "first_mitigation", "mitigated")
            ),
            lanes.Lane("Updates", _updates(exercise, laps), _targets(script, "first_update")),
        ],
        measured,
        ends,
    )


def _says(row: ExerciseEvent) -> str:
    told = row.data
    said = told.get("title") or told.get("summary") or told.get("text") or told.get("name") or ""
    return f"{row.get_kind_display()}: {said}"[:200]


def _targets(script: Script, *names: str) -> list[lanes.Mark]:
    return [
        lanes.Mark(script.targets[name], f"Target: {STEPS[name].lower()}") for name in names if name in script.targets
    ]


def _command(exercise: Exercise, laps: clock.Clock) -> list[lanes.Mark]:
    marks = []
    done = scoring.moments_of(exercise)
    for name in ("declared", "mitigated", "resolved"):
        at = done[name]
        if at is not None:
            marks.append(lanes.Mark(round(clock.shows(laps, at)), STEPS[name], "violet"))
    seats = RoleAssignment.objects.filter(incident=exercise.incident_id, accepted_at__isnull=False)
    for seat in seats.select_related("role", "user"):
        if seat.accepted_at is not None:
            at_second = round(clock.shows(laps, seat.accepted_at))
            marks.append(lanes.Mark(at_second, f"{seat.user.name} accepted {seat.role.name}", "info"))
    return marks


def _mitigations(exercise: Exercise, laps: clock.Clock, ends: int) -> list[lanes.Mark]:
    return [
        lanes.Mark(
            began := round(clock.shows(laps, row.executed_at)),
            f"{row.title}: {row.get_state_display().lower()}",
            OUTCOMES.get(Mitigation.State(row.state), "neutral"),
            max(began, round(clock.shows(laps, row.finished_at)) if row.finished_at else ends),
        )
        for row in exercise.incident.mitigations.filter(executed_at__isnull=False)
        if row.executed_at is not None
    ]


def _updates(exercise: Exercise, laps: clock.Clock) -> list[lanes.Mark]:
    rows = exercise.incident.timeline.filter(kind=TimelineEntry.Kind.UPDATE, verb="update.published")
    return [
        lanes.Mark(round(clock.shows(laps, row.occurred_at)), row.text[:200], "ok")
        for row in rows
        if row.occurred_at is not None
    ]
