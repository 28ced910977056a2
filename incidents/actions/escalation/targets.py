"""Who stands behind a target of a policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Max

from incidents.actions.escalation.runs import urgencies, urgency_of
from incidents.models import Page
from teams import escalation, oncall
from teams.models import LayerMember, Schedule, Team, User, Webhook

Called = User | Webhook


# When somebody was last paged in turn by a target (its kind and id), by their key.
Turns = dict[tuple[str, int, int], datetime]


def resolve(target: escalation.Target, at: datetime, *, look_only: Turns | None = None) -> list[Called]:
    """The people behind a target at `at`, or its webhook. None for a gap, for who has left and for what is gone.

    Of those who are paged one after the other it is whoever was paged so the longest ago; whoever resolves such a
    target is alone with it until the transaction ends. Whoever only looks, and changes nothing, gives the turns that it
    made up so far.
    """
    if target.kind == "webhook":
        return list(Webhook.objects.filter(pk=target.id))
    if target.kind == "schedule" and target.way == "on_call":
        schedule = Schedule.objects.select_related("team").filter(pk=target.id).first()
        return list(oncall.crew(schedule, at)) if schedule else []
    found = list(_everybody(target))
    return _next_in_turn(target, found, look_only=look_only) if target.way == "round_robin" else list(found)


class Asking:
    """Who stands behind targets at `at`, for many runs of one transaction: each target is asked and named once, and
    those who are paged one after the other have their turns in the order of the runs."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._people: dict[escalation.Target, list[Called]] = {}
        self._names: dict[escalation.Target, str] = {}
        self._turns: Turns = {}
        self._locked: set[escalation.Target] = set()

    def people(self, target: escalation.Target) -> list[Called]:
        if target.way == "round_robin":
            if target not in self._locked:
                _take_turns_alone(target)
                self._locked.add(target)
            return resolve(target, self.at, look_only=self._turns)
        if target not in self._people:
            self._people[target] = resolve(target, self.at)
        return self._people[target]

    def paged(self, people: Iterable[tuple[Called, escalation.Target]]) -> None:
        """Note whose turn it was."""
        for each, target in people:
            if target.way == "round_robin":
                turn = self.at + timedelta(microseconds=len(self._turns) + 1)
                self._turns.pop((target.kind, target.id, each.pk), None)
                self._turns[target.kind, target.id, each.pk] = turn

    def name(self, target: escalation.Target) -> str:
        if target not in self._names:
            self._names[target] = name_of(target)
        return self._names[target]

    def urgency(self, severity: int | None) -> str:
        return urgency_of(severity, self._urgencies)

    @cached_property
    def _urgencies(self) -> dict[int, str]:
        return urgencies()


def _everybody(target: escalation.Target) -> Any:
    people = User.objects.present()
    if target.kind == "user":
        return people.filter(pk=target.id)
    if target.kind == "team":
        return people.filter(memberships__team_id=target.id)
    members = LayerMember.objects.in_effect().filter(layer__schedule=target.id)
    return people.filter(pk__in=members.values("user"))


def _next_in_turn(target: escalation.Target, people: Sequence[User], *, look_only: Turns | None) -> list[Called]:
    if look_only is None:
        _take_turns_alone(target)
    rows = Page.objects.filter(
        target_kind=target.kind, target_id=target.id, target_way="round_robin", user__in=[p.pk for p in people]
    )
    last: dict[int, datetime] = dict(rows.order_by().values_list("user").annotate(Max("created_at")))
    last |= {pk: at for (kind, of, pk), at in (look_only or {}).items() if (kind, of) == (target.kind, target.id)}
    ordered = sorted(people, key=lambda p: (last[p.pk].timestamp() if p.pk in last else 0.0, p.pk))
    return list(ordered[:1])


def _take_turns_alone(target: escalation.Target) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"round robin:{target.kind}:{target.id}"]
        )


def name_of(target: escalation.Target) -> str:
    """The target in words: "Payments · Primary", "everybody in Payments · Primary"."""
    model: Any = {"schedule": Schedule, "user": User, "team": Team, "webhook": Webhook}[target.kind]
    found = model.objects.filter(pk=target.id).first()
    name = str(found) if found else f"a {target.kind} that no longer exists"
    if target.way == "round_robin":
        return f"one after the other in {name}"
    return f"everybody in {name}" if target.kind == "schedule" and target.way == "everybody" else name
