"""Inviting people, and the page that the link in an invitation opens."""

from __future__ import annotations

import re

from allauth.account.utils import perform_login
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import invitations, permits
from teams.account.forms import AcceptForm, InvitationFilter, InviteForm
from teams.console import Request, console
from teams.models import Invitation, User

PAGE = 25


@console("person.invite")
@require_safe
def invitation_list(request: Request) -> HttpResponse:
    form = InvitationFilter(request.GET, teams=permits.teams_where(request.user, "person.invite"))
    form.is_valid()
    asked = form.cleaned_data
    found = invitations.seen_by(request.user).in_state(asked.get("state", ""), timezone.now())
    if words := asked.get("q", "").strip():
        found = found.filter(email__icontains=words)
    if asked.get("team"):
        found = found.filter(team=asked["team"])
    rows = found.select_related("team", "invited_by", "accepted_by")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    searched = any(request.GET.get(name) for name in ("q", "state", "team"))
    return render(request, "teams/invitations/list.html", {"filter_form": form, "page": page, "searched": searched})


@console("person.invite")
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Invite several at once. Whether an address has an account is not told: the answer is the same."""
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        teams=permits.teams_where(request.user, "person.invite"),
        roles=invitations.roles_to_give(request.user),
        anywhere=permits.may(request.user, "person.invite"),
        initial={"team": request.GET.get("team", "")},
    )
    if request.method == "POST" and form.is_valid():
        try:
            sent = invitations.invite(by=request.user, request=request, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"{len(sent)} invitation{'s' if len(sent) != 1 else ''} on the way.")
            return redirect("teams:invitations")
    return render(request, "teams/invitations/new.html", {"form": form}, status=422 if form.errors else 200)


@console("person.invite")
@require_POST
def invitation_resend(request: Request, pk: int) -> HttpResponse:
    invitation = get_object_or_404(invitations.seen_by(request.user), pk=pk)
    try:
        invitations.resend(invitation.pk, by=request.user, request=request)
        messages.success(request, f"A new link is on the way to {invitation.email}; the one before works no more.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("teams:invitations")


@console("person.invite")
@require_POST
def invitation_revoke(request: Request, pk: int) -> HttpResponse:
    invitation = get_object_or_404(invitations.seen_by(request.user), pk=pk)
    try:
        invitations.revoke(invitation.pk, by=request.user, request=request)
        messages.success(request, f"The link that {invitation.email} got works no more.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("teams:invitations")


@permits.open_to("link.use")
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@sensitive_post_parameters("password")
def invitation_page(request: HttpRequest, key: str) -> HttpResponse:
    """GET shows what the link is for and changes nothing, so that a mail scanner that follows links joins nobody. All
    links that open nothing get one and the same page."""
    try:
        invitation, person = invitations.opened_by(key)
        if person is not None:
            return _confirm(request, key, invitation, person)
        return _accept(request, key, invitation)
    except invitations.Gone:
        return render(request, "teams/invitations/gone.html", status=404)


def _confirm(request: HttpRequest, key: str, invitation: Invitation, person: User) -> HttpResponse:
    if request.method != "POST":
        return render(request, "teams/invitations/known.html", {"invitation": invitation, "person": person})
    invitation, person = invitations.confirm(key, request=request)
    return redirect(invitation.team or "/")


def _accept(request: HttpRequest, key: str, invitation: Invitation) -> HttpResponse:
    suggested = re.sub(r"[^\w.+-]", "", invitation.email.partition("@")[0])
    form = AcceptForm(request.POST if request.method == "POST" else None, initial={"username": suggested})
    if request.method == "POST" and form.is_valid():
        try:
            person = invitations.accept(key, request=request, **form.cleaned_data)
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, f"Welcome, {person}.")
            # Through allauth's own stages, so that whatever the organization asks for on signing in is asked.
            response: HttpResponse = perform_login(
                request, person, redirect_url=invitation.team.get_absolute_url() if invitation.team else "/"
            )
            return response
    context = {"form": form, "invitation": invitation}
    return render(request, "teams/invitations/accept.html", context, status=422 if form.errors else 200)
