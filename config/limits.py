"""How much one caller may ask for, at every face; who asks for too much hears when to come back.

What a request counts as is the table of access's to say (`teams.access`), so that a new view is limited, too:

| verb of the view | counted by | more than that |
|---|---|---|
| an API view | token, else person, else address | 429, a problem |
| API, refused as unknown (401) | address | 429, a problem |
| what changes something, signed in | person | 429, a page |
| `public.read` | address; what is posted to a status page apart | 429, a page |
| `link.use` | address | 429, a page |
| `event.send` | key of the integration, else address | 503, since senders of alerts drop a 429 |

The headers are those of draft-ietf-httpapi-ratelimit-headers-11: `RateLimit-Policy` says what may be asked for,
`RateLimit` what is left (`r`) and for how many seconds (`t`).
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from config.api.problems import MEDIA_TYPE, problem
from config.cache import Shared
from config.rates import Rate, rate
from teams import permits
from teams.audit.events import address_of

T = TypeVar("T", bound=HttpResponseBase)
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")


@dataclass(frozen=True, slots=True)
class Spent:
    """One request counted under the limit `name`: `count` of `rate.amount`, with `left` seconds of the window to go."""

    name: str
    rate: Rate
    count: int
    left: float

    @property
    def allowed(self) -> bool:
        return self.count <= self.rate.amount

    @property
    def seconds(self) -> int:
        """Whole seconds until the window begins anew; at least one."""
        return max(1, math.ceil(self.left))

    @property
    def policy(self) -> str:
        return f'"{self.name}";q={self.rate.amount};w={self.rate.seconds}'

    @property
    def state(self) -> str:
        return f'"{self.name}";r={max(0, self.rate.amount - self.count)};t={self.seconds}'


def spend(name: str, caller: str) -> Spent | None:
    """Count one request of `caller` under the limit `name`; None where the settings set no limit."""
    allowed = rate(getattr(settings, f"WATCHBILL_{name.upper()}_RATE"))
    if allowed is None:
        return None
    count, left = cast(Shared, cache).count(f"rate:{name}:{caller}", allowed.seconds)
    return Spent(name, allowed, count, left)


def address(request: HttpRequest) -> str:
    """Who asks, by where from: an IPv4 address, or the /64 that one line of IPv6 has to itself."""
    found = address_of(request) or ""
    try:
        parsed = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False).network_address)
    return str(parsed)


def _digest(secret: str) -> str:
    """A name for a secret that says nothing about it."""
    return sha256(secret.encode(errors="replace")).hexdigest()[:32]


def limit_of(request: HttpRequest, view: Any, kwargs: dict[str, Any]) -> tuple[str, str] | None:
    """Under which limit, and as whose, a request counts; None where it does not."""
    match = request.resolver_match
    namespace = match.namespaces[0] if match and match.namespaces else ""
    if namespace == "mail":
        # Development's own.
        return None
    if namespace == "api":
        return _of_api(request)
    verb = permits.verb_of(view, request.method or "GET")
    if verb == "event.send":
        return "event", of_tool(request, kwargs)
    if verb == "link.use":
        if match and match.view_name == "comms:unsubscribe" and request.method == "POST":
            # Mail programs press it for many readers from few addresses: each link counts by itself.
            return "link", of_key(str(kwargs.get("token", "")))
        return "link", address(request)
    if verb == "public.read":
        if request.method in SAFE:
            return "public", address(request)
        # Signing in has allauth's own limits.
        return ("subscribe", address(request)) if namespace == "comms" else None
    if request.method in SAFE:
        return None
    if request.user.is_authenticated:
        return "console", f"u{request.user.pk}"
    return "public", address(request)


def of_tool(request: HttpRequest, kwargs: dict[str, Any]) -> str:
    """As whose a tool's request counts: its integration's, where the address has the key."""
    key = kwargs.get("key")
    return of_key(str(key)) if key else address(request)


def of_key(key: str) -> str:
    """As whose it counts what comes with the key of an integration, by whichever protocol."""
    return f"k{_digest(key)}"


def told(response: T, spent: Spent | None) -> T:
    """The answer with what is left of the limit in its headers."""
    if spent:
        response["RateLimit-Policy"] = spent.policy
        response["RateLimit"] = spent.state
    return response


def _of_api(request: HttpRequest) -> tuple[str, str]:
    scheme, _, raw = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return "api", f"t{_digest(raw.strip())}"
    if request.user.is_authenticated:
        return "api", f"u{request.user.pk}"
    return "anonymous", address(request)


class Limits:
    """Counts every request by `limit_of`, refuses what is too much, and tells the caller in the headers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        spent: Spent | None = getattr(request, "spent", None)
        if response.status_code == 401 and spent and spent.name == "api":
            # A wrong token is a guess, and guesses count together for the place that they come from.
            guess = spend("anonymous", address(request))
            if guess and not guess.allowed:
                response = refusal(request, guess)
            spent = guess or spent
        return told(response, spent)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: dict[str, Any]) -> HttpResponse | None:
        counted = limit_of(request, view, kwargs)
        if counted is None:
            return None
        request.spent = spent = spend(*counted)  # type: ignore[attr-defined]
        return None if spent is None or spent.allowed else refusal(request, spent)


def refusal(request: HttpRequest, spent: Spent) -> HttpResponse:
    """Too much: when to come back, in the form that the caller reads."""
    response: HttpResponse
    if spent.name == "event":
        said = {"status": "error", "field": "", "message": "Too many at once. Send it again."}
        response = JsonResponse(said, status=503)
    elif spent.name in ("api", "anonymous"):
        detail = (
            f"More than {spent.rate.amount} requests in {spent.rate.seconds} seconds."
            f" Come back in {spent.seconds} seconds; RateLimit says how much is left."
        )
        response = JsonResponse(problem(429, "throttled", detail), status=429, content_type=MEDIA_TYPE)
    else:
        response = render(request, "429.html", {"seconds": spent.seconds}, status=429)
    response["Retry-After"] = str(spent.seconds)
    response["Cache-Control"] = "no-store"
    return response
