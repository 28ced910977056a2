"""How people are reached, read from their rows for `teams.notifying`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from teams.models import ContactMethod, NotificationRule, Organization, User
from teams.notifying import Habits, Planned, Quiet, Rule, plan

Step = tuple[Planned, ContactMethod | None]


def steps_of(users: Iterable[User], urgency: str, at: datetime) -> dict[int, list[Step]]:
    """By the key of each of `users`: every notification of a page of `urgency` at `at`, and by which method it goes;
    None is the e-mail address of the account. One query more than `habits_of`'s."""
    people = list(users)
    methods = {row.pk: row for row in ContactMethod.objects.usable().filter(user__in=people)}

    def method_of(step: Planned) -> ContactMethod | None:
        return methods.get(step.method) if isinstance(step.method, int) else None

    habits = habits_of(people)
    return {pk: [(step, method_of(step)) for step in plan(habits[pk], urgency, at)] for pk in habits}


def habits_of(users: Iterable[User]) -> dict[int, Habits]:
    """By the key of each of `users`: their rules, as far as their methods can be used. One query, and one for each
    who has quiet hours on no clock of their own.

    A rule of a method that can't be used is as if it were not there. The account's own address is always good for a
    page, proved or not: better a page too many than none.
    """
    people = {user.pk: user for user in users}
    usable = Q(method=None) | Q(method__verified_at__isnull=False, method__disabled_at=None)
    rules: dict[tuple[int, str], list[Rule]] = {}
    rows = NotificationRule.objects.filter(usable, user__in=list(people)).order_by("delay_minutes", "pk")
    for pk, urgency, minutes, method in rows.values_list("user", "urgency", "delay_minutes", "method_id"):
        if method or people[pk].email:
            rules.setdefault((pk, urgency), []).append(Rule(timedelta(minutes=minutes), method))
    found = {}
    for pk, user in people.items():
        quiet = None
        if user.quiet_from is not None and user.quiet_until is not None:
            quiet = Quiet(user.quiet_from, user.quiet_until, user.time_zone or Organization.current().time_zone)
        found[pk] = Habits(tuple(rules.get((pk, "high"), ())), tuple(rules.get((pk, "low"), ())), quiet)
    return found
