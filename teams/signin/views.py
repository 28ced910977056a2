"""The pages of one's own account that the library does not have."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from teams.console import Request, console
from teams.holiday_views import next_holidays
from teams.models import Organization, User
from teams.signin import forms, sessions
from teams.signin import profile as account

PAGE = 25


@console("self.change")
def profile(request: Request) -> HttpResponse:
    """Name, zone, country and telephone number."""
    # A row of its own: what was typed wrong must not show up in the head of the page.
    form = forms.Profile(request.POST or None, instance=User.objects.get(pk=request.user.pk))
    if request.method == "POST" and form.is_valid():
        account.change(by=request.user, **form.cleaned_data)
        messages.success(request, "Your profile is saved.")
        return redirect("signin:profile")
    return render(
        request,
        "signin/profile.html",
        {"form": form, **next_holidays(form["country"].value() or "")},
        status=422 if form.errors else 200,
    )


@console("self.change")
@require_safe
def session_list(request: Request) -> HttpResponse:
    found = sessions.of(request.user, here=request.session.session_key)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "signin/sessions.html",
        {"page": page, "others": sum(not s.here for s in found), "limits": Organization.current()},
    )


@console("self.change")
@require_POST
def end_session(request: Request, pk: int) -> HttpResponse:
    """End one session; ending the one that asks is signing out."""
    mine = {s.pk: s for s in sessions.of(request.user, here=request.session.session_key)}
    if pk in mine and mine[pk].here:
        logout(request)
        return redirect("account_login")
    ended = sessions.end(pk, by=request.user, request=request)
    if ended is None:
        messages.info(request, "That session had ended already.")
    else:
        messages.success(request, f"The session of {ended.device} is ended.")
    return redirect("signin:sessions")


@console("self.change")
@require_POST
def end_others(request: Request) -> HttpResponse:
    count = sessions.end_sessions(
        request.user, by=request.user, except_key=request.session.session_key, request=request
    )
    said = {0: "There was no other session.", 1: "The other session is ended."}
    messages.success(request, said.get(count, f"{count} other sessions are ended."))
    return redirect("signin:sessions")
