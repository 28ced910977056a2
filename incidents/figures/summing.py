"""What the values of many incidents come to, counted by PostgreSQL: ten thousand rows need not travel for a median.

A statement reads the incidents once, for any number of measures and of groups. What a value is worth is the same here
as in `asking.judged` and `asking.in_phase`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Aggregate, Count, F, Func, Max, Min, Q, Value

from incidents.figures.judging import State, Summary
from incidents.figures.moments import COLUMNS, MOMENTS
from incidents.models.incident import Incident, IncidentQuerySet
from incidents.phases import PATH

WHOLE, FIELD = "", "field"
# So many steps of a line are one of a field of a picture.
STEPS = 3
# A text of moments is read anew for each row, as it depends on the session's zone; a subquery is asked once.
MOMENTS_ONCE = "(SELECT %s::timestamptz[])"
HELD = Incident.services.through._meta.db_table


class Measure(NamedTuple):
    """What is measured of an incident: between two moments, or all stays in a phase."""

    start: str = ""
    end: str = ""
    phase: str = ""

    @property
    def moments(self) -> set[str]:
        return {self.start, self.end} - {""}

    def sql(self) -> tuple[str, list[Any]]:
        """Its seconds, and whether they may still come, of a row of `found`."""
        if self.phase:
            ahead = [phase.value for phase in PATH[: list(PATH).index(self.phase)]]  # type: ignore[arg-type]
            stay = "(of_stays->>%s)::float8"
            waits = f"(phase = %s OR {stay} IS NULL AND phase = ANY(%s))"
            return f"CASE WHEN phase <> %s THEN {stay} END, {waits}", [self.phase] * 4 + [ahead]
        began, ended = f"of_{self.start}", f"of_{self.end}"
        waits = f"({began} IS NULL OR {ended} IS NULL)"
        given = []
        for column, key in ((began, self.start), (ended, self.end)):
            waits += f" AND ({column} IS NOT NULL OR phase = ANY(%s))"
            given.append(sorted(str(phase) for phase in MOMENTS[key][1]))
        return f"date_part('epoch', {ended} - {began}), ({waits})", given


@dataclass(frozen=True, slots=True)
class Told:
    """A summary with the shortest value of a second or more, and the longest: what a scale needs."""

    summary: Summary = field(default_factory=Summary)
    shortest: float | None = None
    longest: float | None = None

    @property
    def spread(self) -> Spread:
        return Spread(self.summary.n, self.summary.median, self.summary.p90, self.shortest, self.longest)


class Cell(NamedTuple):
    """So many values in a field of a picture. `only` is the incident where it is a single one."""

    column: int
    row: int
    many: int
    only: int | None


class Dot(NamedTuple):
    incident: int
    detected_at: datetime
    severity: int
    team: int
    part: int
    service: int
    seconds: float


class Source:
    """Incidents as a common table `found` with the moments of some measures and the part of the time that each lies in:
    1 from the first of `starts` on. With `services`, an incident is there once for each of its services."""

    def __init__(
        self,
        found: IncidentQuerySet,
        measures: Sequence[Measure],
        starts: Sequence[datetime] = (),
        *,
        services: bool = False,
    ) -> None:
        self.measures = measures
        named: dict[str, Any] = {
            f"of_{key}": F(f"moments__{COLUMNS[key]}") for key in sorted({k for m in measures for k in m.moments})
        }
        if any(measure.phase for measure in measures):
            named["of_stays"] = F("moments__stays")
        rows = found.filter(moments__isnull=False).order_by().annotate(at=F("detected_at"), **named)
        faces = ("pk", "at", "severity_id", "team_id", "phase")
        sql, given = rows.values_list(*faces, *named).query.sql_with_params()
        columns = ("incident", "at", "severity_id", "team_id", "phase", *named)
        self._found = f"found({', '.join(columns)}) AS MATERIALIZED ({sql})"
        self._given: list[Any] = list(given)
        self._starts = list(starts)
        self._services = services

    def _values(self, which: Iterable[int]) -> tuple[str, list[Any]]:
        """`valued`: each measure of each incident, with its state; the numbers of the measures are those of `which`."""
        given: list[Any] = []
        lines = []
        # One reading of `found` a measure: a row made into several, each by itself, costs thrice as much.
        for n in which:
            line, more = self.measures[n].sql()
            lines.append(f"SELECT {n}, {line}, incident, at, severity_id, team_id FROM found")  # noqa: S608
            given += more
        service = "coalesce(service_id, 0)" if self._services else "0"
        held = f" LEFT JOIN {HELD} AS held ON held.incident_id = incident" if self._services else ""
        part = f"width_bucket(at, {MOMENTS_ONCE})" if self._starts else "0"
        sql = f"""WITH {self._found}, measured(n, seconds, pending, incident, at, severity_id, team_id) AS (
            {" UNION ALL ".join(lines)}
        ), valued AS (
            SELECT n, incident, at, coalesce(severity_id, 0) AS severity, coalesce(team_id, 0) AS team,
                {service} AS service, {part} AS part, seconds,
                CASE WHEN pending THEN 'pending' WHEN seconds IS NULL THEN 'not_applicable'
                     WHEN seconds < 0 THEN 'invalid' ELSE 'recorded' END AS state
            FROM measured{held})
            """  # noqa: S608 - names of our own
        return sql, [*self._given, *given, *([self._starts] if self._starts else [])]

    def summaries(self, *by: str) -> dict[tuple[int, str, int], Told]:
        """By the number of the measure, what it is grouped by (WHOLE for all of it), and the key of the group, 0 of
        none."""
        if not self.measures:
            return {}
        sql, given = self._values(range(len(self.measures)))
        sets = ", ".join(["(n)", *(f"(n, {each})" for each in by)])
        sql += f"""
            SELECT n, count(*) FILTER (WHERE state = 'recorded'), count(*) FILTER (WHERE state = 'pending'),
                count(*) FILTER (WHERE state = 'not_applicable'), count(*) FILTER (WHERE state = 'invalid'),
                percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY seconds) FILTER (WHERE state = 'recorded'),
                min(seconds) FILTER (WHERE state = 'recorded' AND seconds >= 1),
                max(seconds) FILTER (WHERE state = 'recorded'){_keys(by)}
            FROM valued GROUP BY GROUPING SETS ({sets})"""  # noqa: S608 - names of our own
        told = {}
        for n, recorded, pending, never, invalid, ends, shortest, longest, *keys in ask(sql, given):
            counts = dict(zip(State, (recorded, pending, never, invalid), strict=True))
            middle, most = ends or (None, None)
            told[(n, *_group(by, keys))] = Told(Summary(middle, most, counts), shortest, longest)
        return told

    def dots(self, which: Iterable[int]) -> dict[int, list[Dot]]:
        """Each value that is recorded, of these measures; for where they are few."""
        wanted = [*which]
        found: dict[int, list[Dot]] = {n: [] for n in wanted}
        if wanted:
            sql, given = self._values(wanted)
            sql += """ SELECT n, incident, at, severity, team, part, service, seconds FROM valued
                WHERE state = 'recorded' ORDER BY at, incident, service"""
            for n, *row in ask(sql, given):
                found[n].append(Dot(*row))
        return found

    def cells(
        self, grids: Mapping[int, Sequence[float]], columns: Sequence[datetime], *by: str
    ) -> dict[tuple[int, str, int], list[Cell]]:
        """How many values lie where, of the measures in `grids`, by their numbers: steps begin at these seconds. By
        FIELD, STEPS of them are one, and columns begin at these moments; otherwise there is one column for all."""
        if not grids:
            return {}
        sql, given = self._values(grids)
        keyed = ("c", *by) if columns else by
        steps = " ".join("WHEN %s THEN width_bucket(seconds, %s::float8[]) - 1" for _ in grids)
        sets = ", ".join([*(["(n, f, c)"] if columns else []), "(n, r)", *(f"(n, r, {each})" for each in by)])
        sql += f""", placed AS (SELECT *, r / {STEPS} AS f, width_bucket(at, {MOMENTS_ONCE}) AS c FROM
                (SELECT *, CASE n {steps} END AS r FROM valued WHERE state = 'recorded') AS stepped)
            SELECT n, coalesce({"r, f" if columns else "r"}), {"c" if columns else "1"}, count(*),
                min(incident){_keys(keyed)}
            FROM placed GROUP BY GROUPING SETS ({sets})"""  # noqa: S608 - names of our own
        given += [list(columns), *(each for n, bounds in grids.items() for each in (n, [*bounds]))]
        found: dict[tuple[int, str, int], list[Cell]] = {}
        for n, row, column, count, first, *keys in ask(sql, given):
            by_what, key = _group(keyed, keys)
            group = (n, FIELD, 0) if by_what == "c" else (n, by_what, key)
            found.setdefault(group, []).append(Cell((column or 1) - 1, row, count, first if count == 1 else None))
        return found


def _keys(by: Sequence[str]) -> str:
    return "".join(f", {each}, grouping({each})" for each in by)


def _group(by: Sequence[str], keys: Sequence[Any]) -> tuple[str, int]:
    """What a line is grouped by, of `_keys`."""
    return next(((each, keys[2 * n]) for n, each in enumerate(by) if keys[2 * n + 1] == 0), (WHOLE, 0))


def ask(sql: str, given: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, given)
        return list(cursor.fetchall())


class Quantiles(Aggregate):
    """The median and the ninetieth percentile, as a pair; None of none."""

    function = "percentile_cont"
    template = "%(function)s(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = ArrayField(models.FloatField())


def seconds(start: Any, end: Any) -> Func:
    """From one moment to another, of fields or values."""
    return Func(
        *(Value(each, models.DateTimeField()) if isinstance(each, datetime) else F(each) for each in (end, start)),
        template="date_part('epoch', %(expressions)s)",
        arg_joiner=" - ",
        output_field=models.FloatField(),
    )


def part(at: str, starts: Sequence[datetime]) -> Func:
    """In which part of the time a moment lies, from 1 on; 0 before the first."""
    return _bucket(at, starts, models.DateTimeField())


def step(column: str, bounds: Sequence[float]) -> Func:
    return _bucket(column, bounds, models.FloatField())


def _bucket(column: str, edges: Sequence[Any], of: models.Field[Any, Any]) -> Func:
    return Func(
        F(column),
        Value([*edges], ArrayField(of)),
        template="width_bucket(%(expressions)s)",
        output_field=models.IntegerField(),
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """How values of one group lie: seconds, all None of none."""

    n: int = 0
    median: float | None = None
    p90: float | None = None
    shortest: float | None = None
    longest: float | None = None

    @property
    def spread(self) -> Spread:
        return self


def spreads(rows: models.QuerySet[Any], by: str) -> dict[Any, Spread]:
    """Of rows that have `seconds`, by the values of a field."""
    found = (
        rows.order_by()
        .values_list(by)
        .annotate(
            n=Count("pk"),
            ends=Quantiles("seconds"),
            shortest=Min("seconds", filter=Q(seconds__gte=1)),
            longest=Max("seconds"),
        )
    )
    return {key: Spread(n, ends[0], ends[1], shortest, longest) for key, n, ends, shortest, longest in found}


def binned(rows: models.QuerySet[Any], by: str, bounds: Sequence[float]) -> dict[Any, list[tuple[int, int]]]:
    """How many rows lie in each step, as (step, how many), by the values of a field."""
    found: dict[Any, list[tuple[int, int]]] = {}
    counted = rows.order_by().annotate(step=step("seconds", bounds)).values_list(by, "step").annotate(Count("pk"))
    for key, number, count in counted:
        found.setdefault(key, []).append((number - 1, count))
    return found
