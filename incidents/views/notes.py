"""What can be done with a line of the timeline: correct it, pin it, bring in whom it names."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_http_methods, require_POST

from incidents.actions import mentions, notes, pins
from incidents.forms import ActForm, CorrectionForm
from incidents.models import TimelineEntry
from incidents.problems import Blocked
from incidents.views.acting import Act, done, refused, run
from incidents.views.common import Request, console, find
from teams.models import User


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def correct(request: Request, pk: int, entry: int) -> HttpResponse:
    """Say what is right; the entry stays and is struck through."""
    incident = find(request, pk)
    wrong = get_object_or_404(TimelineEntry.objects.of(incident, request.user), pk=entry)

    def call(given: dict[str, Any], _override: bool) -> str:
        notes.correct(entry, given["text"], by=request.user, occurred_at=given["occurred_at"])
        return "Corrected. The old line stays, struck through."

    act = Act(
        "Correct an entry",
        "Correct it",
        f"{incident.get_absolute_url()}#timeline",
        "The timeline forgets nothing: the old line stays and points to yours.",
    )
    return run(request, incident, act, lambda data: CorrectionForm(wrong, data), call)


@require_POST
@console("incident.respond")
def pin(request: Request, pk: int) -> HttpResponse:
    """Pin the line whose key is `entry`, or take down the one whose key is `down`."""
    incident = find(request, pk)
    wanted = request.POST.get("entry", "") or request.POST.get("down", "")
    if not wanted.isdecimal() or len(wanted) > 18:
        raise Http404
    entry = get_object_or_404(TimelineEntry.objects.of(incident, request.user), pk=int(wanted))
    back = f"{incident.get_absolute_url()}#timeline"
    try:
        if "down" in request.POST:
            pins.unpin(pk, entry.pk, by=request.user)
        else:
            pins.pin(pk, entry.pk, by=request.user)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    return done(request, incident, "", back, focus=False)


@require_http_methods(["GET", "POST"])
@console("incident.share")
def bring_in(request: Request, pk: int, user: int) -> HttpResponse:
    """Let somebody who was mentioned take part in a private incident."""
    incident = find(request, pk)
    person = get_object_or_404(User.objects.present(), pk=user)

    def call(_given: dict[str, Any], _override: bool) -> str:
        mentions.bring_in(pk, person, by=request.user)
        return f"{person} takes part now, and was told."

    act = Act(
        f"Bring {person} in",
        f"Bring {person} in",
        f"{incident.get_absolute_url()}#timeline",
        "They see this incident and its whole timeline from now on, and are told. It stays on the timeline.",
    )
    return run(request, incident, act, ActForm, call)
