"""Addresses of contact methods: cleaned, masked, and found again without reading them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from teams import chats, outward
from teams.models import ContactMethod

Kind = ContactMethod.Kind
LONGEST = 2000
PHONE = re.compile(r"\+[1-9][0-9]{6,14}")


def cleaned(kind: str, address: str) -> str:
    """`address` as its channel needs it. ValidationError with what to give for one that leads nowhere."""
    text = address.strip()
    if len(text) > LONGEST:
        raise ValidationError({"address": f"{LONGEST} characters are the most."})
    if kind == Kind.EMAIL:
        return _mail(text)
    if kind in ContactMethod.PHONES:
        return _number(text)
    if kind == Kind.WEBHOOK:
        try:
            outward.parse(text, ("https",))
        except outward.Unsafe as unsafe:
            raise ValidationError({"address": str(unsafe)}) from None
        return text
    if kind == Kind.PUSH:
        return _subscription(text)
    if kind in chats.SERVICES:
        if problem := chats.problem(text, kind):
            raise ValidationError({"address": problem})
        return text
    raise ValidationError({"kind": "Choose one of the kinds."})


def _mail(text: str) -> str:
    try:
        validate_email(text)
    except ValidationError:
        raise ValidationError({"address": "Give an e-mail address, such as you@example.org."}) from None
    return text.lower()


def _number(text: str) -> str:
    number = re.sub(r"[\s().\-/]", "", text)
    if not PHONE.fullmatch(number):
        raise ValidationError({"address": "Give the number with + and the country, such as +49 151 12345678."})
    return number


def _subscription(text: str) -> str:
    """A browser's subscription as its script gives it, with nothing else in it."""
    try:
        given = json.loads(text)
        endpoint, keys = str(given["endpoint"]), given["keys"]
        point, auth = (unpadded(str(keys[name])) for name in ("p256dh", "auth"))
    except (ValueError, KeyError, TypeError):
        raise ValidationError({"address": "Press the button in the browser that is to be reached."}) from None
    if len(point) != 65 or point[0] != 4 or len(auth) != 16:
        raise ValidationError({"address": "The browser's keys can't be read. Press the button again."})
    try:
        outward.parse(endpoint, ("https",))
    except outward.Unsafe as unsafe:
        raise ValidationError({"address": str(unsafe)}) from None
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": keys["p256dh"], "auth": keys["auth"]}})


def endpoint_mark(address: str) -> str:
    """By which a browser's script knows a subscription as its own: the begin of the SHA-256 of where its pushes go."""
    return hashlib.sha256(json.loads(address)["endpoint"].encode()).hexdigest()[:16]


def unpadded(text: str) -> bytes:
    """The bytes of base64url without padding. ValueError for anything else."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def shown(kind: str, address: str) -> str:
    """As much of it as others may read, and as its person needs to know it again."""
    if kind == Kind.EMAIL:
        name, _, host = address.partition("@")
        return f"{name[:2]}…@{host}"[:120]
    if kind in ContactMethod.PHONES:
        return f"{address[:3]} … {address[-3:]}"
    if kind == Kind.PUSH:
        return f"through {urlsplit(json.loads(address)['endpoint']).hostname or ''}"[:120]
    if kind == Kind.WEBHOOK:
        return f"https://{urlsplit(address).hostname or ''}/…"[:120]
    return chats.shown(address)[:120] if kind in chats.SERVICES else "…"


def digest_of(kind: str, address: str) -> str:
    """By which a method is found again without reading what is sealed. Keyed, so that nobody can try numbers on it. A
    browser is known by where its pushes go."""
    if kind == Kind.PUSH:
        address = json.loads(address)["endpoint"]
    return hmac.new(settings.SECRET_KEY.encode(), f"{kind}:{address}".encode(), hashlib.sha256).hexdigest()
