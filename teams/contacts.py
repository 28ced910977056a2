"""How people are reached, read from their rows for `teams.notifying`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q

from teams.models import NotificationRule, Organization, User
from teams.notifying import Habits, Quiet, Rule


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
