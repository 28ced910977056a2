"""Which incidents figures are of, and the value that each of them has. All starts from what somebody may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import F

from incidents.figures.judging import State, between
from incidents.figures.moments import COLUMNS, MOMENTS
from incidents.models import FigureDefinition, Incident, IncidentType, Severity
from incidents.models.incident import IncidentQuerySet
from incidents.phases import PATH, Phase
from teams.models import Service, Team, User

IN_PHASE = "time_in_phase"
LEFT_OUT = (Phase.CANCELLED, Phase.MERGED)
# Phases of which one that is over is in none any more.
_ORDER = {phase.value: n for n, phase in enumerate((*PATH, Phase.CLOSED))}


@dataclass(frozen=True, slots=True)
class Asked:
    """Incidents that were detected in [since, until), without drills and what was cancelled or merged."""

    since: datetime
    until: datetime
    team: Team | None = None
    service: Service | None = None
    severity: Severity | None = None
    type: IncidentType | None = None

    def incidents(self, user: User | None) -> IncidentQuerySet:
        """As far as `user` may see them; without one, all of them."""
        found = Incident.objects.all() if user is None else Incident.objects.visible_to(user)
        found = found.filter(drill=False, detected_at__gte=self.since, detected_at__lt=self.until)
        found = found.exclude(phase__in=LEFT_OUT)
        for name in ("team", "severity", "type"):
            if (wanted := getattr(self, name)) is not None:
                found = found.filter(**{name: wanted})
        return found if self.service is None else found.filter(services=self.service)


class Value(NamedTuple):
    """A figure of one incident. `seconds` are negative where it is invalid, None where it is not known."""

    incident: int
    detected_at: datetime
    severity: int | None
    team: int | None
    state: State
    seconds: float | None


def value_of(row: tuple[Any, ...], state: State, seconds: float | None = None) -> Value:
    """The value of a row of a Table."""
    return Value(row[0], row[1], row[2], row[3], state, seconds)


class Table(NamedTuple):
    """Rows of incidents with their moments, read once for any number of figures."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


_FACES = ("pk", "detected_at", "severity_id", "team_id", "phase")


def read(found: IncidentQuerySet, keys: Iterable[str], *, stays: bool = False) -> Table:
    """The incidents with the moments of these keys, and how long each was in each phase. One query.

    One of which the moments are not kept yet, as it was opened seconds ago, is left out."""
    columns = (*sorted(set(keys)),)
    paths = [*_FACES, *(F(f"moments__{COLUMNS[key]}") for key in columns)]
    named = {f"of_{key}": path for key, path in zip(columns, paths[len(_FACES) :], strict=True)}
    if stays:
        named["of_stays"] = F("moments__stays")
    rows = list(
        found.filter(moments__isnull=False).order_by("detected_at", "pk").annotate(**named).values_list(*_FACES, *named)
    )
    return Table((*columns, *(["stays"] if stays else [])), rows)


def keys_of(figures: Iterable[FigureDefinition]) -> set[str]:
    return {key for figure in figures if figure.start for key in (figure.start, figure.end)}


def values(table: Table, start: str, end: str) -> list[Value]:
    """What lies between two moments, of each incident."""
    first, last = (len(_FACES) + table.columns.index(key) for key in (start, end))
    return [value_of(row, *judged(row[first], row[last], row[4], (start, end))) for row in table.rows]


def judged(
    began: datetime | None, ended: datetime | None, phase: str, keys: tuple[str, str]
) -> tuple[State, float | None]:
    """What lies between two moments, of the keys `keys`, of an incident in `phase`."""
    if began is not None and ended is not None:
        return between(began, ended, awaited=False)
    missing = [key for key, at in zip(keys, (began, ended), strict=True) if at is None]
    return between(began, ended, awaited=all(phase in MOMENTS[key][1] for key in missing))


def in_phase(table: Table, phase: str) -> list[Value]:
    """How long each incident was in a phase, all its stays together. The phase that it is in, and those ahead of
    it that it has not been in, are pending; one that was skipped does not apply."""
    place = len(_FACES) + table.columns.index("stays")
    found = []
    for row in table.rows:
        now, seconds = row[4], (row[place] or {}).get(phase)
        if now == phase or (seconds is None and _ORDER[now] < _ORDER[phase]):
            found.append(value_of(row, State.PENDING))
        elif seconds is None:
            found.append(value_of(row, State.NOT_APPLICABLE))
        else:
            found.append(value_of(row, State.RECORDED, seconds))
    return found


def plain(found: Sequence[Value]) -> Iterable[tuple[State, float | None]]:
    return ((value.state, value.seconds) for value in found)
