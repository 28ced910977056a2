"""Who would be paged, when, and through what: a policy walked from a moment to its end by the functions that really
page, without a row written or a message sent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from comms.actions.notifying import channel_of
from comms.models import Delivery
from incidents import urgency
from incidents.actions import escalation as paging
from incidents.actions import intake
from incidents.models import Integration
from incidents.sources import AlertReport
from teams import contacts, escalation
from teams.models import ContactMethod, EscalationPolicy, Service, Team, User, Webhook
from teams.notifying import Habits, plan

# Steps after which a simulation ends, whatever the policy says.
MOST = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """One notification that would go out at `at`, unless somebody had answered by then."""

    at: datetime
    user: User
    channel: str
    to: str
    rule: str


@dataclass(frozen=True, slots=True)
class Taken:
    """One step that would be taken at `at`: whom it pages and why, which webhooks it calls, what it found empty and
    what it passed over, in words."""

    at: datetime
    step: int
    loop: int
    people: tuple[tuple[User, str], ...]
    webhooks: tuple[str, ...]
    empty: tuple[str, ...]
    passed: tuple[int, ...]
    fallback: bool
    notices: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Simulation:
    """`ends_at`: when the policy has nobody left to page; None where it goes on for longer than was looked at."""

    policy: EscalationPolicy | None
    severity: int | None
    urgency: str
    steps: tuple[Taken, ...]
    ends_at: datetime | None

    @property
    def notices(self) -> list[Notice]:
        """All of them in order of time."""
        return sorted((n for step in self.steps for n in step.notices), key=lambda n: n.at)


def of_alerts(integration: Integration, reports: list[AlertReport], at: datetime) -> Simulation:
    """What alerts would do that came to `integration` at `at` and belonged to no open incident."""
    services, team = intake.concerned(integration, reports)
    level = urgency.level_of(report.severity or "" for report in reports)
    return of_trouble(Service.objects.filter(pk__in=[s.pk for s in services]), team, level, at)


def of_trouble(services: QuerySet[Service], team: Team | None, severity: int | None, at: datetime) -> Simulation:
    """What trouble of these services and this team would do at `at`; `severity` is a level, None: nobody knows."""
    policy = paging.policy_of(services, team)
    urgent = paging.urgency_of(severity)
    if policy is None:
        return Simulation(None, severity, urgent, (), at)
    steps, ends_at = _walk(paging.snapshot(policy), severity, urgent, at)
    return Simulation(policy, severity, urgent, tuple(steps), ends_at)


def _walk(
    policy: escalation.Policy, severity: int | None, urgent: str, at: datetime
) -> tuple[list[Taken], datetime | None]:
    turns: paging.Turns = {}
    found: list[Taken] = []
    level = loop = 0
    for _ in range(MOST):
        now = at

        def resolve(target: escalation.Target, now: datetime = now) -> list[User | Webhook]:
            return paging.resolve(target, now, look_only=turns)

        def holds(step: escalation.Step, now: datetime = now) -> bool:
            return step.holds(severity, now)

        due = escalation.decide(policy, level, loop, resolve, holds)
        found.append(_taken(due, urgent, now))
        if due.exhausted:
            return found, now
        for each, target in due.people:
            if target.way == "round_robin" and isinstance(each, User):
                turns[(target.kind, target.id, each.pk)] = now
        level, loop, at = due.next_level, due.next_loop, now + due.delay
    return found, None


def _taken(due: escalation.Decision[User | Webhook], urgent: str, at: datetime) -> Taken:
    people = [(each, paging.name_of(target)) for each, target in due.people if isinstance(each, User)]
    return Taken(
        at,
        due.level + 1,
        due.loop,
        tuple(people),
        tuple(each.name for each, _ in due.people if isinstance(each, Webhook)),
        tuple(paging.name_of(target) for target in due.empty),
        tuple(level + 1 for level in due.passed),
        due.used_fallback,
        tuple(_notices([user for user, _ in people], urgent, at)),
    )


def _notices(people: Iterable[User], urgent: str, at: datetime) -> Iterable[Notice]:
    users = list(people)
    habits = contacts.habits_of(users)
    methods = {row.pk: row for row in ContactMethod.objects.usable().filter(user__in=users)}
    for user in users:
        for each in plan(habits.get(user.pk, Habits()), urgent, at):
            method = methods.get(each.method) if isinstance(each.method, int) else None
            channel = channel_of(method) if method else Delivery.Channel.EMAIL
            to = (method.label or method.shown) if method else "account e-mail"
            yield Notice(each.at, user, channel.label, to, each.why)
