"""Playbooks and runbooks: kept on pages of their own, started and checked off in an incident."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents import playbook_text
from incidents.actions import playbooks
from incidents.forms import ActForm
from incidents.forms.playbooks import PHASES, ImportForm, PlaybookFilter, PlaybookForm, SkipForm, StartForm, written
from incidents.models import Incident, Playbook, PlaybookRun, RunStep
from incidents.problems import Blocked
from incidents.views.acting import Act, done, refused, run
from incidents.views.common import Request, console, find
from teams import permits
from teams.bodies import bounded

PER_PAGE = 30
SHOWN = 20
MOST_BYTES = 1_000_000


def _playbook(pk: int) -> Playbook:
    return get_object_or_404(Playbook.objects.select_related("team", "updated_by"), pk=pk)


@require_safe
@console("team.view")
def playbook_list(request: Request) -> HttpResponse:
    form = PlaybookFilter(request.GET)
    found = form.narrow(Playbook.objects.select_related("team").prefetch_related("services", "types", "severities"))
    counted = found.annotate(step_count=Count("steps", distinct=True)).order_by("title", "pk")
    context = {
        "filter_form": form,
        "page": Paginator(counted, PER_PAGE).get_page(request.GET.get("page")),
        "narrowed": any(form.cleaned_data.get(name) for name in form.fields),
        "may_make": permits.may_somewhere(request.user, "deck.change"),
    }
    return render(request, "incidents/playbooks/list.html", context)


@require_safe
@console("team.view")
def playbook_page(request: Request, pk: int) -> HttpResponse:
    """One playbook, and the incidents in which it ran."""
    playbook = _playbook(pk)
    seen = Incident.objects.visible_to(request.user).values("pk")
    runs = PlaybookRun.objects.filter(playbook=playbook, incident__in=seen).with_counts()
    context = {
        "playbook": playbook,
        "steps": list(playbook.steps.select_related("role", "person")),
        "services": list(playbook.services.all()),
        "types": list(playbook.types.all()),
        "severities": list(playbook.severities.all()),
        "phases": [label for value, label in PHASES if value in playbook.phases],
        "runs": list(runs.select_related("incident", "started_by").order_by("-pk")[:SHOWN]),
        "may_change": permits.may(request.user, "deck.change", playbook),
        "may_audit": permits.may(request.user, "audit.view", playbook.team),
    }
    return render(request, "incidents/playbooks/playbook.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@console("deck.change")
def playbook_new(request: Request) -> HttpResponse:
    return _edit(request, Playbook())


@require_http_methods(["GET", "HEAD", "POST"])
@console("deck.change")
def playbook_edit(request: Request, pk: int) -> HttpResponse:
    playbook = _playbook(pk)
    permits.require(request.user, "deck.change", playbook)
    return _edit(request, playbook)


def _edit(request: Request, playbook: Playbook) -> HttpResponse:
    form = PlaybookForm(playbook, request.POST if request.method == "POST" else None, user=request.user)
    if request.method == "POST" and form.is_valid():
        try:
            kept = playbooks.keep(playbook if playbook.pk else None, by=request.user, **form.cleaned_data)
        except Blocked as blocked:
            form.refuse(blocked)
        else:
            messages.success(request, f"“{kept}” is kept.")
            return redirect(kept)
    context = {"form": form, "playbook": playbook}
    return render(request, "incidents/playbooks/edit.html", context, status=422 if form.errors else 200)


@bounded(MOST_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
@console("deck.change")
def playbook_import(request: Request) -> HttpResponse:
    """Bring one in as a Markdown file."""
    bound = request.method == "POST"
    form = ImportForm(request.POST if bound else None, request.FILES if bound else None, user=request.user)
    if bound and form.is_valid():
        try:
            kept = playbooks.keep(None, by=request.user, **form.cleaned_data["given"])
        except Blocked as blocked:
            form.refuse(blocked)
        else:
            messages.success(request, f"“{kept}” is kept.")
            return redirect(kept)
    return render(request, "incidents/playbooks/import.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@console("team.view")
def playbook_export(request: Request, pk: int) -> HttpResponse:
    """The playbook as a Markdown file, which can be brought in again."""
    playbook = _playbook(pk)
    response = HttpResponse(playbook_text.write(written(playbook)), content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{slugify(playbook.title)[:60] or "playbook"}.md"'
    return response


@require_POST
@console("deck.change")
def playbook_do(request: Request, pk: int, verb: str) -> HttpResponse:
    """Retire a playbook, or take it back."""
    if verb not in playbooks.VERBS:
        raise Http404
    playbook = _playbook(pk)
    try:
        playbooks.VERBS[verb](playbook, by=request.user)
        messages.success(request, f"“{playbook}” is {'retired' if verb == 'retire' else 'kept again'}.")
    except Blocked as blocked:
        messages.warning(request, " ".join(each.message for each in blocked.blockers))
    return redirect(playbook)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def start(request: Request, pk: int) -> HttpResponse:
    """Start a playbook in an incident. A POST with `now` asks for nothing more."""
    incident = find(request, pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        return f"Started: {playbooks.start(pk, given['playbook'], by=request.user).title}."

    act = Act(
        "Start a playbook",
        "Start it",
        f"{incident.get_absolute_url()}#playbooks",
        "Its steps stand in the incident, and who checks one off is on the record.",
    )
    if "now" in request.POST:
        form = StartForm(incident, request.POST)
        if form.is_valid():
            try:
                return done(request, incident, call(form.cleaned_data, False), act.back, focus=False)
            except Blocked as blocked:
                return refused(request, incident, blocked, act.back)
    return run(request, incident, act, partial(StartForm, incident), call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def settle(request: Request, pk: int, step: int, verb: str) -> HttpResponse:
    """Check a step off, skip it with a reason, or open it again. A POST with `now` asks for nothing more."""
    incident = find(request, pk)
    if verb not in RunStep.State.values:
        raise Http404
    one = get_object_or_404(RunStep.objects.filter(run__incident=incident), pk=step)
    said = one.text.splitlines()[0][:120]
    label = {"done": "Check it off", "skipped": "Skip it", "open": "Open it again"}[verb]
    act = Act(f"{label}: {said}", label, f"{incident.get_absolute_url()}#playbooks")

    def call(given: dict[str, Any], _override: bool) -> str:
        playbooks.settle(one.pk, verb, by=request.user, reason=given.get("reason", ""))
        return f"{playbooks.PAST[RunStep.State(verb)]}: {said}"

    if "now" in request.POST and verb != "skipped":
        try:
            return done(request, incident, call({}, False), act.back, focus=False)
        except Blocked as blocked:
            return refused(request, incident, blocked, act.back)
    return run(request, incident, act, SkipForm if verb == "skipped" else ActForm, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def put_away(request: Request, pk: int, run_pk: int) -> HttpResponse:
    """End a playbook before its last step."""
    incident = find(request, pk)
    one = get_object_or_404(incident.playbook_runs, pk=run_pk)

    def call(given: dict[str, Any], _override: bool) -> str:
        return f"Put away: {playbooks.put_away(one.pk, by=request.user, reason=given['reason']).title}."

    act = Act(f"Put away: {one.title}", "Put it away", f"{incident.get_absolute_url()}#playbooks")
    return run(request, incident, act, SkipForm, call)
