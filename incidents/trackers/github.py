"""GitHub's REST API for issues, of github.com and of GitHub Enterprise Server. PURE."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlsplit

from incidents.trackers import shapes, wording
from incidents.trackers.shapes import (
    Change,
    Denied,
    Draft,
    Gone,
    Incoming,
    Issue,
    Limited,
    Place,
    Reply,
    Seen,
    Send,
    Told,
)

VERSION = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
PER_PAGE = 100
MOST_PAGES = 5
NOT_DONE = ("not_planned", "duplicate")
NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")
NUMBER = re.compile(r"[0-9]{1,18}")


def root(base_url: str) -> str:
    """Where the API is of what somebody gave: `https://github.com`, an Enterprise server, or the API itself."""
    url = base_url.rstrip("/")
    parts = urlsplit(url)
    if parts.hostname in ("github.com", "www.github.com", "api.github.com"):
        return "https://api.github.com"
    # An organization with data residency has an API of its own beside it.
    if (parts.hostname or "").endswith(".ghe.com"):
        return url if (parts.hostname or "").startswith("api.") else f"{parts.scheme}://api.{parts.netloc}"
    return url if parts.path.endswith("/api/v3") else f"{url}/api/v3"


def project_problem(project: str) -> str:
    return "" if NAME.fullmatch(project) else "Give owner and repository, such as acme/shop."


class GitHub:
    title = "GitHub"
    has_due = False

    def __init__(self, place: Place, send: Send) -> None:
        self.place, self.send = place, send
        self.at = f"/repos/{quote(place.project)}"

    def _ask(self, method: str, path: str, **given: Any) -> Reply:
        given["headers"] = VERSION | dict(given.get("headers") or {})
        reply = self.send(method, path, **given)
        _judge(reply)
        return reply

    def project(self) -> str:
        found = shapes.mapping(self._ask("GET", self.at).data)
        if found.get("has_issues") is False:
            raise shapes.Refused("Issues are switched off in this repository. Switch them on in its settings.")
        if found.get("archived"):
            raise shapes.Refused("This repository is archived: nothing can be changed in it.")
        return str(found.get("full_name") or self.place.project)

    def find(self, marker: str, since: datetime) -> Issue | None:
        # Its search lags behind; the list does not.
        query = {"state": "all", "since": _stamp(since), "sort": "created", "direction": "desc", "per_page": "100"}
        for page in range(1, MOST_PAGES + 1):
            found = shapes.rows(self._ask("GET", f"{self.at}/issues", query={**query, "page": str(page)}).data)
            for row in found:
                if marker in str(row.get("body") or "") and "pull_request" not in row:
                    return self._issue(row)
            if len(found) < PER_PAGE:
                break
        return None

    def create(self, draft: Draft) -> Issue:
        given: dict[str, Any] = {"title": draft.title, "body": wording.markdown(draft)}
        if draft.assignee:
            given["assignees"] = [draft.assignee]
        if self.place.labels:
            given["labels"] = list(self.place.labels)
        try:
            return self._issue(self._ask("POST", f"{self.at}/issues", given=given).data)
        except shapes.Refused:
            if not draft.assignee:
                raise
        # Who may not be assigned there is no reason to have no issue.
        del given["assignees"]
        return self._issue(self._ask("POST", f"{self.at}/issues", given=given).data)

    def read(self, number: str) -> Issue:
        return self._issue(self._ask("GET", f"{self.at}/issues/{number}").data)

    def change(self, number: str, change: Change) -> Issue:
        given: dict[str, Any] = {}
        if "title" in change.fields:
            given["title"] = change.fields["title"]
        if "assignee" in change.fields:
            login = change.fields["assignee"]
            given["assignees"] = [login] if login else []
        match change.fields.get("state"):
            case shapes.OPEN:
                given |= {"state": "open", "state_reason": "reopened"}
            case shapes.DONE:
                given |= {"state": "closed", "state_reason": "completed"}
            case shapes.DROPPED:
                given |= {"state": "closed", "state_reason": "not_planned"}
        path = f"{self.at}/issues/{number}"
        try:
            found = self._ask("PATCH", path, given=given).data if given else self._ask("GET", path).data
        except shapes.Refused:
            if "assignees" not in given or len(given) == 1:
                raise
            del given["assignees"]
            found = self._ask("PATCH", path, given=given).data
        return self._issue(found)

    def say(self, number: str, note: str) -> None:
        self._ask("POST", f"{self.at}/issues/{number}/comments", given={"body": wording.escaped(note)})

    def changed(self, since: datetime, now: datetime, etag: str) -> Seen:
        query = {"state": "all", "since": _stamp(since), "sort": "updated", "direction": "asc", "per_page": "100"}
        changed: list[tuple[str, datetime]] = []
        first = ""
        for page in range(1, MOST_PAGES + 1):
            headers = {"If-None-Match": etag} if etag and page == 1 else {}
            reply = self._ask("GET", f"{self.at}/issues", query={**query, "page": str(page)}, headers=headers)
            if reply.status == 304:
                return Seen(etag=etag)
            first = first or reply.headers.get("etag", "")
            found = shapes.rows(reply.data)
            changed += [(str(row.get("number")), shapes.moment(row.get("updated_at"))) for row in found]
            if len(found) < PER_PAGE:
                return Seen(tuple(changed), first)
        return Seen(tuple(changed), "", whole=False)

    def login_of(self, email: str) -> str:
        query = {"q": f"{email} in:email type:user", "per_page": "2"}
        found = shapes.rows(shapes.mapping(self._ask("GET", "/search/users", query=query).data).get("items"))
        return str(found[0].get("login") or "") if len(found) == 1 else ""

    def _issue(self, data: Any) -> Issue:
        row = shapes.mapping(data)
        if not row.get("number"):
            raise shapes.Unreachable("GitHub answers something that is no issue.")
        if "pull_request" in row:
            raise shapes.Refused("That is a pull request, not an issue.")
        closed = row.get("state") == "closed"
        dropped = closed and row.get("state_reason") in NOT_DONE
        names = {str(shapes.mapping(each).get("name")).lower() for each in row.get("labels") or []}
        dropped = dropped or (closed and not names.isdisjoint(self.place.drops))
        return Issue(
            number=str(row["number"]),
            title=shapes.title(row.get("title")),
            state=shapes.DROPPED if dropped else shapes.DONE if closed else shapes.OPEN,
            url=str(row.get("html_url") or ""),
            updated_at=shapes.moment(row.get("updated_at")),
            assignee=shapes.first_of(row, "login"),
            closed_at=shapes.moment(row["closed_at"]) if row.get("closed_at") else None,
            closed_by=str(shapes.mapping(row.get("closed_by")).get("login") or ""),
            comments=int(row.get("comments") or 0),
        )


def _judge(reply: Reply) -> None:
    said = str(shapes.mapping(reply.data).get("message") or "")
    if reply.status == 301:
        raise Gone("It was transferred to another repository.")
    limited = reply.headers.get("x-ratelimit-remaining") == "0" or "retry-after" in reply.headers
    limited = limited or "rate limit" in said.lower()
    if reply.status in (403, 429) and limited:
        raise Limited("GitHub wants to be asked less often.", _reset(reply))
    if reply.status == 403 and "abuse" in said.lower():
        raise Limited("GitHub wants to be asked less often.", 60.0)
    if reply.status == 403 and not said:
        raise Denied("GitHub does not let this token do it (403). It needs to read and write issues.")
    shapes.judge(reply, "GitHub", said)


def _reset(reply: Reply) -> float:
    """Seconds until it may be asked again: as it says, else until its window is over by its own clock."""
    if "retry-after" in reply.headers:
        return shapes.patience(reply)
    reset = reply.headers.get("x-ratelimit-reset", "")
    if reset.isdecimal() and len(reset) < 12:
        told = _http_time(reply.headers)
        return min(max(1.0, int(reset) - told), 3700.0) if told else 60.0
    return 60.0


def _http_time(headers: Mapping[str, str]) -> float:
    try:
        return parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (ValueError, TypeError):
        return 0.0


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(sent: Incoming) -> Told:
    """What a webhook of GitHub's says."""
    data = shapes.mapping(sent.data)
    delivery = sent.headers.get("x-github-delivery", "")
    if sent.headers.get("x-github-event") not in ("issues", "issue_comment"):
        return Told(delivery)
    number = str(shapes.mapping(data.get("issue")).get("number") or "")
    project = str(shapes.mapping(data.get("repository")).get("full_name") or "")
    return Told(delivery, number if NUMBER.fullmatch(number) else "", project)
