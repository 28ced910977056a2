"""SCIM's door: a token, a bounded body, a bounded rate. Everything that is wrong is said in SCIM's format."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from teams import access
from teams.access import Role
from teams.audit.events import address_of
from teams.scim.errors import answer
from teams.signin import scim_tokens

LARGEST_BODY = 1024 * 1024
GUESSES = "30/min"
PERIODS = {"s": 1, "sec": 1, "min": 60, "h": 3600, "hour": 3600}

View = Callable[..., HttpResponse]


def door(view: View) -> View:
    """Let in who holds a token of SCIM; `request.scim_token` is it."""

    @wraps(view)
    def inner(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
        guesser = f"scim:guess:{address_of(request)}"
        if full(guesser, GUESSES):
            return answer(429, "Too many wrong tokens from your address. Wait a minute.", **{"Retry-After": "60"})
        token = scim_tokens.known(raw.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            count(guesser, GUESSES)
            detail = "Send Authorization: Bearer wbx_… with a SCIM token that an owner made and nobody revoked."
            return answer(401, detail, **{"WWW-Authenticate": 'Bearer realm="watchbill-scim"'})
        if not access.allows("people.provision", [Role.PROVISIONER], scopes={"provision"}):
            return answer(403, f"It takes {access.who('people.provision')}.")
        if settings.WATCHBILL_SCIM_RATE and count(f"scim:{token.pk}", settings.WATCHBILL_SCIM_RATE):
            return answer(429, f"At most {settings.WATCHBILL_SCIM_RATE}. Wait a minute.", **{"Retry-After": "60"})
        if int(request.headers.get("content-length") or 0) > LARGEST_BODY:
            return answer(413, f"A body has at most {LARGEST_BODY} bytes. Send fewer members at once.", "tooMany")
        request.scim_token = token  # type: ignore[attr-defined]
        return view(request, *args, **kwargs)

    return inner


def _window(key: str, rate: str) -> tuple[str, int, int]:
    number, _, period = rate.partition("/")
    seconds = PERIODS[period]
    return f"{key}:{int(time.time() // seconds)}", int(number), seconds


def full(key: str, rate: str) -> bool:
    """Whether `rate` ("30/min") is used up."""
    window, number, _ = _window(key, rate)
    return int(cache.get(window, 0)) >= number


def count(key: str, rate: str) -> bool:
    """Count one; whether that is more than `rate`."""
    window, number, seconds = _window(key, rate)
    cache.add(window, 0, seconds * 2)
    try:
        return int(cache.incr(window)) > number
    except ValueError:
        # The window ended between the two.
        return False
