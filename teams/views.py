"""The console's pages of teams and rosters. Everybody who may sign in sees them: in an outage, who to call is no
secret. They parse, ask or call an action, and show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from teams import actions, oncall, permits, sentences
from teams.calendar import Calendar, monday
from teams.console import console
from teams.foreseen import reading as foreseen
from teams.forms import OverrideForm, TeamFilter
from teams.models import CalendarSource, LayerMember, Membership, Override, Schedule, Service, Team, User
from teams.swaps.views import panels
from teams.zones import zone_names

PAGE = 25
AHEAD = timedelta(days=60)
VIEWS = {"week": 1, "weeks": 4}


@dataclass(frozen=True, slots=True)
class Standing:
    """A schedule at this moment: whose watch it is and when it changes."""

    schedule: Schedule
    watch: oncall.Watch | None
    handoff: oncall.Handoff | None

    @property
    def person(self) -> User | None:
        """Whom a page would reach: somebody who has left is nobody."""
        return next(iter(self.watch.present), None) if self.watch else None


def standings(schedules: list[Schedule], now: datetime) -> list[Standing]:
    """One for each schedule, in four queries in all."""
    return [
        Standing(rota.schedule, rota.who(now), rota.next_handoff(now)) for rota in oncall.load(schedules, since=now)
    ]


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _teams(user: User, form: TeamFilter) -> QuerySet[Team]:
    found = Team.objects.order_by("name").annotate(
        people=Count(
            "memberships",
            filter=Q(memberships__user__is_active=True, memberships__user__is_service=False),
            distinct=True,
        )
    )
    wanted = form.cleaned_data if form.is_valid() else {}
    if words := wanted.get("q", "").strip():
        person = Q(memberships__user__first_name__icontains=words) | Q(memberships__user__last_name__icontains=words)
        match = Q(name__icontains=words) | Q(description__icontains=words) | Q(services__name__icontains=words)
        by_user = person | Q(memberships__user__username__icontains=words)
        found = found.filter(pk__in=Team.objects.filter(match | by_user).values("pk"))
    if wanted.get("mine"):
        found = found.filter(pk__in=Membership.objects.filter(user=user).values("team"))
    return found


@console("team.view")
@require_safe
def team_list(request: HttpRequest) -> HttpResponse:
    user, now = _person(request), timezone.now()
    form = TeamFilter(request.GET)
    schedules = Prefetch("schedules", Schedule.objects.order_by("name"))
    page = Paginator(_teams(user, form).prefetch_related("services", schedules), PAGE).get_page(request.GET.get("page"))
    teams = list(page)
    watched = {s.schedule.pk: s for s in standings([s for t in teams for s in t.schedules.all()], now)}
    mine = set(Membership.objects.filter(user=user, team__in=teams).values_list("team_id", flat=True))
    ahead = foreseen.counts(teams)
    rows = [
        {
            "team": t,
            "standings": [watched[s.pk] for s in t.schedules.all()],
            "mine": t.pk in mine,
            "ahead": ahead.get(t.pk, 0),
        }
        for t in teams
    ]
    return render(
        request,
        "teams/list.html",
        {
            "form": form,
            "page": page,
            "rows": rows,
            "searched": any(form.cleaned_data.values()) if form.is_valid() else False,
        },
    )


@console("team.view")
@require_safe
def team_page(request: HttpRequest, slug: str) -> HttpResponse:
    user, now = _person(request), timezone.now()
    team = get_object_or_404(Team.objects.select_related("escalation_policy", "commander_schedule"), slug=slug)
    members = team.memberships.filter(user__is_active=True, user__is_service=False).select_related("user")
    services = Service.objects.filter(team=team).select_related("escalation_policy")
    policies = sentences.prefetched(team.policies.order_by("name"))
    return render(
        request,
        "teams/team.html",
        {
            "team": team,
            "members": sorted(members, key=lambda m: (m.role != Membership.Role.MANAGER, m.user.name)),
            "services": services,
            "standings": standings(list(team.schedules.order_by("name")), now),
            "policies": [(p, sentences.of_policy(p), p.pk == team.escalation_policy_id) for p in policies],
            "may_edit": permits.may(user, "team.change", team),
            "may_invite": permits.may(user, "person.invite", team),
            "may_audit": permits.may(user, "audit.view", team),
            "now": now,
            "told": foreseen.told(foreseen.open_warnings().filter(team=team), user, now),
        },
    )


def _zone(request: HttpRequest, schedule: Schedule) -> str:
    """The clock of the picture: the one asked for, the reader's own, else the schedule's."""
    asked = request.POST.get("zone") or request.GET.get("zone") or ""
    if asked == schedule.time_zone or asked in zone_names():
        return asked
    return _person(request).time_zone or schedule.time_zone


def _day(text: str, fallback: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return fallback
    return day if 2000 <= day.year <= 2900 else fallback


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


@console("team.view", POST="override.add")
def schedule_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The calendar of a schedule, and the form that adds an override to it."""
    user, now = _person(request), timezone.now()
    schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=pk)
    zone = _zone(request, schedule)
    may_add = permits.may(user, "override.add", schedule)
    form = OverrideForm(
        request.POST if request.method == "POST" else None, schedule=schedule, zone=zone, initial=_suggestion(request)
    )
    if request.method == "POST":
        if not may_add:
            raise PermissionDenied
        if form.is_valid() and (made := _add_override(request, form, schedule)):
            messages.success(request, f"{made.user} stands in. Remove it below to bring the rotation back.")
            return redirect(_calendar_url(request, pk))
    today = now.astimezone(ZoneInfo(zone)).date()
    view = request.GET.get("view", "")
    view = view if view in VIEWS else "weeks"
    first = monday(_day(request.GET.get("from", ""), today))
    rota = oncall.load([schedule])[0]
    calendar = Calendar(rota, first, VIEWS[view], zone, now)
    step = timedelta(weeks=VIEWS[view])
    coming = [
        (o, actions.may_remove(user, o))
        for o in schedule.overrides.filter(ends_at__gt=now).select_related("user", "created_by", "schedule__team")
    ]
    return render(
        request,
        "teams/schedule.html",
        {
            "schedule": schedule,
            "calendar": calendar,
            "standing": Standing(schedule, rota.who(now), rota.next_handoff(now)),
            "view": view,
            "back": first - step,
            "on": first + step,
            "at_today": first <= today < first + step,
            "form": form,
            "may_add": may_add,
            "overrides": coming,
            "has_layers": bool(rota.layers),
            "zones": dict.fromkeys(z for z in (user.time_zone, schedule.time_zone, zone) if z),
            "guess_zone": not user.time_zone and "zone" not in request.GET,
            "source": CalendarSource.objects.filter(schedule=schedule).first(),
            "may_edit": permits.may(user, "roster.change", schedule),
            "may_audit": permits.may(user, "audit.view", schedule),
        },
        status=422 if form.errors else 200,
    )


