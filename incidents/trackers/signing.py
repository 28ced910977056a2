"""Whether a webhook was signed with our secret. PURE."""

from __future__ import annotations

import hashlib
import hmac

from incidents.trackers.shapes import Incoming


def is_proved(kind: str, sent: Incoming, secret: str) -> bool:
    """Whether it shows that whoever sent it knows `secret`. GitLab sends the secret itself, the others an HMAC."""
    if kind == "gitlab":
        given = sent.headers.get("x-gitlab-token", "")
        return hmac.compare_digest(given.encode(errors="replace"), secret.encode())
    name = "x-hub-signature-256" if kind == "github" else "x-hub-signature"
    method, _, given = sent.headers.get(name, "").partition("=")
    if method != "sha256":
        return False
    wanted = hmac.new(secret.encode(), sent.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(given.lower().encode(errors="replace"), wanted.encode())
