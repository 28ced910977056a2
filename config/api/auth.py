"""Who is calling: a token of a person or of a service account, or the console's session."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from teams import tokens
from teams.audit.events import address_of
from teams.models import ApiToken, User


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer wbp_…`. The token is looked up by its digest, so its timing tells nothing about others."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's owner, or None where no bearer token was sent. Raises AuthenticationFailed."""
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            token = tokens.recognise(raw.strip(), address=address_of(request._request))
        except tokens.Refused as refused:
            raise AuthenticationFailed(str(refused), code=refused.code) from None
        # What the person may do, as far as the token was made for it: `teams.permits` reads this.
        token.user.token_scopes = frozenset(token.scopes)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="watchbill"'


class ConsoleSession(SessionAuthentication):
    """The session of somebody who is signed in to the console. What changes anything needs the CSRF token."""

    def enforce_csrf(self, request: Request) -> None:
        try:
            super().enforce_csrf(request)
        except PermissionDenied as refused:
            raise PermissionDenied(
                f"Send the cookie {settings.CSRF_COOKIE_NAME} as the header X-CSRFToken, or use a token. "
                f"({refused.detail})",
                code="csrf_failed",
            ) from None


class _BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.api.auth.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "wbp_… or wbs_…",
            "description": "A token of a person (made at /account/tokens/ in the console) or of a service account. "
            "It does what its scopes name, as far as its owner may do that.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.api.auth.ConsoleSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
