"""The page of a schedule: its calendar, and the form that lets somebody stand in. It parses, asks or calls an action,
and shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from teams import actions, oncall, permits
from teams.actions.overrides import LONGEST_OVERRIDE
from teams.calendar import Calendar, monday, month_of
from teams.console import Request, console
from teams.forms import moment_in
from teams.models import Override, Schedule
from teams.schedules import reading
from teams.schedules.forms import CoverForm, KnownForm
from teams.views import Standing
from teams.zones import zone_names

PAGE = 10
VIEWS = ("week", "month")
# What stays in the address from one look at the calendar to the next.
KEPT = ("view", "from", "zone", "layers")


@dataclass(frozen=True, slots=True)
class Look:
    """Which part of the calendar is looked at, on the clock of `zone`. `day` is any day of it."""

    view: str
    day: date
    today: date
    zone: str

    @property
    def first(self) -> date:
        return month_of(self.day)[0] if self.view == "month" else monday(self.day)

    @property
    def weeks(self) -> int:
        return month_of(self.day)[1] if self.view == "month" else 1

    @property
    def back(self) -> date:
        if self.view == "month":
            return (self.day.replace(day=1) - timedelta(days=1)).replace(day=1)
        return self.first - timedelta(weeks=1)

    @property
    def on(self) -> date:
        if self.view == "month":
            return (self.day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return self.first + timedelta(weeks=1)

    @property
    def at_today(self) -> bool:
        return self.first <= self.today < self.first + timedelta(weeks=self.weeks)


@console("team.view", POST="override.add")
@require_http_methods(["GET", "HEAD", "POST"])
def schedule_page(request: Request, pk: int) -> HttpResponse:
    """The calendar of a schedule. POST: let somebody stand in, or with `do=swap` go and ask for a swap."""
    user, now = request.user, timezone.now()
    known = Schedule.objects.select_related("team").annotate(source_error=F("calendar_source__error"))
    schedule = get_object_or_404(known, pk=pk)
    look = _look(request, schedule, now)
    allowed = permits.which(user, ("override.add", "roster.change", "audit.view", "drill.view"), schedule)
    may_add = "override.add" in allowed
    asks = request.method == "POST" and request.POST.get("do") == "swap"
    rota = oncall.load([schedule])[0]
    form = CoverForm(
        request.POST if request.method == "POST" else None,
        schedule=schedule,
        zone=look.zone,
        rota=rota.users.values(),
        asks=asks,
        initial=_suggestion(request),
    )
    if request.method == "POST":
        if not may_add:
            raise PermissionDenied
        if form.is_valid() and asks:
            return redirect(_swap_url(schedule, form.cleaned_data["starts_at"], form.cleaned_data["ends_at"]))
        if form.is_valid() and (made := _add_override(request, form, schedule)):
            messages.success(request, f"{_told(made)}. Remove it below to bring the rotation back.")
            return redirect(_calendar_url(request, pk))
    known_form, known_at = _known(request, look.zone, now)
    calendar = _calendar(schedule, rota, look, now, known_at)
    ahead = () if known_at or not rota.changes_after(now) else reading.changes(schedule, now)
    changes = [(change, calendar.say(change.at)) for change in ahead]
    past = request.GET.get("overrides") == "past"
    page = Paginator(reading.overrides(schedule, now, past=past), PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "teams/schedule.html",
        {
            "schedule": schedule,
            "calendar": calendar,
            "look": look,
            "standing": Standing(schedule, rota.who(now), rota.next_handoff(now)),
            "heading": f"{look.day:%B %Y}" if look.view == "month" else "",
            "hide_layers": request.GET.get("layers") == "off",
            "form": form,
            "wanted": bool(form.errors or form.initial) and may_add,
            "there": _there(form, calendar),
            "known_form": known_form,
            "known_at": known_at,
            "known_text": calendar.say(known_at) if known_at else "",
            "may_add": may_add,
            "may_pick": may_add and known_at is None,
            "plain": _plain(request),
            "pick_url": f"?{urlencode([*_kept(request), ('zone', look.zone)])}",
            "changes": changes,
            "past": past,
            "page": page,
            "overrides": page,
            "removable": actions.removable(user, schedule, page, allowed=allowed),
            "drawn": bool(calendar.rota.layers or calendar.rota.overrides),
            "zones": dict.fromkeys(z for z in (user.time_zone, schedule.time_zone, look.zone) if z),
            "guess_zone": not user.time_zone and "zone" not in request.GET,
            "source": None if (error := schedule.source_error) is None else {"error": error},  # type: ignore[attr-defined]
            "may_edit": "roster.change" in allowed,
            "may_drill": "drill.view" in allowed,
            "may_audit": "audit.view" in allowed,
        },
        status=422 if form.errors else 200,
    )


def _calendar(schedule: Schedule, rota: oncall.Rota, look: Look, now: datetime, known_at: datetime | None) -> Calendar:
    """As it is known now with what people have arranged, or as the roster was known at an earlier moment."""
    shape: dict[str, Any] = {"hours": look.view == "week", "month": look.day if look.view == "month" else None}
    if known_at:
        former = oncall.load([schedule], known_at=known_at)[0]
        return Calendar(former, look.first, look.weeks, look.zone, now, **shape)
    shape["swaps"] = reading.open_swaps(schedule, look.first, look.weeks, now)
    shape["away"] = reading.away(rota.users, look.first, look.weeks, now)
    return Calendar(rota, look.first, look.weeks, look.zone, now, **shape)


def _look(request: Request, schedule: Schedule, now: datetime) -> Look:
    """The clock is the one asked for, the reader's own, else the schedule's."""
    asked = request.POST.get("zone") or request.GET.get("zone") or ""
    known = asked == schedule.time_zone or asked in zone_names()
    zone = asked if known else request.user.time_zone or schedule.time_zone
    today = now.astimezone(ZoneInfo(zone)).date()
    view = request.GET.get("view", "")
    return Look(view if view in VIEWS else "week", _day(request.GET.get("from", ""), today), today, zone)


def _day(text: str, fallback: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return fallback
    return day if 2000 <= day.year <= 2900 else fallback


def _known(request: Request, zone: str, now: datetime) -> tuple[KnownForm, datetime | None]:
    """The moment whose knowledge is asked for; None is now, which the future is too."""
    form = KnownForm(request.GET if request.GET.get("known") else None, zone=zone)
    if not form.is_valid() or form.cleaned_data["known"] >= now:
        return form, None
    return form, form.cleaned_data["known"]


def _there(form: CoverForm, calendar: Calendar) -> list[tuple[str, str]]:
    """(who, when) of whoever is on call in the time that the form says, as far as it says one."""
    given = getattr(form, "cleaned_data", None) or form.initial
    start, end = given.get("starts_at"), given.get("ends_at")
    if not start or not end or not start < end <= start + LONGEST_OVERRIDE:
        return []
    return [(words.name, f"{calendar.say(a)} to {calendar.say(b)}") for a, b, words in calendar.between(start, end)]


def _kept(request: Request) -> list[tuple[str, str]]:
    return [(name, request.GET[name]) for name in KEPT if name in request.GET and name != "zone"]


def _plain(request: Request) -> QueryDict:
    """The address without a time that was picked: where links of the page lead on from."""
    found = request.GET.copy()
    for name in ("starts_at", "ends_at", "user", "replaces"):
        found.pop(name, None)
    return found


def _calendar_url(request: Request, pk: int) -> str:
    """The schedule's page with the picture that the reader had before."""
    kept = urlencode({name: request.GET[name] for name in KEPT if name in request.GET})
    return reverse("teams:schedule", args=[pk]) + (f"?{kept}" if kept else "")


