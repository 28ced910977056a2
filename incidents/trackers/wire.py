"""Asks trackers over HTTP: one request to where the address was resolved, without redirects, bounded in time and size.
Touches no database."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings

from incidents.models import Tracker
from incidents.trackers import github, gitlab, jira
from incidents.trackers.shapes import Denied, Dialect, Place, Refused, Reply, Unreachable
from teams import outward, pinned
from teams.problems import Unreadable

SECONDS = 10.0
LARGEST = 4 * 1024 * 1024
ALL = range(200, 600)
ROOTS = {"github": github.root, "gitlab": gitlab.root, "jira": jira.root, "jira_dc": jira.root}
OPENERS: dict[str, Any] = {
    "github": github.GitHub,
    "gitlab": gitlab.GitLab,
    "jira": jira.Jira,
    "jira_dc": jira.Jira,
}
PROBLEMS = {
    "github": github.project_problem,
    "gitlab": gitlab.project_problem,
    "jira": jira.project_problem,
    "jira_dc": jira.project_problem,
}


@dataclass(frozen=True, slots=True)
class Line:
    """The way to one tracker, with what opens it; it is shown to nobody."""

    root: str
    headers: Mapping[str, str]

    def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        given: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        url = f"{self.root}{path}" + (f"?{urlencode(query)}" if query else "")
        body = None if given is None else json.dumps(given, ensure_ascii=False).encode()
        sent = {**self.headers, **(headers or {})}
        if body is not None:
            sent["Content-Type"] = "application/json"
        try:
            where = outward.reach(url, settings.WATCHBILL_TRACKER_HOSTS)
            deadline = time.monotonic() + SECONDS
            answer = pinned.ask(
                where, headers=sent, most=LARGEST, deadline=deadline, bodies=ALL, method=method, body=body
            )
        except outward.Unsafe as unsafe:
            raise Refused(str(unsafe)) from None
        except pinned.Unreachable as error:
            raise Unreachable(str(error)) from None
        except (OSError, UnicodeError):
            raise Unreachable("The host in the address is not known. Look for a typing error.") from None
        return Reply(answer.status, answer.headers, _json(answer.body))


def dialect_of(tracker: Tracker) -> Dialect:
    """What speaks to `tracker`. Raises Denied where its token can't be opened."""
    return opened(tracker.place, _headers(tracker))


def opened(place: Place, headers: Mapping[str, str]) -> Dialect:
    found: Dialect = OPENERS[place.kind](place, Line(ROOTS[place.kind](place.base_url), headers))
    return found


def _headers(tracker: Tracker) -> dict[str, str]:
    try:
        token = tracker.token
    except Unreadable:
        raise Denied("Its token can't be opened: a key of encryption is missing.") from None
    headers = {"Accept": "application/json"}
    if tracker.kind == Tracker.Kind.GITLAB:
        headers["PRIVATE-TOKEN"] = token
    elif tracker.kind == Tracker.Kind.JIRA:
        pair = base64.b64encode(f"{tracker.account}:{token}".encode()).decode()
        headers["Authorization"] = f"Basic {pair}"
    else:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def _json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except (ValueError, RecursionError):
        return None
