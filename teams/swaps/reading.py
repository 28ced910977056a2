"""What is asked about swaps and cover: which swaps wait for somebody, and who could stand in. A constant number of
queries, however many watches and people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Prefetch, Q

from teams import cover, loads, oncall
from teams.cover import Candidate, Duty
from teams.models import LayerMember, Membership, Override, Schedule, Swap, TimeOff, User
from teams.spans import Span

# One's own duty of so long ahead is offered to be swapped.
AHEAD = timedelta(days=90)


@dataclass(frozen=True, slots=True)
class StandIn(Candidate):
    """Somebody who may stand in, and how it suits them. `key` is the person, `elsewhere` are schedules."""

    @property
    def user(self) -> User:
        assert isinstance(self.key, User)
        return self.key

    @property
    def hours(self) -> int:
        return round(self.load.total / timedelta(hours=1))

    @property
    def against(self) -> list[str]:
        """What speaks against it, each to follow “is”."""
        found = ["on call on this schedule then already"] if self.here else []
        found += [f"on call on {schedule} then" for schedule in self.elsewhere]
        found += ["away then"] if self.away else []
        return found + (["on call right before or after"] if self.close else [])


@dataclass(frozen=True, slots=True)
class Pool:
    """People of some schedules with all their duty and time off around a span, ready to be asked.

    `people`: who may stand in, by schedule; `duty` and `away` by person.
    """

    people: dict[int, list[User]]
    schedules: dict[int, Schedule]
    duty: dict[int, list[Duty]]
    away: dict[int, list[Span]]

    def of(self, user: User, schedule: Schedule) -> list[Span]:
        """Somebody's duty on one schedule."""
        return [duty.span for duty in self.duty.get(user.pk, ()) if duty.where == schedule.pk]

    def stand_ins(self, schedule: Schedule, span: Span, *, besides: User | None = None) -> list[StandIn]:
        """Everybody else who may stand in on `schedule`, those whom it suits best first."""
        users = [user for user in self.people.get(schedule.pk, ()) if besides is None or user.pk != besides.pk]
        return self._suited(users, schedule, span)

    def suits(self, user: User, schedule: Schedule, span: Span, *, gives: Span | None = None) -> StandIn:
        """How it suits one of them, who `gives` that of their own duty on the schedule away."""
        return self._suited([user], schedule, span, gives)[0]

    def _suited(
        self, users: Sequence[User], schedule: Schedule, span: Span, gives: Span | None = None
    ) -> list[StandIn]:
        known = {user.pk: user for user in users}
        people = []
        for pk in known:
            duty = self.duty.get(pk, [])
            left = cover.without(duty, gives, schedule.pk) if gives else duty
            people.append(cover.Person(pk, tuple(left), tuple(self.away.get(pk, ()))))
        return [
            StandIn(
                known[found.key],  # type: ignore[index] # a user's key went in
                found.here,
                tuple(self.schedules[key] for key in found.elsewhere),  # type: ignore[index]
                found.away,
                found.close,
                found.load,
            )
            for found in cover.candidates(people, span, schedule.pk, *loads.places(schedule, known))
        ]


def pool(schedules: Iterable[Schedule], start: datetime, end: datetime, *, also: Iterable[User] = ()) -> Pool:
    """Everybody who may stand in on `schedules`, with their duty in [start, end) and the weeks around it. `also`:
    others who are asked about, without being offered."""
    people = stand_ins_of(schedules)
    users = {user.pk: user for found in (*people.values(), list(also)) for user in found}
    since, until = start - cover.AROUND, end + cover.AROUND
    duty: dict[int, list[Duty]] = {}
    known = {row.pk: row for row in oncall.schedules_of(users)}
    for rota in oncall.load(known.values(), since=since):
        for watch in rota.watches(since, until):
            for user in watch.users:
                duty.setdefault(user.pk, []).append(Duty(Span(watch.start, watch.end), rota.schedule.pk))
    away: dict[int, list[Span]] = {}
    gone = TimeOff.objects.filter(user__in=users, starts_at__lt=until, ends_at__gt=since)
    for user_id, begins, ends in gone.values_list("user", "starts_at", "ends_at"):
        away.setdefault(user_id, []).append(Span(begins, ends))
    return Pool(people, known, duty, away)


def stand_ins_of(schedules: Iterable[Schedule]) -> dict[int, list[User]]:
    """Who may stand in on each of `schedules`: the people of its team, and those in its rotations."""
    rows = list(schedules)
    teams = {row.team_id for row in rows}
    found: dict[int, dict[int, User]] = {row.pk: {} for row in rows}
    members = Membership.objects.filter(team__in=teams, user__in=User.objects.present()).select_related("user")
    by_team: dict[int, list[User]] = {}
    for membership in members.order_by("user__first_name", "user__last_name", "user__username"):
        by_team.setdefault(membership.team_id, []).append(membership.user)
    for row in rows:
        found[row.pk].update({user.pk: user for user in by_team.get(row.team_id, ())})
    places = LayerMember.objects.in_effect().filter(layer__schedule__in=rows, user__in=User.objects.present())
    for place in places.select_related("user", "layer").order_by("layer__position", "position", "pk"):
        found[place.layer.schedule_id].setdefault(place.user_id, place.user)
    return {pk: list(users.values()) for pk, users in found.items()}


def my_schedules(user: User) -> Any:
    """Schedules of the teams and rotations that somebody is in."""
    places = LayerMember.objects.in_effect().filter(user=user)
    return Schedule.objects.filter(Q(team__memberships__user=user) | Q(layers__rota__in=places)).distinct()


def to_answer(user: User, now: datetime) -> Any:
    """Swaps that wait for `user`: asked of them, or of anybody where they belong."""
    theirs = Q(asked=user) | Q(asked=None, schedule__in=my_schedules(user).values("pk"))
    return shown().in_state(Swap.State.OPEN, now).filter(theirs).exclude(user=user)


def shown() -> Any:
    """Swaps with all that a page says of them."""
    stand_ins = Prefetch("overrides", Override.objects.select_related("user", "replaces", "schedule__team"))
    return Swap.objects.select_related("schedule__team", "user", "asked", "answered_by").prefetch_related(stand_ins)
