"""Addresses that get no more mail, because there is nobody or because somebody there called it spam; and the history of
subscribers."""

from __future__ import annotations

from django.db import transaction

from comms import returned
from comms.models import Delivery, Subscriber, SubscriberEvent
from comms.replies import Meaning
from teams import moments
from teams.models import User

Kind = SubscriberEvent.Kind
State = Subscriber.State
# So many letters in a row that found a mailbox full, and it is nobody's any more.
MOST_FULL = 3


def note(
    subscriber: Subscriber | int, kind: str, text: str = "", *, by: User | None = None, delivery: Delivery | None = None
) -> SubscriberEvent:
    """One line of a subscriber's history, in the caller's transaction."""
    pk = subscriber if isinstance(subscriber, int) else subscriber.pk
    return SubscriberEvent.objects.create(
        subscriber_id=pk, kind=kind, text=text[:500], by=by, delivery=delivery, at=moments.now()
    )


@transaction.atomic
def suppress(email: str, why: str, *, delivery: Delivery | None = None, but: int | None = None) -> int:
    """Write no more to an address, whichever page it reads; returns how many subscriptions that ends. The one with the
    key `but` gets no line of history for it: its own says why."""
    living = Subscriber.objects.select_for_update(of=("self",)).at(email)
    living = living.filter(channel=Subscriber.Channel.EMAIL, state__in=[State.ACTIVE, State.PENDING])
    ended = list(living.order_by("pk"))
    Subscriber.objects.filter(pk__in=[each.pk for each in ended]).update(state=State.SUPPRESSED, ended_at=moments.now())
    for each in ended:
        if each.pk != but:
            note(each, Kind.SUPPRESSED, why, delivery=delivery)
    return len(ended)


def is_refused(email: str) -> bool:
    """Whether mail to the address is known to come back, or was called spam, on any page."""
    known = Subscriber.objects.at(email).filter(channel=Subscriber.Channel.EMAIL)
    return known.filter(state=State.SUPPRESSED).exists()


def is_full(delivery: Delivery) -> bool:
    """Whether the letter, which found the mailbox full, is one of several in a row. Bounces come in any order."""
    settled = [Delivery.State.SENT, Delivery.State.FAILED, Delivery.State.BOUNCED]
    others = Delivery.objects.filter(subscriber=delivery.subscriber_id, state__in=settled)
    before = others.filter(pk__lt=delivery.pk).order_by("-pk").values_list("state", "reply")[: MOST_FULL - 1]
    after = others.filter(pk__gt=delivery.pk).order_by("pk").values_list("state", "reply")[: MOST_FULL - 1]
    return 1 + _fulls(list(before)) + _fulls(list(after)) >= MOST_FULL


def _fulls(rows: list[tuple[str, str]]) -> int:
    """How many of the first rows, without a gap."""
    for count, (state, reply) in enumerate(rows):
        if state == Delivery.State.SENT or returned.means(reply) is not Meaning.FULL:
            return count
    return len(rows)
