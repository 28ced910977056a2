"""What the worker is woken for. The rows say what is due; these only look."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from teams import actions, idempotency, tokens
from teams.actions import swaps
from teams.audit import retention
from teams.ical import importing
from teams.nudges import nudged
from teams.signin import sessions


@shared_task
def forget_keys() -> int:
    """Drop idempotency keys that no client will send again."""
    return idempotency.forget(timezone.now())


@shared_task
def sweep_sessions() -> int:
    """Drop what is left of sessions that have ended."""
    return sessions.sweep(timezone.now())


@shared_task
def tell_of_tokens() -> int:
    """Warn of API tokens that end soon, and note those that have."""
    return tokens.tell_due(timezone.now())


@shared_task
def forget_audit() -> int:
    """Drop what the audit log no longer keeps."""
    return retention.forget(timezone.now())


@nudged
def look_ahead() -> list[int]:
    """See what will hurt in the rosters: how many warnings opened, and how many are mended."""
    return list(actions.look_ahead(timezone.now()))


@shared_task
def tell_of_warnings() -> int:
    """Write to those whom warnings concern, where they are due."""
    return actions.tell_of_warnings(timezone.now())


@shared_task
def read_calendars() -> int:
    """Read the calendars that schedules are fed by, where they are due."""
    return importing.refresh_due(timezone.now())


@shared_task
def expire_swaps() -> int:
    """Close the swaps that nobody answered in time."""
    return swaps.expire(timezone.now())
