"""Verbs on overrides: somebody stands in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from teams import oncall, permits
from teams.actions.remembering import remember
from teams.actions.warnings import look_soon
from teams.models import Override, Schedule, Swap, User

# Filling in a form takes a while; what started longer ago than this is the past.
LATE = timedelta(minutes=15)
LONGEST_OVERRIDE = timedelta(days=366)


@transaction.atomic
def add_override(
    schedule: Schedule,
    *,
    by: User,
    user: User,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    replaces: User | None = None,
    swap: Swap | None = None,
) -> Override:
    """Let `user` stand in on `schedule` in [starts_at, ends_at), aware: for `replaces` where that person is on call,
    for everybody throughout where that is None.

    Whoever may change the roster may for anybody. Others may where they stand in themselves, or where the whole
    span is their own duty. A start of a few minutes ago is taken as now; the past stays as it was.
    ValidationError names `user`, `replaces`, `starts_at` or `ends_at`. `swap`: both have agreed.
    """
    now = timezone.now()
    wrong: dict[str, str] = {}
    if why := why_unfit(user):
        wrong["user"] = why
    if replaces is not None and replaces.pk == user.pk:
        wrong["replaces"] = f"{user} can't stand in for themselves. Choose two people."
    if ends_at <= starts_at:
        wrong["ends_at"] = "It ends before it starts. Give an end after the start."
    elif ends_at <= now:
        wrong["ends_at"] = "That is over already, and the past stays as it was. Give an end that is still to come."
    elif ends_at - starts_at > LONGEST_OVERRIDE:
        wrong["ends_at"] = "That is more than a year. Change the rotation instead, or give a nearer end."
    if "ends_at" not in wrong and starts_at < now - LATE:
        wrong["starts_at"] = "That is in the past, which stays as it was. Start now or later."
    if wrong:
        raise ValidationError(wrong)
    starts_at = max(starts_at, now.replace(second=0, microsecond=0)) if starts_at < now else starts_at
    if swap is None and not permits.may(by, "roster.change", schedule):
        permits.require(by, "override.add", schedule)
        _check_own(schedule, by, user, starts_at, ends_at)
    made = Override(
        schedule=schedule,
        user=user,
        replaces=replaces,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        created_by=by,
        swap=swap,
    )
    made.save(force_insert=True)
    look_soon()
    return made


def why_unfit(user: User) -> str:
    """Why `user` can't be put on call, as a sentence with the way out; empty where they can."""
    if not user.is_active:
        return f"{user}'s account is deactivated. Choose somebody else."
    return f"{user} is a service account, which answers no page. Choose a person." if user.is_service else ""


def _check_own(schedule: Schedule, by: User, user: User, starts_at: datetime, ends_at: datetime) -> None:
    if user.pk == by.pk:
        return
    rota = oncall.load([schedule], since=starts_at)[0]
    if {u.pk for w in rota.watches(starts_at, ends_at) for u in w.users} != {by.pk}:
        raise ValidationError(
            {
                "user": "You can stand in yourself, or hand over time that is your own duty. For other people's "
                "duty ask a manager of the team."
            }
        )


def may_remove(by: User, override: Override) -> bool:
    """Whether `by` may take the override back: its own people and managers, before it is over."""
    return bool(removable(by, override.schedule, [override]))


def removable(
    by: User, schedule: Schedule, overrides: Iterable[Override], *, allowed: frozenset[str] | None = None
) -> set[int]:
    """The keys of those of `overrides`, all of `schedule`, that `by` may take back. As many queries for ten as for
    one, and none where `allowed` says which of roster.change and override.add they may do to the schedule."""
    now = timezone.now()
    ahead = [each for each in overrides if each.ends_at > now]
    if allowed is None:
        allowed = permits.which(by, ("roster.change", "override.add"), schedule) if ahead else frozenset()
    if "roster.change" in allowed:
        return {each.pk for each in ahead}
    return {each.pk for each in ahead if allowed and by.pk in (each.user_id, each.created_by_id)}


@transaction.atomic
def remove_override(override_id: int, *, by: User) -> Override | None:
    """Take an override back. One that has begun ends now, so that the past stays; returns it then, None when it is
    gone. PermissionDenied for others than its people and managers; ValidationError when it is over or gone."""
    override = (
        Override.objects.select_for_update(of=("self",))
        .select_related("schedule__team", "user")
        .filter(pk=override_id)
        .first()
    )
    now = timezone.now()
    if override is None:
        raise ValidationError("Somebody else removed this override already.")
    if override.ends_at <= now:
        raise ValidationError("This override is over already, and the past stays as it was.")
    if not may_remove(by, override):
        raise PermissionDenied("Only who made it, who stands in, or a manager of the team can remove this override.")
    take_back([override], now)
    return override if override.known_until is None else None


def take_back(overrides: Iterable[Override], now: datetime) -> int:
    """End those that have begun now, and withdraw the others; what they were is remembered. How many. In a transaction
    that has locked them."""
    count = 0
    for override in overrides:
        count += 1
        if override.starts_at < now:
            remember(override, now)
            override.ends_at = now
            override.save(update_fields=["ends_at", "known_from"])
        else:
            override.known_until = now
            override.save(update_fields=["known_until"])
    if count:
        look_soon()
    return count
