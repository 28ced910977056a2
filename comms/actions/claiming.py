"""Taking deliveries to be sent, and writing down what came of each. A row that is claimed is its worker's until the
lease runs out; whatever the worker does after that no longer matches the row."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F

from comms.actions import posting
from comms.models import Bundle, Delivery, DrillCall, MaintenanceUpdate, Subscriber
from comms.models.delivery import DeliveryQuerySet
from comms.replies import GIVE_UP, pause
from incidents.models import Incident, Promise, TimelineEntry
from teams import faultpoints, moments
from teams.models import User

State = Delivery.State
# How long a worker may take for the next letter of its batch; one that was killed is missed after this. Longer than
# the conversation and the relay's last word: a letter that one worker may still hand over is nobody else's.
PAGE_LEASE = timedelta(seconds=24)
LEASE = timedelta(seconds=60)
TOLD = "The update had come before it went out."
# In which states of a subscription a mail about it is still right; everything else is for active ones.
MEANT_FOR: dict[str, tuple[str, ...]] = {
    Delivery.Kind.CONFIRM: tuple(Subscriber.State.values),
    Delivery.Kind.NOTICE: (Subscriber.State.UNSUBSCRIBED, Subscriber.State.SUPPRESSED),
}
ANSWERED = "Somebody had answered before it went out."


def claim(due: DeliveryQuerySet, now: datetime, *, limit: int) -> list[Delivery]:
    """Take up to `limit` of `due`, committed before anything is sent; what calls somebody never shares a batch with the
    rest. Several workers may claim at once: no row goes to two of them."""
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        if rows and rows[0].priority == 0:
            rows = [row for row in rows if row.priority == 0]
        for row in rows:
            row.state = State.SENDING
            row.lease_until = now + lease_of(row)
        Delivery.objects.bulk_update(rows, ["state", "lease_until"])
    if rows and rows[0].kind in Delivery.CALLS:
        faultpoints.reached("claimed")
    return rows


def lease_of(delivery: Delivery) -> timedelta:
    return PAGE_LEASE if delivery.kind in Delivery.CALLS else LEASE


def begin(delivery: Delivery, lease: timedelta) -> bool:
    """Note that a try begins, and lease the row for it. Returns whether it is still this worker's."""
    lease_until = moments.now() + lease
    if not mine(delivery).update(lease_until=lease_until, attempts=F("attempts") + 1):
        return False
    delivery.lease_until = lease_until
    delivery.attempts += 1
    if delivery.kind in Delivery.CALLS:
        faultpoints.reached("begun")
    return True


def mine(delivery: Delivery) -> DeliveryQuerySet:
    """The row as this worker claimed it: a lease that ran out and was taken by another no longer matches."""
    return held([delivery.pk], delivery.lease_until)


def held(pks: Collection[int], lease_until: datetime | None) -> DeliveryQuerySet:
    """Those of these rows (ids) that are still claimed by whoever leased them until then."""
    return Delivery.objects.filter(pk__in=pks, state=State.SENDING, lease_until=lease_until)


def put_back(rows: Sequence[Delivery]) -> None:
    """Return what was claimed and not tried; only rows that are still this worker's."""
    for lease_until in {row.lease_until for row in rows}:
        pks = [row.pk for row in rows if row.lease_until == lease_until]
        held(pks, lease_until).update(state=State.QUEUED, lease_until=None)


def wait(delivery: Delivery, reply: str, rest: timedelta) -> None:
    """Put it back after a failure that says nothing about it: the try is not charged."""
    mine(delivery).update(
        state=State.QUEUED,
        lease_until=None,
        attempts=F("attempts") - 1,
        reply=reply[:500],
        due_at=moments.now() + rest,
    )


def again(delivery: Delivery, reply: str) -> bool:
    """Try later, unless it has been tried for long enough. Returns whether it will be."""
    now = moments.now()
    # What was held for a digest or a quiet night has its hours from then on.
    ends = max(delivery.created_at, delivery.first_due_at or delivery.created_at) + GIVE_UP
    if now >= ends:
        settle(delivery, State.FAILED, reply)
        return False
    urgent = delivery.kind in Delivery.PASSED_ON
    mine(delivery).update(
        state=State.QUEUED,
        lease_until=None,
        reply=reply[:500],
        due_at=min(now + pause(delivery.attempts, urgent=urgent), ends),
    )
    return True


