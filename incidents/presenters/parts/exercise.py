"""The banner of a drill, and what each phase is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.actions import exercises
from incidents.drilling import clock
from incidents.drilling.script import Metric
from incidents.models import Exercise, ExerciseEvent
from incidents.phases import PATH
from incidents.presenters.helm import Scene
from teams import permits

WIDTH, HEIGHT = 240, 48
SPEEDS = tuple(Exercise.Speed)


@dataclass(frozen=True, slots=True)
class Chart:
    """What was measured so far as a line in a box of `WIDTH` by `HEIGHT`, and the line from where on all is well."""

    metric: Metric
    value: float
    holds: bool
    points: str
    good: int | None
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def says(self) -> str:
        well = "" if self.metric.good is None else ", which is well" if self.holds else ", which is not well"
        return f"{self.metric.name}: {self.value:g}{f' {self.metric.unit}' if self.metric.unit else ''}{well}"


@dataclass(frozen=True, slots=True)
class Banner:
    """`shows`: what the drill's clock shows, in whole seconds; `next_at`: when something happens by itself again."""

    exercise: Exercise
    shows: int
    next_at: datetime | None
    more: int
    hint: bool
    chart: Chart | None
    may_run: bool
    may_take_part: bool


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """Five queries more for a drill, and none for a real incident."""
    incident = scene.incident
    doctrine = f"incidents/phases/{incident.phase}.html" if incident.phase in PATH else ""
    if not incident.drill:
        return {"doctrine": doctrine, "drill": None}
    exercise = Exercise.objects.filter(incident=incident).select_related("facilitator", "past").first()
    return {"doctrine": doctrine, "drill": exercise and _banner(exercise, scene, may), "drill_speeds": SPEEDS}


def _banner(exercise: Exercise, scene: Scene, may: Mapping[str, bool]) -> Banner:
    exercise.incident = scene.incident
    rows = list(exercise.events.filter(state__in=["waiting", "done"]).order_by("at", "pk"))
    waiting = [row for row in rows if row.state == ExerciseEvent.State.WAITING]
    shows = exercise.at(scene.now)
    coming = [row for row in waiting if row.at > shows]
    return Banner(
        exercise=exercise,
        shows=int(shows),
        next_at=clock.when(exercise.laps, coming[0].at) if coming else None,
        more=len(waiting),
        hint=exercise.state == Exercise.State.RUNNING and bool(exercises.hints(exercise, scene.now)),
        chart=chart(exercise, rows),
        may_run=permits.may(scene.user, "exercise.run", scene.incident),
        may_take_part=may["respond"],
    )


def chart(exercise: Exercise, rows: list[ExerciseEvent]) -> Chart | None:
    """What `rows` that happened measured; None where nothing was."""
    metric = exercise.read_script().metric
    kind = ExerciseEvent.Kind.METRIC
    measured = [(row.at, float(row.data["value"])) for row in rows if row.kind == kind and row.state == "done"]
    if metric is None or not measured:
        return None
    first, last = measured[0][0], max(measured[-1][0], measured[0][0] + 1)
    top = max([value for _, value in measured] + ([metric.good] if metric.good else [])) or 1.0

    def y(value: float) -> int:
        return round(HEIGHT - 2 - (HEIGHT - 4) * value / top)

    points = " ".join(f"{round((at - first) * WIDTH / (last - first))},{y(value)}" for at, value in measured)
    value = measured[-1][1]
    return Chart(metric, value, metric.holds(value), points, None if metric.good is None else y(metric.good))
