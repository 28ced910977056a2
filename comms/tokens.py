"""Links that carry their own permission: they arrive in one person's mail and open nothing but what is theirs."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
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
    digest = _keyed(purpose, secret or settings.SECRET_KEY).copy()
    digest.update(str(value).encode())
    return digest.hexdigest()[:length]


@lru_cache(maxsize=64)
def _keyed(purpose: str, secret: str) -> hmac.HMAC:
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


@dataclass(frozen=True, slots=True)
class Returned:
    """What a mail came back to: one of RETURNS, with the key of its row. `pk` is None where the address is forged, and
    for complaints, of which one address takes all."""

    purpose: str
    pk: int | None


BOUNCE, STOP, COMPLAINTS = "bounce", "stop", "complaints"
# The hex digits that an address of ours has to prove itself by.
RETURNS = {BOUNCE: 12, STOP: 16}


def return_domains() -> set[str]:
    """Where mail may come back to: wherever the sender of our mail is, and what is routed to us for other reasons."""
    sender = settings.WATCHBILL_FROM_ADDRESS.rpartition("@")[2]
    domains = (sender, settings.WATCHBILL_RETURN_DOMAIN, settings.WATCHBILL_MAIL_IN_DOMAIN)
    return {each.lower() for each in domains if each}


def returned_to(recipient: str) -> Returned | None:
    """What this address takes back; None for one that is not made for that. The part before the plus is not looked at:
    mail servers that pass mail on write it anew."""
    local, _, domain = recipient.strip().lower().rpartition("@")
    before, _, after = local.strip('"').rpartition("+")
    if domain not in return_domains() or not before:
        return None
    if after == COMPLAINTS:
        return Returned(COMPLAINTS, None)
    return returned_with(after)


def returned_with(token: str) -> Returned | None:
    """What a return address takes back that has this after its plus."""
    purpose, _, proof = token.partition("-")
    return Returned(purpose, _key_in(proof, purpose, RETURNS[purpose])) if purpose in RETURNS else None


def return_token(purpose: str, pk: object) -> str:
    """What a return address has after its plus."""
    return f"{purpose}-{pk}-{mac(purpose, pk, length=RETURNS[purpose])}"


def delivery_from_message_id(text: str) -> Delivery | None:
    """The delivery whose letter has this Message-ID, with or without its brackets; None for what is not ours."""
    kind, _, rest = text.strip().strip("<>").rpartition("@")[0].partition(".")
    number, _, given = rest.partition(".")
    if not _is_number(number):
        return None
    found = Delivery.objects.filter(pk=int(number), kind=kind).first()
    return found if found is not None and _is_made_of(given, "message", found.key, 12) else None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _is_made_of(given: str, purpose: str, value: object, length: int) -> bool:
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return any(constant_time_compare(given, mac(purpose, value, length=length, secret=each)) for each in secrets)


def _key_in(token: str, purpose: str, length: int = 32) -> int | None:
    number, _, given = token.partition("-")
    return int(number) if _is_number(number) and _is_made_of(given, purpose, number, length) else None
