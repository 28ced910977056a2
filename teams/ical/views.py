"""Calendars in the console: the links that one's calendar program reads, and what they answer."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams import permits
from teams.console import Request, console
from teams.ical import feeds
from teams.ical.forms import FeedForm
from teams.models import CalendarFeed


@permits.open_to("link.use")
@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody's duty, or a schedule's, for a calendar program. Whatever opens nothing is simply not there."""
    now = timezone.now()
    found = feeds.opened_by(token, now)
    if found is None:
        raise Http404
    told = feeds.text(found, now)
    response: Any = HttpResponse(told.body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="on-call.ics"'
    response["Cache-Control"] = "private, no-cache"
    changed = int(told.changed.timestamp())
    response["ETag"], response["Last-Modified"] = told.etag, http_date(changed)
    # A name in it may change without a shift; who can compare the text itself does that first.
    return get_conditional_response(request, told.etag, changed, response) or response


@console("feed.change")
@never_cache
def feed_list(request: Request) -> HttpResponse:
    """One's own links, and the form that makes one; the address of a new one is in the answer and never again."""
    form = FeedForm(
        request.POST if request.method == "POST" else None, initial={"schedule": request.GET.get("schedule", "")}
    )
    if request.method == "POST" and form.is_valid():
        try:
            made, address = feeds.issue(by=request.user, schedule=form.cleaned_data["schedule"])
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            told = {"feed": made, "address": address, "webcal": "webcal:" + address.partition(":")[2]}
            return render(request, "teams/calendars/made.html", told)
    context = {"form": form, "feeds": feeds.feeds_of(request.user)}
    return render(request, "teams/calendars/feeds.html", context, status=422 if form.errors else 200)


@console("feed.change")
@require_POST
def feed_revoke(request: Request, pk: int) -> HttpResponse:
    get_object_or_404(CalendarFeed, pk=pk, user=request.user)
    feeds.revoke(pk, by=request.user)
    messages.success(request, "The feed is revoked. Calendar programs that read it are refused from now on.")
    return redirect("teams:feeds")
