"""What the worker is woken for. The rows say what is due; these only look."""

from __future__ import annotations

from django.utils import timezone

from incidents.actions import action_items, escalation, postmortem, promises
from teams import moments
from teams.nudges import nudged


@nudged
def escalate_run(run_pk: int) -> None:
    """A nudge: this run may be due."""
    escalation.advance(run_pk)


@nudged
def escalate_due() -> int:
    """Advance every run that is due, and say how many were."""
    return sum(escalation.advance(pk) for pk in escalation.due(moments.now()))


@nudged
def remind_promises() -> int:
    """Remind of promised updates that are late."""
    return promises.remind_due(timezone.now())


@nudged
def remind_due() -> int:
    """Remind of postmortems and action items that are due or overdue."""
    now = timezone.now()
    return postmortem.remind_due(now) + action_items.remind_due(now)
