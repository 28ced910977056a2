"""Who would be paged, when, and through what: a policy walked from a moment to its end by the functions that really
page, without a row written or a message sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import QuerySet

from comms.actions import bundling
from comms.actions.notifying import channel_of
from comms.models import Bundle, Delivery
from comms.paging import lanes
from incidents import urgency
from incidents.actions import escalation as paging
from incidents.actions import joining
from incidents.models import Incident, Integration
from incidents.sources import AlertReport
from teams import contacts, escalation, reach
from teams.models import EscalationPolicy, Service, Team, User, Webhook

# Steps after which a simulation ends, whatever the policy says.
MOST = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification that would go out at `at`, unless somebody had answered by then; `digest`: that of what waited
    since the person was paged before."""

    at: datetime
    user: User
    channel: str
    to: str
    rule: str
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that would be taken at `at`: whom it pages and why, which webhooks it calls, what it found empty and
    what it passed over, in words. `waits`: those of the people for whom it would wait for a digest; `lost`: those whom
    nothing reaches."""

    at: datetime
    step: int
    loop: int
    people: tuple[tuple[User, str], ...]
    webhooks: tuple[str, ...]
    empty: tuple[str, ...]
    passed: tuple[int, ...]
    fallback: bool
    notices: tuple[Notice, ...]
    waits: tuple[User, ...] = ()
    lost: tuple[User, ...] = ()


@dataclass(frozen=True, slots=True)
class Simulation:
    """`ends_at`: when the policy has nobody left to page; None where it goes on for longer than was looked at.
    `joins`: the open incident that an alert would go into instead, which goes on paging as it does."""

    policy: EscalationPolicy | None
    severity: int | None
    urgency: str
    steps: tuple[Taken, ...]
    ends_at: datetime | None
    joins: Incident | None = None

    @property
    def picture(self) -> lanes.Picture | None:
        lines = [
            _Drawn(user.name, step.at, tuple(_Would(n.channel, n.at) for n in step.notices if n.user == user))
            for step in self.steps
            for user, _ in step.people
        ]
        first = self.steps[0].at if self.steps else None
        return lanes.draw(lines, first, self.ends_at or first) if first else None

    @property
    def notices(self) -> list[Notice]:
        """All of them in order of time."""
        return sorted((n for step in self.steps for n in step.notices), key=lambda n: n.at)


@dataclass(frozen=True, slots=True)
class _Would:
    """A notification as `lanes` draws it."""

    channel: str
    due_at: datetime
    sent_at: datetime | None = None
    outcome: str = "queued"
    state: str = "would go out"


@dataclass(frozen=True, slots=True)
class _Drawn:
    name: str
    at: datetime
    tried: tuple[_Would, ...]
    answered_at: datetime | None = None


def of_alerts(integration: Integration, reports: list[AlertReport], at: datetime) -> Simulation:
    """What alerts would do that came to `integration` at `at` and opened an incident."""
    seen = joining.foresee(integration, reports, at)
    level = urgency.level_of(report.severity or "" for report in reports)
    if seen.targets.severity is not None:
        level = seen.targets.severity.level
    return replace(_of_policy(seen.policy, level, at), joins=seen.joins)


def of_trouble(services: QuerySet[Service], team: Team | None, severity: int | None, at: datetime) -> Simulation:
    """What trouble of these services and this team would do at `at`; `severity` is a level, None: nobody knows."""
    return _of_policy(paging.policy_of(services, team), severity, at)


def _of_policy(policy: EscalationPolicy | None, severity: int | None, at: datetime) -> Simulation:
    urgent = paging.urgency_of(severity)
    if policy is None:
        return Simulation(None, severity, urgent, (), at)
    steps, ends_at = _walk(paging.snapshot(policy), severity, urgent, at)
    return Simulation(policy, severity, urgent, tuple(steps), ends_at)


def joined_as_seen(found: Simulation, user: User) -> Incident | None:
    """The incident that the alert would join, for who may see it."""
    return Incident.objects.visible_to(user).filter(pk=found.joins.pk).first() if found.joins else None


def _walk(
    policy: escalation.Policy, severity: int | None, urgent: str, at: datetime
) -> tuple[list[Taken], datetime | None]:
    turns: paging.Turns = {}
    pace = _Pace(at, urgent, severity)
    found: list[Taken] = []
    level = loop = 0
    for _ in range(MOST):
        now = at

        def resolve(target: escalation.Target, now: datetime = now) -> list[User | Webhook]:
            return paging.resolve(target, now, look_only=turns)

        def holds(step: escalation.Step, now: datetime = now) -> bool:
            return step.holds(severity, now)

        due = escalation.decide(policy, level, loop, resolve, holds)
        taken = _taken(due, urgent, now, pace)
        found.append(taken)
        if due.exhausted:
            return found, now
        for each, target in due.people:
            if target.way == "round_robin" and isinstance(each, User):
                turns[(target.kind, target.id, each.pk)] = now
        # Where nobody of a step can be reached, the next one is due.
        nobody = bool(taken.people) and len(taken.lost) == len(taken.people)
        level, loop, at = due.next_level, due.next_loop, now if nobody else now + due.delay
    return found, None


class _Pace:
    """Who was paged so lately that what follows waits for a digest: the bundles that are open as the simulation
    begins, and those that it would open itself."""

    def __init__(self, begins: datetime, urgent: str, severity: int | None) -> None:
        self.window = bundling.window_now()
        self.weight = (urgent, severity)
        rows = Bundle.objects.filter(closed_at=None, opened_at__lte=begins, closes_at__gt=begins)
        self.open = {row.user_id: (row.closes_at, (row.urgency, row.severity)) for row in rows}
        self.held: set[int] = set()

    def waits_until(self, user: User, at: datetime) -> datetime | None:
        """When the digest goes out in which a page at `at` waits, None for one that goes out at once."""
        ends, measure = self.open.get(user.pk, (at, self.weight))
        if at >= ends and user.pk in self.held:
            # What waited has gone out since, and that opened the next bundle.
            self.held.discard(user.pk)
            ends = ends + self.window
        if not self.window or at >= ends:
            self.open[user.pk] = (at + self.window, self.weight)
            return None
        if bundling.worse(self.weight, measure):
            self.open[user.pk] = (ends, self.weight)
            return None
        self.open[user.pk] = (ends, measure)
        return ends


def _taken(due: escalation.Decision[User | Webhook], urgent: str, at: datetime, pace: _Pace) -> Taken:
    people = [(each, paging.name_of(target)) for each, target in due.people if isinstance(each, User)]
    users = [user for user, _ in people]
    keys = reach.lost(users)
    until = {user: ends for user in users if (ends := pace.waits_until(user, at))}
    notices = list(_notices([user for user in users if user not in until and user.pk not in keys], urgent, at))
    for user, ends in until.items():
        # One digest tells of all that waited.
        if user.pk not in pace.held:
            pace.held.add(user.pk)
            notices += [replace(each, digest=True) for each in _notices([user], urgent, ends)]
    return Taken(
        at,
        due.level + 1,
        due.loop,
        tuple(people),
        tuple(each.name for each, _ in due.people if isinstance(each, Webhook)),
        tuple(paging.name_of(target) for target in due.empty),
        tuple(level + 1 for level in due.passed),
        due.used_fallback,
        tuple(notices),
        tuple(until),
        tuple(user for user in users if user.pk in keys),
    )


def _notices(people: Iterable[User], urgent: str, at: datetime) -> Iterable[Notice]:
    users = list(people)
    steps = contacts.steps_of(users, urgent, at)
    for user in users:
        for each, method in steps[user.pk]:
            channel = channel_of(method) if method else Delivery.Channel.EMAIL
            to = (method.label or method.shown) if method else "account e-mail"
            yield Notice(each.at, user, channel.label, to, each.why)
