"""Push to a browser: encrypted for it alone (RFC 8291), signed for its maker's push service (RFC 8292)."""

from __future__ import annotations

import hashlib
import json
import os
import time
from typing import Any
from urllib.parse import urlsplit

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from django.conf import settings
from py_vapid import Vapid02

from comms.transports import http
from comms.transports.base import Answer, Call, Destination, Refused
from teams import outward, phonebook

# Push services take 4096 bytes, of which the encryption adds about a hundred.
LONGEST_TITLE = 120
LONGEST_TEXT = 400
LARGEST = 3000
# A phone that is off hears of an urgent page for so long after it is on again; an older one has been answered by then.
KEPT_SECONDS = 3600
TOKEN_SECONDS = 6 * 3600
NOT_TAKEN = 400
GONE = (404, 410)


def send(to: Destination, call: Call, *, deadline: float) -> Answer:
    """Hand a call to the browser's push service. `to.secrets` is the installation's private key, as PEM."""
    subscription = json.loads(to.address)
    endpoint = str(subscription["endpoint"])
    try:
        answer = http.post(endpoint, sealed(_told(call), subscription), _headers(to, call, endpoint), deadline=deadline)
    except outward.Unsafe as unsafe:
        raise Refused(NOT_TAKEN, str(unsafe)) from None
    if answer.status in GONE:
        raise Refused(answer.status, "The browser does not take pushes any more.")
    if not answer.taken:
        raise Refused(answer.status, "The push service did not take it.")
    return Answer(str(answer.status))


def sealed(body: bytes, subscription: dict[str, dict[str, str]]) -> bytes:
    """`body` as nobody but the browser of `subscription` can read it."""
    keys = subscription["keys"]
    made: bytes = http_ece.encrypt(
        body,
        salt=os.urandom(16),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=phonebook.unpadded(keys["p256dh"]),
        auth_secret=phonebook.unpadded(keys["auth"]),
        version="aes128gcm",
    )
    return made


def _told(call: Call) -> bytes:
    told: dict[str, Any] = {
        "id": call.ident,
        "tag": _topic(call),
        "title": call.title[:LONGEST_TITLE],
        "text": call.text[:LONGEST_TEXT],
        "url": call.url,
        "answer_url": call.answer_url,
        "urgent": call.urgent,
        "at": int(time.time() * 1000),
    }
    body = json.dumps(told, ensure_ascii=False).encode()
    while len(body) > LARGEST and told["text"]:
        # Signs that JSON writes with six letters each.
        told["text"] = told["text"][: len(told["text"]) // 2]
        body = json.dumps(told, ensure_ascii=False).encode()
    return body


def _topic(call: Call) -> str:
    """The same on every try, so that what comes twice stands in the place of the first."""
    return hashlib.sha256(call.ident.encode()).hexdigest()[:32]


def _headers(to: Destination, call: Call, endpoint: str) -> dict[str, str]:
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + TOKEN_SECONDS,
        "sub": f"mailto:{settings.WATCHBILL_FROM_ADDRESS}",
    }
    signed: dict[str, str] = Vapid02.from_pem(to.secrets[0].encode()).sign(claims)
    return {
        **signed,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT_SECONDS),
        "Urgency": "high" if call.urgent else "normal",
        "Topic": _topic(call),
    }
