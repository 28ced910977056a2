"""What Django's system checks look at in this room."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from comms.snapshot import mirror


@register("comms")
def public_storage_is_fit(**_: Any) -> list[CheckMessage]:
    """Whether the store that pages are copied to takes the options that it is given. Connects to nothing."""
    if not settings.WATCHBILL_PUBLIC_STORAGE:
        return []
    try:
        mirror.opened(settings.WATCHBILL_PUBLIC_STORAGE)
    except mirror.Unfit as unfit:
        return [Error(f"WATCHBILL_PUBLIC_STORAGE: {unfit}", hint="docs/status-page.md has examples.", id="comms.E001")]
    return []
