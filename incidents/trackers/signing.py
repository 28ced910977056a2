"""Whether a webhook was signed with our secret. PURE."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from incidents.trackers.shapes import Incoming

STANDARD = "whsec_"
# In bytes, of the key of a signing token.
SHORTEST = 16


def is_proved(kind: str, sent: Incoming, secret: str) -> bool:
    """Whether it shows that whoever sent it knows `secret`. GitLab signs with a signing token, and sends a secret token
    itself; the others sign."""
    if kind == "gitlab":
        return _is_standard(sent, secret) if secret.startswith(STANDARD) else _is_sent(sent, secret)
    name = "x-hub-signature-256" if kind == "github" else "x-hub-signature"
    method, _, given = sent.headers.get(name, "").partition("=")
    if method != "sha256":
        return False
    wanted = hmac.new(secret.encode(), sent.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.lower().encode(errors="replace"), wanted.encode())


def is_whole(secret: str) -> bool:
    """Whether a signing token can be one, and was not cut off. Other secrets are whatever somebody chose."""
    return not secret.startswith(STANDARD) or len(_key(secret)) >= SHORTEST


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix(STANDARD), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_sent(sent: Incoming, secret: str) -> bool:
    given = sent.headers.get("x-gitlab-token", "")
    return hmac.compare_digest(given.encode(errors="replace"), secret.encode())


def _is_standard(sent: Incoming, secret: str) -> bool:
    """As Standard Webhooks has it. How old it is does not matter: one that comes again makes us read the issue again,
    and is known by its id."""
    key = _key(secret)
    if len(key) < SHORTEST:
        return False
    head = f"{sent.headers.get('webhook-id', '')}.{sent.headers.get('webhook-timestamp', '')}."
    told = hmac.new(key, head.encode(errors="replace") + sent.body, hashlib.sha256).digest()
    wanted = base64.b64encode(told)
    given = sent.headers.get("webhook-signature", "").split()[:8]
    return any(hmac.compare_digest(each.removeprefix("v1,").encode(errors="replace"), wanted) for each in given)
