"""What everybody may read of planned maintenance: each with all that was told of it, all there was, and a calendar."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.db.models import Exists, OuterRef, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from comms import calendars
from comms.models import MaintenanceUpdate, PageMaintenance, StatusPage
from comms.snapshot import serializer
from comms.views.pages import of_page
from teams import moments, permits
from teams.forms import field_of

PER_PAGE = 20


@permits.open_to("public.read")
@require_safe
@of_page
def page_maintenance(request: HttpRequest, found: StatusPage, uid: str) -> HttpResponse:
    """One maintenance with all its updates."""
    maintenance = get_object_or_404(PageMaintenance.objects.filter(page=found).with_story(), uid=uid)
    context = {"status_page": serializer.page(found), "maintenance": serializer.maintenance(maintenance)}
    return render(request, "comms/page_maintenance.html", context)


class MaintenanceFilter(forms.Form):
    """What to look for in a page's maintenance."""

    q = forms.CharField(required=False, max_length=200, label=_("Search"), widget=forms.TextInput({"type": "search"}))
    component = forms.ChoiceField(required=False, label=_("Component"))

    def __init__(self, page: StatusPage, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = serializer.readable(tuple(page.components.values_list("uid", "name")))
        field_of(self, "component", forms.ChoiceField).choices = [("", gettext("Any")), *known]


@permits.open_to("public.read")
@require_safe
@of_page
def history(request: HttpRequest, found: StatusPage) -> HttpResponse:
    """Every maintenance that the page told of, the latest first, with search."""
    form = MaintenanceFilter(found, request.GET)
    rows = PageMaintenance.objects.filter(page=found).with_story().order_by("-scheduled_for", "-pk")
    values = form.cleaned_data if form.is_valid() else {}
    if words := values.get("q"):
        said = MaintenanceUpdate.objects.filter(maintenance=OuterRef("pk"), body__icontains=words)
        rows = rows.filter(Q(title__icontains=words) | Exists(said))
    if component := values.get("component"):
        rows = rows.filter(parts__component__uid=component)
    context = {
        "status_page": serializer.page(found),
        "filter_form": form,
        "page": Paginator(serializer.Told(rows, serializer.maintenance), PER_PAGE).get_page(request.GET.get("page")),
        "filtered": any(values.values()),
    }
    return render(request, "comms/maintenance_history.html", context)


@permits.open_to("public.read")
@require_safe
@of_page
def calendar(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """What calendar programs subscribe to."""
    response = HttpResponse(calendars.of_page(page, moments.now()), content_type="text/calendar; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    response["Cache-Control"] = "public, max-age=5"
    return response
