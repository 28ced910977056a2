"""Calendars in the console: the links that one's calendar program reads, what they answer, and the calendar that a
schedule is fed by."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count, Min
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import http_date
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from teams import permits
from teams.console import Request, console
from teams.ical import feeds, importing
from teams.ical.forms import CalendarForm, FeedForm
from teams.models import CalendarFeed, CalendarSource, ImportedShift, Schedule, User


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


@console("team.view", POST="roster.change")
def schedule_calendar(request: Request, pk: int) -> HttpResponse:
    """The calendar that a schedule is fed by, what was read of it, and the form that sets it. What a person looks at
    before it counts is fetched for this page alone."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    form = CalendarForm(request.POST or None, request.FILES or None)
    found = None
    if request.method == "POST":
        permits.require(request.user, "roster.change", schedule)
        if form.is_valid():
            try:
                if "look" in request.POST:
                    found = importing.try_out(schedule, by=request.user, **form.given())
                else:
                    return _use(request, schedule, form)
            except ValidationError as refusal:
                form.add_error(None, refusal)
    context = {
        "schedule": schedule,
        "source": CalendarSource.objects.filter(schedule=schedule).first(),
        "form": form,
        "found": found,
        "found_people": _people(found.turns) if found else [],
        "people": _recognised(schedule),
        "may_edit": permits.may(request.user, "roster.change", schedule),
    }
    return render(request, "teams/calendars/source.html", context, status=422 if form.errors else 200)


def _use(request: Request, schedule: Schedule, form: CalendarForm) -> HttpResponse:
    importing.set_calendar(schedule, by=request.user, file_name=form.file_name, **form.given())
    return _read(request, schedule)


@console("roster.change")
@require_POST
def schedule_calendar_read(request: Request, pk: int) -> HttpResponse:
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    try:
        return _read(request, schedule)
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
        return redirect("teams:schedule_calendar", pk=pk)


@console("roster.change")
@require_POST
def schedule_calendar_drop(request: Request, pk: int) -> HttpResponse:
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    importing.drop_calendar(schedule, by=request.user)
    messages.success(request, "The calendar is no longer used. Its shifts to come are gone; what is over stays.")
    return redirect(schedule)


def _read(request: Request, schedule: Schedule) -> HttpResponse:
    source = importing.refresh(schedule, by=request.user)
    if source.error:
        messages.error(request, f"The calendar could not be read. {source.error}")
    else:
        messages.success(request, "The calendar was read.")
    return redirect("teams:schedule_calendar", pk=schedule.pk)


def _recognised(schedule: Schedule) -> list[dict[str, Any]]:
    """Who stands in what is to come, with their next shift."""
    coming = ImportedShift.objects.filter(schedule=schedule, ends_at__gt=timezone.now())
    rows = coming.values("user").annotate(shifts=Count("pk"), first=Min("starts_at")).order_by("first", "user")
    users = User.objects.in_bulk([row["user"] for row in rows])
    return [{"user": users[row["user"]], "shifts": row["shifts"], "first": row["first"]} for row in rows]


def _people(turns: Iterable[importing.Turn]) -> list[dict[str, Any]]:
    """The same of what is only looked at."""
    first: dict[int, importing.Turn] = {}
    for turn in turns:
        first.setdefault(turn.user, turn)
    counted = Counter(turn.user for turn in turns)
    users = User.objects.in_bulk(list(first))
    return [{"user": users[pk], "shifts": counted[pk], "first": turn.start} for pk, turn in first.items()]
