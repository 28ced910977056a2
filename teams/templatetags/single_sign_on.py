"""Single sign-on on the sign-in page."""

from __future__ import annotations

from typing import Any

from django import template

from teams.models import IdentityProvider, Organization

register = template.Library()


@register.inclusion_tag("socialaccount/_buttons.html", takes_context=True)
def sign_in_buttons(context: dict[str, Any], process: str = "login") -> dict[str, Any]:
    """A button for each active provider; nothing where there is none."""
    return {
        "providers": IdentityProvider.objects.filter(active=True).only("name", "slug"),
        "next": context.get("redirect_field_value") or "",
        "csrf_token": context.get("csrf_token"),
        "process": process,
    }


@register.simple_tag
def passwords_are_off() -> bool:
    """Whether only owners sign in with a password."""
    return Organization.current().sso_only
