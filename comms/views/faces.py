"""What a page wears and what stands for it elsewhere: its colours, its logo, and a small frame for other sites."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.http import require_safe

from comms import places, theme
from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.rollup import OPERATIONAL, overall
from comms.snapshot import serializer
from comms.views.pages import of_page
from teams import permits

SOON = timedelta(days=2)


@permits.open_to("public.read")
@require_safe
@of_page
def theme_css(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """The page's own custom properties."""
    found = theme.css_of(page)
    if not found:
        raise Http404("This page wears our colours.")
    return HttpResponse(found, content_type="text/css; charset=utf-8")


@permits.open_to("public.read")
@require_safe
@of_page
def logo(request: HttpRequest, page: StatusPage, variant: str) -> HttpResponse:
    """The picture in the place of its name."""
    found = page.logos.filter(variant=variant).first()
    return _picture(found.data if found else None)


@permits.open_to("public.read")
@require_safe
@of_page
def icon(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """The logo as a square, for a browser's tab."""
    found = page.logos.first()
    return _picture(found.icon if found else None)


def _picture(data: Any) -> HttpResponse:
    if data is None:
        raise Http404("This page has no logo.")
    response = HttpResponse(bytes(data), content_type="image/png")
    response["Access-Control-Allow-Origin"] = "*"
    return response


@permits.open_to("public.read")
@require_safe
@xframe_options_exempt
@of_page
def widget(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """How it is and what goes on, small, for a frame on another site."""
    found = overall(page.components.values_list("status", flat=True))
    active = [serializer.head(row) for row in PageIncident.objects.filter(page=page).select_related("page").active()]
    planned = PageMaintenance.objects.filter(page=page).select_related("page")
    running = [serializer.planned(row) for row in planned.running()]
    soon = planned.upcoming().filter(scheduled_for__lte=timezone.now() + SOON)
    context = {
        "status_page": serializer.page(page),
        "overall": found,
        "active": active,
        "running": running,
        "upcoming": [serializer.planned(row) for row in soon],
        "well": found == OPERATIONAL and not active and not running,
        "there": places.absolute(page, lang=page.lang),  # type: ignore[attr-defined] # set by `of_page`
    }
    response = render(request, "comms/widget.html", context)
    response._csp_replace = {"frame-ancestors": ["*"], "form-action": ["'none'"]}  # type: ignore[attr-defined]
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


@permits.open_to("public.read")
@require_safe
@of_page
def widget_js(request: HttpRequest, page: StatusPage) -> HttpResponse:
    """The script that puts the frame where it stands itself. The same for every page: it knows the page by its own
    address."""
    response = render(request, "comms/widget.js", content_type="text/javascript; charset=utf-8")
    response["Access-Control-Allow-Origin"] = "*"
    return response
