"""The one writer of access events."""

from __future__ import annotations

import ipaddress
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from teams.models import AccessEvent, User


def note(
    kind: str,
    text: str,
    *,
    user: User | None = None,
    by: User | None = None,
    request: HttpRequest | None = None,
    through: str = "",
    **detail: Any,
) -> AccessEvent:
    """Write down what happened to access, in the caller's transaction. `detail` is JSON, and never a secret."""
    return AccessEvent.objects.create(
        kind=kind,
        text=text[:300],
        user=user,
        # A provisioning client acts on people who had no hand in it.
        by=by or (None if through == "scim" else user),
        through=through or through_of(request),
        address=address_of(request),
        agent=request.headers.get("User-Agent", "")[:300] if request else "",
        detail=detail,
    )


def address_of(request: HttpRequest | None) -> str | None:
    """Where a request came from. A proxy's word is taken only where the settings say that one stands before us."""
    if request is None:
        return None
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.WATCHBILL_TRUST_PROXY else ""
    # The last one is the proxy's own; those before it are whatever the caller wrote.
    found: str = forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        return str(ipaddress.ip_address(found))
    except ValueError:
        # What is no address (a socket, a proxy's “unknown”) is left out, so that it can't break a write.
        return None


def through_of(request: HttpRequest | None) -> str:
    """Which face a request came to: console, api, admin or scim."""
    if request is None:
        return "task"
    for prefix, name in (("/admin/", "admin"), ("/api/", "api"), ("/scim/", "scim")):
        if request.path.startswith(prefix):
            return name
    return "console"
