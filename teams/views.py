"""The console's pages of teams and rosters. Everybody who may sign in sees them: in an outage, who to call is no
secret. They parse, ask or call an action, and show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from teams import oncall, permits, sentences
from teams.console import Request, console
from teams.foreseen import reading as foreseen
from teams.forms import TeamFilter
from teams.models import LayerMember, Membership, Override, Schedule, Service, Team, User
from teams.swaps.views import panels

PAGE = 25
AHEAD = timedelta(days=60)


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
def team_list(request: Request) -> HttpResponse:
    user, now = request.user, timezone.now()
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
def team_page(request: Request, slug: str) -> HttpResponse:
    user, now = request.user, timezone.now()
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


@console("self.view")
@require_safe
def my_oncall(request: Request) -> HttpResponse:
    user, now = request.user, timezone.now()
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
