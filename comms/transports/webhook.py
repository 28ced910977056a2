"""A signed POST to an address that somebody gave us: pinned, without redirects, bounded in time and size."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence

from comms.transports import http
from comms.transports.base import Refused, Unreachable
from teams import outward

SECONDS = 10.0


def signature(secret: str, ident: str, timestamp: int, body: bytes) -> str:
    """HMAC-SHA256 over `id.timestamp.body`, as Standard Webhooks writes it: `v1,` and Base64."""
    digest = hmac.new(secret.encode(), f"{ident}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def post(
    url: str, body: bytes, *, ident: str, secrets: Sequence[str], headers: Mapping[str, str], now: float | None = None
) -> int:
    """Hand `body` over and return the answer's status (2xx). Raises Unreachable, or Refused with the status.

    What the other side answers is read up to a size and never repeated: it could be anything.
    """
    timestamp = int(now if now is not None else time.time())
    signatures = " ".join(signature(secret, ident, timestamp, body) for secret in secrets if secret)
    signed = {
        "webhook-id": ident,
        "webhook-timestamp": str(timestamp),
        **({"webhook-signature": signatures} if signatures else {}),
        **headers,
    }
    try:
        said = http.post(url, body, signed, deadline=time.monotonic() + SECONDS)
    except outward.Unsafe as unsafe:
        raise Unreachable(str(unsafe)) from None
    if not said.taken:
        what = "a redirect, which is not followed" if 300 <= said.status < 400 else "a refusal"
        raise Refused(said.status, what)
    return said.status
