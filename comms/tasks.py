"""What the worker is woken for. The rows say what is due; these only look."""

from __future__ import annotations

from django.utils import timezone

from comms.actions import (
    approving,
    calling,
    delivering,
    digests,
    drills,
    fanning,
    importing,
    maintaining,
    mirroring,
    publishing,
    pulse,
    rolling_back,
    snapshots,
    streaming,
    summaries,
)
from teams import moments
from teams.nudges import nudged


@nudged
def deliver_due() -> int:
    """Send what is due for a moment, and come back where more is left, so that other work gets its turn."""
    sent, more = delivering.deliver_due()
    if more:
        deliver_due.delay_on_commit()
    return sent


@nudged
def call_due() -> int:
    """Send what is due on every channel but mail, and come back where more is left."""
    sent, more = calling.call_due()
    if more:
        call_due.delay_on_commit()
    return sent


@nudged
def gather_summaries() -> int:
    """Put into one message for each subscriber what waited for their digest."""
    told = summaries.gather_due(moments.now())
    if told:
        gather_summaries.delay_on_commit()
    return told


@nudged
def call_readers_due() -> int:
    """Send what is due to webhooks and chats of subscribers, and come back where more is left."""
    sent, more = calling.call_readers_due()
    if more:
        call_readers_due.delay_on_commit()
    return sent


@nudged
def call_rollbacks_due() -> int:
    """Call what rolls changes back, and come back where more is left."""
    made, more = rolling_back.call_due()
    if more:
        call_rollbacks_due.delay_on_commit()
    return made


@nudged
def close_bundles() -> int:
    """Send the digests of bundles whose time is up."""
    return digests.close_due(moments.now())


@nudged
def answer_bundles() -> int:
    """Acknowledge what the answered digests named, some at a time."""
    done, more = digests.answer_due()
    if more:
        answer_bundles.delay_on_commit()
    return done


@nudged
def run_drills() -> int:
    """Start the drills that are due, see whom they reach, and end those that are over."""
    return drills.sweep(moments.now())


@nudged
def beat_pulse() -> bool:
    """See whether paging keeps its promise, and tell the watchman outside."""
    return pulse.beat()


@nudged
def publish_due() -> int:
    """Publish the updates whose time has come."""
    return publishing.publish_due(timezone.now())


@nudged
def fan_out_due() -> int:
    """Write down whom updates concern that have many readers."""
    return fanning.fan_out_due(moments.now())


@nudged
def look_after_approvals() -> int:
    """Remind approvers of what waits for them, and let go what waited too long."""
    return approving.sweep(timezone.now())


@nudged
def maintain_due() -> int:
    """Begin and end the planned maintenance whose time has come, and remind of what lies ahead."""
    return maintaining.maintain_due(moments.now())


@nudged
def render_pages() -> int:
    """Publish the files of status pages that have changed."""
    return snapshots.render_due()


@nudged
def mirror_pages() -> None:
    """Copy the files of status pages to the object store, if there is one, and come back where more is left."""
    if mirroring.mirror_due():
        mirror_pages.delay_on_commit()


@nudged
def stream_audit() -> int:
    """Send on what the audit log got."""
    return streaming.stream_due()


@nudged
def import_subscribers() -> int:
    """Read files of subscribers for a moment, and come back where more is left."""
    done, more = importing.work()
    if more:
        import_subscribers.delay_on_commit()
    return done
