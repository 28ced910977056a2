"""Figures that are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from django.db.models import Count

from incidents.figures import counting, drawing, loads
from incidents.figures.judging import FEW, percentile
from incidents.figures.summing import Spread, binned
from incidents.models import ActionItem, Mitigation
from incidents.presenters.figures.durations import in_phases
from incidents.presenters.figures.measured import scale_of
from incidents.presenters.figures.scene import Cell, Group, Scene, Shown, Table

OUTCOMES = (
    *(Mitigation.State.WORKED, Mitigation.State.PARTLY, Mitigation.State.NO_EFFECT, Mitigation.State.HARMFUL),
    *(Mitigation.State.UNDONE, Mitigation.State.EXECUTING),
)


def percent(part: int, whole: int) -> str:
    """Cut and never rounded up: 100 % is all of them."""
    return f"{part * 100 // whole} %" if whole else "–"


def _urls(scene: Scene, slug: str) -> dict[str, str]:
    return {name: scene.link(f"figure_{name}" if name != "page" else "figure", slug) for name in ("page", "csv")}


def _bars(
    scene: Scene, counts: Sequence[Sequence[int]], series: Sequence[str], urls: Sequence[Callable[[Any], str] | None]
) -> tuple[drawing.Bars, ...]:
    """Bars of the parts of the time, each block of which leads to its incidents; nothing where nothing is."""
    if not any(map(sum, counts)):
        return ()
    parts = []
    for span, of_each in zip(scene.parts, counts, strict=True):
        blocks = [
            (count, f"From {span.label}: {count} {name}", url(span) if count and url else "")
            for count, name, url in zip(of_each, series, urls, strict=True)
        ]
        parts.append((span.label, blocks))
    return drawing.bars(parts)


def incidents(scene: Scene, figure: Any) -> Shown:
    levels = [*scene.severities, None]
    counts = [[0] * len(levels) for _ in scene.parts]
    for level, n, count in scene.by_part().values_list("severity", "part").annotate(Count("pk")):
        if 0 < n <= len(counts):
            counts[n - 1][levels.index(level)] += count
    total = sum(map(sum, counts))
    # What there is none of needs no colour.
    used = [n for n in range(len(levels)) if any(each[n] for each in counts) or n < len(levels) - 1]
    series, counts = [scene.severity(levels[n]) for n in used], [[each[n] for n in used] for each in counts]
    # No address asks for incidents without a severity.
    urls = [partial(scene.of_part, figure.slug, severity=levels[n]) if levels[n] else None for n in used]
    shown = Shown(figure, str(total), "detected in this time", urls=_urls(scene, figure.slug), series=series)
    shown.urls["incidents"] = scene.link("figure_incidents", figure.slug)
    shown.bars = _bars(scene, counts, series, urls)
    if not shown.bars:
        return shown
    shown.sentence = f"{total} incidents by when they were detected and their severity."
    rows = []
    for span, each in zip(scene.parts, counts, strict=True):
        cells = [
            Cell(str(count), url(span) if count and url else "", count) for count, url in zip(each, urls, strict=True)
        ]
        all_of = sum(each)
        first = Cell(span.label, raw=span.since.isoformat(), number=False)
        rows.append([first, *cells, Cell(str(all_of), scene.of_part(figure.slug, span) if all_of else "", all_of)])
    shown.tables.append(Table("Incidents by when they were detected", ("From", *series, "All"), rows))
    return shown


def by_change(scene: Scene, figure: Any) -> Shown:
    counts = [[0, 0] for _ in scene.parts]
    severities: dict[int, list[int]] = {}
    rows = scene.by_part().annotate(caused=counting.caused_by_change())
    for level, caused, n, count in rows.values_list("severity", "caused", "part").annotate(Count("pk")):
        other = int(not caused)
        severities.setdefault(level or 0, [0, 0])[other] += count
        if 0 < n <= len(counts):
            counts[n - 1][other] += count
    total = sum(map(sum, severities.values()))
    part_of = sum(each[0] for each in severities.values())
    shown = Shown(figure, percent(part_of, total), f"{part_of} of {total}", urls=_urls(scene, figure.slug))
    shown.urls["incidents"] = scene.link("figure_incidents", figure.slug)
    shown.series = ("by a change", "otherwise, or not known")
    urls = [partial(scene.of_part, figure.slug), partial(scene.of_part, figure.slug, kind="other")]
    shown.bars = _bars(scene, counts, shown.series, urls)
    if not shown.bars:
        return shown
    shown.sentence = f"{part_of} of {total} incidents have a change marked as their cause."
    lines = []
    for level, (by_it, other) in sorted(severities.items(), key=lambda each: each[0] or 9):
        url = scene.link("figure_incidents", figure.slug, severity=level) if by_it and level else ""
        cells = [Cell(str(by_it), url, by_it), Cell(str(by_it + other), raw=by_it + other)]
        lines.append([Cell(scene.severity(level), number=False), *cells, Cell(percent(by_it, by_it + other))])
    shown.tables.append(Table("Started by a change, by severity", ("Severity", "By a change", "All", "Part"), lines))
    return shown


def _strips(
    scene: Scene,
    slug: str,
    rows: Any,
    groups: Sequence[tuple[str, str, Spread]],
    *,
    p90: bool = True,
    counted: str = "",
) -> tuple[drawing.Strips, ...]:
    """A strip for each kind as (key, label, what its values come to), of rows that have `seconds`. `counted` says what
    they did, where a strip leads to others of its kind as well."""
    groups = [group for group in groups if group[2].n]
    grid = scale_of([spread for *_, spread in groups])
    dots: dict[str, Any] = {}
    bins: dict[str, Any] = {}
    if sum(spread.n for *_, spread in groups) <= drawing.MOST_DOTS:
        each = rows.order_by("pk").values_list("kind", "incident_id", "seconds")
        dots = counting.grouped((kind, (incident, seconds)) for kind, incident, seconds in each)
    else:
        bins = binned(rows, "kind", grid.bounds(drawing.STEPS))
    lines = [
        drawing.Line(
            f"{label} · {spread.n}{counted}",
            f"{label}: {spread.n}{counted}, median {drawing.spelled(spread.median)}",
            scene.link("figure_incidents", slug, kind=key or "none"),
            spread.median,
            spread.p90 if p90 and spread.n >= FEW else None,
            dots.get(key, ()),
            bins.get(key, ()),
        )
        for key, label, spread in groups
    ]
    return drawing.strips(grid, lines)


def mitigations(scene: Scene, figure: Any) -> Shown:
    kinds = counting.tried(scene.found)
    total, worked = sum(each.attempts for each in kinds), sum(each.states["worked"] for each in kinds)
    shown = Shown(
        figure, percent(worked, total), f"{worked} of {total} attempts worked", urls=_urls(scene, figure.slug)
    )
    rows = []
    for each in kinds:
        states = [*(each.states[state] for state in OUTCOMES[:-1]), _running(each.states)]
        url = scene.link("figure_incidents", figure.slug, kind=each.kind)
        rows.append(
            [
                Cell(each.label, number=False),
                Cell(str(each.attempts), url, each.attempts),
                *(Cell(str(count), raw=count) for count in states),
                _seconds(each.spread.median),
                _seconds(each.spread.p90),
            ]
        )
    if any(each.spread.n for each in kinds):
        groups = [(each.kind, each.label, each.spread) for each in kinds]
        sheets = _strips(scene, figure.slug, counting.effects(scene.found), groups, counted=" took effect")
        shown.groups.append(Group("Time to effect, by kind", "kind", sheets, "Time to effect, by kind"))
        shown.sentence = "Time from the start of an attempt until it was seen to work, wholly or partly, by kind."
    if rows:
        names = ("Worked", "Partly", "No effect", "Harmful", "Undone", "In flight")
        heads = ("Kind", "Attempts", *names, "Median to effect", "p90 to effect")
        shown.tables.append(Table("Attempts by kind", heads, rows))
    return shown


def _seconds(value: float | None) -> Cell:
    return Cell(drawing.spelled(value) or "–", raw="" if value is None else round(value))


def _running(states: dict[str, int]) -> int:
    return states.get("executing", 0) + states.get("verifying", 0)


def promises(scene: Scene, figure: Any) -> Shown:
    found = counting.promises(scene.found, scene.parts)
    said = f"{found.kept} of {found.counted} promised updates"
    shown = Shown(figure, percent(found.kept, found.counted), said, urls=_urls(scene, figure.slug))
    shown.series = ("on time", "broken")
    urls = [partial(scene.of_part, figure.slug, kind=kind) for kind in ("kept", "broken")]
    shown.bars = _bars(scene, found.by_part, shown.series, urls)
    if not found.counted:
        return shown
    shown.sentence = f"{said} came on time, by when their incidents were detected."
    if found.late_minutes is not None:
        shown.notes.append(
            f"Half of those that were broken came {drawing.spelled(found.late_minutes * 60)} late or more."
        )
    rows = [
        [
            Cell(scene.severity(level), number=False),
            *(
                Cell(
                    str(count),
                    scene.link("figure_incidents", figure.slug, kind=kind, severity=level) if count and level else "",
                    count,
                )
                for kind, count in (("kept", kept), ("broken", broken))
            ),
            Cell(percent(kept, kept + broken)),
        ]
        for level, (kept, broken) in sorted(found.by_severity.items(), key=lambda each: each[0] or 9)
    ]
    shown.tables.append(Table("Promised updates by severity", ("Severity", "On time", "Broken", "Kept"), rows))
    return shown


def action_items(scene: Scene, figure: Any) -> Shown:
    found = counting.items(scene.found, scene.parts, scene.now)
    opened, done, overdue = (found.total(name) for name in ("opened", "done", "overdue"))
    said = f"{done} of {opened} done, {overdue} overdue"
    shown = Shown(figure, str(found.total("open")), f"open; {said}", urls=_urls(scene, figure.slug))
    if not opened:
        return shown
    shown.series = ("opened", "done")
    days = [
        lambda span, kind=kind: scene.link(
            "figure_incidents", figure.slug, kind=kind, first=span.since, last=span.until
        )
        for kind in shown.series
    ]
    shown.bars = _bars(scene, list(zip(found.opened, found.done, strict=True)), shown.series, days)
    shown.sentence = f"{said}, by when they were opened and done."
    kinds = [*ActionItem.Kind.choices, *([("", "Not chosen")] if "" in found.by_kind else [])]
    if found.ages:
        groups = [(kind, str(label), found.ages.get(kind, Spread())) for kind, label in kinds]
        sheets = _strips(scene, figure.slug, counting.ages(scene.found, scene.now), groups, p90=False)
        shown.groups.append(Group("Age of what is open, by kind", "kind", sheets, "Age of what is open, by kind"))
    names = ("opened", "done", "dropped", "open", "overdue")
    rows = []
    for kind, label in kinds:
        counts = found.by_kind[kind]
        cells = [Cell(str(counts[name]), raw=counts[name]) for name in names]
        age = _seconds(found.ages.get(kind, Spread()).median)
        rows.append([Cell(str(label), number=False), *cells, age])
    heads = ("Kind", "Opened", "Done", "Not done", "Open", "Overdue", "Median age of open")
    shown.tables.append(Table("Action items by kind", heads, rows))
    return shown


def load(scene: Scene, figure: Any) -> Shown:
    """One's own beside everybody's without names; a manager's people by name."""
    found = counting.load(scene.found, scene.now)
    shown = Shown(figure, urls=_urls(scene, figure.slug))
    own = found.get(scene.user.pk) if scene.user else None
    mine = own.figures if own else (0, 0, 0, 0.0)
    shown.number = f"{mine[1]:g} page{'' if mine[1] == 1 else 's'}"
    shown.said = f"yours; {mine[2]:g} night{'' if mine[2] == 1 else 's'}, {mine[3]:g} h in command"
    if not found:
        return shown
    enough = len(found) >= counting.FEW_PEOPLE
    rows, spread = [], []
    for n, name in enumerate(counting.LOADS):
        of_all = sorted(float(each.figures[n]) for each in found.values())
        ends = [percentile(of_all, 0.5), percentile(of_all, 0.9), of_all[-1]] if enough else [None] * 3
        spread.append((ends[0], ends[1] if len(of_all) >= FEW else None))
        cells = [Cell("–" if value is None else f"{round(value, 1):g}", raw=value) for value in ends]
        rows.append([Cell(name, number=False), Cell(f"{mine[n]:g}", raw=mine[n]), *cells])
    heads = ("Of whoever had any", "You", "Median", "p90", "Most")
    shown.tables.append(Table("Your load beside everybody's", heads, rows))
    if enough:
        shown.sentence = f"The load of {len(found)} people, without names, and your own."
    else:
        few = "1 person" if len(found) == 1 else f"{len(found)} people"
        shown.notes.append(f"Only {few} had any of it: a distribution would say who.")
    people = counting.managed(scene.user, scene.asked.team) if scene.user else []
    nobody = counting.Burden()
    if people:
        lines = [
            [Cell(person.name, number=False), *_loads(scene, figure.slug, person, found.get(person.pk, nobody))]
            for person in people
        ]
        shown.tables.append(Table("People of the teams that you manage", ("Person", *counting.LOADS), lines))
        shown.notes.append("Names are in alphabetical order. What is uneven is the roster's, not the person's.")
    if scene.user:
        drawn = [_person(scene, figure.slug, scene.user, own or nobody, "You")]
        drawn += [
            _person(scene, figure.slug, person, found.get(person.pk, nobody), person.name)
            for person in people
            if person != scene.user
        ]
        shown.burdens = loads.sheets(counting.LOADS, drawn, spread)
    seen = {person.pk for person in people} | ({scene.user.pk} if scene.user else set())
    if running := sum(burden.commands for pk, burden in found.items() if pk in seen):
        what = "1 incident is" if running == 1 else f"{running} incidents are"
        shown.notes.append(f"{what} still under command of somebody here: those hours count until now.")
    return shown


# Of each load, which incidents are behind it.
_BEHIND = ("paged", "paged", "nights", "commanded")


def _loads(scene: Scene, slug: str, person: Any, burden: counting.Burden) -> list[Cell]:
    return [
        Cell(f"{value:g}", scene.link("figure_incidents", slug, kind=kind, person=person.pk) if value else "", value)
        for value, kind in zip(burden.figures, _BEHIND, strict=True)
    ]


def _person(scene: Scene, slug: str, person: Any, burden: counting.Burden, name: str) -> loads.Person:
    cells = _loads(scene, slug, person, burden)
    told = [f"{name}, {head.lower()}: {cell.text}" for head, cell in zip(counting.LOADS, cells, strict=True)]
    return loads.Person(name, burden.figures, told, [cell.url for cell in cells], own=person == scene.user)


COUNTED: dict[str, Callable[[Scene, Any], Shown]] = {
    "time_in_phase": in_phases,
    "incidents": incidents,
    "by_change": by_change,
    "mitigations": mitigations,
    "promises_kept": promises,
    "action_items": action_items,
    "load": load,
}
