"""Who is calling: a personal token, or the console's session."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from teams.models import ApiToken, User

USED_EVERY = timedelta(minutes=1)


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer wb_…`. The token is looked up by its digest, so its timing tells nothing about others."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's owner, or None where no bearer token was sent. Raises AuthenticationFailed."""
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = (
            ApiToken.objects.select_related("user")
            .filter(digest=ApiToken.digest_of(raw.strip()), revoked_at=None, user__is_active=True)
            .first()
        )
        if token is None:
            raise AuthenticationFailed(
                "This token is unknown or revoked, or its owner can't sign in any more. Make a new one.",
                code="token_refused",
            )
        _used(token)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="watchbill"'


def _used(token: ApiToken) -> None:
    """Note when a token was last used, at most once a minute: a busy script must not write with each request."""
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)


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


class PersonRate(SimpleRateThrottle):
    """So many requests for each person or, before signing in, each address. `WATCHBILL_API_RATE` empty: no limit."""

    scope = "api"

    def get_rate(self) -> str | None:
        return settings.WATCHBILL_API_RATE or None

    def get_cache_key(self, request: Request, view: Any) -> str:
        ident = f"u{request.user.pk}" if request.user.is_authenticated else self.get_ident(request)
        return f"api-rate:{ident}"


class _BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.api.auth.BearerToken"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "wb_…",
            "description": "A personal token: POST /api/v1/tokens/ while signed in to the console.",
        }


class _SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "config.api.auth.ConsoleSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
