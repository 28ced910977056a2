"""Verbs on escalation policies."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from teams.models import EscalationPolicy, EscalationStep, EscalationTarget, Team


@transaction.atomic
def set_targets(step: EscalationStep, targets: Iterable[EscalationTarget]) -> None:
    """Let `step` page exactly these, in this order; the rows are unsaved and of no step yet."""
    EscalationStep.objects.select_for_update().get(pk=step.pk)
    step.targets.all().delete()
    EscalationTarget.objects.bulk_create(
        EscalationTarget(
            step=step,
            way=each.way,
            schedule_id=each.schedule_id,
            user_id=each.user_id,
            team_id=each.team_id,
            webhook_id=each.webhook_id,
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
