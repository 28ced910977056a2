"""The pages of time off: the list, the form, and what it means for duty."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from teams import actions, permits
from teams.actions import time_off
from teams.away import reading
from teams.away.forms import TimeOffFilter, TimeOffForm, said
from teams.console import Request, console
from teams.forms import moment_in
from teams.models import Schedule, TimeOff, User

PAGE = 25
SHOWN = 3


@console("self.view")
@require_safe
def away_list(request: Request) -> HttpResponse:
    user, now = request.user, timezone.now()
    teams = permits.teams_where(user, "roster.change")
    form = TimeOffFilter(request.GET, teams=teams)
    form.is_valid()
    asked = form.cleaned_data
    found = reading.seen_by(user)
    if asked.get("team"):
        found = found.filter(user__in=User.objects.filter(memberships__team=asked["team"]))
    elif asked.get("show") != "teams":
        found = found.filter(user=user)
    when = asked.get("when", "")
    if when != "all":
        found = found.filter(ends_at__lte=now) if when == "past" else found.filter(ends_at__gt=now)
    if words := asked.get("q", "").strip():
        name = Q(user__first_name__icontains=words) | Q(user__last_name__icontains=words)
        found = found.filter(name | Q(user__username__icontains=words) | Q(note__icontains=words))
    order = ("-starts_at", "-pk") if when == "past" else ("starts_at", "pk")
    page = Paginator(found.order_by(*order), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "teams/away/list.html",
        {
            "filter_form": form,
            "page": page,
            "rows": [{"row": row, "said": said(row), "now": row.starts_at <= now < row.ends_at} for row in page],
            "searched": any(request.GET.get(name) for name in ("q", "show", "when", "team")),
        },
    )


@console("away.change")
@require_http_methods(["GET", "HEAD", "POST"])
def away_new(request: Request) -> HttpResponse:
    initial = {"user": request.GET.get("user") or request.user.pk, "first_day": request.GET.get("from", "")}
    form = TimeOffForm(
        request.POST if request.method == "POST" else None, people=reading.people_of(request.user), initial=initial
    )
    if request.method == "POST" and form.is_valid():
        given = {"user": request.user, **form.cleaned_data}
        try:
            made = actions.add_time_off(by=request.user, **given)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, "It is noted. Below is the duty that falls into it.")
            return redirect(made)
    return render(request, "teams/away/form.html", {"form": form, "row": None}, status=422 if form.errors else 200)


@console("self.view")
@require_safe
def away_page(request: Request, pk: int) -> HttpResponse:
    user, now = request.user, timezone.now()
    row = get_object_or_404(reading.seen_by(user), pk=pk)
    own = row.user_id == user.pk
    found = [
        {
            "duty": duty,
            "first": duty.free[:SHOWN],
            "rest": duty.free[SHOWN:],
            "more": len(duty.stand_ins) - len(duty.free[:SHOWN]),
            "may_ask": own and duty.ask is not None and permits.may(user, "override.add", duty.schedule),
            "may_place": permits.may(user, "roster.change", duty.schedule),
        }
        for duty in reading.affected(row, now)
    ]
    return render(
        request,
        "teams/away/page.html",
        {
            "row": row,
            "said": said(row),
            "own": own,
            "affected": found,
            "over": row.ends_at <= now,
            "running": row.starts_at <= now < row.ends_at,
            "may_change": row.ends_at > now and time_off.may_change(user, row),
        },
    )


@console("away.change")
@require_http_methods(["GET", "HEAD", "POST"])
def away_edit(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(reading.seen_by(request.user), pk=pk)
    form = TimeOffForm(request.POST if request.method == "POST" else None, people=User.objects.none(), row=row)
    if request.method == "POST" and form.is_valid():
        try:
            changed = actions.change_time_off(row.pk, by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            messages.success(request, "It is changed. Below is the duty that falls into it now.")
            return redirect(changed)
    return render(request, "teams/away/form.html", {"form": form, "row": row}, status=422 if form.errors else 200)


@console("away.change")
@require_POST
def away_remove(request: Request, pk: int) -> HttpResponse:
    row = get_object_or_404(reading.seen_by(request.user), pk=pk)
    try:
        left = actions.remove_time_off(row.pk, by=request.user)
        messages.success(request, "The time off ends now." if left else "The time off is removed.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect("teams:away")


@console("override.add")
@require_POST
def away_stand_in(request: Request, pk: int) -> HttpResponse:
    """A manager lets somebody stand in for whoever is away."""
    row = get_object_or_404(reading.seen_by(request.user), pk=pk)
    given = _placed(request, row)
    try:
        made = actions.add_override(by=request.user, replaces=row.user, reason="Time off", **given)
        messages.success(request, f"{made.user} stands in for {row.user}.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect(row)


def _placed(request: Request, row: TimeOff) -> dict[str, Any]:
    """Who stands in, where and when, as a button of the page says it."""
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=_number(request.POST.get("schedule")))
    permits.require(request.user, "roster.change", schedule)
    user = get_object_or_404(User.objects.present(), pk=_number(request.POST.get("user")))
    start, end = (moment_in(request.POST.get(name, "")) for name in ("starts_at", "ends_at"))
    return {"schedule": schedule, "user": user, "starts_at": start or row.starts_at, "ends_at": end or row.ends_at}


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 12 else 0
