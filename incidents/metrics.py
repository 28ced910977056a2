"""The queries behind every figure. All start from what somebody may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Q
from django.db.models.functions import Least, TruncDate

from incidents.models import Confidence, Estimate, Incident, Promise, Severity
from incidents.models.promise import EstimateQuerySet, PromiseQuerySet
from teams.models import Team, User

KEPT = Q(outcome=Promise.Outcome.KEPT)
NO_TEAM = "No team"
NO_SEVERITY = "Not rated"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a score is about: promises that were due or kept, and services that were back, in [since, until)."""

    since: datetime
    until: datetime
    team: Team | None = None
    severity: Severity | None = None
    words: str = ""

    def promises(self, user: User) -> PromiseQuerySet:
        """Kept and broken ones, as far as `user` may see their incidents."""
        rows = Promise.objects.filter(incident__in=self._incidents(user), due_at__gte=self.since).scored()
        # One that was kept before it was due counts from then on. Of an end that is not known PostgreSQL takes none.
        counted = rows.annotate(counts_at=Least("due_at", "ended_at"))
        return counted.filter(counts_at__gte=self.since, counts_at__lt=self.until)

    def estimates(self, user: User) -> EstimateQuerySet:
        """Those that came true or did not."""
        rows = Estimate.objects.filter(incident__in=self._incidents(user)).scored()
        return rows.filter(back_at__gte=self.since, back_at__lt=self.until)

    def _incidents(self, user: User) -> Any:
        found = Incident.objects.visible_to(user)
        if self.words:
            found = found.search(self.words)
        if self.team is not None:
            found = found.filter(team=self.team)
        if self.severity is not None:
            found = found.filter(severity=self.severity)
        return found.values("pk")


@dataclass(slots=True)
class Rate:
    """How many promises of `counted` were kept. `late_minutes` is the median of the broken ones, None without any;
    `key` is a team's slug or a severity's level, None for those of none."""

    label: str
    key: Any = None
    kept: int = 0
    counted: int = 0
    late_minutes: int | None = None

    @property
    def percent(self) -> int | None:
        """Cut and never rounded up: 100 is all of them. None where nothing was due."""
        return self.kept * 100 // self.counted if self.counted else None

    @property
    def broken(self) -> int:
        return self.counted - self.kept


@dataclass(slots=True)
class Hits:
    """What became of estimates. `off_minutes` is the median distance of those that were wrong, None without any."""

    label: str
    key: Any = None
    inside: int = 0
    early: int = 0
    late: int = 0
    off_minutes: int | None = None
    _off: list[int] = field(default_factory=list, repr=False)

    @property
    def counted(self) -> int:
        return self.inside + self.early + self.late

    @property
    def percent(self) -> int | None:
        return self.inside * 100 // self.counted if self.counted else None

    def add(self, row: Estimate) -> None:
        assert row.back_at is not None, "what is scored says when service was back"
        off = row.minutes_off(row.back_at)
        if not off:
            self.inside += 1
            return
        if off > 0:
            self.late += 1
        else:
            self.early += 1
        self._off.append(abs(off))
        self.off_minutes = int(median(self._off))


@dataclass(frozen=True, slots=True)
class PromiseScore:
    """`over_time`: the same number of days each, the oldest first, as (first day, rate)."""

    all: Rate
    by_team: list[Rate]
    by_severity: list[Rate]
    over_time: list[tuple[Any, Rate]]


@dataclass(frozen=True, slots=True)
class EstimateScore:
    all: Hits
    by_team: list[Hits]
    by_confidence: list[Hits]


PARTS = 12


def promise_score(rows: PromiseQuerySet, asked: Asked) -> PromiseScore:
    """The score of these promises. Three queries, however many there are."""
    everything = Rate("All teams")
    teams: dict[Any, Rate] = {}
    severities: dict[Any, Rate] = {}
    groups = ("incident__team__slug", "incident__team__name", "incident__severity__level", "incident__severity__label")
    counts = rows.order_by().values_list(*groups).annotate(kept=Count("pk", filter=KEPT), all=Count("pk"))
    for slug, name, level, label, kept, counted in counts:
        team = teams.setdefault(slug, Rate(name or NO_TEAM, slug))
        severity = severities.setdefault(level, Rate(f"SEV{level} {label}" if level else NO_SEVERITY, level))
        for rate in (everything, team, severity):
            rate.kept += kept
            rate.counted += counted
    _lateness(rows, everything, teams, severities)
    return PromiseScore(
        everything,
        sorted(teams.values(), key=lambda rate: (rate.percent or 0, -rate.counted, rate.label)),
        sorted(severities.values(), key=lambda rate: rate.key or 9),
        _over_time(rows, asked),
    )


def _lateness(rows: PromiseQuerySet, everything: Rate, teams: dict[Any, Rate], severities: dict[Any, Rate]) -> None:
    late: dict[int, tuple[Rate, list[int]]] = {}
    # Of one that is still to come nobody knows how late it will be.
    broken = rows.exclude(KEPT).exclude(ended_at=None).select_related("incident__team").order_by()
    for row in broken.only("due_at", "told_at", "ended_at", "incident__severity", "incident__team__slug"):
        team = row.incident.team
        assert row.ended_at is not None, "what ended says when"
        minutes = row.minutes_late(row.ended_at)
        for rate in (everything, teams[team.slug if team else None], severities[row.incident.severity_id]):
            late.setdefault(id(rate), (rate, []))[1].append(minutes)
    for rate, found in late.values():
        rate.late_minutes = int(median(found))


def _over_time(rows: PromiseQuerySet, asked: Asked) -> list[tuple[Any, Rate]]:
    first = asked.since.date()
    days = max((asked.until.date() - first).days + 1, 1)
    width = max(-(-days // PARTS), 1)
    parts = [(first + timedelta(days=n * width), Rate("")) for n in range(-(-days // width))]
    counts = rows.order_by().annotate(day=TruncDate("counts_at")).values_list("day")
    for day, kept, counted in counts.annotate(kept=Count("pk", filter=KEPT), all=Count("pk")):
        rate = parts[min(max((day - first).days // width, 0), len(parts) - 1)][1]
        rate.kept += kept
        rate.counted += counted
    return parts


def estimate_score(rows: EstimateQuerySet) -> EstimateScore:
    """The score of these estimates. One query."""
    everything = Hits("All teams")
    teams: dict[Any, Hits] = {}
    sure: dict[str, Hits] = {key: Hits(label, key) for key, label in _sure()}
    for row in rows.select_related("incident__team").order_by().iterator():
        team = row.incident.team
        key = team.slug if team else None
        teams.setdefault(key, Hits(team.name if team else NO_TEAM, key)).add(row)
        sure[row.confidence].add(row)
        everything.add(row)
    return EstimateScore(
        everything,
        sorted(teams.values(), key=lambda hits: (hits.percent or 0, -hits.counted, hits.label)),
        [hits for hits in sure.values() if hits.counted],
    )


def _sure() -> Iterable[tuple[str, str]]:
    return [*reversed([(str(each.value), str(each.label)) for each in Confidence]), ("", "Not said")]
