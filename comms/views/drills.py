"""The pages of drills: the list, the form that starts one, and the report that fills while it runs."""

from __future__ import annotations

import csv
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from comms.actions import drills
from comms.drills import preview, report
from comms.drills.forms import DrillFilter, DrillForm, previewed
from comms.models import Drill
from teams import permits
from teams.console import Request, console
from teams.downloads import TYPES, safe
from teams.models import Organization, Schedule

PAGE = 25
TONES = {
    Drill.State.PLANNED: ("neutral", "calendar"),
    Drill.State.RUNNING: ("info", "bell"),
    Drill.State.FINISHED: ("ok", "check"),
    Drill.State.CANCELLED: ("neutral", "cancelled"),
}
# A poll that finds the drill over loads the whole page again, buttons and all.
LIVE = "live"


@console("drill.view")
@require_safe
def drill_list(request: Request) -> HttpResponse:
    seen = Drill.objects.visible_to(request.user)
    schedules = Schedule.objects.filter(pk__in=seen.values("schedule")).select_related("team")
    form = DrillFilter(request.GET, schedules=schedules)
    form.is_valid()
    asked = form.cleaned_data
    found = seen
    if words := asked.get("q", "").strip():
        found = found.filter(
            Q(schedule__name__icontains=words) | Q(schedule__team__name__icontains=words) | Q(note__icontains=words)
        )
    if asked.get("schedule"):
        found = found.filter(schedule=asked["schedule"])
    if asked.get("state"):
        found = found.filter(state=asked["state"])
    page = Paginator[Any](report.counted(found).order_by("-starts_at", "-pk"), PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.tone, row.symbol = TONES[row.state]
        row.parts = report.bar({name: getattr(row, name) for name in report.COUNTED})
    return render(
        request,
        "comms/drills/list.html",
        {
            "filter_form": form,
            "page": page,
            "searched": any(request.GET.get(name) for name in ("q", "schedule", "state")),
            "may_start": permits.may_somewhere(request.user, "drill.start"),
            "chosen": asked.get("schedule"),
        },
    )


@console("drill.start")
@require_http_methods(["GET", "HEAD", "POST"])
def drill_new(request: Request) -> HttpResponse:
    """Reading the page with a schedule shows whom a drill of it would call; nobody is called before it is sent."""
    zone = request.user.time_zone or Organization.current().time_zone
    given = request.POST if request.method == "POST" else request.GET
    initial = {name: given[name] for name in ("schedule", "audience") if given.get(name)}
    form = DrillForm(request.POST if request.method == "POST" else None, user=request.user, zone=zone, initial=initial)
    mine = Schedule.objects.filter(team__in=permits.teams_where(request.user, "drill.start")).select_related("team")
    if request.method == "POST" and form.is_valid():
        try:
            made = drills.plan(by=request.user, **form.cleaned_data)
        except ValidationError as refusal:
            form.refused(refusal)
        else:
            told = "The drill runs. Answers show here as they come." if made.began_at else "The drill is planned."
            messages.success(request, told)
            return redirect(made)
    schedule, audience = previewed(given, mine)
    expected = preview.of(schedule, audience, timezone.now()) if schedule else []
    return render(
        request,
        "comms/drills/new.html",
        {
            "form": form,
            "schedules": mine.exists(),
            "chosen": schedule,
            "expected": expected,
            "lost": sum(bool(each.why) for each in expected),
        },
        status=422 if form.errors else 200,
    )


def _one(request: Request, pk: int) -> Drill:
    found: Drill = get_object_or_404(
        Drill.objects.visible_to(request.user).select_related("schedule__team", "started_by", "repeated_from"), pk=pk
    )
    return found


@console("drill.view")
@require_safe
def drill_page(request: Request, pk: int) -> HttpResponse:
    drill = _one(request, pk)
    may_start = permits.may(request.user, "drill.start", drill)
    is_open = drill.state in (Drill.State.PLANNED, Drill.State.RUNNING)
    running = drill.state == Drill.State.RUNNING
    response = render(
        request,
        "comms/drills/drill.html",
        {
            "drill": drill,
            "report": report.of(drill),
            "tone": TONES[Drill.State(drill.state)],
            "running": running,
            "may_cancel": may_start and is_open,
            "may_remind": may_start and running,
            "may_start": may_start,
            "next": Drill.objects.filter(repeated_from=drill, state=Drill.State.PLANNED).first(),
            "expected": preview.of(drill.schedule, drill.audience, timezone.now())
            if drill.state == Drill.State.PLANNED
            else [],
        },
    )
    if not running and LIVE in request.GET and request.htmx:
        response["HX-Refresh"] = "true"
    return response


@console("drill.start")
@require_POST
def drill_cancel(request: Request, pk: int) -> HttpResponse:
    drill = _one(request, pk)
    try:
        drills.cancel(drill, by=request.user)
        messages.success(request, "The drill is cancelled. Nobody is called for it any more.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect(drill)


@console("drill.start")
@require_POST
def drill_remind(request: Request, pk: int) -> HttpResponse:
    drill = _one(request, pk)
    try:
        count = drills.remind(drill, by=request.user)
        messages.success(request, f"{count} {'person is' if count == 1 else 'people are'} called once more.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    return redirect(drill)


COLUMNS = (
    *("person", "username", "state", "why", "confirmed_at", "seconds_to_confirm", "reached_by"),
    *("channel", "to", "rule", "outcome", "due_at", "sent_at", "attempts", "provider_said"),
)


@console("drill.view")
@require_safe
def drill_file(request: Request, pk: int) -> HttpResponse:
    """A line for each channel that was tried, and one for whom none was."""
    drill = _one(request, pk)
    response = HttpResponse(content_type=TYPES["csv"])
    began = drill.began_at or drill.starts_at
    response["Content-Disposition"] = f'attachment; filename="watchbill-drill-{drill.pk}-{began:%Y%m%d}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    for row in report.of(drill).rows:
        at = row.call.confirmed_at
        first = (
            *(row.person.name, row.person.username, row.state, row.why, at.isoformat() if at else ""),
            *("" if row.seconds is None else round(row.seconds, 1), row.way),
        )
        for tried in row.tried or (None,):
            rest: tuple[Any, ...] = ("",) * 8
            if tried is not None:
                sent = tried.sent_at.isoformat() if tried.sent_at else ""
                rest = (tried.channel, tried.to, tried.rule, tried.outcome, tried.due_at.isoformat(), sent)
                rest = (*rest, tried.attempts, tried.said)
            writer.writerow([safe(cell) for cell in (*first, *rest)])
    return response
