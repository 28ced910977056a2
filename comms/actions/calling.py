"""Sending what is due on every channel but mail. A provider that hangs holds up its own calls and nobody else's: calls
go out side by side, in threads that touch no database, and at most `SLOTS` tasks of all workers do so at once. What
readers are told has a task and a slot of its own."""

from __future__ import annotations

import logging
import time
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime, timedelta

from django.db import transaction

from comms import calls, letters
from comms.actions import claiming, contacts, failing, notifying, superseding
from comms.models import Delivery
from comms.transports.base import Answer, Call, Destination, Refused, Unreachable
from comms.transports.callers import CALLERS
from teams import moments
from teams.models import ContactMethod

log = logging.getLogger(__name__)
State, Channel = Delivery.State, Delivery.Channel
CHANNELS = [channel.value for channel in Channel if channel is not Channel.EMAIL]
SIDE_BY_SIDE = 8
SLOTS = 2
# Seconds for one provider's answer; shorter than the lease of a page.
PATIENCE = 15.0
SLOT_LOCK = 7_304_300
READERS_LOCK = 7_304_315
MAY_BE_TRIED_AGAIN = (408, 425, 429)
GONE = (404, 410)
GONE_FOR_GOOD = 410


def call_due(*, budget: float = 4.0) -> tuple[int, bool]:
    """Make the calls to people that are due, for about `budget` seconds. Returns how many were taken, and whether
    something due is left. Does nothing where `SLOTS` tasks call already: they find it."""
    with claiming.slot(SLOT_LOCK, SLOTS) as free:
        return _call(budget, subscriber=None) if free else (0, False)


def call_readers_due(*, budget: float = 2.0) -> tuple[int, bool]:
    """The same for webhooks and chats of subscribers: strangers' servers, which may hang as long as they like and hold
    up nobody but each other. One task at a time does that."""
    with claiming.slot(READERS_LOCK, 1) as free:
        return _call(budget, subscriber__isnull=False) if free else (0, False)


def _call(budget: float, **whose: object) -> tuple[int, bool]:
    taken = 0
    end = time.monotonic() + budget
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        while batch := _claimed(moments.now(), **whose):
            batch = superseding.still_to_be_sent(batch)
            taken += sum(_settled(delivery, made) for delivery, made in [(d, _made(d, pool)) for d in batch])
            if time.monotonic() >= end:
                return taken, True
    return taken, False


def _claimed(now: datetime, **whose: object) -> list[Delivery]:
    return claiming.claim(claiming.due(now, CHANNELS).filter(**whose), now, limit=SIDE_BY_SIDE)


def _made(delivery: Delivery, pool: ThreadPoolExecutor) -> Future[tuple[Answer, float]] | None:
    """The call, begun in a thread; None for one that is not made."""
    if not claiming.begin(delivery, claiming.lease_of(delivery)):
        return None
    try:
        current = letters.reload(delivery)
        if why_not := claiming.pointless(current):
            claiming.settle(delivery, State.SUPPRESSED, why_not)
            return None
        to, call = calls.destination(current), calls.write(current)
    except Exception as error:
        log.exception("delivery %s could not be written and will be tried again", delivery.pk)
        claiming.again(delivery, f"could not be written: {error}")
        return None
    return pool.submit(_timed, delivery.channel, to, call)


def _timed(channel: str, to: Destination, call: Call) -> tuple[Answer, float]:
    began = time.monotonic()
    answer = CALLERS[channel](to, call, deadline=began + PATIENCE)
    return answer, time.monotonic() - began


def _settled(delivery: Delivery, made: Future[tuple[Answer, float]] | None) -> bool:
    """Write down what came of a call. Returns whether it was taken."""
    if made is None:
        return False
    try:
        answer, took = made.result()
    except Refused as error:
        later = error.code in MAY_BE_TRIED_AGAIN or error.code >= 500
        if delivery.subscriber_id is not None:
            # 404 may be a deployment of theirs; 410 is said on purpose.
            _failed(delivery, str(error), for_good=not later, gone=error.code == GONE_FOR_GOOD)
        else:
            _failed(delivery, str(error), for_good=not later, gone=error.code in GONE)
        return False
    except Unreachable as error:
        _failed(delivery, str(error), for_good=False)
        return False
    except Exception as error:
        log.exception("delivery %s could not be sent and will be tried again", delivery.pk)
        _failed(delivery, f"{type(error).__name__}: {error}", for_good=False)
        return False
    claiming.settle(delivery, State.SENT, answer.reply, provider_id=answer.provider_id, took=timedelta(seconds=took))
    if delivery.method_id is not None:
        ContactMethod.objects.filter(pk=delivery.method_id).exclude(trouble="").update(trouble="", trouble_at=None)
    if delivery.subscriber_id is not None:
        failing.works(delivery.subscriber_id)
    return True


@transaction.atomic
def _failed(delivery: Delivery, reply: str, *, for_good: bool, gone: bool = False) -> None:
    """It is tried again unless it was refused for good; whoever is called hears of it by another channel meanwhile. A
    browser that is `gone` counts no more until it is added again, nor does a subscriber's endpoint."""
    if for_good:
        claiming.settle(delivery, State.FAILED, reply)
    else:
        claiming.again(delivery, reply)
    if delivery.subscriber_id is not None:
        failing.failed(delivery.subscriber_id, reply, gone=gone)
    if delivery.method_id is not None:
        ContactMethod.objects.filter(pk=delivery.method_id).update(trouble=reply[:300], trouble_at=moments.now())
    if gone and delivery.channel == Channel.PUSH and delivery.method is not None and delivery.user is not None:
        contacts.lose(delivery.user, delivery.method)
    if delivery.kind in Delivery.PASSED_ON:
        notifying.hand_over(delivery, for_good=for_good)
