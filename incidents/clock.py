"""When a promised update is late, and when who hears of it. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import IntEnum

MINUTE = timedelta(minutes=1)
# So long before a promised time its reminder comes; half of what is left where that is less.
AHEAD = timedelta(minutes=5)


class Step(IntEnum):
    """Who hears of a promise, in this order and each once: before it is due and when it is late the Communications
    Lead, then the Incident Commander, whoever is next in the escalation policy, and the team's managers."""

    AHEAD = 0
    LATE = 1
    COMMANDER = 2
    ON_CALL = 3
    MANAGERS = 4
    DONE = 5


# Graces that lie between a step and the one before it.
WAITS = {Step.COMMANDER: 1, Step.ON_CALL: 1, Step.MANAGERS: 2}


def minute(at: datetime) -> datetime:
    """A moment as readers see it, who are told hours and minutes."""
    return at.replace(second=0, microsecond=0)


def late_from(due_at: datetime) -> datetime:
    """The first moment at which an update is late: what comes while clocks show the promised minute is on time."""
    return minute(due_at) + MINUTE


def is_late(due_at: datetime, at: datetime) -> bool:
    return at >= late_from(due_at)


def minutes_late(due_at: datetime, at: datetime) -> int:
    """By how many minutes, as readers count them; 0 for what is on time."""
    return max(0, int((minute(at) - minute(due_at)) / MINUTE))


def ahead_at(made_at: datetime, due_at: datetime) -> datetime:
    """When to remind of a promise that is still to be kept."""
    return due_at - min(AHEAD, max(due_at - made_at, timedelta(0)) / 2)


def after(step: Step, now: datetime, grace: timedelta) -> datetime:
    """When the step comes whose former one was taken at `now`, where all are late already."""
    return now + WAITS[step] * grace
