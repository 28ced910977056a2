"""What the pages of signing in ask beside their views."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from django import template
from django.conf import settings

register = template.Library()


@register.simple_tag(takes_context=True)
def passkey_place(context: Mapping[str, Any]) -> dict[str, Any]:
    """Whether passkeys are refused where the reader is, as browsers do for bare addresses, and the same page at a name
    that they take: localhost in development, else the installation's own."""
    request = context["request"]
    host = request.get_host()
    name, _, port = host.rpartition(":") if not host.endswith("]") and ":" in host else (host, "", "")
    try:
        address = ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return {"refused": False}
    if address.is_loopback and not settings.PRODUCTION:
        there = f"http://localhost{':' + port if port else ''}"
        return {"refused": True, "url": there + request.get_full_path(), "label": "The same page at localhost"}
    return {"refused": True, "url": "", "label": ""}
