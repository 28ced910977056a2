"""What every view of an incident begins with: which incident this person may see, and do this to."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from incidents.models import Incident
from teams import access, permits
from teams.console import Request, View, console

__all__ = ["Request", "View", "console", "find"]


def find(request: Request, pk: int) -> Incident:
    """The incident with all that a page shows of it, or 404 where there is none for this person. PermissionDenied
    where they may see it and not do what this page is for. `reader_is` has their roles in it, which were asked for."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)
    incident.reader_is = permits.on(request.user, incident)
    if not access.allows(request.verb, incident.reader_is, scopes=permits.scopes_of(request.user)):
        raise permits.refusal(request.user, request.verb, incident)
    return incident
