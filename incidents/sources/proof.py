"""Whether a request was made by somebody who knows a secret. Pure. The time it takes to compare tells nothing."""

import hmac
from hashlib import sha256


def signed(body: bytes, secret: str, given: str) -> bool:
    """Whether `given` is the HMAC-SHA256 of the body, in hex of either case. False without a secret."""
    return bool(secret) and same(hmac.new(secret.encode(), body, sha256).hexdigest(), given.strip().lower())


def same(secret: str, given: str) -> bool:
    """Whether `given` is the secret. False where there is none."""
    return bool(secret) and hmac.compare_digest(secret.encode(), given.encode("utf-8", "surrogatepass"))
