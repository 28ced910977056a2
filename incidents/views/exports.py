"""Files of incidents: asked for, watched as they are written, taken away. One sees one's own alone."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import boards as asking
from incidents.actions import exports
from incidents.forms.boards import ExportForm
from incidents.models import Export, Incident
from incidents.views.acting import Act, run
from incidents.views.common import Request, console
from teams import downloads

PER_PAGE = 20


@require_safe
@console("incident.export")
def export_list(request: Request) -> HttpResponse:
    page = Paginator(Export.objects.filter(user=request.user), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "incidents/exports/list.html", {"page": page})


@require_http_methods(["GET", "POST"])
@console("incident.export")
def new(request: Request) -> HttpResponse:
    """Ask for a file of the board whose query this address has."""
    form = asking.of_query(request.META.get("QUERY_STRING", ""))
    count = form.narrow(Incident.objects.visible_to(request.user), request.user).order_by().count()
    made: list[Export] = []

    def call(given: dict[str, Any], _override: bool) -> str:
        made.append(exports.begin(by=request.user, query=form.written, **given))
        return ""

    act = Act(
        heading=f"Export {count:,} incident{'' if count == 1 else 's'}",
        submit="Write the file",
        back=f"{reverse('incidents:list')}?{form.written}",
        explains="What this board shows, every page of it, with all times, durations, roles and services.",
    )
    response = run(request, None, act, partial(ExportForm), call)
    if made and response.status_code in (200, 302):
        response["HX-Redirect" if request.htmx else "Location"] = made[0].get_absolute_url()
    return response


@require_safe
@console("incident.export")
def export(request: Request, uid: str) -> HttpResponse:
    """How far it is, and the file once it is there. For htmx the part that changes, 204 while nothing did."""
    row = _find(request, uid)
    if request.headers.get("HX-Request"):
        if request.GET.get("v") == f"{row.state}-{row.written}":
            return HttpResponse(status=204)
        return render(request, "incidents/exports/_progress.html", {"export": row})
    return render(request, "incidents/exports/export.html", {"export": row})


@require_safe
@console("incident.export")
def file(request: Request, uid: str) -> Any:
    row = _find(request, uid)
    if row.state != Export.State.DONE:
        raise Http404
    return downloads.answer((part.decode() for part in exports.bytes_of(row)), row.file_name)


@require_POST
@console("incident.export")
def cancel(request: Request, uid: str) -> HttpResponse:
    exports.cancel(_find(request, uid).pk, by=request.user)
    return redirect("incidents:exports")


def _find(request: Request, uid: str) -> Export:
    return get_object_or_404(Export.objects.filter(user=request.user), uid=uid[:40])
