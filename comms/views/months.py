"""The history of a page month by month: each is a file of its own, so that it is read when nothing else answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from comms import months
from comms.models import PageIncident, StatusPage
from comms.snapshot import serializer
from comms.snapshot.public import PublicIncident
from comms.views.pages import of_page
from teams import permits


@dataclass
class Day:
    """What began on a day of the page's zone."""

    day: date
    incidents: list[PublicIncident] = field(default_factory=list)


@permits.open_to("public.read")
@require_safe
@of_page
def month(request: HttpRequest, found: StatusPage, name: str) -> HttpResponse:
    """All that began in a month such as `2026-11`, newest first, and the way to the months beside it that have any."""
    zone = ZoneInfo(found.time_zone)
    span = months.span(name, zone)
    if span is None:
        raise Http404("A month is written as 2026-11.")
    begin, end = span
    told = PageIncident.objects.filter(page=found).told()
    rows = told.filter(started_at__gte=begin, started_at__lt=end).with_story().order_by("-started_at", "-pk")
    days: dict[date, Day] = {}
    for incident in map(serializer.incident, rows):
        day = incident.started_at.astimezone(zone).date()
        days.setdefault(day, Day(day)).incidents.append(incident)
    if not days:
        raise Http404("Nothing is told of this month.")
    starts = told.values_list("started_at", flat=True)
    newer = starts.filter(started_at__gte=end).order_by("started_at").first()
    older = starts.filter(started_at__lt=begin).order_by("-started_at").first()
    context = {
        "status_page": serializer.page(found),
        "month": serializer.month(found, name),
        "days": list(days.values()),
        "newer": serializer.month(found, months.of(newer, zone)) if newer else None,
        "older": serializer.month(found, months.of(older, zone)) if older else None,
    }
    return render(request, "comms/month.html", context)