@transaction.atomic
def settle(
    delivery: Delivery,
    state: str,
    reply: str,
    *,
    provider_id: str = "",
    took: timedelta | None = None,
    relay: str = "",
) -> None:
    """Write down how it ended, and forget what it said where that was a secret."""
    if delivery.kind in Delivery.CALLS:
        faultpoints.reached("handed over")
    ended = mine(delivery).update(
        state=state,
        lease_until=None,
        sent_at=moments.now() if state == State.SENT else None,
        reply=reply[:500],
        provider_id=provider_id[:80],
        relay=relay,
        took_ms=None if took is None else int(took.total_seconds() * 1000),
    )
    if ended and delivery.letter_id is not None:
        posting.forget(delivery.letter_id)


def pointless(delivery: Delivery) -> str:
    """Why this should not be sent any more, or nothing. Asked right before sending."""
    if delivery.user is not None and not delivery.user.is_active:
        return "This person can't sign in any more."
    is_mail = delivery.channel == Delivery.Channel.EMAIL
    if not is_mail and delivery.method_id is delivery.webhook_id is delivery.subscriber_id is None:
        return "This contact method was removed."
    if delivery.method is not None and delivery.method.disabled_at is not None:
        return "This contact method was turned off."
    if delivery.page is not None:
        return ANSWERED if delivery.page.is_answered else ""
    if delivery.kind == Delivery.Kind.PAGE and delivery.entry is not None:
        return ANSWERED if delivery.entry.incident.is_answered else ""
    if delivery.kind == Delivery.Kind.DIGEST and delivery.bundle is not None:
        return _digested(delivery.bundle)
    if delivery.drill_call is not None:
        return _drilled(delivery.drill_call)
    if delivery.subscriber is not None:
        return _outdated(delivery) or _unsubscribed(delivery, delivery.subscriber)
    if delivery.user is not None and delivery.entry is not None:
        return _unseen(delivery.user, delivery.entry)
    return ""


def _outdated(delivery: Delivery) -> str:
    update = delivery.maintenance_update
    return MaintenanceUpdate.OUTDATED if update is not None and update.is_outdated(moments.now()) else ""


def _unseen(user: User, entry: TimelineEntry) -> str:
    if entry.kind == TimelineEntry.Kind.PROMISE and _kept(entry):
        return TOLD
    seen = Incident.objects.visible_to(user).filter(pk=entry.incident_id)
    return "" if seen.exists() else "The incident is not visible to this person."


def _kept(entry: TimelineEntry) -> bool:
    """Whether the promise that it reminds of waits for nobody any more."""
    promise = entry.data.get("promise")
    return bool(promise) and not Promise.objects.standing().filter(pk=promise).exists()


def _digested(bundle: Bundle) -> str:
    from comms.actions.bundling import unanswered

    if bundle.answered_at is None and unanswered(bundle).exists():
        return ""
    return ANSWERED


def _drilled(call: DrillCall) -> str:
    if call.state in DrillCall.ANSWERED:
        return "They had confirmed before it went out."
    return "" if call.drill.is_open(moments.now()) else "The drill was over before it went out."


def _unsubscribed(delivery: Delivery, subscriber: Subscriber) -> str:
    state = subscriber.state
    if state not in MEANT_FOR.get(delivery.kind, (Subscriber.State.ACTIVE,)):
        return f"Subscription: {subscriber.get_state_display().lower()}."
    inner = delivery.kind not in MEANT_FOR and not subscriber.page.is_public
    if inner and not Subscriber.objects.active().filter(pk=subscriber.pk).exists():
        return "They may not read the page any more."
    return ""


def due(now: datetime, channels: Sequence[str]) -> DeliveryQuerySet:
    """What is due on these channels."""
    return Delivery.objects.claimable(now).filter(channel__in=channels)


@contextlib.contextmanager
def slot(lock: int, many: int) -> Iterator[bool]:
    """Hold one of `many` slots, as a lock of this connection that its end gives back by itself. Gives whether one was
    free. `lock` is the number of the first."""
    held = None
    with connection.cursor() as cursor:
        for number in range(lock, lock + many):
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [number])
            if cursor.fetchone() == (True,):
                held = number
                break
    try:
        yield held is not None
    finally:
        if held is not None:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [held])
