"""The replay: an incident as it was known at each of its moments."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from incidents.presenters import replay
from incidents.views.common import Request, console, find


@require_safe
@console("incident.view")
def page(request: Request, pk: int) -> HttpResponse:
    """What was known at `at` (a moment) or at `step` (its number), without either at the begin. The page's own script
    asks for the part that changes."""
    incident = find(request, pk)
    context = replay.shown(incident, request.user, request.GET.get("at", ""), request.GET.get("step", ""))
    part = request.htmx and request.htmx.target == "replay"
    return render(request, "incidents/replay_part.html" if part else "incidents/replay.html", context)
