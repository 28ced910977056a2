"""Words and files for the timeline: notes, decisions, corrections."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_http_methods
from django_htmx.http import reswap, retarget

from incidents.actions import attachments, notes
from incidents.forms import CorrectionForm, NoteForm
from incidents.models import TimelineEntry
from incidents.problems import Blocked
from incidents.views.acting import Act, done, run
from incidents.views.common import Request, console, find
from incidents.views.files import MOST_BYTES
from teams.bodies import bounded


@bounded(MOST_BYTES)
@require_http_methods(["GET", "POST"])
@console("incident.respond")
def note(request: Request, pk: int) -> HttpResponse:
    """Write a note or a decision, with files or without; on the incident's page the form under the timeline posts
    here."""
    incident = find(request, pk)
    back = f"{incident.get_absolute_url()}#timeline"

    def call(given: dict[str, Any], _override: bool) -> str:
        files, given["kind"] = given.pop("files"), given["kind"] or "note"
        if files:
            attachments.attach(pk, files, by=request.user, **given)
        else:
            notes.note(pk, by=request.user, **given)
        return "Written down."

    def make(data: Any) -> NoteForm:
        return NoteForm(incident, data, None if data is None else request.FILES)

    if request.method == "POST" and request.htmx and request.htmx.target == "note-form":
        form = make(request.POST)
        try:
            if form.is_valid():
                call(dict(form.cleaned_data), False)
                response = done(request, incident, "", back, focus=False)
                response = retarget(reswap(response, "outerHTML"), "#note-form")
                form = NoteForm(incident)
        except Blocked as blocked:
            form.take(blocked.blockers)
        if form.is_bound:
            response = HttpResponse(status=422)
        context = {"incident": incident, "note_form": form, "sent": not form.is_bound}
        response.content = render(request, "incidents/note_form.html", context).content + response.content
        return response
    act = Act("Write a note", "Write it down", back, folded=("occurred_at", "time_unknown"))
    return run(request, incident, act, make, call)


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def correct(request: Request, pk: int, entry: int) -> HttpResponse:
    """Say what is right; the entry stays and is struck through."""
    incident = find(request, pk)
    wrong = get_object_or_404(TimelineEntry.objects.of(incident, request.user), pk=entry)

    def call(given: dict[str, Any], _override: bool) -> str:
        notes.correct(entry, given["text"], by=request.user, occurred_at=given["occurred_at"])
        return "Corrected. The old line stays, struck through."

    act = Act(
        "Correct an entry",
        "Correct it",
        f"{incident.get_absolute_url()}#timeline",
        "The timeline forgets nothing: the old line stays and points to yours.",
    )
    return run(request, incident, act, lambda data: CorrectionForm(wrong, data), call)
