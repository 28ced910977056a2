"""The postmortem: read and written."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import comments
from incidents.actions import postmortem as actions
from incidents.actions.facts import unseen
from incidents.forms import PostmortemForm
from incidents.models import Postmortem, TimelineEntry
from incidents.presenters import following, review, writing
from incidents.presenters.parts import factors
from incidents.problems import Blocked
from incidents.views.common import Request, console, find
from incidents.views.reviewing import SAYS
from teams import permits

NEXT = {
    Postmortem.State.DRAFT: ("submit", "waive"),
    Postmortem.State.IN_REVIEW: ("approve", "send_back", "return_to_draft", "waive"),
    Postmortem.State.APPROVED: ("publish", "return_to_draft"),
    Postmortem.State.PUBLISHED: ("return_to_draft",),
    Postmortem.State.WAIVED: ("return_to_draft",),
}
# What somebody other than the owner does.
OF_OTHERS = ("approve", "send_back", "waive")


@require_safe
@console("incident.view")
def read(request: Request, pk: int) -> HttpResponse:
    """The postmortem as it reads; opening a published one is kept as having seen it."""
    incident = find(request, pk)
    postmortem = review.find(incident)
    if postmortem is None:
        return render(request, "incidents/postmortem/none.html", {"incident": incident})
    actions.seen(postmortem, request.user)
    own = postmortem.owner_id == request.user.pk
    may = permits.may(request.user, "review.write", incident)
    steps = [s for s in NEXT[Postmortem.State(postmortem.state)] if may and not (own and s in OF_OTHERS)]
    editable = may and postmortem.is_editable
    sections = writing.shown(postmortem, request.user, may=may)
    followed = following.panel(incident, request.user, owner_id=postmortem.owner_id, may=may)
    items = [row.item for row in followed.rows]
    known = factors.shown(postmortem, request.user, items, editable=editable)
    document = review.shown(
        postmortem,
        request.user,
        timezone.now(),
        sections=[each.row for each in sections],
        items=items,
        factors=[line.factor for line in known["factors"]],
    )
    context = {
        "incident": incident,
        "postmortem": postmortem,
        "document": document,
        "sections": sections,
        "gained": writing.gained(postmortem) if editable else None,
        "open_comments": comments.open_count(postmortem),
        "followed": followed,
        "steps": [(verb, SAYS[verb][0]) for verb in steps],
        "editable": editable,
        "may_publish": permits.may(request.user, "update.publish", incident) and not incident.drill,
        "writable": {incident.pk} if may else set(),
        "unseen": unseen(incident, postmortem),
        **known,
        "coached": editable,
        "seen_by": [u.name for u in postmortem.seen_by.all()],
        "today": timezone.localdate(),
    }
    return render(request, "incidents/postmortem/read.html", context)


@require_http_methods(["GET", "POST"])
@console("review.write")
def edit(request: Request, pk: int) -> HttpResponse:
    """The editor. A newer text of somebody else is shown beside what was typed, and nothing is overwritten unseen."""
    incident = find(request, pk)
    postmortem = review.find(incident)
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
        "coached": ",".join(f"text_{s.key}" for s in form.sections),
        "conflict": bool(differ) or any(b.code == "edited_meanwhile" for b in blockers),
        "blockers": blockers,
        "story": [(e, str(e.pk) in chosen) for e in TimelineEntry.objects.of(incident, request.user)],
        "followed": following.panel(incident, request.user, owner_id=postmortem.owner_id, may=True),
    }
    status = 409 if blockers else 422 if form.errors else 200
    return render(request, "incidents/postmortem/edit.html", context, status=status)
