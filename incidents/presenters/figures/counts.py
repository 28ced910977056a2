"""Figures that are counted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from incidents.figures import counting, drawing
from incidents.figures.judging import FEW, percentile
from incidents.models import ActionItem, Mitigation
from incidents.presenters.figures.durations import in_phases
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


def _bars(scene: Scene, counts: Sequence[Sequence[int]], series: Sequence[str]) -> tuple[drawing.Bars, ...]:
    """Bars of the parts of the time; nothing where nothing is."""
    if not any(map(sum, counts)):
        return ()
    parts = []
    for part, of_each in zip(scene.parts, counts, strict=True):
        told = ", ".join(f"{count} {name}" for name, count in zip(series, of_each, strict=True) if count)
        parts.append((part.label, f"From {part.label}: {told or 'none'}", of_each))
    return drawing.bars(parts)


def incidents(scene: Scene, figure: Any) -> Shown:
    levels = [*scene.severities, None]
    series = [scene.severity(level) for level in levels]
    counts = [[0] * len(levels) for _ in scene.parts]
    for _, detected, level, *_rest in scene.table.rows:
        if (n := scene.place(detected)) is not None:
            counts[n][levels.index(level)] += 1
    total = len(scene.table.rows)
    # What there is none of needs no colour.
    used = [n for n in range(len(levels)) if any(each[n] for each in counts) or n < len(levels) - 1]
    series, counts = [series[n] for n in used], [[each[n] for n in used] for each in counts]
    shown = Shown(figure, str(total), "detected in this time", urls=_urls(scene, figure.slug), series=series)
    shown.urls["incidents"] = scene.link("figure_incidents", figure.slug)
    shown.bars = _bars(scene, counts, series)
    if not shown.bars:
        return shown
    shown.sentence = f"{total} incidents by when they were detected and their severity."
    rows = []
    for part, each in zip(scene.parts, counts, strict=True):
        cells = [
            Cell(
                str(count),
                scene.of_part(figure.slug, part, **({"severity": levels[used[n]]} if levels[used[n]] else {}))
                if count and levels[used[n]]
                else "",
                count,
            )
            for n, count in enumerate(each)
        ]
        all_of = sum(each)
        url = scene.of_part(figure.slug, part) if all_of else ""
        first = Cell(part.label, raw=part.since.isoformat(), number=False)
        rows.append([first, *cells, Cell(str(all_of), url, all_of)])
    shown.tables.append(Table("Incidents by when they were detected", ("From", *series, "All"), rows))
    return shown


def by_change(scene: Scene, figure: Any) -> Shown:
    caused = counting.caused_by_change(scene.found)
    counts = [[0, 0] for _ in scene.parts]
    severities: dict[int, list[int]] = {}
    for pk, detected, level, *_rest in scene.table.rows:
        other = int(pk not in caused)
        severities.setdefault(level or 0, [0, 0])[other] += 1
        if (n := scene.place(detected)) is not None:
            counts[n][other] += 1
    total = len(scene.table.rows)
    part_of = sum(each[0] for each in severities.values())
    shown = Shown(figure, percent(part_of, total), f"{part_of} of {total}", urls=_urls(scene, figure.slug))
    shown.urls["incidents"] = scene.link("figure_incidents", figure.slug)
    shown.series = ("by a change", "otherwise, or not known")
    shown.bars = _bars(scene, counts, shown.series)
    if not shown.bars:
        return shown
    shown.sentence = f"{part_of} of {total} incidents have a change marked as their cause."
    rows = []
    for level, (by_it, other) in sorted(severities.items(), key=lambda each: each[0] or 9):
        url = scene.link("figure_incidents", figure.slug, severity=level) if by_it and level else ""
        cells = [Cell(str(by_it), url, by_it), Cell(str(by_it + other), raw=by_it + other)]
        rows.append([Cell(scene.severity(level), number=False), *cells, Cell(percent(by_it, by_it + other))])
    shown.tables.append(Table("Started by a change, by severity", ("Severity", "By a change", "All", "Part"), rows))
    return shown


def mitigations(scene: Scene, figure: Any) -> Shown:
    kinds = counting.tried(scene.found)
    total, worked = sum(each.attempts for each in kinds), sum(each.states["worked"] for each in kinds)
    shown = Shown(
        figure, percent(worked, total), f"{worked} of {total} attempts worked", urls=_urls(scene, figure.slug)
    )
    strips = []
    rows = []
    for each in kinds:
        ordered = sorted(each.seconds)
        middle, most = percentile(ordered, 0.5), percentile(ordered, 0.9)
        if ordered:
            few = len(ordered) < FEW
            strips.append((f"{each.label} · {len(ordered)}", ordered, middle, None if few else most))
        states = [*(each.states[state] for state in OUTCOMES[:-1]), _running(each.states)]
        rows.append(
            [
                Cell(each.label, number=False),
                *(Cell(str(count), raw=count) for count in (each.attempts, *states)),
                Cell(drawing.spelled(middle) or "–", raw="" if middle is None else round(middle)),
                Cell(drawing.spelled(most) or "–", raw="" if most is None else round(most)),
            ]
        )
    if strips:
        shown.groups.append(Group("Time to effect, by kind", "kind", drawing.strips(strips)))
        shown.sentence = "Time from the start of an attempt until it was seen to work, wholly or partly, by kind."
    if rows:
        names = ("Worked", "Partly", "No effect", "Harmful", "Undone", "In flight")
        heads = ("Kind", "Attempts", *names, "Median to effect", "p90 to effect")
        shown.tables.append(Table("Attempts by kind", heads, rows))
    return shown


def _running(states: dict[str, int]) -> int:
    return states.get("executing", 0) + states.get("verifying", 0)


def promises(scene: Scene, figure: Any) -> Shown:
    found = counting.promises(scene.found, scene.parts)
    said = f"{found.kept} of {found.counted} promised updates"
    shown = Shown(figure, percent(found.kept, found.counted), said, urls=_urls(scene, figure.slug))
    shown.series = ("on time", "broken")
    shown.bars = _bars(scene, found.by_part, shown.series)
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
            Cell(str(kept), raw=kept),
            Cell(str(broken), raw=broken),
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
    shown.bars = _bars(scene, list(zip(found.opened, found.done, strict=True)), shown.series)
    shown.sentence = f"{said}, by when they were opened and done."
    strips = []
    kinds = [*ActionItem.Kind.choices, *([("", "Not chosen")] if "" in found.by_kind else [])]
    for kind, label in kinds:
        ages = sorted(found.ages.get(kind, ()))
        if ages:
            strips.append((f"{label} · {len(ages)}", ages, percentile(ages, 0.5), None))
    if strips:
        shown.groups.append(Group("Age of what is open, by kind", "kind", drawing.strips(strips)))
    names = ("opened", "done", "dropped", "open", "overdue")
    rows = []
    for kind, label in kinds:
        counts = found.by_kind[kind]
        middle = percentile(sorted(found.ages.get(kind, ())), 0.5)
        age = Cell(drawing.spelled(middle) or "–", raw="" if middle is None else round(middle))
        cells = [Cell(str(counts[name]), raw=counts[name]) for name in names]
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
    rows = []
    for n, name in enumerate(counting.LOADS):
        of_all = sorted(float(each.figures[n]) for each in found.values())
        spread = [percentile(of_all, 0.5), percentile(of_all, 0.9), of_all[-1]] if enough else [None] * 3
        cells = [Cell("–" if value is None else f"{round(value, 1):g}", raw=value) for value in spread]
        rows.append([Cell(name, number=False), Cell(f"{mine[n]:g}", raw=mine[n]), *cells])
    heads = ("Of whoever had any", "You", "Median", "p90", "Most")
    shown.tables.append(Table("Your load beside everybody's", heads, rows))
    if enough:
        shown.sentence = f"The load of {len(found)} people, without names, and your own."
    else:
        few = "1 person" if len(found) == 1 else f"{len(found)} people"
        shown.notes.append(f"Only {few} had any of it: a distribution would say who.")
    people = counting.managed(scene.user, scene.asked.team) if scene.user else []
    if people:
        lines = []
        for person in people:
            burden = found.get(person.pk)
            values = burden.figures if burden else (0, 0, 0, 0.0)
            cells = [Cell(f"{value:g}", raw=value) for value in values]
            lines.append([Cell(person.name, number=False), *cells])
        shown.tables.append(Table("People of the teams that you manage", ("Person", *counting.LOADS), lines))
        shown.notes.append("Names are in alphabetical order. What is uneven is the roster's, not the person's.")
    return shown


COUNTED: dict[str, Callable[[Scene, Any], Shown]] = {
    "time_in_phase": in_phases,
    "incidents": incidents,
    "by_change": by_change,
    "mitigations": mitigations,
    "promises_kept": promises,
    "action_items": action_items,
    "load": load,
}
