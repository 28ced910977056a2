"""The postmortem: read, written, and brought to its end."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import comments
from incidents.actions import postmortem as actions
from incidents.actions.facts import unseen
from incidents.forms import ActForm, PostmortemForm, ReasonForm
from incidents.models import Incident, Postmortem, TimelineEntry
from incidents.presenters import writing
from incidents.problems import Blocked
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams import permits

SAYS = {
    "submit": ("Hand in for review", "Its facilitator is told.", "You handed it in."),
    "approve": ("Approve", "By somebody other than its owner and whoever handed it in.", "You approved it."),
    "publish": ("Publish", "Everybody who held a role is told.", "It is published."),
    "return_to_draft": ("Take back to draft", "It can be written on again.", "It is a draft again."),
    "waive": ("Waive", "Where the severity allows it, and there is nothing to learn.", "It is waived."),
}
NEXT = {
    Postmortem.State.DRAFT: ("submit", "waive"),
    Postmortem.State.IN_REVIEW: ("approve", "return_to_draft", "waive"),
    Postmortem.State.APPROVED: ("publish", "return_to_draft"),
    Postmortem.State.PUBLISHED: ("return_to_draft",),
    Postmortem.State.WAIVED: (),
}


def _of(incident: Incident) -> Postmortem | None:
    found = (
        Postmortem.objects.select_related("owner", "facilitator", "approved_by", "template__template")
        .prefetch_related("entries", "seen_by", "sections")
        .filter(incident=incident)
        .first()
    )
    if found is not None:
        found.incident = incident
    return found


@require_safe
@console("incident.view")
def read(request: Request, pk: int) -> HttpResponse:
    """The postmortem as it reads; opening a published one is kept as having seen it."""
    incident = find(request, pk)
    postmortem = _of(incident)
    if postmortem is None:
        return render(request, "incidents/postmortem/none.html", {"incident": incident})
    actions.seen(postmortem, request.user)
    own = postmortem.owner_id == request.user.pk
    may = permits.may(request.user, "review.write", incident)
    steps = [s for s in NEXT[Postmortem.State(postmortem.state)] if may and not (own and s in ("approve", "waive"))]
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "sections": writing.shown(postmortem, request.user, may=may),
        "gained": writing.gained(postmortem) if may and postmortem.state in actions.EDITABLE else None,
        "open_comments": comments.open_count(postmortem),
        "story": TimelineEntry.objects.of(incident, request.user).filter(postmortems=postmortem),
        "items": incident.action_items.select_related("owner", "team"),
        "steps": [(verb, SAYS[verb][0]) for verb in steps],
        "waits": own and postmortem.state == Postmortem.State.IN_REVIEW,
        "editable": may and postmortem.state in actions.EDITABLE,
        "writable": {incident.pk} if may else set(),
        "unseen": unseen(incident, postmortem),
        "seen_by": [u.name for u in postmortem.seen_by.all()],
    }
    return render(request, "incidents/postmortem/read.html", context)


@require_http_methods(["GET", "POST"])
@console("review.write")
def edit(request: Request, pk: int) -> HttpResponse:
    """The editor. A newer text of somebody else is shown beside what was typed, and nothing is overwritten unseen."""
    incident = find(request, pk)
    postmortem = _of(incident)
    if postmortem is None:
        return redirect("incidents:postmortem", pk=pk)
    form = PostmortemForm(postmortem, request.user, request.POST if request.method == "POST" else None)
    differ: dict[str, writing.Conflict] = {}
    blockers: list[Any] = []
    if request.method == "POST" and form.is_valid():
        given = form.given()
        try:
            actions.edit(pk, by=request.user, **given)
        except Blocked as blocked:
            if blocked.blockers[0].code == "edited_meanwhile":
                overtaken = postmortem.sections.filter(key__in=[each.field for each in blocked.blockers])
                typed = request.POST.copy()
                typed["version"] = str(postmortem.version)
                for key, said in given["sections"].items():
                    typed[f"text_{key}"] = said
                for section in overtaken:
                    key = section.key
                    differ[key] = writing.conflict(
                        section,
                        given["sections"][key],
                        base=request.POST.get(f"base_{key}"),
                        seen=given["versions"].get(key),
                    )
                    typed[f"seen_{key}"] = str(section.version)
                form.data = typed
            blockers = form.take(blocked.blockers)
        else:
            messages.success(request, "Saved.")
            again = "incidents:postmortem_edit" if "stay" in request.POST else "incidents:postmortem"
            return redirect(again, pk=pk)
    chosen = {str(v) for v in form["entries"].value() or []}
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "form": form,
        "sections": [(s, form[f"text_{s.key}"], form[f"seen_{s.key}"], differ.get(s.key)) for s in form.sections],
        "conflict": bool(differ) or any(b.code == "edited_meanwhile" for b in blockers),
        "blockers": blockers,
        "story": [(e, str(e.pk) in chosen) for e in TimelineEntry.objects.of(incident, request.user)],
        "items": incident.action_items.select_related("owner"),
    }
    status = 409 if blockers else 422 if form.errors else 200
    return render(request, "incidents/postmortem/edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
@console("review.write")
def move(request: Request, pk: int, verb: str) -> HttpResponse:
    """Hand in, approve, publish, take back or waive."""
    if verb not in SAYS:
        raise Http404
    incident = find(request, pk)
    label, explains, said = SAYS[verb]
    waiting = comments.open_count(incident.postmortem) if verb == "approve" and hasattr(incident, "postmortem") else 0
    if waiting:
        explains += f" Still open: {waiting} comment{'s' if waiting > 1 else ''}. They don't keep you from it."

    def call(given: dict[str, Any], _override: bool) -> str:
        actions.move(pk, verb, by=request.user, reason=given.get("reason", ""))
        return said

    def make(data: Any) -> ActForm:
        return ReasonForm("Why?", data) if verb in ("waive", "return_to_draft") else ActForm(data)

    back = reverse("incidents:postmortem", args=[pk])
    return run(request, incident, Act(f"{label}: postmortem", label, back, explains), make, call)
