"""The checklist of a role, and the reminders of whoever commands."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from incidents.actions import duties
from incidents.models import RoleDuty
from incidents.presenters.parts.nudges import alone
from incidents.problems import Blocked
from incidents.views.acting import done, refused
from incidents.views.common import Request, console, find
from teams.words import storable


@require_POST
@console("incident.respond")
def tick(request: Request, pk: int, duty: int) -> HttpResponse:
    """Tick a duty, or with `undo` take it back."""
    incident = find(request, pk)
    one = get_object_or_404(RoleDuty.objects.select_related("role"), pk=duty)
    back = f"{incident.get_absolute_url()}#roles"
    try:
        duties.tick(pk, one, by=request.user, done="undo" not in request.POST)
    except Blocked as blocked:
        return refused(request, incident, blocked, back)
    return done(request, incident, "", back, focus=False)


@require_safe
@console("incident.view")
def nudges(request: Request, pk: int) -> HttpResponse:
    """The reminders alone, for a page at whose side time has brought a new one."""
    incident = find(request, pk)
    return render(request, "incidents/regions/nudges.html", alone(incident, request.user) | {"oob": True})


@require_POST
@console("incident.respond")
def snooze(request: Request, pk: int) -> HttpResponse:
    """Put the reminder `key` off for a while."""
    incident = find(request, pk)
    back = incident.get_absolute_url()
    key = storable(request.POST.get("key", ""))[:60]
    if key:
        duties.snooze(pk, key, by=request.user)
    return done(request, incident, "", back, focus=False)
