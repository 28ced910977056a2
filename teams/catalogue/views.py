"""Bringing services in from a file and writing them to one, in the console. The pages that show services stand in the
room of incidents, since they show those, too."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from teams.catalogue import exporting, importing
from teams.catalogue.forms import ImportForm
from teams.catalogue.planning import Plan
from teams.console import Request, console


@console("team.change")
@require_http_methods(["GET", "HEAD", "POST"])
def import_page(request: Request) -> HttpResponse:
    """Look at what a file would do, then let it: only what was looked at is done."""
    form = ImportForm(
        request.POST if request.method == "POST" else None,
        request.FILES if request.method == "POST" else None,
        by=request.user,
    )
    if request.method != "POST" or not form.is_valid():
        return render(request, "teams/catalogue/import.html", {"form": form}, status=422 if form.errors else 200)
    given, overtaken = form.cleaned_data, ""
    text, fallback = given["text"], given["fallback"]
    if "apply" in request.POST:
        try:
            plan = importing.bring_in(text, by=request.user, fallback=fallback, seen=given["seen"] or "nothing")
            if not plan.problems:
                messages.success(request, _done(plan))
                return redirect("incidents:services")
        except importing.Overtaken as changed:
            plan, overtaken = changed.plan, str(changed)
    else:
        plan = importing.look(text, by=request.user, fallback=fallback)
    lines = text.splitlines()
    context = {
        "form": form.shown_again(plan.fingerprint),
        "plan": plan,
        "overtaken": overtaken,
        "problems": [(remark, _line(lines, remark.line)) for remark in plan.problems],
        "notes": [(remark, _line(lines, remark.line)) for remark in plan.notes],
    }
    return render(request, "teams/catalogue/import.html", context, status=422 if plan.problems else 200)


def _line(lines: list[str], number: int | None) -> str:
    """What stands in a line, so that it is found in a text without numbers."""
    return lines[number - 1].strip()[:120] if number and number <= len(lines) else ""


def _done(plan: Plan) -> str:
    return f"{len(plan.created)} created, {len(plan.changed)} changed, {len(plan.left)} left as they were."


@console("team.view")
@require_safe
def export(request: Request) -> HttpResponse:
    """All services as a file that the import reads."""
    response = HttpResponse(exporting.text(), content_type="application/yaml; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="services.yaml"'
    return response
