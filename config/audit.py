"""Who is at work, from where and through what: the context that the database writes into the audit log.

A request brings it by the middleware, a task by `config.celery`, a command by `config.commandline`.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

import pghistory
from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch
from pghistory.middleware import ASGIRequest as TrackedASGIRequest
from pghistory.middleware import HistoryMiddleware
from pghistory.middleware import WSGIRequest as TrackedWSGIRequest

from teams.audit import events
from teams.models import ApiToken

_CONVERTER = re.compile(r"<(?:\w+:)?(\w+)>")


class _SaysItsToken:
    """The API finds out about a token while it handles the request, after the middleware."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "auth" and isinstance(value, ApiToken):
            pghistory.context(token=value.pk, token_hint=value.hint)
        super().__setattr__(name, value)


class _Wsgi(_SaysItsToken, TrackedWSGIRequest):
    pass


class _Asgi(_SaysItsToken, TrackedASGIRequest):
    pass


class AuditContext(HistoryMiddleware):
    """pghistory's middleware with our context. Stands behind the one that knows who is signed in."""

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        user = request.user
        return {
            "user": user.pk if user.is_authenticated else None,
            "through": events.through_of(request),
            "address": events.address_of(request),
            "agent": request.headers.get("User-Agent", "")[:300],
            "method": request.method,
            "request": uuid.uuid4().hex[:12],
        }

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with pghistory.context(**self.get_context(request)):
            if isinstance(request, WSGIRequest):
                request.__class__ = _Wsgi
            elif isinstance(request, ASGIRequest):
                request.__class__ = _Asgi
            response: HttpResponse = self.get_response(request)
            return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if request.resolver_match is not None:
            pghistory.context(url=pattern(request.resolver_match))


def pattern(match: ResolverMatch) -> str:
    """The address without what could be a secret: only plain numbers of rows are filled in."""

    def filled(found: re.Match[str]) -> str:
        value = str(match.kwargs.get(found[1], ""))
        return value if value.isascii() and value.isdecimal() and len(value) <= 12 else f"<{found[1]}>"

    return "/" + _CONVERTER.sub(filled, match.route)
