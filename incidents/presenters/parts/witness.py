"""The metrics that an incident is watched by: how each stands, and its course with what happened beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import OuterRef, Subquery, Sum
from django.utils import timezone

from incidents.models import Incident, Mitigation, Witness
from incidents.presenters.helm import Scene
from incidents.witness import charting
from incidents.witness.charting import Chart, Frame, Mark, Point, Rule
from incidents.witness.judging import blind_after

COLUMNS = 160
# A longer time is too much for one picture: its end counts.
LONGEST = timedelta(hours=12)
BEFORE = timedelta(minutes=30)
AFTER = timedelta(minutes=30)
_OUTCOME_TONES = {"worked": "ok", "partly": "caution", "no_effect": "neutral", "harmful": "danger", "undone": "neutral"}
# Of each column the figure that is furthest from good, so that no peak is lost.
_COURSE = """
    SELECT p.witness_id, max(p.at), CASE w.comparison WHEN 'below' THEN max(p.value) ELSE min(p.value) END
    FROM incidents_witnesspoint p JOIN incidents_witness w ON w.id = p.witness_id
    WHERE p.witness_id = ANY(%s) AND p.at >= %s AND p.at <= %s
    GROUP BY p.witness_id, w.comparison, floor(extract(epoch FROM p.at) / %s)
    ORDER BY p.witness_id, 2
"""


@dataclass(frozen=True, slots=True)
class Shown:
    """A metric as the page shows it. `said` is how it stands in a few words, `tone` one of the page's. `waits`: it
    holds, and not yet for its time."""

    witness: Witness
    chart: Chart
    state: str
    tone: str
    symbol: str
    value: str
    said: str
    since: datetime | None
    waits: bool = False


def ticks() -> Subquery:
    """How often the metrics of an incident were tried, as an annotation: it changes with each reading."""
    rows = Witness.objects.standing().filter(incident=OuterRef("pk")).order_by().values("incident")
    return Subquery(rows.annotate(sum=Sum("reads")).values("sum"))


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    return context(scene.incident, scene.witnesses, scene.mitigations, scene.now) | {"may_attach": may["respond"]}


def context(
    incident: Incident, rows: Sequence[Witness], mitigations: Sequence[Mitigation], now: datetime
) -> dict[str, Any]:
    """The context of the region. Without a metric no query, else one for all of them."""
    shown = drawn(incident, rows, mitigations, now)
    proposing = [row for row in rows if row.proposed_at is not None]
    return {
        "witnesses": shown,
        "witness_ticks": sum(row.reads for row in rows),
        "proposed_because": "; ".join(row.evidence(now) for row in proposing),
    }


def drawn(incident: Incident, rows: Sequence[Witness], mitigations: Sequence[Mitigation], now: datetime) -> list[Shown]:
    """Each metric with its course over the incident, for its page or a review of it."""
    if not rows:
        return []
    end = min(now, incident.over_at + AFTER) if incident.over_at else now
    start = max(min(filter(None, (incident.impact_started_at, incident.detected_at))) - BEFORE, end - LONGEST)
    column = max(15.0, (end - start).total_seconds() / COLUMNS)
    courses = _courses(rows, start, end, column)
    marks = _marks(incident, mitigations)
    found = []
    for row in rows:
        gap = max(timedelta(seconds=3 * column), blind_after(row.interval_seconds))
        frame = Frame(start, end, gap, _clock)
        rule = Rule(row.threshold, row.comparison == Witness.Comparison.BELOW, row.unit)
        chart = charting.chart(row.title, courses.get(row.pk, []), marks, rule, frame)
        found.append(_shown(row, chart, incident, now))
    return found


def _courses(rows: Sequence[Witness], start: datetime, end: datetime, column: float) -> dict[int, list[Point]]:
    courses: dict[int, list[Point]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_COURSE, [[row.pk for row in rows], start, end, column])
        for pk, at, value in cursor.fetchall():
            courses.setdefault(pk, []).append((at.astimezone(UTC), value))
    return courses


def _clock(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def _shown(row: Witness, chart: Chart, incident: Incident, now: datetime) -> Shown:
    value = row.spell(row.value) if row.value is not None else ""
    if row.unreadable_since is not None:
        return Shown(row, chart, "Can't be read", "caution", "warn", value, row.error, row.unreadable_since)
    if row.state == Witness.State.UNREAD:
        return Shown(row, chart, "Not read yet", "neutral", "clock", "", "It is read in a moment.", None)
    if row.state == Witness.State.FAILS:
        tone = "danger" if incident.is_active else "caution"
        return Shown(row, chart, "Does not hold", tone, "warn", value, "does not hold since", row.state_since)
    waits = not row.has_held(now)
    return Shown(row, chart, "Holds", "ok", "check", value, "holds since", row.state_since, waits)


def _marks(incident: Incident, mitigations: Sequence[Mitigation]) -> list[Mark]:
    """What happened, in the order in which it is numbered."""
    marks = [Mark(incident.detected_at, "A", "Detected", "danger")]
    if incident.declared_at:
        marks.append(Mark(incident.declared_at, "D", "Declared", "warn"))
    tried = sorted((each for each in mitigations if each.executed_at), key=lambda each: (each.executed_at, each.pk))
    for number, each in enumerate(tried, 1):
        if each.executed_at is not None:
            marks.append(Mark(each.executed_at, str(number), f"{each.title}, began", "info"))
        if each.finished_at and each.state in _OUTCOME_TONES:
            outcome = each.get_state_display().lower()
            marks.append(Mark(each.finished_at, f"{number}'", f"{each.title}: {outcome}", _OUTCOME_TONES[each.state]))
    if incident.mitigated_at:
        marks.append(Mark(incident.mitigated_at, "M", "Confirmed mitigated", "violet"))
    if incident.resolved_at:
        marks.append(Mark(incident.resolved_at, "R", "Resolved", "ok"))
    return marks
