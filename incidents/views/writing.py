"""A postmortem's sections, one by one: who writes on which, what is saved while they do, and what changed meanwhile."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import claims
from incidents.actions import postmortem as actions
from incidents.anonymous import without_names
from incidents.forms.writing import SectionForm
from incidents.models import Incident, Postmortem, PostmortemSection
from incidents.presenters import review, writing
from incidents.problems import Blocked
from incidents.views.common import Request, console, find
from teams import permits


def one(request: Request, pk: int, key: str) -> tuple[Incident, Postmortem, writing.Shown]:
    """A section of an incident that this person may see, or 404."""
    incident = find(request, pk)
    rows = Postmortem.objects.select_related("incident", "template__template")
    postmortem = get_object_or_404(rows, incident=incident)
    postmortem.incident = incident
    found = writing.shown(postmortem, request.user, may=permits.may(request.user, "review.write", incident), key=key)
    if not found:
        raise Http404
    return incident, postmortem, found[0]


def wants_json(request: Request) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def to_section(incident: Incident, key: str) -> HttpResponseRedirect:
    return redirect(f"{incident.postmortem.get_absolute_url()}#section-{key}")


def refusal(blocked: Blocked, **more: Any) -> JsonResponse:
    """What the page's script makes of a refusal."""
    said = [each.message for each in blocked.blockers]
    return JsonResponse({"code": blocked.blockers[0].code, "problems": said, **more}, status=409)


def section_html(request: Request, incident: Incident, shown: writing.Shown, *, focus: bool = False) -> str:
    context = {"incident": incident, "shown": shown, "postmortem": shown.row.postmortem, "focus": focus}
    return render_to_string("incidents/postmortem/section.html", context, request)


@require_safe
@console("incident.view")
def live(request: Request, pk: int) -> HttpResponse:
    """How the sections stand: their versions, who writes, how many comments. 204 while it is as in `seen`."""
    rows = writing.live(pk, request.user)
    if not rows:
        raise Http404
    seen = "~".join(f"{r.version}-{r.by}-{r.said}" for r in rows)
    if request.GET.get("seen") == seen:
        return HttpResponse(status=204)
    return JsonResponse({"seen": seen, "sections": [asdict(row) for row in rows]})


@require_safe
@console("incident.view")
def section(request: Request, pk: int, key: str) -> HttpResponse:
    """A section as it reads, by itself or for a page that shows it already."""
    incident, postmortem, shown = one(request, pk, key)
    if review.hides_names(postmortem):
        [shown.row.text] = without_names(incident, [shown.row.text])
    if wants_json(request):
        row = shown.row
        html = section_html(request, incident, shown)
        return JsonResponse({"text": row.text, "version": row.version, "html": html})
    if request.htmx:
        return HttpResponse(section_html(request, incident, shown))
    context = {"incident": incident, "postmortem": postmortem, "shown": shown}
    return render(request, "incidents/postmortem/section_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console("review.write")
def write(request: Request, pk: int, key: str) -> HttpResponse:
    """Write one section. A page saves by itself with `autosave`; where somebody else has saved another text meanwhile,
    both are shown with a proposal that has what is new in either, and nothing is overwritten."""
    incident, _postmortem, shown = one(request, pk, key)
    if request.method != "POST":
        form = SectionForm(shown.row)
        if not shown.editable:
            state = shown.row.postmortem.get_state_display().lower()
            settled = [f"It is {state}. Take it back to draft first."]
            return _form(request, incident, shown, form, problems=settled, status=409)
        return _form(request, incident, shown, form)
    form = SectionForm(shown.row, request.POST)
    if not form.is_valid():
        if wants_json(request):
            return JsonResponse({"code": "invalid", "problems": form.text.errors}, status=422)
        return _form(request, incident, shown, form, status=422)
    seen = form.cleaned_data[f"seen_{key}"]
    try:
        actions.edit(
            pk,
            by=request.user,
            sections={key: form.cleaned_data[f"text_{key}"]},
            versions={} if seen is None else {key: seen},
            autosaved="autosave" in request.POST,
        )
        if "autosave" not in request.POST or "release" in request.POST:
            claims.release(pk, key, by=request.user)
    except Blocked as blocked:
        return _refused(request, incident, shown, form, blocked)
    _incident, _postmortem, now = one(request, pk, key)
    if wants_json(request):
        return JsonResponse({"version": now.row.version, "at": timezone.now().isoformat()})
    if request.htmx:
        return HttpResponse(section_html(request, incident, now, focus=True))
    messages.success(request, f"“{now.row}” is saved.")
    return to_section(incident, key)


def _refused(
    request: Request, incident: Incident, shown: writing.Shown, form: SectionForm, blocked: Blocked
) -> HttpResponse:
    key, row = shown.row.key, PostmortemSection.objects.select_related("edited_by").get(pk=shown.row.pk)
    overtaken = blocked.blockers[0].code == "edited_meanwhile"
    differ = None
    if overtaken:
        typed = form.cleaned_data
        differ = writing.conflict(
            row, typed[f"text_{key}"], base=request.POST.get(f"base_{key}"), seen=typed[f"seen_{key}"]
        )
    if wants_json(request):
        html = render_to_string("incidents/postmortem/conflict.html", {"differ": differ}, request) if differ else ""
        return refusal(blocked, version=row.version, text=row.text, html=html)
    if overtaken:
        again = request.POST.copy()
        again[f"text_{key}"], again[f"seen_{key}"] = form.cleaned_data[f"text_{key}"], str(row.version)
        form.data = again
    shown.row.text, shown.row.version = row.text, row.version
    left = [] if overtaken else [each.message for each in blocked.blockers]
    return _form(request, incident, shown, form, differ=differ, problems=left, status=409)


def _form(
    request: Request, incident: Incident, shown: writing.Shown, form: SectionForm, *, status: int = 200, **more: Any
) -> HttpResponse:
    context = {
        "incident": incident,
        "postmortem": shown.row.postmortem,
        "shown": shown,
        "section": shown.row,
        "field": form.text,
        "seen": form.seen,
        **more,
    }
    page = "section_form" if request.htmx else "write"
    return render(request, f"incidents/postmortem/{page}.html", context, status=status)


@require_POST
@console("review.write")
def claim(request: Request, pk: int, key: str) -> HttpResponse:
    """Say that one writes on a section (`do` is claim), take it over (take_over), or leave it (release)."""
    incident = find(request, pk)
    done = request.POST.get("do", "claim")
    try:
        if done == "release":
            claims.release(pk, key, by=request.user)
        else:
            claims.claim(pk, key, by=request.user, take_over=done == "take_over")
    except Blocked as blocked:
        if wants_json(request):
            return refusal(blocked)
        messages.warning(request, " ".join(each.message for each in blocked.blockers))
        return redirect("incidents:postmortem", pk=pk)
    if wants_json(request):
        return JsonResponse({"held": done != "release"})
    return to_section(incident, key) if done == "release" else redirect("incidents:section_write", pk=pk, key=key)


@require_POST
@console("review.write")
def add_sections(request: Request, pk: int) -> HttpResponse:
    """Add the sections that the template has gained."""
    find(request, pk)
    try:
        added = actions.add_new_sections(pk, by=request.user)
    except Blocked as blocked:
        messages.warning(request, " ".join(each.message for each in blocked.blockers))
        return redirect("incidents:postmortem", pk=pk)
    names = ", ".join(f"“{each}”" for each in added)
    messages.success(request, f"Added: {names}." if added else "It has all sections of its template.")
    return redirect("incidents:postmortem", pk=pk)
