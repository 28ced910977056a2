"""Figures of how incidents went: all of them, one with the incidents behind it, and a report of a quarter."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from incidents.forms.figures import FigureFilter, FigureListFilter
from incidents.models import FigureDefinition
from incidents.presenters.figures import page as shown
from incidents.presenters.figures import report as quarterly
from incidents.presenters.figures.scene import Scene
from incidents.views.common import Request, console
from teams import downloads, moments

PER_PAGE = 30
# What a list is asked with and a figure is not.
OF_A_PART = ("state", "q", "phase", "kind", "person", "first", "last", "least", "most")


def _scene(request: Request, form: FigureFilter, only: FigureDefinition | None = None) -> Scene:
    return Scene(request.user, form.asked(), form.now, form.query, only)


def _figure(slug: str) -> FigureDefinition:
    return get_object_or_404(FigureDefinition, slug=slug, shown=True)


@require_safe
@console("incident.view")
def figures(request: Request) -> HttpResponse:
    form = FigureFilter(request.GET, moments.now())
    scene = _scene(request, form)
    page = Paginator(scene.figures, shown.PER_PAGE).get_page(request.GET.get("page"))
    scene.chosen = list(page)
    context = {"filter_form": form, "scene": scene, "page": page, "count": scene.total}
    context["figures"] = shown.all_of(scene) if scene.total else []
    return render(request, "incidents/figures/all.html", context)


@require_safe
@console("incident.view")
def figure(request: Request, slug: str) -> HttpResponse:
    row = _figure(slug)
    form = FigureFilter(request.GET, moments.now())
    scene = _scene(request, form, row)
    context = {
        "filter_form": form,
        "scene": scene,
        "shown": shown.whole(scene, row),
        "figure": row,
        "moments": shown.moments_of(row),
        "back": scene.link("figure", slug).replace(f"{slug}/", "", 1),
        "others": [other for other in scene.figures if other.pk != row.pk],
    }
    return render(request, "incidents/figures/one.html", context)


@require_safe
@console("incident.export")
def figure_csv(request: Request, slug: str) -> Any:
    row = _figure(slug)
    form = FigureFilter(request.GET, moments.now())
    return downloads.answer(shown.as_csv(_scene(request, form, row), row), f"{row.slug}.csv")


@require_safe
@console("incident.view")
def figure_incidents(request: Request, slug: str) -> HttpResponse:
    """The incidents behind a figure, or behind a part of it."""
    row = _figure(slug)
    form = FigureListFilter(request.GET, moments.now())
    scene, asked = _scene(request, form, row), form.cleaned_data
    if not shown.can_list(scene, row, asked.get("person")):
        raise Http404("Nothing that can be listed lies behind this figure.")
    if words := asked.get("q"):
        scene.found = scene.found.search(words)
    shown.narrow(scene, row, asked)
    values = shown.values(scene, row, asked.get("phase") or "")
    found = shown.ordered(values, asked.get("state") or "", asked.get("least"), asked.get("most"))
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    # What lies behind the load is always somebody's.
    whose = {"person": asked["person"].pk} if slug == "load" else {}
    context = {
        "filter_form": form,
        "figure": row,
        "part": form.part(slug),
        "narrows": any(asked.get(name) not in (None, "") for name in OF_A_PART if name not in whose),
        "cleared": f"{request.path}?{urlencode(whose)}" if whose else request.path,
        "moments": shown.moments_of(row),
        "page": page,
        "lines": shown.lines(row, list(page)),
        "back": scene.link("figure", slug, **dict.fromkeys(OF_A_PART, "")),
        "whole": scene.link("figure_incidents", slug, **dict.fromkeys(OF_A_PART, "") | whose),
        "has_value": bool(row.start) or row.slug == "time_in_phase",
    }
    return render(request, "incidents/figures/incidents.html", context)


@require_safe
@console("incident.view")
def figure_report(request: Request) -> HttpResponse:
    form = quarterly.ReportFilter(request.GET, moments.now())
    return render(request, "incidents/figures/report.html", quarterly.context(request.user, form))
