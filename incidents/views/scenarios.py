"""Scenarios for drills: those that come with Watchbill, and an organization's own, which are written here."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import exercises
from incidents.drilling import scenario as reading
from incidents.forms.exercises import ScenarioFilter, ScenarioForm
from incidents.models import Scenario
from incidents.problems import Blocked
from incidents.views.common import Request, console
from teams import permits
from teams.words import storable

PER_PAGE = 25


@require_safe
@console("incident.view")
def scenario_list(request: Request) -> HttpResponse:
    form = ScenarioFilter(request.GET)
    form.is_valid()
    words = form.cleaned_data.get("q", "").strip()
    own = Scenario.objects.search(words) if words else Scenario.objects.all()
    shipped = [each for each in exercises.shipped().values() if not words or words.lower() in each.text.lower()]
    context = {
        "filter_form": form,
        "page": Paginator[Any](own.order_by("title", "pk"), PER_PAGE).get_page(request.GET.get("page")),
        "shipped": shipped,
        "narrowed": bool(words),
        "may_write": permits.may(request.user, "scenario.change"),
        "may_run": permits.may_somewhere(request.user, "exercise.run"),
    }
    return render(request, "incidents/exercises/scenarios.html", context)


@require_safe
@console("incident.view")
def scenario(request: Request, slug: str) -> HttpResponse:
    text = exercises.text_of(slug)
    if text is None:
        raise Http404
    script, problems = reading.read(text)
    context = {
        "slug": slug,
        "text": text,
        "script": script,
        "problems": problems,
        "own": slug not in exercises.shipped(),
        "may_write": permits.may(request.user, "scenario.change"),
        "may_run": permits.may_somewhere(request.user, "exercise.run"),
    }
    return render(request, "incidents/exercises/scenario.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console("scenario.change")
def scenario_new(request: Request) -> HttpResponse:
    """`like` names one to begin with: the first one that comes with Watchbill, where nobody says."""
    like = storable(request.GET.get("like", ""))
    first = next(iter(exercises.shipped().values())).text
    return _edit(request, "", exercises.text_of(like) or first if like else first)


@require_http_methods(["GET", "HEAD", "POST"])
@console("scenario.change")
def scenario_edit(request: Request, slug: str) -> HttpResponse:
    row = get_object_or_404(Scenario, slug=slug)
    return _edit(request, slug, row.text)


def _edit(request: Request, slug: str, text: str) -> HttpResponse:
    permits.require(request.user, "scenario.change")
    form = ScenarioForm(f"scenario:{slug or 'new'}", _given(request), initial={"text": text})
    checked = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["text"]
        try:
            if "check" in request.POST:
                checked = reading.read(given)
            else:
                row = exercises.keep(given, by=request.user, slug=slug)
                messages.success(request, f"Kept: {row.title}.")
                return redirect(row)
        except Blocked as blocked:
            for blocker in blocked.blockers:
                form.add_error("text", blocker.message)
    if checked is not None:
        for problem in checked[1]:
            form.add_error("text", str(problem))
    context = {"form": form, "slug": slug, "well": checked is not None and not checked[1]}
    return render(request, "incidents/exercises/edit.html", context, status=422 if form.errors else 200)


def _given(request: Request) -> Any:
    """What was typed, or the text of a file that was chosen instead."""
    if request.method != "POST":
        return None
    file = request.FILES.get("file")
    if file is None or not file.size or file.size > reading.MAX_BYTES:
        return request.POST
    given = request.POST.copy()
    given["text"] = file.read().decode("utf-8", errors="replace").replace("\0", "\ufffd")
    return given


@require_POST
@console("scenario.change")
def scenario_remove(request: Request, slug: str) -> HttpResponse:
    permits.require(request.user, "scenario.change")
    row = get_object_or_404(Scenario, slug=slug)
    exercises.remove(slug, by=request.user)
    messages.success(request, f"Removed: {row.title}. Drills of it keep their script.")
    return redirect("incidents:scenarios")
