"""What every figure is shown with: whose, of which incidents, where its numbers lead, and what one looks like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from incidents.figures import asking, counting, drawing, loads
from incidents.figures.asking import Asked
from incidents.figures.judging import State, Summary
from incidents.figures.summing import Measure, part
from incidents.metrics import NO_SEVERITY, NO_TEAM
from incidents.models import FigureDefinition, Severity
from incidents.models.incident import IncidentQuerySet
from incidents.phases import PATH
from incidents.presenters.figures.measured import Measured
from teams.models import Service, Team, User


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table. `raw` is what a file has in its place, where that is not the text."""

    text: str
    url: str = ""
    raw: Any = None
    number: bool = True


@dataclass(frozen=True, slots=True)
class Table:
    caption: str
    headings: Sequence[str]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class Group:
    """Strips by one property, such as the team."""

    heading: str
    slug: str
    sheets: tuple[drawing.Strips, ...]
    says: str = ""

    @property
    def has_bins(self) -> bool:
        return any(row.path for sheet in self.sheets for row in sheet.rows)


@dataclass(slots=True)
class Shown:
    """A figure: its number with what it is of, pictures, and tables with the same. `sentence` says the picture."""

    figure: FigureDefinition
    number: str = ""
    said: str = ""
    sentence: str = ""
    summary: Summary | None = None
    dots: tuple[drawing.Sheet, ...] = ()
    leads: bool = False
    bars: tuple[drawing.Bars, ...] = ()
    series: Sequence[str] = ()
    groups: list[Group] = field(default_factory=list)
    burdens: tuple[loads.Sheet, ...] = ()
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    urls: dict[str, str] = field(default_factory=dict)

    @property
    def has_fields(self) -> bool:
        """Whether there are too many values to draw each by itself."""
        return any(sheet.fields for sheet in self.dots)

    @property
    def tone(self) -> str:
        """Which colours its bars have: those of severities are their own."""
        return "sev" if self.figure.slug == "incidents" else "of"

    @property
    def p90(self) -> str:
        return drawing.spelled(self.summary.p90 if self.summary else None)

    @property
    def is_empty(self) -> bool:
        return not (self.dots or self.bars or self.groups or self.tables)


def day_of(at: datetime) -> str:
    local = timezone.localtime(at)
    return f"{local.day} {local:%b}"


@dataclass
class Scene:
    """`user` None: everything. `query` is what the address was asked with, to be kept by links. `chosen` are the
    figures that are shown, `only` one that is shown with all that lies behind it; without either, all."""

    user: User | None
    asked: Asked
    now: datetime
    query: dict[str, str] = field(default_factory=dict)
    only: FigureDefinition | None = None
    chosen: Sequence[FigureDefinition] | None = None

    @cached_property
    def found(self) -> IncidentQuerySet:
        return self.asked.incidents(self.user)

    @property
    def last(self) -> datetime:
        """Within the last day of it."""
        return self.asked.until - timedelta(seconds=1)

    @cached_property
    def figures(self) -> list[FigureDefinition]:
        return list(FigureDefinition.objects.filter(shown=True))

    @cached_property
    def table(self) -> asking.Table:
        """Read once for all figures of a page, and no more than one figure needs where it is the only one."""
        stays = any(figure.slug == asking.IN_PHASE for figure in self.wanted)
        return asking.read(self.found, asking.keys_of(self.wanted), stays=stays)

    @property
    def wanted(self) -> Sequence[FigureDefinition]:
        if self.only:
            return [self.only]
        return self.figures if self.chosen is None else self.chosen

    @cached_property
    def measured(self) -> Measured:
        measures = [Measure(figure.start, figure.end) for figure in self.wanted if figure.start]
        if any(figure.slug == asking.IN_PHASE for figure in self.wanted):
            measures += [Measure(phase=phase.value) for phase in PATH]
        by = ("severity", "team", "part") if self.only and self.only.start else ()
        starts = self.place.starts if by else []
        return Measured(self.found, [*dict.fromkeys(measures)], self.columns, starts, by)

    @cached_property
    def columns(self) -> list[counting.Part]:
        return counting.columns(self.asked.since, self.asked.until, drawing.COLUMNS)

    @cached_property
    def total(self) -> int:
        return self.found.filter(moments__isnull=False).count()

    @cached_property
    def severities(self) -> dict[int, str]:
        return {row.level: f"{row.code} {row.label}" for row in Severity.objects.all()}

    @cached_property
    def teams(self) -> dict[int, str]:
        return dict(Team.objects.values_list("pk", "name"))

    @cached_property
    def services(self) -> dict[int, str]:
        return dict(Service.objects.values_list("pk", "name"))

    @cached_property
    def parts(self) -> list[counting.Part]:
        return counting.parts(self.asked.since, self.asked.until)

    @cached_property
    def place(self) -> counting.Placing:
        return counting.Placing(self.parts)

    def by_part(self) -> QuerySet[Any]:
        """The incidents with the `part` of the time that each lies in."""
        return self.found.filter(moments__isnull=False).order_by().annotate(part=part("detected_at", self.place.starts))

    def severity(self, level: int | None) -> str:
        return self.severities.get(level or 0, NO_SEVERITY)

    def team(self, pk: int | None) -> str:
        return self.teams.get(pk or 0, NO_TEAM)

    def link(self, name: str, slug: str, **more: Any) -> str:
        """The address of a figure's page, file or list with the filters kept, and `more` of them."""
        given = {**self.query, **{key: str(value) for key, value in more.items()}}
        query = urlencode({key: value for key, value in given.items() if value})
        address = reverse(f"incidents:{name}", args=[slug])
        return f"{address}?{query}" if query else address

    def of_part(self, slug: str, span: counting.Part, **more: Any) -> str:
        return self.link("figure_incidents", slug, first=span.since, last=span.until, **more)

    def states(self, slug: str, summary: Summary, *, leads: bool = True, **more: Any) -> list[Cell]:
        """Cells of n, median, p90 and the other three states, each leading to its incidents, if that can be asked."""

        def count(state: State) -> Cell:
            number = summary.counts.get(state, 0)
            url = self.link("figure_incidents", slug, state=state.value, **more) if number and leads else ""
            return Cell(str(number), url, number)

        return [
            count(State.RECORDED),
            Cell(drawing.spelled(summary.median) or "–", raw=_whole(summary.median)),
            Cell(drawing.spelled(summary.p90) or "–", raw=_whole(summary.p90)),
            count(State.PENDING),
            count(State.NOT_APPLICABLE),
            count(State.INVALID),
        ]

    @property
    def all(self) -> str:
        """The address of all figures with the filters kept; what else is asked for can follow."""
        query = urlencode({key: value for key, value in self.query.items() if value})
        return f"{reverse('incidents:figures')}?{query}{'&' if query else ''}"

    def within(self, slug: str, **more: Any) -> str:
        """The beginning of the addresses of lists behind the fields of a picture."""
        address = self.link("figure_incidents", slug, state=State.RECORDED.value, **more)
        return f"{address}&"


def _whole(seconds: float | None) -> Any:
    return "" if seconds is None else round(seconds)
