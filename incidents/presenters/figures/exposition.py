"""Figures as Prometheus reads them: of the last 30 and 90 days, by severity. The help of each is its definition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from incidents.figures import counting
from incidents.figures.asking import Asked
from incidents.figures.judging import Summary
from incidents.figures.summing import Measure, Source, Told
from incidents.models import ActionItem, FigureDefinition
from incidents.presenters.figures.scene import Scene

WINDOWS = (30, 90)
Sample = tuple[dict[str, object], float]


def lines(now: datetime) -> list[str]:
    """Of all incidents, whoever may see them: numbers alone. About a dozen queries."""
    scenes = {days: Scene(None, Asked(now - timedelta(days=days), now), now) for days in WINDOWS}
    figures = next(iter(scenes.values())).figures
    measures = [Measure(figure.start, figure.end) for figure in figures if figure.start]
    told = {days: Source(scene.found, measures).summaries("severity") for days, scene in scenes.items()}
    found: list[str] = []
    for n, figure in enumerate(figure for figure in figures if figure.start):
        found += _figure(figure, [(days, level, each.summary) for days, level, each in _of(told, n)])
    return [*found, *_counts(scenes, figures)]


def _of(told: Mapping[int, Mapping[tuple[int, str, int], Told]], n: int) -> Iterator[tuple[int, int, Told]]:
    """The windows and severities of a measure, those without a severity last."""
    for days, summaries in told.items():
        for (number, by, level), each in sorted(summaries.items(), key=lambda each: each[0][2] or 9):
            if (number, by) == (n, "severity"):
                yield days, level, each


def _figure(figure: FigureDefinition, summaries: Iterable[tuple[int, int, Summary]]) -> Iterator[str]:
    quantiles: list[Sample] = []
    states: list[Sample] = []
    for days, level, summary in summaries:
        labels = _labels(days, level)
        for quantile, seconds in (("0.5", summary.median), ("0.9", summary.p90)):
            if seconds is not None:
                quantiles.append(({**labels, "quantile": quantile}, seconds))
        states += [({**labels, "state": state.value}, count) for state, count in summary.counts.items()]
    name = f"watchbill_{figure.slug.replace('-', '_')}"
    yield from _gauge(f"{name}_seconds", figure.says, quantiles)
    yield from _gauge(f"{name}_values", f"How many values there are in each state. {figure.says}", states)


def _labels(days: int, level: int | None) -> dict[str, object]:
    return {"severity": level or "none", "window": f"{days}d"}


def _counts(scenes: Mapping[int, Scene], figures: Sequence[FigureDefinition]) -> Iterator[str]:
    says = {figure.slug: figure.says for figure in figures}
    incidents: list[Sample] = []
    by_change: list[Sample] = []
    for days, each in scenes.items():
        rows = (
            each.found.filter(moments__isnull=False).order_by("severity").annotate(caused=counting.caused_by_change())
        )
        counted = rows.values_list("severity").annotate(count=Count("pk"), by_it=Count("pk", filter=Q(caused=True)))
        for level, count, caused in counted:
            incidents.append((_labels(days, level), count))
            by_change.append((_labels(days, level), caused))
    yield from _gauge("watchbill_incidents", says.get("incidents", "Incidents."), incidents)
    yield from _gauge("watchbill_incidents_by_change", says.get("by_change", "Started by a change."), by_change)
    scene = scenes[max(WINDOWS)]
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
