"""What the command palette finds beside what stands on the page."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from incidents.models import Incident
from incidents.views.common import Request, console
from teams import permits
from teams.models import Service, Team
from teams.words import storable

MOST = 6


@require_safe
@console("incident.view")
def palette(request: Request) -> HttpResponse:
    """`found`: rows of `text`, `note`, `group` and `url`, at most six incidents, services and teams each; none for less
    than two signs."""
    words = storable(request.GET.get("q", "")).strip()[:100]
    found: list[dict[str, str]] = []
    if len(words) < 2:
        return JsonResponse({"found": found})
    incidents = Incident.objects.visible_to(request.user).search(words).order_by("-pk")[:MOST]
    for incident in incidents:
        note = incident.get_phase_display()
        found.append(_row(f"{incident.reference} {incident.title}", note, "Incidents", incident.get_absolute_url()))
    if permits.may_somewhere(request.user, "team.view"):
        services = Service.objects.search(words).select_related("team").order_by("name")[:MOST]
        found += [_row(each.name, each.team.name, "Services", each.get_absolute_url()) for each in services]
        teams = Team.objects.filter(name__icontains=words).order_by("name")[:MOST]
        found += [_row(each.name, "", "Teams", each.get_absolute_url()) for each in teams]
    return JsonResponse({"found": found})


def _row(text: str, note: str, group: str, url: str) -> dict[str, str]:
    return {"text": text, "note": note, "group": group, "url": url}
