"""Links that carry their own permission: they arrive in one person's mail and open nothing but what is theirs."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from comms.models import Subscriber

_SALT = "comms.tokens."


def mac(purpose: str, value: object, *, length: int = 32, secret: str | None = None) -> str:
    """Hex digits that only this installation can compute for `value`."""
    digest = salted_hmac(_SALT + purpose, str(value), secret=secret, algorithm="sha256")
    return digest.hexdigest()[:length]


def subscriber_token(subscriber: Subscriber | int) -> str:
    """What the links of a subscriber's mail carry: to confirm, to choose and to leave."""
    pk = subscriber if isinstance(subscriber, int) else subscriber.pk
    return f"{pk}-{mac('subscriber', pk)}"


def subscriber_from_token(token: str) -> Subscriber | None:
    """The subscriber whose link this is, or None. Links made with an earlier secret key stay good."""
    number, _, given = token.partition("-")
    if not (number.isascii() and number.isdecimal()) or len(number) > 18:
        return None
    for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if constant_time_compare(given, mac("subscriber", number, secret=secret)):
            return Subscriber.objects.select_related("page").filter(pk=int(number)).first()
    return None
