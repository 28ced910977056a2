"""Reads a metric where it is kept: one GET to where the address was resolved, without redirects, bounded in time and
size. Touches no database, so that it may run in a thread."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.conf import settings

from incidents.models.witness import Probe
from incidents.witness import values
from incidents.witness.judging import Point
from teams import outward, pinned
from teams.problems import Unreadable

SECONDS = 5.0
RANGE_SECONDS = 10.0
LARGEST = 256 * 1024
LARGEST_RANGE = 2 * 1024 * 1024
T = TypeVar("T")
_TAILS = ("/api/v1/query_range", "/api/v1/query", "/graph", "/query")


class Failed(Exception):
    """It could not be read this time; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a probe reads, with what it needs there; `secret` is shown to nobody."""

    kind: str
    url: str
    query: str
    headers: dict[str, str]


def address_of(probe: Probe) -> Address:
    """What is needed to read `probe`. Raises Failed where its secrets can't be opened."""
    try:
        headers = {"Accept": "application/json"}
        if probe.sign_in == Probe.SignIn.BEARER:
            headers["Authorization"] = f"Bearer {probe.secret}"
        elif probe.sign_in == Probe.SignIn.BASIC:
            pair = base64.b64encode(f"{probe.username}:{probe.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        return Address(probe.kind, probe.url, probe.query, headers)
    except Unreadable:
        raise Failed("Its secrets can't be opened: a key of encryption is missing.") from None


def read(address: Address) -> float:
    """The figure as it is now. Raises Failed."""
    if address.kind == Probe.Kind.JSON:
        body = _get(address, address.url, LARGEST, SECONDS)
        return _understood(lambda: values.of_json(body, address.query))
    body = _get(address, _prometheus(address.url, "query", query=address.query), LARGEST, SECONDS)
    return _understood(lambda: values.of_instant(body))


def read_range(address: Address, start: datetime, end: datetime, step: int) -> list[Point]:
    """What a Prometheus knows of the time from `start` to `end`, a point each `step` seconds. Raises Failed."""
    span = {"start": f"{start.timestamp():.3f}", "end": f"{end.timestamp():.3f}", "step": str(step)}
    url = _prometheus(address.url, "query_range", query=address.query, **span)
    body = _get(address, url, LARGEST_RANGE, RANGE_SECONDS)
    found = _understood(lambda: values.of_range(body))
    low, high = start.timestamp() - 1, end.timestamp() + 1
    return [(datetime.fromtimestamp(at, UTC), value) for at, value in found if low <= at <= high]


def _understood(look: Callable[[], T]) -> T:
    try:
        return look()
    except values.NoValue as error:
        raise Failed(str(error)) from None


def _prometheus(url: str, verb: str, **asked: str) -> str:
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    for tail in _TAILS:
        path = path.removesuffix(tail)
    return urlunsplit((parts.scheme, parts.netloc, f"{path}/api/v1/{verb}", urlencode(asked), ""))


def _get(address: Address, url: str, most: int, seconds: float) -> bytes:
    deadline = time.monotonic() + seconds
    try:
        where = outward.reach(url, settings.WATCHBILL_METRIC_HOSTS)
        answer = pinned.ask(where, headers=address.headers, most=most, deadline=deadline, bodies=(200, 400, 422, 503))
    except outward.Unsafe as unsafe:
        raise Failed(str(unsafe)) from None
    except pinned.Unreachable as error:
        refused = isinstance(error.__context__, ConnectionRefusedError)
        raise Failed("It could not be reached: the connection was refused." if refused else str(error)) from None
    except (OSError, UnicodeError):
        raise Failed("The host in the address is not known. Look for a typing error.") from None
    if answer.status != 200:
        raise Failed(_refused(answer, address.kind))
    return answer.body


def _refused(answer: pinned.Answer, kind: str) -> str:
    status = answer.status
    if kind == Probe.Kind.PROMQL and (said := values.refusal(answer.body)):
        return f"Prometheus refuses the query: {said}"
    if 300 <= status < 400:
        return f"It answers with a redirect ({status}), which is not followed. Give the address at its end."
    if status in (401, 403):
        return f"It does not let Watchbill in ({status}). Look at the token, or at user name and password."
    if status == 404:
        return "There is nothing at this address (404). Look whether it is whole."
    return f"It answers {status} instead of a figure."