def _calendar_url(request: HttpRequest, pk: int) -> str:
    """The schedule's page with the picture that the reader had before."""
    kept = urlencode({k: v for k, v in request.GET.items() if k in ("view", "from", "zone")})
    return reverse("teams:schedule", args=[pk]) + (f"?{kept}" if kept else "")


def _suggestion(request: HttpRequest) -> dict[str, Any]:
    """What a link such as “Find cover” fills in."""
    found: dict[str, Any] = {n: _moment(request.GET.get(n, "")) for n in ("starts_at", "ends_at")}
    found["user"] = request.GET.get("user") if request.GET.get("user", "").isdecimal() else None
    return {k: v for k, v in found.items() if v}


def _add_override(request: HttpRequest, form: OverrideForm, schedule: Schedule) -> Override | None:
    try:
        return actions.add_override(schedule, by=_person(request), **form.cleaned_data)
    except ValidationError as refusal:
        form.add_error(None, refusal)
        return None


@console("override.add")
@require_POST
def override_remove(request: HttpRequest, pk: int) -> HttpResponse:
    schedule_id = Override.objects.filter(pk=pk).values_list("schedule", flat=True).first()
    try:
        left = actions.remove_override(pk, by=_person(request))
        messages.success(request, "The override ends now." if left else "The override is removed.")
    except ValidationError as refusal:
        messages.warning(request, " ".join(refusal.messages))
    if request.POST.get("back") == "my_oncall" or schedule_id is None:
        return redirect("teams:my_oncall")
    return redirect(_calendar_url(request, schedule_id))


@console("self.view")
@require_safe
def my_oncall(request: HttpRequest) -> HttpResponse:
    user, now = _person(request), timezone.now()
    watches = oncall.watches_of(user, now, now + AHEAD)
    mine = Schedule.objects.filter(
        Q(team__memberships__user=user)
        | Q(layers__rota__in=LayerMember.objects.in_effect().filter(user=user))
        | Q(overrides__user=user, overrides__ends_at__gt=now)
        | Q(imported_shifts__user=user, imported_shifts__ends_at__gt=now)
    )
    schedules = list(mine.select_related("team").distinct().order_by("team__name", "name"))
    overrides = (
        Override.objects.filter(Q(user=user) | Q(created_by=user), ends_at__gt=now)
        .select_related("schedule__team", "user", "created_by")
        .order_by("starts_at")
    )
    return render(
        request,
        "teams/my_oncall.html",
        {
            "current": [w for w in watches if w.start <= now],
            "coming": [w for w in watches if w.start > now],
            "overrides": overrides,
            "standings": [s for s in standings(schedules, now) if s.person != user],
            "any_schedule": bool(schedules),
            "now": now,
            "told": foreseen.told(foreseen.of_person(user), user, now),
            "horizon": now + AHEAD,
            "days": AHEAD.days,
            **panels(user, now),
        },
    )
