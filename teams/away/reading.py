"""Time off that somebody may see, and the duty that lies within it with who could cover it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from teams import oncall, permits
from teams.models import Schedule, Swap, TimeOff, User
from teams.spans import Span
from teams.swaps import reading
from teams.swaps.forms import soonest
from teams.swaps.reading import StandIn


@dataclass(frozen=True, slots=True)
class Affected:
    """A watch within somebody's time off, as far as it is to come.

    `ask`: what of it can still be asked of somebody; None: too late. `stand_ins`: everybody who may stand in, those
    whom it suits best first. `swaps`: what was asked about it and is open.
    """

    schedule: Schedule
    span: Span
    ask: Span | None
    stand_ins: list[StandIn]
    swaps: list[Swap]

    @property
    def free(self) -> list[StandIn]:
        return [each for each in self.stand_ins if each.free]

    @property
    def others(self) -> list[StandIn]:
        return [each for each in self.stand_ins if not each.free]


def affected(row: TimeOff, now: datetime) -> list[Affected]:
    """Each watch within a time off, in order; empty for one that is over."""
    start = max(row.starts_at, now)
    if start >= row.ends_at:
        return []
    watches = oncall.watches_of(row.user, start, row.ends_at)
    schedules = {watch.schedule.pk: watch.schedule for watch in watches}
    if not schedules:
        return []
    pool = reading.pool(schedules.values(), start, row.ends_at)
    asked = list(
        Swap.objects.in_state(Swap.State.OPEN, now)
        .filter(user=row.user, schedule__in=schedules, starts_at__lt=row.ends_at, ends_at__gt=start)
        .select_related("asked")
    )
    found = []
    for watch in watches:
        span = Span(watch.start, watch.end)
        about = [s for s in asked if s.schedule_id == watch.schedule.pk and span.meets(Span(s.starts_at, s.ends_at))]
        stand_ins = pool.stand_ins(watch.schedule, span, besides=row.user)
        # Whoever stands the shift too is no cover for it.
        stand_ins = [each for each in stand_ins if not each.here]
        found.append(Affected(watch.schedule, span, soonest(watch, now), stand_ins, about))
    return found


def seen_by(user: User) -> Any:
    """One's own time off, and that of the people of teams whose roster one may change."""
    rows = TimeOff.objects.select_related("user", "created_by")
    theirs = Q(user__memberships__team__in=permits.teams_where(user, "roster.change").values("pk"))
    if permits.may(user, "roster.change"):
        return rows
    return rows.filter(pk__in=TimeOff.objects.filter(Q(user=user) | theirs).values("pk"))


def people_of(user: User) -> Any:
    """For whom `user` may say that they are away, themselves included."""
    if permits.may(user, "roster.change"):
        return User.objects.present()
    teams = permits.teams_where(user, "roster.change")
    return User.objects.present().filter(Q(pk=user.pk) | Q(memberships__team__in=teams.values("pk"))).distinct()
