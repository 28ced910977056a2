"""The pages of figures: all of them, one, its file, and the incidents behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from incidents.figures import asking, counting, drawing
from incidents.figures.asking import Value
from incidents.figures.judging import State
from incidents.figures.moments import COLUMNS, MOMENTS
from incidents.models import FigureDefinition, Incident, IncidentMoments
from incidents.phases import PATH
from incidents.presenters.figures import durations
from incidents.presenters.figures.counts import COUNTED
from incidents.presenters.figures.scene import Scene, Shown
from teams import downloads

# Figures behind which lie incidents that can be listed, beside those between two moments.
LISTED = ("time_in_phase", "incidents", "by_change")


def all_of(scene: Scene) -> list[Shown]:
    return [brief(scene, figure) for figure in scene.figures]


def brief(scene: Scene, figure: FigureDefinition) -> Shown:
    return COUNTED[figure.slug](scene, figure) if figure.slug in COUNTED else durations.brief(scene, figure)


def whole(scene: Scene, figure: FigureDefinition) -> Shown:
    return COUNTED[figure.slug](scene, figure) if figure.slug in COUNTED else durations.whole(scene, figure)


def can_list(figure: FigureDefinition) -> bool:
    return bool(figure.start) or figure.slug in LISTED


def values(scene: Scene, figure: FigureDefinition, phase: str = "") -> list[Value]:
    """The value of each incident behind a figure. Of what has no value, each incident counts as recorded."""
    if figure.start:
        return durations.of(scene, figure)
    if figure.slug == asking.IN_PHASE:
        return asking.in_phase(scene.table, phase if phase in PATH else PATH[0].value)
    rows = [asking.value_of(row, State.RECORDED) for row in scene.table.rows]
    if figure.slug == "by_change":
        caused = counting.caused_by_change(scene.found)
        return [row for row in rows if row.incident in caused]
    return rows


def ordered(found: list[Value], state: str) -> list[Value]:
    """The longest first; what has no length by when it was detected, the last first."""
    wanted = [value for value in found if not state or value.state.value == state]
    return sorted(wanted, key=lambda value: (value.seconds is not None, value.seconds or 0, value.detected_at))[::-1]


@dataclass(frozen=True, slots=True)
class Line:
    """An incident behind a figure, from when to when, and what that comes to."""

    incident: Incident
    value: Value
    start: datetime | None
    end: datetime | None

    @property
    def length(self) -> str:
        return drawing.spelled(self.value.seconds)


def lines(figure: FigureDefinition, found: list[Value]) -> list[Line]:
    keys = [value.incident for value in found]
    incidents = Incident.objects.select_related("team", "severity").in_bulk(keys)
    kept = IncidentMoments.objects.in_bulk(keys)
    ends = [COLUMNS.get(figure.start, ""), COLUMNS.get(figure.end, "")]
    return [
        Line(
            incidents[value.incident],
            value,
            *(getattr(kept.get(value.incident), column, None) if column else None for column in ends),
        )
        for value in found
    ]


def moments_of(figure: FigureDefinition) -> tuple[str, str]:
    """What its moments are called; empty where it has none."""
    return tuple(MOMENTS[key][0] if key else "" for key in (figure.start, figure.end))  # type: ignore[return-value]


def as_csv(scene: Scene, figure: FigureDefinition) -> Iterator[str]:
    """Each incident with its value; of what is counted, the tables of its page."""
    yield downloads.line(["Definition", figure.says])
    if figure.start or figure.slug == asking.IN_PHASE:
        yield from _values(scene, figure)
        return
    for table in COUNTED[figure.slug](scene, figure).tables:
        yield downloads.line([])
        yield downloads.line([table.caption])
        yield downloads.line(table.headings)
        for row in table.rows:
            yield downloads.line([cell.text if cell.raw is None else cell.raw for cell in row])


def _values(scene: Scene, figure: FigureDefinition) -> Iterator[str]:
    phases = [""] if figure.start else [phase.value for phase in PATH]
    more = [] if figure.start else ["phase"]
    yield downloads.line(["incident", "detected_at", "severity", "team", *more, "state", "seconds"])
    for phase in phases:
        for value in values(scene, figure, phase):
            detected = timezone.localtime(value.detected_at).isoformat(timespec="seconds")
            seconds = "" if value.seconds is None else round(value.seconds)
            known = [f"INC-{value.incident}", detected, scene.severity(value.severity), scene.team(value.team)]
            yield downloads.line([*known, *([phase] if phase else []), value.state.value, seconds])
