from __future__ import annotations

import csv
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import fairness, loads
from teams.console import console
from teams.downloads import TYPES, safe
from teams.models import Schedule, Team
from teams.shares import chart, ranges
from teams.shares.measures import MEASURES, in_hours, sort


def _of_schedule(pk: int) -> tuple[Schedule, list[Schedule]]:
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    return schedule, [schedule]


def _of_team(slug: str) -> tuple[Team, list[Schedule]]:
    team = get_object_or_404(Team, slug=slug)
    return team, list(team.schedules.select_related("team").order_by("name"))


def _asked(request: HttpRequest, schedules: list[Schedule], now: datetime) -> tuple[ranges.Range, loads.Shares]:
    span = ranges.read(request.GET, now)
    return span, loads.shares(schedules, span.start, span.end, reader=request.user, now=now)


@console("team.view")
@require_safe
def schedule_fairness(request: HttpRequest, pk: int) -> HttpResponse:
    """Who has how much of one schedule."""
    schedule, schedules = _of_schedule(pk)
    return _page(request, schedules, schedule=schedule, team=schedule.team)


@console("team.view")
@require_safe
def team_fairness(request: HttpRequest, slug: str) -> HttpResponse:
    """Who has how much of all schedules of a team."""
    team, schedules = _of_team(slug)
    return _page(request, schedules, schedule=None, team=team)


@console("team.view")
@require_safe
def schedule_file(request: HttpRequest, pk: int) -> HttpResponse:
    schedule, schedules = _of_schedule(pk)
    return _file(request, schedules, f"schedule-{schedule.pk}")


@console("team.view")
@require_safe
def team_file(request: HttpRequest, slug: str) -> HttpResponse:
    team, schedules = _of_team(slug)
    return _file(request, schedules, team.slug)


def _page(request: HttpRequest, schedules: list[Schedule], **context: Any) -> HttpResponse:
    now = timezone.now()
    span, shares = _asked(request, schedules, now)
    rows, order = sort(shares.rows, request.GET.get("sort", ""))
    return render(
        request,
        "teams/fairness.html",
        {
            **context,
            "schedules": schedules,
            "span": span,
            "ranges": ranges.CHOICES,
            "shares": shares,
            "chart": chart.hours(shares, rows) if rows else None,
            "small": chart.small(shares, rows, pages=not span.ahead) if rows else [],
            "parts": chart.PARTS,
            "measures": MEASURES,
            "rows": [(row, [(m, m.text(row), m.also_text(row)) for m in MEASURES]) for row in rows],
            "sorts": [_sort("name", "Person", order), *(_sort(m.key, m.label, order) for m in MEASURES)],
            "weights": fairness.WEIGHTS,
        },
        status=422 if span.wrong else 200,
    )


def _sort(column: str, label: str, order: str) -> tuple[str, str, str, str]:
    """(label, what to ask for to sort by it, or the other way around, aria-sort, which way it goes)."""
    downwards = ("ascending", "↑") if column == "name" else ("descending", "↓")
    upwards = ("descending", "↓") if column == "name" else ("ascending", "↑")
    if order == column:
        return label, f"-{column}", *downwards
    return label, column, *(upwards if order == f"-{column}" else ("", ""))


COLUMNS = (
    *("person", "username", "in_rotation", "left", "hours", "nights", "night_hours", "weekends", "weekend_hours"),
    *("holidays", "holiday_hours", "day_hours", "weighted_hours", "pages_sent", "pages_answered"),
)


def _file(request: HttpRequest, schedules: list[Schedule], name: str) -> HttpResponse:
    span, shares = _asked(request, schedules, timezone.now())
    response = HttpResponse(content_type=TYPES["csv"])
    file = f"watchbill-fairness-{name}-{span.first:%Y%m%d}-{span.last:%Y%m%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{file}"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in shares.rows:
        load = row.load
        lengths = [
            round(in_hours(part), 2) for part in (load.total, load.night, load.weekend, load.holiday, load.plain)
        ]
        total, night, weekend, holiday, plain = lengths
        cells = (
            *(row.user.name, row.user.username, int(row.regular), int(not row.user.is_active), total),
            *(len(load.nights), night, len(load.weekends), weekend, len(load.holidays), holiday),
            *(plain, round(load.weight, 2), row.paged, row.answered),
        )
        writer.writerow([safe(cell) for cell in cells])
    return response
