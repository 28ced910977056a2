"""Moving alerts to where they belong, and answering what Watchbill proposes once all of them are over."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST

from incidents.actions import alerts, recovery
from incidents.forms.moving import NEW, MoveForm
from incidents.models import Incident
from incidents.problems import Blocked, refuse
from incidents.views.acting import Act, run, show
from incidents.views.common import Request, console, find


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def move(request: Request, pk: int) -> HttpResponse:
    """With `?alert=` that one is chosen already; a POST with `find` searches and keeps what was chosen."""
    incident = find(request, pk)
    wanted = request.GET.get("alert", "")
    chosen = int(wanted) if wanted.isdecimal() and len(wanted) < 19 else None

    def call(given: dict[str, Any], _override: bool) -> str:
        if not given["target"]:
            raise refuse("target_missing", "Choose the incident where they belong, or a new one.", field="target")
        to = None if given["target"] == NEW else int(given["target"])
        rows = [alert.pk for alert in given["alerts"]]
        entry = alerts.move(pk, rows, to=to, by=request.user, reason=given["reason"])
        target = Incident.objects.get(pk=entry.data["to"])
        return f"Moved to {target.reference}. It can be undone on the timeline."

    act = Act(
        "Move alerts",
        "Move them",
        f"{incident.get_absolute_url()}#alerts",
        "What their tool says of them from then on belongs there. New alerts of their group still come here.",
        template="incidents/act/move.html",
    )
    if "find" in request.POST:
        return show(request, incident, act, MoveForm(incident, request.user, kept=request.POST), [])
    return run(request, incident, act, lambda data: MoveForm(incident, request.user, data, chosen=chosen), call)


@require_POST
@console("incident.respond")
def undo(request: Request, pk: int, entry: int) -> HttpResponse:
    incident = find(request, pk)
    line = get_object_or_404(incident.timeline, pk=entry)
    try:
        told = alerts.undo_move(line.pk, by=request.user)
        messages.success(request, f"{told.text}.")
    except Blocked as refusal:
        messages.error(request, " ".join(blocker.message for blocker in refusal.blockers))
    return redirect(f"{incident.get_absolute_url()}#alerts")


@require_POST
@console("incident.respond")
def answer(request: Request, pk: int, verb: str) -> HttpResponse:
    """Do what Watchbill proposes, or keep the incident open: also before it is proposed, or done."""
    incident = find(request, pk)
    if verb not in ("accept", "decline"):
        raise Http404
    try:
        if verb == "accept":
            messages.success(request, f"You {recovery.accept(incident.pk, by=request.user)}.")
        else:
            recovery.decline(incident.pk, by=request.user)
            messages.success(request, "It stays open. Nothing follows until it fires and is over once more.")
    except Blocked as refusal:
        messages.error(request, " ".join(blocker.message for blocker in refusal.blockers))
    return redirect(incident.get_absolute_url())
