"""What every view of an incident begins with: which incident this person may see, and do this to."""

from __future__ import annotations

from django.shortcuts import get_object_or_404

from incidents.models import Incident
from teams import permits
from teams.console import Request, View, console

__all__ = ["Request", "View", "console", "find"]


def find(request: Request, pk: int) -> Incident:
    """The incident with all that a page shows of it, or 404 where there is none for this person. PermissionDenied
    where they may see it and not do what this page is for."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)
    permits.require(request.user, request.verb, incident)
    return incident
