"""Figures as Prometheus reads them: of the last 30 and 90 days, by severity. The help of each is its definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from incidents.figures import asking, counting
from incidents.figures.asking import Asked, Value
from incidents.figures.judging import State, summed
from incidents.models import ActionItem, FigureDefinition
from incidents.presenters.figures.scene import Scene

WINDOWS = (30, 90)
Sample = tuple[dict[str, object], float]


def lines(now: datetime) -> list[str]:
    """Of all incidents, whoever may see them: numbers alone. Half a dozen queries."""
    scene = Scene(None, Asked(now - timedelta(days=max(WINDOWS)), now), now)
    found: list[str] = []
    for figure in scene.figures:
        if figure.start:
            found += _figure(scene, figure)
    return [*found, *_counts(scene)]


def _figure(scene: Scene, figure: FigureDefinition) -> Iterator[str]:
    values = asking.values(scene.table, figure.start, figure.end)
    quantiles: list[Sample] = []
    states: list[Sample] = []
    for labels, of_these in _sliced(values, scene.now):
        summary = summed(asking.plain(of_these))
        for quantile, seconds in (("0.5", summary.median), ("0.9", summary.p90)):
            if seconds is not None:
                quantiles.append(({**labels, "quantile": quantile}, seconds))
        states += [({**labels, "state": state.value}, count) for state, count in summary.counts.items()]
    name = f"watchbill_{figure.slug.replace('-', '_')}"
    yield from _gauge(f"{name}_seconds", figure.says, quantiles)
    yield from _gauge(f"{name}_values", f"How many values there are in each state. {figure.says}", states)


def _sliced(values: Sequence[Value], now: datetime) -> Iterator[tuple[dict[str, object], list[Value]]]:
    for days in WINDOWS:
        since = now - timedelta(days=days)
        groups = counting.grouped((value.severity, value) for value in values if value.detected_at >= since)
        for level in sorted(groups, key=lambda each: each or 9):
            yield {"severity": level or "none", "window": f"{days}d"}, groups[level]


def _counts(scene: Scene) -> Iterator[str]:
    says = {figure.slug: figure.says for figure in scene.figures}
    caused = counting.caused_by_change(scene.found)
    incidents: list[Sample] = []
    by_change: list[Sample] = []
    rows = [asking.value_of(row, State.RECORDED) for row in scene.table.rows]
    for labels, of_these in _sliced(rows, scene.now):
        incidents.append((labels, len(of_these)))
        by_change.append((labels, sum(value.incident in caused for value in of_these)))
    yield from _gauge("watchbill_incidents", says.get("incidents", "Incidents."), incidents)
    yield from _gauge("watchbill_incidents_by_change", says.get("by_change", "Started by a change."), by_change)
    kept = counting.promises(scene.found, [])
    promised: list[Sample] = [
        ({"severity": level or "none", "window": f"{max(WINDOWS)}d", "outcome": outcome}, count)
        for level, pair in sorted(kept.by_severity.items(), key=lambda each: each[0] or 9)
        for outcome, count in zip(("kept", "broken"), pair, strict=True)
    ]
    yield from _gauge("watchbill_promised_updates", says.get("promises_kept", "Promised updates."), promised)
    earnest = ActionItem.objects.filter(incident__drill=False, state=ActionItem.State.OPEN)
    today = timezone.localdate(scene.now)
    items = earnest.aggregate(open=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=today)))
    told: list[Sample] = [({"state": state}, count) for state, count in items.items()]
    yield from _gauge("watchbill_action_items", "Action items that are open, and those of them that are overdue.", told)


def _gauge(name: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    said = " ".join(text.split()).replace("\\", "\\\\")
    yield f"# HELP {name} {said}"
    yield f"# TYPE {name} gauge"
    for labels, value in samples:
        told = ",".join(f'{key}="{label}"' for key, label in labels.items())
        yield f"{name}{{{told}}} {value:g}"
