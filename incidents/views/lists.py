"""The list of incidents."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from incidents.models import Incident, Severity
from incidents.models.incident import IncidentQuerySet
from incidents.phases import ACTIVE, Phase
from incidents.views import paging
from incidents.views.common import Request, console
from teams import permits
from teams.forms import NamedField
from teams.models import Service, Team

PER_PAGE = 30
STATES: dict[str, tuple[str, tuple[str, ...]]] = {
    "": ("Open", ()),
    "active": ("Active", ACTIVE),
    "review": ("Resolved and in review", (Phase.RESOLVE, Phase.REVIEW)),
    "closed": ("Closed", (Phase.CLOSED,)),
    "aside": ("Cancelled and merged", (Phase.CANCELLED, Phase.MERGED)),
    "all": ("All", tuple(Phase.values)),
}


class FilterForm(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    team = NamedField(Team.objects.all(), required=False, empty_label="Any team")
    service = NamedField(Service.objects.all(), required=False, empty_label="Any service")
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    only = forms.ChoiceField(
        required=False,
        label="Show",
        choices=[("", "Everybody's"), ("mine", "Mine"), ("private", "Private")],
    )
    state = forms.ChoiceField(
        required=False, choices=[(key, label) for key, (label, _) in STATES.items()], widget=forms.HiddenInput
    )


@require_safe
@console("incident.view")
def home(request: Request) -> HttpResponse:
    return redirect("incidents:list")


@require_safe
@console("incident.view")
def incident_list(request: Request) -> HttpResponse:
    """Incidents that this person may see: the open ones, or what is asked for."""
    form = FilterForm(request.GET)
    form.is_valid()
    asked = form.cleaned_data
    state = asked.get("state") or ""
    found = narrowed(Incident.objects.visible_to(request.user), asked, request)
    found = found.filter(phase__in=STATES[state][1]) if state else found.open()
    page = paging.shown(found.with_faces().order_by(*ordering(state)), PER_PAGE, request.GET)
    for incident in page:
        incident.lasted = incident.over_at - incident.detected_at if incident.over_at else None  # type: ignore[attr-defined]
    context = {
        "filter_form": form,
        "page": page,
        "state": state,
        "states": [(key, label) for key, (label, _) in STATES.items()],
        "may_report": permits.may_somewhere(request.user, "incident.report"),
        "narrowed": any(asked.get(name) for name in ("q", "team", "service", "severity", "only")),
    }
    return render(request, "incidents/list.html", context)


def ordering(state: str) -> list[str]:
    """What is going on and is worst comes first; what is over, by when it began."""
    return ["severity__level", "-pk"] if state == "active" else ["-pk"]


def narrowed(found: IncidentQuerySet, asked: dict[str, Any], request: Request) -> IncidentQuerySet:
    """`found` with the filters of `FilterForm` applied."""
    if text := asked.get("q"):
        found = found.search(text)
    if asked.get("team"):
        found = found.filter(team=asked["team"])
    if asked.get("service"):
        found = found.filter(services=asked["service"])
    if asked.get("severity"):
        found = found.filter(severity=asked["severity"])
    if asked.get("only") == "mine":
        found = found.filter(pk__in=request.user.incidents_joined.values("pk"))
    if asked.get("only") == "private":
        found = found.filter(private=True)
    return found
