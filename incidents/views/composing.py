"""The line under the timeline: notes, decisions, files and commands; and what completes a word in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRedirect, reswap, retarget

from incidents import commands
from incidents.actions import commands as actions
from incidents.forms import NoteForm
from incidents.models import Incident
from incidents.presenters.composer import composer, options
from incidents.presenters.fixes import compose_url
from incidents.problems import Blocked
from incidents.views.acting import Act, done, run
from incidents.views.common import Request, console, find
from incidents.views.files import MOST_BYTES
from teams.bodies import bounded
from teams.idempotency import form_once

# What was typed so long before it came was written on a device that had no connection.
AT_ONCE = timedelta(minutes=1)
LONGEST_AWAY = timedelta(days=7)
LONGEST_DRAFT = 1500


@bounded(MOST_BYTES)
@require_http_methods(["GET", "POST"])
@console("incident.respond")
def note(request: Request, pk: int) -> HttpResponse:
    """Write a note or a decision, with files or without, or do what a command says. The form under the timeline posts
    here: with its script as JSON, for a part of the page, or as any form."""
    incident = find(request, pk)
    back = f"{incident.get_absolute_url()}#timeline"
    if draft := _draft(request, incident):
        return _goes(request, draft)

    def make(data: Any) -> NoteForm:
        return NoteForm(incident, data, None if data is None else request.FILES)

    def call(given: dict[str, Any], _override: bool) -> str:
        return _write(request, pk, given)

    if request.method == "POST" and request.headers.get("Accept") == "application/json":
        return _answer(request, incident, make(request.POST))
    if request.method == "POST" and request.htmx and request.htmx.target == "note-form":
        form = make(request.POST)
        try:
            if form.is_valid():
                call(dict(form.cleaned_data), False)
                response = done(request, incident, "", back, focus=False)
                response = retarget(reswap(response, "outerHTML"), "#note-form")
                form = NoteForm(incident)
        except Blocked as blocked:
            _explain(form, blocked)
        if form.is_bound:
            response = HttpResponse(status=422)
        context = {"incident": incident, "sent": not form.is_bound, **composer(incident, form)}
        response.content = render(request, "incidents/note_form.html", context).content + response.content
        return response
    act = Act("Write a note", "Write it down", back, folded=("occurred_at", "time_unknown"))
    return run(request, incident, act, make, call)


def _write(request: Request, pk: int, given: dict[str, Any]) -> str:
    """Do what the form says, once however often it is sent, and return what to say of it."""
    text, typed = given["text"], _typed_at(request)
    asked = "\n".join([str(pk), text, given["kind"], str(given["occurred_at"]), *(f.name for f in given["files"])])

    def do() -> str:
        return actions.run(
            pk,
            text,
            by=request.user,
            now=typed,
            kind=given["kind"],
            occurred_at=given["occurred_at"] or (None if given["time_unknown"] else typed),
            time_unknown=given["time_unknown"],
            files=given["files"],
        ).said

    return form_once(request.user.pk, request.POST.get("key", ""), asked, do)


def _typed_at(request: Request) -> datetime | None:
    """When a device without a connection was typed on; None where it came at once, or says what can't be."""
    try:
        typed = parse_datetime(request.POST.get("typed_at", ""))
    except ValueError:
        return None
    if typed is None or typed.tzinfo is None:
        return None
    return typed if -LONGEST_AWAY < typed - timezone.now() < -AT_ONCE else None


def _answer(request: Request, incident: Incident, form: NoteForm) -> JsonResponse:
    """`said` and the page's parts, or the `problems`: for the script, which keeps what was typed."""
    from incidents.views.incident import regions

    try:
        if not form.is_valid():
            problems = [str(error) for errors in form.errors.values() for error in errors]
            return JsonResponse({"problems": problems}, status=422)
        said = _write(request, incident.pk, dict(form.cleaned_data))
    except Blocked as blocked:
        return JsonResponse({"problems": [b.message for b in blocked.blockers]}, status=409)
    return JsonResponse({"said": said, "html": regions(request, incident.pk)})


def _explain(form: NoteForm, blocked: Blocked) -> None:
    """Say a refusal beside the text, whatever field of a command's own form it is about."""
    for blocker in blocked.blockers:
        form.add_error(blocker.field if blocker.field in form.fields else "text", blocker.message)


def _draft(request: Request, incident: Incident) -> str:
    """Where an update is written that somebody began with /status, or nothing."""
    text = request.POST.get("text", "").strip()
    if not commands.is_command(text):
        return ""
    try:
        ask = commands.parse(text, timezone.localtime())
    except commands.Unreadable:
        return ""
    url = compose_url(incident) if ask.command == "status" else ""
    return f"{url}?{urlencode({'text': ask.text[:LONGEST_DRAFT]})}" if url and ask.text else url


def _goes(request: Request, url: str) -> HttpResponse:
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"said": "", "go": url})
    return HttpResponseClientRedirect(url) if request.htmx else redirect(url)


@require_safe
@console("incident.respond")
def complete(request: Request, pk: int) -> JsonResponse:
    """What may stand where somebody types, for the list under the line."""
    incident = find(request, pk)
    return JsonResponse({"options": options(incident, request.GET.get("kind", "whom"), request.GET.get("q", ""))})
