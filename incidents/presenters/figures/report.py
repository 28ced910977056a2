"""A quarter as a report that can be printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.db.models import F
from django.utils import timezone

from incidents.figures import counting, drawing
from incidents.figures.asking import Asked
from incidents.figures.judging import Summary
from incidents.figures.moments import COLUMNS
from incidents.forms.figures import DAY, midnight, quarter_of
from incidents.learning import WRITTEN, recurring
from incidents.models import FigureDefinition, Incident, Postmortem
from incidents.presenters.figures import page
from incidents.presenters.figures.scene import Scene, Shown
from teams.forms import NamedField
from teams.models import Team, User

QUARTERS = 12
# More than these are counted and not listed: a report is read.
MOST_LISTED = 100
# Of which a report has no chart: it is the reader's own.
OWN = ("load",)


def name_of(first: date) -> str:
    return f"{first.year}-Q{(first.month + 2) // 3}"


class ReportFilter(forms.Form):
    """Left out, or nonsense: the quarter that ended last."""

    quarter = forms.ChoiceField(required=False)
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")

    def __init__(self, data: Any, now: datetime) -> None:
        self.now = now
        first, _ = quarter_of(timezone.localdate(now))
        self.quarters = {}
        for _ in range(QUARTERS):
            self.quarters[name_of(first)] = first
            first, _ = quarter_of(first - DAY)
        given = data.copy()
        if given.get("quarter") not in self.quarters:
            given["quarter"] = [*self.quarters][1]
        super().__init__(given)
        field = self.fields["quarter"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(key, f"{_months(day)}") for key, day in self.quarters.items()]
        self.is_valid()

    @property
    def first(self) -> date:
        return self.quarters[self.cleaned_data["quarter"]]


def _months(first: date) -> str:
    last = first + timedelta(days=62)
    return f"{first:%B} to {last:%B} {last.year}"


@dataclass(frozen=True, slots=True)
class Gap:
    """What is missing or wrong in the data of a figure."""

    shown: Shown
    summary: Summary
    invalid: list[int]


def context(user: User, form: ReportFilter) -> dict[str, Any]:
    first = form.first
    _, beyond = quarter_of(first)
    team = form.cleaned_data.get("team")
    query = {"since": str(first), "until": str(beyond - DAY), "team": str(team.pk) if team else ""}
    scene = Scene(user, Asked(midnight(first), midnight(beyond), team=team), form.now, query)
    scene.chosen = [figure for figure in scene.figures if figure.slug not in OWN]
    figures = page.all_of(scene)
    by_slug = {shown.figure.slug: shown for shown in figures}
    before, _ = quarter_of(first - DAY)
    former = Asked(midnight(before), midnight(first), team=team).incidents(user).count()
    total = scene.total
    reviewed = Postmortem.objects.filter(state__in=WRITTEN, incident__in=scene.asked.incidents(user).values("pk"))
    return {
        "filter_form": form,
        "title": _months(first),
        "quarter": name_of(first),
        "team": team,
        "scene": scene,
        "total": total,
        "sentences": list(_sentences(by_slug, scene, total, former)),
        "figures": [shown for shown in figures if not shown.is_empty],
        "listed": _listed(scene),
        "more": max(total - MOST_LISTED, 0),
        "recurring": recurring(reviewed, timezone.get_current_timezone()),
        "gaps": _gaps(scene, figures),
        "runs": first <= timezone.localdate(form.now) < beyond,
    }


def _sentences(shown: dict[str, Shown], scene: Scene, total: int, former: int) -> Any:
    worst = scene.found.filter(severity=1).count()
    were = "incident was" if total == 1 else "incidents were"
    yield f"{total} {were} detected, {worst} of them SEV1; {former} in the quarter before."
    for slug, said in (
        ("time_to_detect", "Half of them were noticed within {} of their impact"),
        ("time_to_mitigate", "service was restored within {} in half of them"),
        ("time_to_resolve", "they were resolved within {} in half of them"),
    ):
        each = shown.get(slug)
        if each and each.summary and each.summary.n:
            text = said.format(drawing.spelled(each.summary.median))
            yield f"{text[0].upper()}{text[1:]} ({each.summary.n} of {total} known)."
    for slug, said in (
        ("by_change", "{number} were started by a change that somebody marked as the cause ({said})."),
        ("mitigations", "{said}."),
        ("promises_kept", "{said} came on time."),
        ("action_items", "Of their action items, {number} {said}."),
    ):
        each = shown.get(slug)
        if each and not each.is_empty:
            yield said.format(number=each.number, said=each.said)


def _listed(scene: Scene) -> list[tuple[str, list[Incident]]]:
    """The incidents by severity, the worst first, with their postmortems."""
    rows = scene.found.select_related("team", "severity", "postmortem", "moments").order_by(
        "severity_id", "detected_at"
    )
    groups = counting.grouped((row.severity_id or 0, row) for row in rows[:MOST_LISTED])
    return [(scene.severity(level), found) for level, found in sorted(groups.items(), key=lambda each: each[0] or 9)]


def _gaps(scene: Scene, figures: Sequence[Shown]) -> list[Gap]:
    found = []
    for shown in figures:
        if shown.summary is None or not (shown.summary.invalid or shown.summary.not_applicable):
            continue
        invalid = _invalid(scene, shown.figure) if shown.summary.invalid else []
        found.append(Gap(shown, shown.summary, invalid))
    return found


def _invalid(scene: Scene, figure: FigureDefinition) -> list[int]:
    """The first incidents of which it ends before it starts."""
    start, end = (F(f"moments__{COLUMNS[key]}") for key in (figure.start, figure.end))
    rows = scene.found.annotate(began=start, ended=end).filter(ended__lt=F("began"))
    return list(rows.order_by("detected_at", "pk").values_list("pk", flat=True)[:10])
