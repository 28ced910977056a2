"""Figures between two moments, and the time in each phase."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from incidents.figures import asking, counting, drawing
from incidents.figures.asking import Value
from incidents.figures.judging import State, Summary, summed
from incidents.metrics import NO_TEAM
from incidents.phases import PATH, Phase
from incidents.presenters.figures.scene import Cell, Group, Scene, Shown, Table, day_of

STATES = ("Recorded", "Median", "p90", "Pending", "Not applicable", "Invalid")
NO_SERVICE = "No service"


def of(scene: Scene, figure: Any) -> list[Value]:
    return asking.values(scene.table, figure.start, figure.end)


def brief(scene: Scene, figure: Any) -> Shown:
    """For the page of all figures, and reports: the dots over time, and the numbers."""
    return _brief(scene, figure, of(scene, figure))


def _brief(scene: Scene, figure: Any, found: list[Value]) -> Shown:
    summary = summed(asking.plain(found))
    shown = Shown(figure, summary=summary)
    _say(scene, shown, found, summary)
    return shown


def whole(scene: Scene, figure: Any) -> Shown:
    found = of(scene, figure)
    shown = _brief(scene, figure, found)
    by_severity = _grouped(found, lambda value: value.severity or 0)
    _group(scene, shown, "By severity", [(scene.severity(key), rows, {"severity": key}) for key, rows in by_severity])
    teams = [(scene.team(key), rows, {"team": key}) for key, rows in _grouped(found, lambda value: value.team or 0)]
    _group(scene, shown, "By team", sorted(teams, key=lambda each: (each[0] == NO_TEAM, each[0].casefold())))
    _group(scene, shown, "By service", _by_service(scene, found))
    _by_part(scene, shown, found)
    return shown


def _say(scene: Scene, shown: Shown, found: Sequence[Value], summary: Summary) -> None:
    figure, asked = shown.figure, scene.asked
    shown.number = drawing.spelled(summary.median) or "–"
    shown.said = f"median of {summary.n}" if summary.n else "nothing recorded"
    shown.urls = _urls(scene, figure.slug)
    if not summary.n:
        return
    dots = [drawing.Dot(v.incident, v.detected_at, v.seconds or 0.0) for v in found if v.state is State.RECORDED]
    span = (asked.since, asked.until)
    # Of few values the line at nine tenths is merely the longest.
    lines = (summary.median, None if summary.is_few else summary.p90)
    shown.dots = drawing.over_time(dots, span, lines, day_of)
    shown.many = len(dots) > drawing.MOST_LINKS
    shown.sentence = (
        f"{figure.title} of {summary.n} incident{'' if summary.n == 1 else 's'} detected from {day_of(asked.since)} to "
        f"{day_of(scene.last)}: median {drawing.spelled(summary.median)}, p90 {drawing.spelled(summary.p90)}."
    )


def _urls(scene: Scene, slug: str, **more: Any) -> dict[str, str]:
    return {
        "page": scene.link("figure", slug),
        "csv": scene.link("figure_csv", slug),
        "incidents": scene.link("figure_incidents", slug, **more),
        **{
            state.value: scene.link("figure_incidents", slug, state=state.value, **more)
            for state in (State.RECORDED, State.PENDING, State.NOT_APPLICABLE, State.INVALID)
        },
    }


def _grouped(found: Iterable[Value], key: Callable[[Value], Any]) -> list[tuple[Any, list[Value]]]:
    return sorted(counting.grouped((key(value), value) for value in found).items())


def _by_service(scene: Scene, found: Sequence[Value]) -> list[tuple[str, list[Value], dict[str, Any]]]:
    """One incident counts for each of its services."""
    services, asked = scene.services, scene.asked.service
    rows = [(service, value) for value in found for service in services.get(value.incident, [(NO_SERVICE, 0)])]
    # Of those that have the service that was asked for, no address says who has another one as well.
    return [
        (name, values, {"service": pk if asked is None or asked.pk == pk else 0})
        for (name, pk), values in sorted(
            counting.grouped(rows).items(), key=lambda each: (not each[0][1], each[0][0].casefold())
        )
    ]


def _group(scene: Scene, shown: Shown, heading: str, rows: list[tuple[str, list[Value], dict[str, Any]]]) -> None:
    """A strip for each group that has a value, and a line of the table for each. One group tells nothing new. What has
    no key leads nowhere: no address asks for incidents without a service."""
    if len(rows) < 2:
        return
    summaries = [(label, values, summed(asking.plain(values)), more) for label, values, more in rows]
    strips = [
        (f"{label} · {summary.n}", _seconds(values), summary.median, None if summary.is_few else summary.p90)
        for label, values, summary, _ in summaries
        if summary.n
    ]
    slug = heading.rpartition(" ")[2]
    if strips:
        shown.groups.append(Group(heading, slug, drawing.strips(strips)))
    shown.tables.append(
        Table(
            f"{shown.figure.title}, {heading[0].lower()}{heading[1:]}",
            (slug.capitalize(), *STATES),
            [
                [Cell(label, number=False), *scene.states(shown.figure.slug, summary, leads=all(more.values()), **more)]
                for label, _, summary, more in summaries
            ],
        )
    )


def _seconds(values: Iterable[Value]) -> list[float]:
    return [value.seconds for value in values if value.state is State.RECORDED and value.seconds is not None]


def _by_part(scene: Scene, shown: Shown, found: Sequence[Value]) -> None:
    parts = counting.grouped((scene.place(value.detected_at), value) for value in found)
    rows = [(part, summed(asking.plain(parts.get(n, ())))) for n, part in enumerate(scene.parts)]
    strips = [
        (f"{part.label} · {summary.n}", _seconds(parts.get(n, ())), summary.median, None)
        for n, (part, summary) in enumerate(rows)
        if summary.n
    ]
    if len(strips) > 1:
        shown.groups.append(Group("Over time", "time", drawing.strips(strips)))
    shown.tables.append(
        Table(
            f"{shown.figure.title}, by when incidents were detected",
            ("From", *STATES),
            [
                [
                    Cell(part.label, scene.of_part(shown.figure.slug, part), part.since.isoformat(), number=False),
                    *scene.states(shown.figure.slug, summary, since=part.since, until=part.until),
                ]
                for part, summary in rows
                if not summary.is_empty
            ],
        )
    )


def in_phases(scene: Scene, figure: Any) -> Shown:
    """A strip for each phase."""
    shown = Shown(figure, urls=_urls(scene, figure.slug, phase=Phase.DETECT.value))
    rows = []
    for phase in PATH:
        values = asking.in_phase(scene.table, phase.value)
        rows.append((phase, values, summed(asking.plain(values))))
    strips = [
        (f"{phase.label} · {summary.n}", _seconds(values), summary.median, None if summary.is_few else summary.p90)
        for phase, values, summary in rows
        if summary.n
    ]
    counted = max((summary.n for _, _, summary in rows), default=0)
    shown.said = f"of up to {counted} incident{'' if counted == 1 else 's'}"
    mitigating = next(summary for phase, _, summary in rows if phase is Phase.MITIGATE)
    shown.number = f"{drawing.spelled(mitigating.median)} mitigating" if mitigating.n else "–"
    if not strips:
        return shown
    shown.groups.append(Group("By phase", "phase", drawing.strips(strips)))
    shown.sentence = "Median time in each phase: " + ", ".join(
        f"{phase.label} {drawing.spelled(summary.median)}" for phase, _, summary in rows if summary.n
    )
    shown.tables.append(
        Table(
            figure.title,
            ("Phase", *STATES),
            [
                [Cell(str(phase.label), number=False), *scene.states(figure.slug, summary, phase=phase.value)]
                for phase, _, summary in rows
            ],
        )
    )
    return shown