def _swap_url(schedule: Schedule, start: datetime, end: datetime) -> str:
    span = {"starts_at": start.astimezone(UTC).isoformat(), "ends_at": end.astimezone(UTC).isoformat()}
    return f"{reverse('teams:swap_new', args=[schedule.pk])}?{urlencode(span)}"


def _suggestion(request: Request) -> dict[str, Any]:
    """What a link such as “Find cover” fills in."""
    found: dict[str, Any] = {n: moment_in(request.GET.get(n, "")) for n in ("starts_at", "ends_at")}
    for name in ("user", "replaces"):
        found[name] = request.GET.get(name) if request.GET.get(name, "").isdecimal() else None
    return {k: v for k, v in found.items() if v}


def _told(made: Override) -> str:
    return f"{made.user} stands in for {made.replaces}" if made.replaces else f"{made.user} stands in"


def _add_override(request: Request, form: CoverForm, schedule: Schedule) -> Override | None:
    try:
        return actions.add_override(schedule, by=request.user, **form.cleaned_data)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None


@console("override.add")
@require_POST
def override_remove(request: Request, pk: int) -> HttpResponse:
    schedule_id = Override.objects.filter(pk=pk).values_list("schedule", flat=True).first()
    try:
        left = actions.remove_override(pk, by=request.user)
        messages.success(request, "The override ends now." if left else "The override is removed.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    if request.POST.get("back") == "my_oncall" or schedule_id is None:
        return redirect("teams:my_oncall")
    return redirect(_calendar_url(request, schedule_id))
