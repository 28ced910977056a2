"""Subscribers' webhooks and chats that do not answer: after some days they are called no more, and their keeper is told
by mail, with a link to turn it on again."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from comms.actions import keepers, suppressing
from comms.models import Delivery, Subscriber, SubscriberEvent
from comms.replies import GIVE_UP
from teams import moments

State = Delivery.State
LASTS = timedelta(days=3)
# Different calls that failed: one that failed long ago says nothing about now.
AT_LEAST = 3


def works(subscriber_pk: int) -> None:
    """It took a call."""
    troubled = Subscriber.objects.filter(pk=subscriber_pk, failing_since__isnull=False)
    troubled.update(failing_since=None, trouble="")


@transaction.atomic
def failed(subscriber_pk: int, reply: str, *, gone: bool) -> None:
    """It did not take a call. The subscription ends for now where it is `gone`, as it says itself, or has failed for
    `LASTS`."""
    subscriber = keepers.locked(subscriber_pk)
    if subscriber.state != Subscriber.State.ACTIVE:
        return
    now = moments.now()
    subscriber.failing_since = subscriber.failing_since or now
    subscriber.trouble = reply[:300]
    if gone or (now - subscriber.failing_since >= LASTS and _calls_since(subscriber) >= AT_LEAST):
        subscriber.state, subscriber.ended_at = Subscriber.State.SUPPRESSED, now
        suppressing.note(subscriber, SubscriberEvent.Kind.FAILING, f"called no more: {reply}")
        keepers.write_to_keeper(subscriber, "failing", Delivery.Kind.NOTICE)
    subscriber.save(update_fields=["failing_since", "trouble", "state", "ended_at"])


def _calls_since(subscriber: Subscriber) -> int:
    assert subscriber.failing_since is not None, "it fails"
    tried = Q(state=Delivery.State.FAILED) | Q(
        state__in=[Delivery.State.QUEUED, Delivery.State.SENDING], attempts__gt=0
    )
    # The first of them was made before it failed.
    rows = subscriber.deliveries.exclude(channel=Delivery.Channel.EMAIL).filter(tried)
    return rows.filter(created_at__gte=subscriber.failing_since - GIVE_UP).count()
