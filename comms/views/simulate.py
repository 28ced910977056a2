"""The page on which somebody tries what an alert would do, before the night it does it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from comms.paging import simulating
from comms.paging.forms import SimulateForm
from teams.console import Request, console
from teams.models import Organization


@console("team.view")
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: Request) -> HttpResponse:
    """Asked by POST, since an alert can be long and hold what no log should; a link can ask what is short."""
    zone = request.user.time_zone or Organization.current().time_zone
    asked = request.POST if request.method == "POST" else request.GET or None
    form = SimulateForm(asked, user=request.user, zone=zone)
    now = timezone.now()
    found = form.simulation(now) if asked is not None and form.is_valid() else None
    joins = simulating.joined_as_seen(found, request.user) if found else None
    return render(
        request,
        "comms/simulate.html",
        {"form": form, "found": found, "zone": zone, "joins": joins},
        status=422 if form.errors else 200,
    )
