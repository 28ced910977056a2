"""The list of alerts, and an alert's own page."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from incidents.models import Alert, Integration
from incidents.models.alert import AlertQuerySet
from incidents.presenters import alerts as shown
from incidents.views import paging
from incidents.views.common import Request, console
from teams import permits
from teams.forms import NamedField, field_of
from teams.models import User

PER_PAGE = 50
STATES = {"": "Firing", "held": "Held back", "flapping": "Flapping", "resolved": "Resolved", "all": "All"}


class FilterForm(forms.Form):
    """What the list is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(
        required=False,
        max_length=200,
        label="Search",
        widget=forms.TextInput({"type": "search", "placeholder": "Words, or env=prod"}),
    )
    integration = NamedField(Integration.objects.none(), required=False, empty_label="Any integration")
    service = forms.CharField(required=False, max_length=255, label="Service, as the tool says")
    state = forms.ChoiceField(required=False, choices=list(STATES.items()), widget=forms.HiddenInput)

    def __init__(self, data: Any, *, user: User) -> None:
        super().__init__(data)
        mine = permits.teams_where(user, "incident.view", private=True)
        known = Integration.objects.filter(Q(private=False) | Q(team__in=mine)).order_by("name", "pk")
        field_of(self, "integration", NamedField).queryset = known

    def narrow(self, found: AlertQuerySet) -> AlertQuerySet:
        self.is_valid()
        asked = self.cleaned_data
        match asked.get("state") or "":
            case "":
                found = found.filter(status=Alert.Status.FIRING)
            case "held":
                found = found.quiet()
            case "flapping":
                found = found.filter(flapping=True)
            case "resolved":
                found = found.filter(status=Alert.Status.RESOLVED)
        if asked.get("q"):
            found = found.search(asked["q"])
        if asked.get("integration"):
            found = found.filter(integration=asked["integration"])
        if asked.get("service"):
            found = found.filter(service__icontains=asked["service"])
        return found


@require_safe
@console("incident.view")
def alert_list(request: Request) -> HttpResponse:
    """Alerts that this person may see: those that fire, or what is asked for."""
    form = FilterForm(request.GET, user=request.user)
    found = form.narrow(Alert.objects.visible_to(request.user))
    found = found.select_related("integration", "incident").order_by("-pk")
    page = paging.shown(found, PER_PAGE, request.GET)
    context = {
        "filter_form": form,
        "page": page,
        "rows": shown.rows(page, request.user),
        "state": form.cleaned_data.get("state") or "",
        "states": STATES.items(),
        "narrowed": any(form.cleaned_data.get(name) for name in ("q", "integration", "service")),
    }
    return render(request, "incidents/alerts/list.html", context)


@require_safe
@console("incident.view")
def alert_page(request: Request, public_id: UUID) -> HttpResponse:
    rows = Alert.objects.visible_to(request.user).select_related("integration__team", "incident__team", "team")
    alert = get_object_or_404(rows, public_id=public_id)
    return render(request, "incidents/alerts/alert.html", {"alert": alert, "whole": shown.whole(alert, request.user)})
