"""The second person's side: look at an update that waits, say yes or what has to change; and put right what was
published."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from comms.actions import allowed, approving, correcting, drafting, publishing
from comms.forms import CorrectionForm, ReasonForm
from comms.models import StatusUpdate
from comms.snapshot import serializer
from comms.views import previewing
from comms.views.console import update_of
from incidents.models import Incident
from incidents.problems import Blocked
from teams import permits
from teams.console import Request, console
from teams.models import User

Status = StatusUpdate.Status


def _incident(request: Request, pk: int) -> Incident:
    return get_object_or_404(Incident.objects.visible_to(request.user).with_faces(), pk=pk)


@console("update.view")
def review(request: Request, pk: int, uid: str) -> HttpResponse:
    """An update that waits for approval, as its readers would see it, with what may be done to it."""
    incident = _incident(request, pk)
    update = update_of(incident, uid)
    permits.require(request.user, request.verb, update)
    if request.method == "POST":
        return _answer(request, incident, update)
    return _page(request, incident, update, ReasonForm())


def _answer(request: Request, incident: Incident, update: StatusUpdate) -> HttpResponse:
    do = request.POST.get("do", "")
    form = ReasonForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else request.POST.get("reason", "")
    read = form.cleaned_data["read"]
    try:
        if do == "publish":
            publishing.release_update(update.pk, by=request.user, read=read)
            messages.success(request, "Published, and the mail is on its way.")
        elif do == "ask":
            approving.ask(update.pk, by=request.user)
            messages.success(request, "The approvers were asked. You are told what they say.")
        elif do == "approve":
            update = approving.approve(update.pk, by=request.user, read=read)
            scheduled = update.status == Status.SCHEDULED
            messages.success(request, "Approved and scheduled." if scheduled else "Approved and published.")
        elif do == "send_back":
            approving.send_back(update.pk, by=request.user, reason=reason)
            messages.success(request, "Sent back; whoever wrote it is told.")
        elif do == "bypass":
            approving.bypass(update.pk, by=request.user, reason=reason, read=read)
            messages.success(request, "Published without approval. The approvers are told.")
        elif do == "take_back":
            drafting.edit_update(update.pk, by=request.user)
            messages.success(request, "It is a draft again. Nobody is asked any more.")
            return redirect("comms:edit_update", pk=incident.pk, uid=update.uid)
    except Blocked as blocked:
        form.explain(blocked)
        return _page(request, incident, update_of(incident, update.uid), form, status=422)
    return redirect("comms:desk") if request.POST.get("back") == "desk" else redirect(incident)


def waits(update: StatusUpdate, user: User) -> dict[str, Any]:
    """Who was asked for its approval, and whether `user` may give it."""
    asked = update.approvals.open().select_related("asked_by").first()
    return {
        "asked": asked,
        "approvers": allowed.names_of(allowed.approvers(update)) if asked else "",
        "may_approve": update.status == Status.ASKED and allowed.approves(update, by=user),
    }


def _page(
    request: Request, incident: Incident, update: StatusUpdate, form: ReasonForm, status: int = 200
) -> HttpResponse:
    user = request.user
    context = previewing.shown(request, update) | waits(update, user)
    context |= {
        "incident": incident,
        "form": form,
        "may_bypass": update.status in (Status.ASKED, Status.DRAFT) and permits.may(user, "update.bypass", update),
        "may_change": update.status in drafting.WAITING and permits.may(user, "update.write", update),
        "history": update.approvals.exclude(outcome="").select_related("asked_by", "answered_by"),
    }
    return render(request, "comms/review.html", context, status=status)


@console("update.publish")
def correct(request: Request, pk: int, uid: str) -> HttpResponse:
    """Say something else in a published update."""
    incident = _incident(request, pk)
    update = update_of(incident, uid)
    permits.require(request.user, request.verb, update)
    if update.status != Status.PUBLISHED:
        messages.warning(request, "Only what was published can be corrected.")
        return redirect("comms:compose", pk=pk)
    form = CorrectionForm(request.POST or None, initial={"body": update.body})
    status = 200
    if request.method == "POST" and form.is_valid():
        typed = form.cleaned_data
        try:
            made = correcting.correct(
                update.pk, by=request.user, body=typed["body"], erased=typed["erased"], notify=typed["notify"]
            )
        except Blocked as blocked:
            form.explain(blocked)
            status = 422
        else:
            where = f" on {len(made)} pages" if len(made) > 1 else ""
            messages.success(request, f"Corrected{where}.")
            return redirect("comms:compose", pk=pk)
    context = {
        "incident": incident,
        "update": serializer.update(update),
        "form": form,
        "recipients": correcting.concerned(update).count(),
    }
    return render(request, "comms/correct.html", context, status=status)
