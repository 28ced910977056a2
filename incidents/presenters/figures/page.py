"""The pages of figures: all of them, one, its file, and the incidents behind it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils import timezone

from incidents.figures import asking, counting, drawing
from incidents.figures.asking import Value
from incidents.figures.judging import State
from incidents.figures.moments import COLUMNS, MOMENTS
from incidents.models import ActionItem, FigureDefinition, Incident, IncidentMoments, Page
from incidents.phases import PATH
from incidents.presenters.figures import durations
from incidents.presenters.figures.counts import COUNTED
from incidents.presenters.figures.scene import Scene, Shown
from teams import downloads
from teams.models import User

Rows = TypeVar("Rows", bound=QuerySet[Any])
# Figures behind which lie incidents that can be listed, beside those between two moments.
LISTED = ("time_in_phase", "incidents", "by_change", "mitigations", "promises_kept", "action_items")
# So many figures stand on a page of all of them; the next come when somebody scrolls to its end.
PER_PAGE = 6


def all_of(scene: Scene) -> list[Shown]:
    return [brief(scene, figure) for figure in scene.wanted]


def brief(scene: Scene, figure: FigureDefinition) -> Shown:
    return COUNTED[figure.slug](scene, figure) if figure.slug in COUNTED else durations.brief(scene, figure)


def whole(scene: Scene, figure: FigureDefinition) -> Shown:
    return COUNTED[figure.slug](scene, figure) if figure.slug in COUNTED else durations.whole(scene, figure)


def can_list(scene: Scene, figure: FigureDefinition, person: User | None = None) -> bool:
    """Of the load on people, only one's own, and those whose manager one is."""
    if figure.slug == "load":
        return scene.user is not None and person in (scene.user, *counting.managed(scene.user, None))
    return bool(figure.start) or figure.slug in LISTED


def values(scene: Scene, figure: FigureDefinition, phase: str = "") -> list[Value]:
    """The value of each incident behind a figure. Of what has no value, each incident counts as recorded."""
    if figure.start:
        return durations.of(scene, figure)
    if figure.slug == asking.IN_PHASE:
        return asking.in_phase(scene.table, phase if phase in PATH else PATH[0].value)
    return [asking.value_of(row, State.RECORDED) for row in scene.table.rows]


def narrow(scene: Scene, figure: FigureDefinition, asked: Mapping[str, Any]) -> None:
    """Leave of the incidents those behind a part of what is counted: `kind`, of `person`, from the day `first` to
    `last`."""
    kind, first, last = asked.get("kind") or "", asked.get("first"), asked.get("last")
    rows: QuerySet[Any] | None = None
    # Action items count when they were opened or done, all else when its incident was detected.
    if figure.slug != "action_items":
        scene.found = _between(scene.found, "detected_at", first, last)
    if figure.slug == "by_change":
        caused = counting.caused_by_change()
        scene.found = scene.found.filter(~caused if kind == "other" else caused)
    elif figure.slug == "mitigations":
        rows = counting.attempts(scene.found)
        rows = rows.filter(kind=kind) if kind else rows
    elif figure.slug == "promises_kept":
        rows = counting.promised(scene.found)
        rows = rows.filter(outcome=kind) if kind in ("kept", "broken") else rows
    elif figure.slug == "action_items":
        rows = _items(scene, kind, first, last)
    elif figure.slug == "load":
        person = asked["person"]
        if kind == "commanded":
            rows = counting.commands(scene.found).filter(user=person)
        else:
            rows = Page.objects.filter(incident__in=scene.found.values("pk"), user=person)
            rows = counting.nightly(rows) if kind == "nights" else rows
    if rows is not None:
        scene.found = scene.found.filter(pk__in=rows.order_by().values("incident_id"))


def _items(scene: Scene, kind: str, first: date | None, last: date | None) -> QuerySet[Any]:
    rows = ActionItem.objects.filter(incident__in=scene.found.values("pk"))
    if kind not in ("opened", "done"):
        return rows.filter(state=ActionItem.State.OPEN, kind="" if kind == "none" else kind) if kind else rows
    rows = rows.filter(state=ActionItem.State.DONE) if kind == "done" else rows
    return _between(rows, "closed_at" if kind == "done" else "created_at", first, last)


def _between(rows: Rows, moment: str, first: date | None, last: date | None) -> Rows:
    if first:
        rows = rows.filter(**{f"{moment}__gte": counting.midnight(first)})
    return rows.filter(**{f"{moment}__lt": counting.midnight(last + timedelta(days=1))}) if last else rows


def ordered(found: list[Value], state: str, least: int | None = None, most: int | None = None) -> list[Value]:
    """The longest first; what has no length by when it was detected, the last first. From `least` seconds on, below
    `most`."""
    wanted = [value for value in found if not state or value.state.value == state]
    if least is not None or most is not None:
        ends = (least or 0, math.inf if most is None else most)
        wanted = [value for value in wanted if value.seconds is not None and ends[0] <= value.seconds < ends[1]]
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
