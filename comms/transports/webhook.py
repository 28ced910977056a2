"""A signed POST to an address that somebody gave us: pinned, without redirects, bounded in time and size."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import time
from collections.abc import Mapping, Sequence

from comms.transports.base import Refused, Unreachable
from teams import outward
from teams.pinned import dial

SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024


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
    deadline = time.monotonic() + SECONDS
    timestamp = int(now if now is not None else time.time())
    try:
        pinned = outward.pin(outward.parse(url, ("https",)))
    except outward.Unsafe as unsafe:
        raise Unreachable(str(unsafe)) from None
    except OSError as error:
        raise Unreachable(f"The name could not be resolved: {error}") from None
    connection = dial(pinned, SECONDS)
    try:
        connection.connect()
        connection.hurry(deadline)
        connection.putrequest("POST", pinned.to.path, skip_host=True, skip_accept_encoding=True)
        signatures = " ".join(signature(secret, ident, timestamp, body) for secret in secrets if secret)
        sent = {
            "Host": pinned.to.netloc,
            "User-Agent": "Watchbill",
            "Content-Length": str(len(body)),
            "Connection": "close",
            "webhook-id": ident,
            "webhook-timestamp": str(timestamp),
            **({"webhook-signature": signatures} if signatures else {}),
            **headers,
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        connection.hurry(deadline)
        answer = connection.getresponse()
        connection.read(answer, LARGEST_ANSWER, deadline)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:200]) from None
    finally:
        connection.close()
    if not 200 <= answer.status < 300:
        what = "a redirect, which is not followed" if 300 <= answer.status < 400 else "a refusal"
        raise Refused(answer.status, what)
    return answer.status
