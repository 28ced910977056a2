"""The link in a page: it works without signing in, and can do one thing only."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from incidents.actions import escalation
from incidents.links import page_from_token
from incidents.models import EscalationRun, Page, TeamRequest
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.views.pressed import pressed
from teams import permits


@permits.open_to("link.use")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def page(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows one button, so that a mail scanner that follows links acknowledges nothing; POST acknowledges.

    The signed token is all the permission there is, and nothing but the incident's title is shown.
    """
    called = page_from_token(token)
    if called is None:
        return render(request, "incidents/pages/gone.html", status=404)
    if request.method == "POST":
        try:
            escalation.acknowledge(called.incident_id, by=called.user, page=called)
        except Blocked as blocked:
            return render(request, "incidents/pages/page.html", _context(called) | {"blocked": blocked}, status=409)
        return redirect(request.path)
    return render(request, "incidents/pages/page.html", _context(called))


@pressed(page_from_token)
def acknowledge(called: Page) -> JsonResponse:
    try:
        incident = escalation.acknowledge(called.incident_id, by=called.user, page=called)
    except Blocked as blocked:
        return JsonResponse({"acknowledged": False, "message": str(blocked)}, status=409)
    asked = TeamRequest.objects.filter(runs=called.run_id).select_related("answered_by").first()
    by = asked.answered_by if asked else incident.acknowledged_by
    message = "You are on it." if by == called.user else f"{by.name if by else 'Somebody'} is on it."
    return JsonResponse({"acknowledged": True, "incident": incident.reference, "message": message})


def _yes(asked: TeamRequest) -> datetime | None:
    """When a team that is called in said yes, if it did."""
    return None if asked.state == TeamRequest.State.DECLINED else asked.answered_at


def _context(called: Page) -> dict[str, object]:
    incident = called.incident
    paging = incident.phase == Phase.DETECT or called.run.state == EscalationRun.State.RUNNING
    calls = Page.objects.filter(run_id=called.run_id).exclude(user=called.user).select_related("user")
    others = {call.user_id: call.user.name for call in calls}
    asked = called.run.request
    if asked is not None:
        paging = asked.state == TeamRequest.State.ASKED and incident.is_active
    return {
        "called": called,
        "asked": asked,
        "incident": incident,
        "others": list(others.values()),
        "may_declare": asked is None
        and incident.phase == Phase.DETECT
        and permits.may(called.user, "incident.respond", incident),
        "acknowledged_by": asked.answered_by if asked else incident.acknowledged_by,
        "acknowledged_at": _yes(asked) if asked else incident.acknowledged_at,
        "over": not paging and (_yes(asked) if asked else incident.acknowledged_at) is None,
    }
