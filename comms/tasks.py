"""What the worker is woken for. The rows say what is due; these only look."""

from __future__ import annotations

from django.utils import timezone

from comms.actions import delivering, publishing, streaming
from teams.nudges import nudged


@nudged
def deliver(keys: list[str]) -> int:
    """A nudge: these deliveries were just queued."""
    return delivering.deliver_due(keys=keys)[0]


@nudged
def deliver_due() -> int:
    """Send what is due for a moment, and come back where more is left, so that other work gets its turn."""
    sent, more = delivering.deliver_due()
    if more:
        deliver_due.delay_on_commit()
    return sent


@nudged
def publish_due() -> int:
    """Publish the updates whose time has come."""
    return publishing.publish_due(timezone.now())


@nudged
def stream_audit() -> int:
    """Send on what the audit log got."""
    return streaming.stream_due()
