"""Messages about a subscription itself: mail to whose it is, and calls that try where it leads."""

from __future__ import annotations

from comms.models import Delivery, Subscriber


def locked(subscriber_pk: int) -> Subscriber:
    """A subscriber that nobody else changes meanwhile, with their page."""
    return Subscriber.objects.select_for_update(of=("self",)).select_related("page").get(pk=subscriber_pk)


def write_to_keeper(subscriber: Subscriber, about: str, kind: str) -> None:
    """A mail about the subscription itself to whose it is, in the caller's transaction; `about` begins its key."""
    from comms.tasks import deliver_due

    _queue(subscriber, about, kind, Delivery.Channel.EMAIL, subscriber.email)
    deliver_due.delay_on_commit()


def call(subscriber: Subscriber) -> None:
    """Try their webhook or chat."""
    from comms.tasks import call_readers_due

    _queue(subscriber, "test", Delivery.Kind.TEST, subscriber.channel, subscriber.endpoint_shown)
    call_readers_due.delay_on_commit()


def _queue(subscriber: Subscriber, about: str, kind: str, channel: str, address: str) -> None:
    number = subscriber.deliveries.filter(key__startswith=f"{about}:").count() + 1
    Delivery.objects.create(
        key=f"{about}:{subscriber.pk}:{number}",
        kind=kind,
        priority=Delivery.PRIORITY[Delivery.Kind(kind)],
        channel=channel,
        address=address,
        subscriber=subscriber,
    )
