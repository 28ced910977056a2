"""What Django's system checks say about our settings."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register  # noqa: A004 - the framework's own name


@register(Tags.security, deploy=True)
def own_encryption_keys(**_: Any) -> list[CheckMessage]:
    """In production secrets have keys of their own, so that the secret key can be replaced without them."""
    if not settings.PRODUCTION or settings.WATCHBILL_ENCRYPTION_KEYS:
        return []
    return [
        Warning(
            "Stored secrets are encrypted with keys derived from WATCHBILL_SECRET_KEY.",
            hint="Set WATCHBILL_ENCRYPTION_KEYS as docs/hardening-secrets.md says, so that replacing the secret key"
            " can't lose them.",
            id="watchbill.W001",
        )
    ]
