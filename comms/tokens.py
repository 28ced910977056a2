"""Links that carry their own permission: they arrive in one person's mail and open nothing but what is theirs."""

from __future__ import annotations

import hmac
from datetime import timedelta
from functools import lru_cache

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from comms.models import Bundle, Delivery, Subscriber
from incidents.links import MAX_AGE

_SALT = "comms.tokens."


def mac(purpose: str, value: object, *, length: int = 32, secret: str | None = None) -> str:
    """Hex digits that only this installation can compute for `value`."""
    digest = keyed(purpose, secret or settings.SECRET_KEY).copy()
    digest.update(str(value).encode())
    return digest.hexdigest()[:length]


@lru_cache(maxsize=64)
def keyed(purpose: str, secret: str) -> hmac.HMAC:
    """The key of a purpose, to be copied and fed. Deriving it takes longer than what is done with it, and a letter to a
    reader needs five."""
    return salted_hmac(_SALT + purpose, b"", secret=secret, algorithm="sha256")


def subscriber_token(subscriber: Subscriber | int) -> str:
    """What the links of a subscriber's mail carry: to confirm, to choose and to leave."""
    pk = subscriber if isinstance(subscriber, int) else subscriber.pk
    return f"{pk}-{mac('subscriber', pk)}"


def subscriber_from_token(token: str) -> Subscriber | None:
    """The subscriber whose link this is, or None. Links made with an earlier secret key stay good."""
    pk = _key_in(token, "subscriber")
    return None if pk is None else Subscriber.objects.select_related("page").filter(pk=pk).first()


def bundle_token(bundle: Bundle) -> str:
    """What the link of a digest of pages carries: to see what it tells of, and to answer all of it."""
    return f"{bundle.pk}-{mac('bundle', bundle.pk)}"


def bundle_from_token(token: str) -> Bundle | None:
    """The digest whose link this is, good for as long as a page's; None for a forged or an old one."""
    pk = _key_in(token, "bundle")
    if pk is None:
        return None
    since = timezone.now() - timedelta(seconds=MAX_AGE)
    rows = Bundle.objects.select_related("user").filter(pk=pk, user__is_active=True, opened_at__gte=since)
    return rows.first()


def drill_token(delivery: Delivery) -> str:
    """What the link of one message of a drill carries: to say that it came, and by which way."""
    return f"{delivery.pk}-{mac('drill', delivery.pk)}"


def drill_from_token(token: str) -> Delivery | None:
    """The message whose link this is, with its drill and person, good for as long as a page's; None for a forged or an
    old one."""
    pk = _key_in(token, "drill")
    if pk is None:
        return None
    since = timezone.now() - timedelta(seconds=MAX_AGE)
    rows = Delivery.objects.select_related("method", "drill_call__person", "drill_call__drill__schedule__team")
    return rows.filter(pk=pk, kind="drill", user__is_active=True, created_at__gte=since).first()


def _key_in(token: str, purpose: str) -> int | None:
    number, _, given = token.partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if constant_time_compare(given, mac(purpose, number, secret=secret)):
            return int(number)
    return None
