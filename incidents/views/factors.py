"""Contributing factors on the postmortem: added, tagged, put in order, removed."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from incidents.actions import factors as actions
from incidents.forms import ActForm
from incidents.forms.factors import FactorForm
from incidents.models import Factor, FactorTag, Incident
from incidents.problems import Blocked
from incidents.views.acting import Act, refused, run
from incidents.views.common import Request, console, find
from teams.words import storable

MOVES = {"up": -1, "down": 1}


def _back(incident: Incident) -> str:
    return reverse("incidents:postmortem", args=[incident.pk]) + "#factors"


@require_http_methods(["GET", "POST"])
@console("review.write")
def add(request: Request, pk: int) -> HttpResponse:
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.add(pk, by=request.user, text=given["text"], tags=given["tags"])
        return "Added."

    act = Act(
        "Add a contributing factor",
        "Add it",
        _back(incident),
        "A condition without which it would not have happened, lasted as long, or hurt as much. Several came together.",
    )
    return run(request, incident, act, lambda data: FactorForm(incident, None, data), call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def edit(request: Request, pk: int, factor: int) -> HttpResponse:
    incident = find(request, pk)
    row = _row(incident, factor)

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.edit(factor, by=request.user, **given)
        return "Saved."

    act = Act("Edit a contributing factor", "Save", _back(incident))
    return run(request, incident, act, lambda data: FactorForm(incident, row, data), call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def do(request: Request, pk: int, factor: int, verb: str) -> HttpResponse:
    """`up`, `down` or `tag` at once; `remove` after it was asked."""
    incident = find(request, pk)
    row = _row(incident, factor)
    if verb == "remove":

        def call(_given: dict[str, Any], _override: bool) -> str:
            actions.remove(factor, by=request.user)
            return "Removed."

        act = Act(f"Remove: {row.text}", "Remove it", _back(incident), "Action items that answer it stay.", danger=True)
        return run(request, incident, act, ActForm, call)
    if verb not in (*MOVES, "tag"):
        raise Http404
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    try:
        if verb == "tag":
            tag = get_object_or_404(FactorTag, slug=storable(request.POST.get("tag", "")))
            actions.edit(factor, by=request.user, tags=[tag], tags_seen=[])
        else:
            actions.move(factor, by=request.user, steps=MOVES[verb])
    except Blocked as blocked:
        return refused(request, incident, blocked, _back(incident))
    return redirect(_back(incident))


def _row(incident: Incident, factor: int) -> Factor:
    return get_object_or_404(Factor.objects.prefetch_related("tags"), pk=factor, postmortem__incident=incident)
