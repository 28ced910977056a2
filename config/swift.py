"""The tools' door before Django: a clean request of theirs is answered at once, everything else goes on to the
application with its body as it came."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from threading import Lock
from typing import Any, cast

from django.conf import settings
from django.core.cache import cache

from config.cache import Shared
from config.door import PLACES, POLICY
from config.limits import of_key
from config.rates import Rate, rate
from incidents import swift
from incidents.ingest import MOST_BYTES

Start = Callable[..., Any]
App = Callable[[dict[str, Any], Start], Iterable[bytes]]
HEADERS = [
    ("Content-Type", "application/json"),
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
]
STATUSES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}


class ToolsFirst:
    """A WSGI application around another."""

    def __init__(self, application: App) -> None:
        self.application = application
        self.limit = Gathered(rate(settings.WATCHBILL_EVENT_RATE))
        self.only_https = settings.SECURE_SSL_REDIRECT
        # As Django tells whether a request came by HTTPS.
        self.proxy: tuple[str, str] = getattr(settings, "SECURE_PROXY_SSL_HEADER", None) or ("", "")

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST" or (target := self._target(environ)) is None:
            return self.application(environ, start_response)
        length = environ.get("CONTENT_LENGTH") or ""
        # What is too long or says no length is judged by who reads it.
        if not length.isdecimal() or len(length) > 6 or int(length) > MOST_BYTES:
            return self.application(environ, start_response)
        body = environ["wsgi.input"].read(int(length))
        answered = None
        if len(body) == int(length) and (not target.key or self.limit.allows(of_key(target.key))):
            answered = swift.keep(target, body, _headers(environ), environ.get("QUERY_STRING", ""))
        if answered is None:
            environ["wsgi.input"] = io.BytesIO(body)
            return self.application(environ, start_response)
        status, said = answered
        start_response(STATUSES[status], [*HEADERS, ("Content-Length", str(len(said)))])
        return [said]

    def _target(self, environ: dict[str, Any]) -> swift.Target | None:
        name, value = self.proxy
        if self.only_https and environ.get(name) != value and environ.get("wsgi.url_scheme") != "https":
            return None
        return swift.target(environ.get("PATH_INFO", ""))


class ToolsAlone:
    """Only what tools send, and probes; everybody else is told where the rest is."""

    def __init__(self, application: App) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Start) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path.startswith(PLACES) or path in ("/healthz", "/readyz"):
            return self.application(environ, start_response)
        said = f"Here only tools are answered. The console is at {settings.WATCHBILL_BASE_URL}\n".encode()
        start_response(STATUSES[404], [("Content-Type", "text/plain"), ("Content-Length", str(len(said)))])
        return [said]


def _headers(environ: dict[str, Any]) -> dict[str, str]:
    """The request's headers by name, as sources ask for them."""
    found = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name.startswith("HTTP_")}
    return found | {"content-type": environ.get("CONTENT_TYPE", "")}


GATHER_SECONDS = 0.2
MOST_CALLERS = 10_000


class Gathered:
    """A limit that is counted together by all processes, of which each tells what it has let in a few times a second
    and not for each request: the least that can be exceeded is what comes in so short a time."""

    def __init__(self, rate: Rate | None, seconds: float = GATHER_SECONDS) -> None:
        self.rate = rate
        self.seconds = seconds
        self._lock = Lock()
        # By caller: how many were let in since that was last told, when that was, and until when no more are.
        self._callers: dict[str, tuple[int, float, float]] = {}

    def allows(self, caller: str) -> bool:
        """Count one request; False where there were too many, which is then not counted."""
        if self.rate is None:
            return True
        now = time.monotonic()
        with self._lock:
            fresh, told_at, until = self._callers.get(caller, (0, 0.0, 0.0))
            if now < until:
                return False
            tells = now - told_at >= self.seconds
            if len(self._callers) >= MOST_CALLERS:
                self._callers.clear()
            self._callers[caller] = (0, now, 0.0) if tells else (fresh + 1, told_at, 0.0)
        if not tells:
            return True
        count, left = cast(Shared, cache).count(f"rate:event:{caller}", self.rate.seconds, more=fresh + 1)
        if count <= self.rate.amount:
            return True
        with self._lock:
            self._callers[caller] = (0, now, now + left)
        return False
