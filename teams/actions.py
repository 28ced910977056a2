"""Verbs on teams and rosters. Refusals are ValidationErrors that name the field and the way out; somebody who may
not do a thing at all gets PermissionDenied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from teams import oncall, permits
from teams.models import (
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    Layer,
    LayerMember,
    Override,
    Schedule,
    Team,
    User,
)

# Filling in a form takes a while; what started longer ago than this is the past.
LATE = timedelta(minutes=15)
LONGEST_OVERRIDE = timedelta(days=366)


@transaction.atomic
def add_override(
    schedule: Schedule, *, by: User, user: User, starts_at: datetime, ends_at: datetime, reason: str = ""
) -> Override:
    """Let `user` stand in on `schedule` in [starts_at, ends_at), aware.

    Whoever may change the roster may for anybody. Others may where they stand in themselves, or where the whole
    span is their own duty. A start of a few minutes ago is taken as now; the past stays as it was.
    ValidationError names `user`, `starts_at` or `ends_at`.
    """
    now = timezone.now()
    wrong: dict[str, str] = {}
    if not user.is_active:
        wrong["user"] = f"{user}'s account is deactivated. Choose somebody else."
    elif user.is_service:
        wrong["user"] = f"{user} is a service account, which answers no page. Choose a person."
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
    if not permits.may(by, "roster.change", schedule):
        permits.require(by, "override.add", schedule)
        _check_own(schedule, by, user, starts_at, ends_at)
    return Override.objects.create(
        schedule=schedule, user=user, starts_at=starts_at, ends_at=ends_at, reason=reason.strip(), created_by=by
    )


def _check_own(schedule: Schedule, by: User, user: User, starts_at: datetime, ends_at: datetime) -> None:
    if user.pk == by.pk:
        return
    rota = oncall.load([schedule], since=starts_at)[0]
    on_call = {w.user.pk for w in rota.watches(starts_at, ends_at)}
    if on_call != {by.pk}:
        raise ValidationError(
            {
                "user": "You can stand in yourself, or hand over time that is your own duty. For other people's "
                "duty ask a manager of the team."
            }
        )


def may_remove(by: User, override: Override) -> bool:
    """Whether `by` may take the override back: its own people and managers, before it is over."""
    if override.ends_at <= timezone.now():
        return False
    if permits.may(by, "roster.change", override):
        return True
    return by.pk in (override.user_id, override.created_by_id) and permits.may(by, "override.add", override)


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
    if override.starts_at < now:
        override.ends_at = now
        override.save(update_fields=["ends_at"])
        return override
    override.delete()
    return None


@transaction.atomic
def set_rota(layer: Layer, people: Sequence[User]) -> None:
    """Put `people` into the layer's rotation in this order; the same person may come twice."""
    Layer.objects.select_for_update().get(pk=layer.pk)
    if list(layer.rota.order_by("position", "pk").values_list("user_id", flat=True)) == [p.pk for p in people]:
        return
    layer.rota.all().delete()
    LayerMember.objects.bulk_create(LayerMember(layer=layer, user=user, position=n) for n, user in enumerate(people))


@transaction.atomic
def set_targets(step: EscalationStep, targets: Iterable[Schedule | User | Team]) -> None:
    """Let `step` page exactly these, in this order."""
    EscalationStep.objects.select_for_update().get(pk=step.pk)
    step.targets.all().delete()
    EscalationTarget.objects.bulk_create(
        EscalationTarget(
            step=step,
            schedule=each if isinstance(each, Schedule) else None,
            user=each if isinstance(each, User) else None,
            team=each if isinstance(each, Team) else None,
        )
        for each in targets
    )


def use_policy(team: Team, policy: EscalationPolicy) -> None:
    """Page `team` by `policy` wherever a service has no policy of its own."""
    Team.objects.filter(pk=team.pk).update(escalation_policy=policy)
    team.escalation_policy = policy


def drop_policy(team: Team, policy: EscalationPolicy) -> None:
    """Stop paging `team` by `policy` as its own; nothing happens where it uses another."""
    if Team.objects.filter(pk=team.pk, escalation_policy=policy).update(escalation_policy=None):
        team.escalation_policy = None
