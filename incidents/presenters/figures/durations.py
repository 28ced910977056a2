"""Figures between two moments, and the time in each phase."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from incidents.figures import asking, counting, drawing
from incidents.figures.asking import Value
from incidents.figures.judging import State
from incidents.figures.summing import Measure
from incidents.metrics import NO_TEAM
from incidents.phases import PATH, Phase
from incidents.presenters.figures.measured import Group as Measured
from incidents.presenters.figures.scene import Cell, Group, Scene, Shown, Table, day_of

STATES = ("Recorded", "Median", "p90", "Pending", "Not applicable", "Invalid")
NO_SERVICE = "No service"


def of(scene: Scene, figure: Any) -> list[Value]:
    return asking.values(scene.table, figure.start, figure.end)


def brief(scene: Scene, figure: Any, *, leads: bool = False) -> Shown:
    """For the page of all figures, and reports: the values over time, and the numbers. With `leads`, fields of many
    values can be opened."""
    measure = Measure(figure.start, figure.end)
    summary = scene.measured.summary(measure)
    shown = Shown(figure, summary=summary, leads=leads)
    shown.number = drawing.spelled(summary.median) or "–"
    shown.said = f"median of {summary.n}" if summary.n else "nothing recorded"
    shown.urls = _urls(scene, figure.slug)
    if not summary.n:
        return shown
    grid = scene.measured.scale(measure)
    shown.dots = drawing.over_time(
        grid,
        (scene.asked.since, scene.asked.until),
        # Of few values the line at nine tenths is merely the longest.
        (summary.median, None if summary.is_few else summary.p90),
        day_of,
        dots=[drawing.Dot(dot.incident, dot.detected_at, dot.seconds) for dot in scene.measured.dots(measure)],
        fields=_fields(scene, figure, measure, leads=leads),
    )
    shown.sentence = (
        f"{figure.title} of {summary.n} incident{'' if summary.n == 1 else 's'} detected from "
        f"{day_of(scene.asked.since)} to {day_of(scene.last)}: median {drawing.spelled(summary.median)}, p90 "
        f"{drawing.spelled(summary.p90)}."
    )
    return shown


def _fields(scene: Scene, figure: Any, measure: Measure, *, leads: bool) -> list[drawing.Field]:
    cells = sorted(scene.measured.fields(measure))
    if not cells:
        return []
    columns, (start, end) = scene.columns, (scene.asked.since, scene.asked.until)
    starts = [*counting.Placing(columns).starts, end]
    shares = [(at - start) / (end - start) for at in starts]
    bounds = scene.measured.scale(measure).bounds(drawing.STEPS)[:: drawing.STEPS // drawing.FIELDS]
    base = scene.within(figure.slug) if leads else ""
    found = []
    for column, row, count, _ in cells:
        title = url = ""
        if leads:
            part, most = columns[column], bounds[row + 1] if row + 1 < len(bounds) else None
            title = f"{counted(count)} from {part.since.day} {part.since:%b}, {_span(bounds[row], most)}"
            url = base + urlencode(_range(bounds[row], most) | {"first": part.since, "last": part.until})
        found.append(drawing.Field(shares[column], shares[column + 1], row, count, title, url))
    return found


def counted(count: int) -> str:
    return f"{count} incident{'' if count == 1 else 's'}"


def _span(least: float, most: float | None) -> str:
    return f"{drawing.spelled(least)} {'or more' if most is None else f'to {drawing.spelled(most)}'}"


def _range(least: float, most: float | None) -> dict[str, Any]:
    """As the list behind a figure is asked: seconds from `least` on, below `most`."""
    return {"least": round(least)} | ({} if most is None else {"most": round(most)})


def whole(scene: Scene, figure: Any) -> Shown:
    measure = Measure(figure.start, figure.end)
    shown = brief(scene, figure, leads=True)
    severities = scene.measured.groups(measure, "severity")
    _group(scene, shown, "By severity", [(scene.severity(row.key), row, {"severity": row.key}) for row in severities])
    teams = [(scene.team(row.key), row, {"team": row.key}) for row in scene.measured.groups(measure, "team")]
    _group(scene, shown, "By team", sorted(teams, key=lambda each: (each[0] == NO_TEAM, each[0].casefold())))
    _group(scene, shown, "By service", _by_service(scene, measure))
    _by_part(scene, shown, measure)
    return shown


def _urls(scene: Scene, slug: str, **more: Any) -> dict[str, str]:
    return {
        "page": scene.link("figure", slug),
        "csv": scene.link("figure_csv", slug),
        "incidents": scene.link("figure_incidents", slug, **more),
        **{state.value: scene.link("figure_incidents", slug, state=state.value, **more) for state in State},
    }


def _by_service(scene: Scene, measure: Measure) -> list[tuple[str, Measured, dict[str, Any]]]:
    """One incident counts for each of its services."""
    service = scene.asked.service
    # Of those that have the service that was asked for, no address says who has another one as well.
    leads = {service.pk} if service else scene.services.keys()
    rows = [
        (scene.services.get(row.key, NO_SERVICE), row, {"service": row.key if row.key in leads else 0})
        for row in scene.measured.groups(measure, "service")
    ]
    return sorted(rows, key=lambda each: (not each[1].key, each[0].casefold()))


def _group(scene: Scene, shown: Shown, heading: str, rows: list[tuple[str, Measured, dict[str, Any]]]) -> None:
    """A strip for each group that has a value, and a line of the table for each. One group tells nothing new. What has
    no key leads nowhere: no address asks for incidents without a service."""
    if len(rows) < 2:
        return
    slug = heading.rpartition(" ")[2]
    named = f"{shown.figure.title}, {heading[0].lower()}{heading[1:]}"
    lines = [line(scene, shown.figure.slug, label, row, more) for label, row, more in rows if row.summary.n]
    if lines:
        grid = scene.measured.scale(Measure(shown.figure.start, shown.figure.end))
        shown.groups.append(Group(heading, slug, drawing.strips(grid, lines), named))
    shown.tables.append(
        Table(
            named,
            (slug.capitalize(), *STATES),
            [
                [
                    Cell(label, number=False),
                    *scene.states(shown.figure.slug, row.summary, leads=all(more.values()), **more),
                ]
                for label, row, more in rows
            ],
        )
    )


def line(scene: Scene, slug: str, label: str, row: Measured, more: dict[str, Any]) -> drawing.Line:
    """A group as a strip that leads to its incidents."""
    summary = row.summary
    return drawing.Line(
        f"{label} · {summary.n}",
        f"{label}: {counted(summary.n)}, median {drawing.spelled(summary.median)}",
        scene.link("figure_incidents", slug, state="recorded", **more) if all(more.values()) else "",
        summary.median,
        None if summary.is_few else summary.p90,
        row.dots,
        row.bins,
    )


def _by_part(scene: Scene, shown: Shown, measure: Measure) -> None:
    found = {row.key: row for row in scene.measured.groups(measure, "part")}
    rows = [(part, found[n]) for n, part in enumerate(scene.parts, start=1) if n in found]
    named = f"{shown.figure.title}, by when incidents were detected"
    lines = [
        line(scene, shown.figure.slug, part.label, row, {"first": part.since, "last": part.until})
        for part, row in rows
        if row.summary.n
    ]
    if len(lines) > 1:
        grid = scene.measured.scale(measure)
        shown.groups.append(Group("Over time", "time", drawing.strips(grid, lines), named))
    shown.tables.append(
        Table(
            named,
            ("From", *STATES),
            [
                [
                    Cell(part.label, scene.of_part(shown.figure.slug, part), part.since.isoformat(), number=False),
                    *scene.states(shown.figure.slug, row.summary, first=part.since, last=part.until),
                ]
                for part, row in rows
                if not row.summary.is_empty
            ],
        )
    )


def in_phases(scene: Scene, figure: Any) -> Shown:
    """A strip for each phase."""
    shown = Shown(figure, urls=_urls(scene, figure.slug, phase=Phase.DETECT.value))
    rows = [(phase, scene.measured.group(Measure(phase=phase.value))) for phase in PATH]
    most = max((row.summary.n for _, row in rows), default=0)
    shown.said = f"of up to {counted(most)}"
    mitigating = next(row.summary for phase, row in rows if phase is Phase.MITIGATE)
    shown.number = f"{drawing.spelled(mitigating.median)} mitigating" if mitigating.n else "–"
    lines = [
        line(scene, figure.slug, str(phase.label), row, {"phase": phase.value}) for phase, row in rows if row.summary.n
    ]
    if not lines:
        return shown
    shown.groups.append(Group("By phase", "phase", drawing.strips(scene.measured.phases, lines), figure.title))
    shown.sentence = "Median time in each phase: " + ", ".join(
        f"{phase.label} {drawing.spelled(row.summary.median)}" for phase, row in rows if row.summary.n
    )
    shown.tables.append(
        Table(
            figure.title,
            ("Phase", *STATES),
            [
                [Cell(str(phase.label), number=False), *scene.states(figure.slug, row.summary, phase=phase.value)]
                for phase, row in rows
            ],
        )
    )
    return shown
