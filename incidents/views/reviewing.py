"""The review as a process: its people, its meeting, its figures, and its way to the end; and the document as a file."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import comments, drafting, review_guards, review_meeting
from incidents.actions import postmortem as actions
from incidents.forms import ActForm, ReasonForm
from incidents.forms.reviewing import FiguresForm, PeopleForm, PublishForm, SendBackForm, SubmitForm
from incidents.models import Postmortem
from incidents.presenters import review
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams.ical import inviting
from teams.mails import absolute

SAYS = {
    "submit": ("Hand in for review", "Its facilitator and those whom you ask are told.", "You handed it in."),
    "approve": ("Approve", "By somebody who neither wrote it nor handed it in.", "You approved it."),
    "send_back": ("Send back", "It is a draft again, with what you say of it.", "You sent it back."),
    "publish": ("Publish", "Everybody who held a role is told.", "It is published."),
    "return_to_draft": ("Take back to draft", "It can be written on again.", "It is a draft again."),
    "waive": ("Waive", "Where the severity allows it, and there is nothing to learn.", "It is waived."),
}


def _found(request: Request, pk: int) -> Postmortem:
    """The postmortem of an incident that this person may see, or 404."""
    found = review.find(find(request, pk))
    if found is None:
        raise Http404("It is drafted when the incident is resolved.")
    return found


def _back(pk: int) -> str:
    return reverse("incidents:postmortem", args=[pk])


@require_http_methods(["GET", "POST"])
@console("review.write")
def people(request: Request, pk: int) -> HttpResponse:
    """Who takes part, when they meet, and until when what is done."""
    postmortem = _found(request, pk)
    form = PeopleForm(postmortem, request.POST if request.method == "POST" else None)

    def call(_given: dict[str, Any], _override: bool) -> str:
        facts, wanted, seen = form.given()
        with transaction.atomic():
            actions.edit(pk, by=request.user, **facts)
            review_meeting.set_participants(pk, wanted, by=request.user, seen=seen)
        return "Saved."

    explains = "Who was invited already hears of what changes."
    return run(request, postmortem.incident, Act("People and dates", "Save", _back(pk), explains), lambda _: form, call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def figures(request: Request, pk: int) -> HttpResponse:
    """The impact in numbers."""
    postmortem = _found(request, pk)
    form = FiguresForm(postmortem, request.POST if request.method == "POST" else None)

    def call(_given: dict[str, Any], _override: bool) -> str:
        actions.edit(pk, by=request.user, **form.given())
        return "Saved."

    explains = "How long it lasted comes from the incident's own times."
    act = Act("The impact in numbers", "Save", _back(pk), explains)
    return run(request, postmortem.incident, act, lambda _: form, call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def meeting(request: Request, pk: int, verb: str) -> HttpResponse:
    """Invite to the meeting, or call it off."""
    postmortem = _found(request, pk)
    if verb not in ("invite", "call_off"):
        raise Http404
    calls_off = verb == "call_off"

    def call(given: dict[str, Any], _override: bool) -> str:
        if calls_off:
            review_meeting.call_off(pk, by=request.user, reason=given.get("reason", ""))
            return "It is called off."
        made = review_meeting.invite(pk, by=request.user)
        return f"Invited: {', '.join(each.user.name for each in made.participations.select_related('user'))}."

    def make(data: Any) -> ActForm:
        return ReasonForm("Why?", data) if calls_off else ActForm(data)

    heading, label = ("Call the meeting off", "Call off") if calls_off else ("Invite to the meeting", "Invite")
    explains = (
        "It goes out of everybody's calendar."
        if calls_off
        else "Everybody who takes part gets a mail that puts it in their calendar, and another one when it moves."
    )
    return run(request, postmortem.incident, Act(heading, label, _back(pk), explains), make, call)


@require_http_methods(["GET", "POST"])
@console("review.write")
def redraft(request: Request, pk: int, key: str) -> HttpResponse:
    """Draft a section anew that nobody has written on."""
    postmortem = _found(request, pk)

    def call(_given: dict[str, Any], _override: bool) -> str:
        row = drafting.redraft(pk, key, by=request.user)
        return f"“{row.title}” is drafted anew."

    explains = "From what is recorded by now. Nobody has written on it yet."
    return run(
        request, postmortem.incident, Act("Draft it again", "Draft it again", _back(pk), explains), ActForm, call
    )


@require_http_methods(["GET", "POST"])
@console("review.write")
def move(request: Request, pk: int, verb: str) -> HttpResponse:
    """Hand in, approve, send back, publish, take back or waive."""
    if verb not in SAYS:
        raise Http404
    incident = find(request, pk)
    postmortem = review.find(incident)
    label, explains, said = SAYS[verb]
    waiting = comments.open_count(postmortem) if verb == "approve" and postmortem is not None else 0
    if waiting:
        explains += f" Still open: {waiting} comment{'s' if waiting > 1 else ''}. They don't keep you from it."

    def call(given: dict[str, Any], _override: bool) -> str:
        chosen = {name: given[name] for name in ("reason", "approvers", "announce") if name in given}
        actions.move(pk, verb, by=request.user, **chosen)
        return said

    known = review_guards.missing(postmortem, verb, request.user) if postmortem is not None else []

    def make(data: Any) -> ActForm:
        form = shape(data)
        if any(blocker.code == review_guards.UNASKED for blocker in known):
            form.fields["reason"] = ReasonForm("Why?", data).fields["reason"]
        return form

    def shape(data: Any) -> ActForm:
        if verb == "submit" and postmortem is not None:
            return SubmitForm(postmortem, request.user, data)
        if verb == "send_back" and postmortem is not None:
            return SendBackForm(postmortem, data)
        if verb == "publish" and postmortem is not None and postmortem.public and not incident.private:
            return PublishForm(postmortem, data)
        return ReasonForm("Why?", data) if verb in ("waive", "return_to_draft") else ActForm(data)

    anyway = "reason" if verb == "publish" else ""
    act = Act(f"{label}: postmortem", label, _back(pk), explains, anyway=anyway)
    return run(request, incident, act, make, call, known=known)


@require_safe
@console("incident.view")
def as_markdown(request: Request, pk: int) -> HttpResponse:
    """The whole postmortem as a file."""
    postmortem = _found(request, pk)
    text = review.markdown(review.shown(postmortem, request.user, timezone.now()))
    return _file(text.encode(), "text/markdown; charset=utf-8", f"{postmortem.incident.reference}-postmortem.md")


@require_safe
@console("incident.view")
def as_calendar(request: Request, pk: int) -> HttpResponse:
    """The meeting, to be taken into a calendar by hand."""
    postmortem = _found(request, pk)
    text = calendar_of(postmortem)
    if not text:
        raise Http404("The review has no meeting yet.")
    return _file(text, "text/calendar; charset=utf-8; method=PUBLISH", f"{postmortem.incident.reference}-review.ics")


def calendar_of(postmortem: Postmortem) -> bytes:
    """The meeting as a calendar program takes it unasked; empty where there is none."""
    if postmortem.meeting_at is None:
        return b""
    url = absolute(postmortem.get_absolute_url())
    planned = inviting.Meeting(
        uid=str(postmortem.meeting_uid or f"review-{postmortem.pk}@{urlsplit(url).hostname}"),
        sequence=postmortem.meeting_sequence,
        starts_at=postmortem.meeting_at,
        minutes=postmortem.meeting_minutes,
        title=f"Review of {postmortem.incident.reference}: {postmortem.title}",
        changed_at=postmortem.invited_at or postmortem.edited_at or postmortem.created_at,
        place=postmortem.meeting_place,
        description=f"The postmortem: {url}",
        url=url,
    )
    return inviting.write(planned, inviting.PUBLISH)


def _file(body: bytes, kind: str, name: str) -> HttpResponse:
    response = HttpResponse(body, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    patch_cache_control(response, private=True, no_cache=True)
    return response
