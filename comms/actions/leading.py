"""Where a subscription leads that goes by a webhook or a chat: checked, changed, tried, and signed by two secrets at
most."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from comms import choices, endpoints
from comms.actions.keepers import call, locked
from comms.actions.suppressing import note
from comms.models import Delivery, Subscriber, SubscriberEvent
from incidents.problems import refuse

Kind = SubscriberEvent.Kind
TEST_EVERY = timedelta(minutes=1)
TESTS_A_DAY = 20


def check_endpoint(kind: str, address: str) -> None:
    """Raises Blocked for an address that no update may go to."""
    if endpoints.is_usable(kind, address):
        return
    if kind == endpoints.WEBHOOK:
        text = gettext("Updates can't be sent there. Give an address at the public internet that begins with https://.")
    else:
        text = gettext("Updates can't be sent there. Give the address as the service shows it, such as %(such_as)s")
        text %= {"such_as": endpoints.such_as(kind)}
    raise refuse("endpoint_unusable", text, field="endpoint")


def lead_to(subscriber: Subscriber, kind: str, address: str) -> None:
    """Note on the object where their updates go."""
    subscriber.channel = endpoints.channel(kind)
    subscriber.kind = "" if kind == endpoints.WEBHOOK else kind
    subscriber.endpoint = address
    subscriber.endpoint_shown = endpoints.shown(kind, address)
    subscriber.endpoint_mark = endpoints.mark(kind, address, subscriber.email)
    if kind == endpoints.WEBHOOK and not subscriber.secret:
        subscriber.secret = new_secret()


def new_secret() -> str:
    return secrets.token_urlsafe(32)


@transaction.atomic
def lead_elsewhere(subscriber_pk: int, kind: str, address: str) -> Subscriber:
    """Send their updates to another webhook or chat from now on, beginning with a test. Raises Blocked for an address
    that is of no use, or that they have already."""
    subscriber = locked(subscriber_pk)
    address = address.strip()
    check_endpoint(kind, address)
    _not_too_often(subscriber)
    before = choices.described(subscriber, choices.names_of(subscriber))
    lead_to(subscriber, kind, address)
    subscriber.failing_since, subscriber.trouble = None, ""
    try:
        with transaction.atomic():
            subscriber.save()
    except IntegrityError:
        raise refuse("endpoint_known", gettext("You get updates there already."), field="endpoint") from None
    changed = choices.changed(before, choices.described(subscriber, choices.names_of(subscriber)))
    note(subscriber, Kind.CHOSE, changed or f"another address of {subscriber.reached_at}")
    call(subscriber)
    return subscriber


def _not_too_often(subscriber: Subscriber) -> None:
    """Raises Blocked where it was called just now, or many times today."""
    now = timezone.now()
    calls = subscriber.deliveries.filter(kind=Delivery.Kind.TEST, created_at__gt=now - timedelta(days=1))
    made = list(calls.values_list("created_at", flat=True))
    if len(made) >= TESTS_A_DAY or any(at > now - TEST_EVERY for at in made):
        raise refuse("test_too_soon", gettext("It was tested just now. Wait a minute."))


@transaction.atomic
def send_test(subscriber_pk: int) -> None:
    """Call their webhook or chat to see whether it answers. Raises Blocked where it was called just now."""
    subscriber = locked(subscriber_pk)
    _not_too_often(subscriber)
    call(subscriber)


@transaction.atomic
def rotate_secret(subscriber_pk: int) -> Subscriber:
    """A new secret for what their webhook gets. The former one signs as well until it is dropped."""
    subscriber = locked(subscriber_pk)
    subscriber.former_secret, subscriber.secret = subscriber.secret, new_secret()
    subscriber.save(update_fields=["secret", "former_secret"])
    note(subscriber, Kind.CHOSE, "made another secret")
    return subscriber


@transaction.atomic
def drop_former_secret(subscriber_pk: int) -> Subscriber:
    subscriber = locked(subscriber_pk)
    if subscriber.former_secret:
        subscriber.former_secret = ""
        subscriber.save(update_fields=["former_secret"])
        note(subscriber, Kind.CHOSE, "dropped the former secret")
    return subscriber
