"""What the worker is woken for. The rows say what is due; these only look."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from incidents.actions import (
    answering,
    attempts,
    claims,
    escalation,
    exercises,
    exports,
    figures,
    heartbeats,
    inbox,
    notices,
    promises,
    recovery,
    releasing,
    reminding,
    review_deadlines,
)
from incidents.actions import tasks as given
from incidents.actions.trackers import polling, syncing
from incidents.actions.witness import keeping, watching
from incidents.models import Presence
from teams import moments
from teams.nudges import nudged


@nudged
def take_events() -> int:
    """Make incidents of what tools have sent, and come back where more is left."""
    taken, more = inbox.take_due()
    if more:
        take_events.delay_on_commit()
    return taken


@nudged
def miss_heartbeats() -> int:
    """Let alerts fire for heartbeats that did not come."""
    return heartbeats.sweep(moments.now())


@nudged
def release_due() -> int:
    """Take again what was held back by a silence, a maintenance window or a service that was down, and is no longer."""
    return releasing.release_due(moments.now())


@nudged
def escalate_due() -> int:
    """Advance the runs that are due, the worst first, and come back where more are left."""
    done, more = escalation.advance_due()
    if more:
        escalate_due.delay_on_commit()
    return done


@nudged
def settle_recoveries() -> int:
    """Propose or do what follows where all alerts of an incident have been over for long enough."""
    return recovery.sweep(timezone.now())


@nudged
def remind_promises() -> int:
    """Remind of promised updates that are due, and escalate those that are late."""
    return promises.remind_due(moments.now())


@nudged
def remind_tasks() -> int:
    """Ask after tasks that nobody has accepted, that are due, or that are late."""
    return given.remind_due(moments.now())


@nudged
def read_metrics() -> int:
    """Read the metrics that incidents are watched by, and tell of what they have come to."""
    return watching.read_due()


@nudged
def tidy_metrics() -> int:
    """Thin out what was read of metrics long ago."""
    return keeping.tidy_due()


@nudged
def play_due() -> int:
    """Let happen what drills have due."""
    return exercises.run_due()


@nudged
def settle_roles() -> int:
    """Ask the next person where nobody has answered for a role."""
    return answering.settle_due(moments.now())


@nudged
def ask_about_mitigations() -> int:
    """Ask for an attempt where none begins, and of each whose time is over whether it worked."""
    return attempts.sweep(moments.now())


@nudged
def remind_due() -> int:
    """Remind of postmortems and action items that are due or overdue."""
    now = timezone.now()
    return review_deadlines.remind_due(now) + reminding.remind_due(now)


@nudged
def tell_of_action_items() -> int:
    """Write the day's letter about action items to each of those who are to hear of some."""
    return notices.send_due(timezone.now())


@nudged
def lapse_claims() -> int:
    """End the claims on sections of postmortems whose people are gone, and tell whom they named."""
    return claims.lapse_due(moments.now())


@nudged
def forget_events() -> int:
    """Drop events that are no longer kept, and come back where more of them are left."""
    gone = inbox.forget()
    Presence.objects.filter(seen_at__lt=timezone.now() - timedelta(hours=1)).delete()
    if gone:
        forget_events.delay_on_commit()
    return gone


@nudged
def write_exports() -> int:
    """Write files that people asked for, and come back where more is left of one."""
    written, more = exports.work()
    if more:
        write_exports.delay_on_commit()
    return written


@nudged
def forget_exports() -> int:
    """Drop files whose day is over."""
    return exports.forget(moments.now())


@nudged
def keep_trackers_in_step() -> int:
    """Bring action items and their issues into step, and come back where more are due."""
    done, more = syncing.sync_due()
    if more:
        keep_trackers_in_step.delay_on_commit()
    return done


@nudged
def poll_trackers() -> int:
    """Look trackers through for what no webhook told of."""
    return polling.poll_due()


@nudged
def keep_moments() -> int:
    """Bring the moments of incidents, of which figures are made, in step with their timelines; come back for more."""
    kept, more = figures.refresh_due()
    if more:
        keep_moments.delay_on_commit()
    return kept
