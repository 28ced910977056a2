"""Why somebody was paged for an incident, and why somebody wasn't."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from comms import ledger
from incidents.models import Incident
from teams.console import Request, console
from teams.models import User


@console("incident.view")
@require_safe
def page(request: Request, pk: int) -> HttpResponse:
    """`?person=` leaves only what concerns one of those who were considered."""
    incident = get_object_or_404(Incident.objects.visible_to(request.user), pk=pk)
    people = list(User.objects.filter(pages__incident=incident).distinct())
    chosen = next((user for user in people if str(user.pk) == request.GET.get("person")), None)
    return render(
        request,
        "comms/ledger.html",
        {"incident": incident, "runs": ledger.runs_of(incident, about=chosen), "people": people, "chosen": chosen},
    )
