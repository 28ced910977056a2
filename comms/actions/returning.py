"""What comes back of our mail, and what it means for whoever it went to: a letter bounced, was called spam, or somebody
wants no more. It comes by SMTP to return addresses of ours, or from a mail provider's webhook; either way the same
thing told twice counts once."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from anymail.signals import AnymailTrackingEvent
from django.db import transaction

from comms import providers, returned, tokens
from comms.actions import delivering, notifying, subscribing, suppressing
from comms.models import Delivery, Subscriber, SubscriberEvent
from comms.replies import Meaning
from comms.returned import What
from comms.tokens import Returned

log = logging.getLogger(__name__)
State = Delivery.State
Kind = SubscriberEvent.Kind
# Of a provider's events, and what one means that it did not even try because of what happened before.
TOLD_BY_PROVIDERS = ("bounced", "rejected", "failed", "deferred", "complained", "unsubscribed")
TOLD_BEFORE = {"bounced": "bounced", "invalid": "bounced", "spam": "complained", "unsubscribed": "unsubscribed"}


def take(to: Returned, raw: bytes) -> None:
    """Do what a mail to one of our return addresses means."""
    if to.purpose == tokens.STOP:
        if to.pk is not None:
            unsubscribed(to.pk, "By mail")
        return
    report = returned.read(raw)
    pk = to.pk if to.purpose == tokens.BOUNCE else _meant(report.names)
    if pk is None:
        log.info("a mail came back that names no letter of ours")
    elif report.what is What.BOUNCED:
        bounced(pk, report.text)
    elif report.what is What.DELAYED:
        delayed(pk, report.text)
    elif report.what is What.COMPLAINED:
        complained(pk, report.text)


def provider_said(event: AnymailTrackingEvent) -> bool:
    """Do what an event of a mail provider means; whether that was new."""
    if event.event_type not in TOLD_BY_PROVIDERS:
        return False
    pk = _meant(providers.names(event))
    if pk is None:
        return False
    what, text = event.event_type, providers.reason(event)
    if what == "rejected" and event.reject_reason in TOLD_BEFORE:
        what = TOLD_BEFORE[event.reject_reason]
        # The provider knows the address from before, and did not try.
        text = text if what != "bounced" or returned.means(text) is Meaning.NO_SUCH_READER else f"5.1.1 {text}"
    if what == "deferred":
        return delayed(pk, text)
    if what == "complained":
        return complained(pk, "Told by the mail provider")
    if what == "unsubscribed":
        reader = Delivery.objects.filter(pk=pk).values_list("subscriber", flat=True).first()
        return reader is not None and unsubscribed(reader, "Told by the mail provider")
    return bounced(pk, text)


def _meant(names: Iterable[str]) -> int | None:
    """The letter that a report is about, by the return address or the Message-ID of what it quotes."""
    for name in names:
        found = tokens.returned_to(name) or tokens.returned_with(name)
        if found is not None and found.purpose == tokens.BOUNCE and found.pk is not None:
            return found.pk
        if (delivery := tokens.delivery_from_message_id(name)) is not None:
            return delivery.pk
    return None


@transaction.atomic
def bounced(delivery_pk: int, text: str) -> bool:
    """A letter did not arrive; `text` is the status code and what the other side said. Returns whether that was new.

    An address that there isn't is written to no more, on any page; one that is full after a few in a row. Somebody who
    was paged is called by their next channel.
    """
    delivery = _locked(delivery_pk)
    meant = returned.means(text)
    for_good = meant is Meaning.NO_SUCH_READER
    # What waits to be sent once more tells us soon enough; where nobody lives it need not.
    states = [State.SENT, State.SENDING, State.FAILED, *([State.QUEUED] if for_good else [])]
    if delivery is None or delivery.state not in states:
        return False
    was_failed = delivery.state == State.FAILED
    delivery.state, delivery.reply, delivery.lease_until = State.BOUNCED, text[:500], None
    delivery.save(update_fields=["state", "reply", "lease_until"])
    if delivery.subscriber is not None:
        suppressing.note(delivery.subscriber, Kind.BOUNCED, text, delivery=delivery)
        if for_good or (meant is Meaning.FULL and suppressing.is_full(delivery)):
            why = (
                f"Mail bounced: {text}" if for_good else f"Mailbox full {suppressing.MOST_FULL} times in a row: {text}"
            )
            suppressing.suppress(delivery.subscriber.email, why, delivery=delivery)
    elif not was_failed:
        _pass_on(delivery, text)
    return True


def _locked(delivery_pk: int) -> Delivery | None:
    rows = Delivery.objects.select_for_update(of=("self",)).select_related("subscriber", "user", "page__user")
    return rows.filter(pk=delivery_pk, channel=Delivery.Channel.EMAIL).first()


def _pass_on(delivery: Delivery, text: str) -> None:
    """A person did not get what called them: their next channel does, and their team is told."""
    log.warning("mail %s to a person bounced: %s", delivery.pk, text)
    page = delivery.page
    if delivery.kind not in Delivery.PASSED_ON or (page is not None and page.is_answered):
        return
    notifying.hand_over(delivery, for_good=True)
    if page is not None:
        delivering.tell_unpaged(delivery, f"It came back: {text}")


@transaction.atomic
def delayed(delivery_pk: int, text: str) -> bool:
    """The other side goes on trying to take a letter. That is noted beside it, and nothing else."""
    delivery = _locked(delivery_pk)
    if delivery is None or delivery.state != State.SENT:
        return False
    reply = f"Delayed: {text}"[:500]
    is_new = delivery.reply != reply
    delivery.reply = reply
    delivery.save(update_fields=["reply"])
    return is_new


@transaction.atomic
def complained(delivery_pk: int, text: str) -> bool:
    """The reader called a letter spam: the address gets no more, on any page. Returns whether that was new."""
    delivery = _locked(delivery_pk)
    if delivery is None or delivery.subscriber is None:
        return False
    subscriber = delivery.subscriber
    if SubscriberEvent.objects.filter(kind=Kind.COMPLAINED, delivery=delivery).exists():
        return False
    suppressing.note(subscriber, Kind.COMPLAINED, text, delivery=delivery)
    suppressing.suppress(subscriber.email, "Our mail was called spam", delivery=delivery, but=subscriber.pk)
    return True


@transaction.atomic
def unsubscribed(subscriber_pk: int, how: str) -> bool:
    """They want no more, and said so by mail or to their provider. Returns whether that was new."""
    rows = Subscriber.objects.select_for_update(of=("self",))
    subscriber = rows.filter(pk=subscriber_pk).first()
    if subscriber is None or subscriber.state in (Subscriber.State.UNSUBSCRIBED, Subscriber.State.SUPPRESSED):
        return False
    subscribing.unsubscribe(subscriber.pk, how=how)
    return True
