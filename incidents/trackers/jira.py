"""Jira's REST API, of Cloud and of Data Center. PURE.

Version 2 is what both of them speak; only the search has another address on Cloud, and people other names.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from incidents.trackers import shapes, wording
from incidents.trackers.shapes import (
    Change,
    Draft,
    Gone,
    Incoming,
    Issue,
    Limited,
    Place,
    Refused,
    Reply,
    Seen,
    Send,
    Told,
)

KEY = re.compile(r"[A-Z][A-Z0-9_]{1,99}")
NUMBER = re.compile(r"[A-Z][A-Z0-9_]{1,99}-[0-9]{1,18}")
API = "/rest/api/2"
PER_PAGE = 100
MOST_PAGES = 5
# Keys that are looked at one by one, and how many may be missing in between.
MOST_BEYOND = 40
MOST_GAPS = 3
FIELDS = ("summary", "status", "resolution", "assignee", "duedate", "updated", "resolutiondate", "comment", "labels")
# Names of states and resolutions that mean that something will not be done, where an admin gave none.
NOT_DONE = ("won't do", "won't fix", "won’t do", "wont do", "duplicate", "cannot reproduce", "declined", "cancelled")


def root(base_url: str) -> str:
    return base_url.rstrip("/")


def project_problem(project: str) -> str:
    return "" if KEY.fullmatch(project) else "Give the project's key in capitals, such as PAY."


class Jira:
    title = "Jira"
    has_due = True

    def __init__(self, place: Place, send: Send) -> None:
        self.place, self.send = place, send
        self.is_cloud = place.kind == "jira"

    def _ask(self, method: str, path: str, **given: Any) -> Reply:
        reply = self.send(method, f"{API}{path}", **given)
        if reply.status in (403, 429, 503) and "retry-after" in reply.headers:
            raise Limited("Jira wants to be asked less often.", shapes.patience(reply))
        shapes.judge(reply, "Jira", _said(reply.data))
        return reply

    def project(self) -> str:
        found = shapes.mapping(self._ask("GET", f"/project/{self.place.project}").data)
        types = [str(each.get("name")) for each in shapes.rows(found.get("issueTypes"))]
        if types and self._type.lower() not in [name.lower() for name in types]:
            raise Refused(f"The project has no issue type “{self._type}”. It has: {', '.join(types[:12])}.")
        return str(found.get("name") or self.place.project)

    @property
    def _type(self) -> str:
        return self.place.issue_type or "Task"

    def find(self, marker: str, since: datetime) -> Issue | None:
        found, _ = self._search(f'project = "{self.place.project}" AND labels = "{marker}"', FIELDS)
        return self._issue(found[0]) if found else self._beyond_search(marker)

    def _beyond_search(self, marker: str) -> Issue | None:
        """Its search may lag behind for minutes, and issues themselves don't: look at those that follow the newest that
        it knows, until there are no more."""
        given = {"jql": f'project = "{self.place.project}" ORDER BY key DESC', "fields": ["summary"], "maxResults": 1}
        rows = shapes.rows(shapes.mapping(self._ask("POST", self._searched, given=given).data).get("issues"))
        newest = str(rows[0].get("key") or "").rpartition("-")[2] if rows else "0"
        number, missed = int(newest) if newest.isdecimal() and len(newest) <= 18 else 0, 0
        for each in range(number + 1, number + 1 + MOST_BEYOND):
            try:
                query = {"fields": ",".join(FIELDS), "expand": "changelog"}
                row = self._ask("GET", f"/issue/{self.place.project}-{each}", query=query).data
            except Gone:
                missed += 1
                if missed > MOST_GAPS:
                    return None
                continue
            missed = 0
            if marker in (shapes.mapping(shapes.mapping(row).get("fields")).get("labels") or []):
                return self._issue(row)
        return None

    @property
    def _searched(self) -> str:
        return "/search/jql" if self.is_cloud else "/search"

    def create(self, draft: Draft) -> Issue:
        fields: dict[str, Any] = {
            "project": {"key": self.place.project},
            "issuetype": {"name": self._type},
            "summary": draft.title,
            "description": wording.wiki(draft),
            "labels": [*(label.replace(" ", "-") for label in self.place.labels), draft.marker],
        }
        if draft.due_on:
            fields["duedate"] = draft.due_on.isoformat()
        if draft.assignee:
            fields["assignee"] = {"id" if self.is_cloud else "name": draft.assignee}
        try:
            made = self._ask("POST", "/issue", given={"fields": fields})
        except Refused as refused:
            # What the project's screens don't have is no reason to have no issue.
            lacking = [name for name in ("duedate", "assignee") if name in fields and name in str(refused)]
            if not lacking:
                raise
            made = self._ask(
                "POST", "/issue", given={"fields": {name: v for name, v in fields.items() if name not in lacking}}
            )
        return self.read(str(shapes.mapping(made.data).get("key") or ""))

    def read(self, number: str) -> Issue:
        query = {"fields": ",".join(FIELDS), "expand": "changelog"}
        return self._issue(self._ask("GET", f"/issue/{number}", query=query).data)

    def change(self, number: str, change: Change) -> Issue:
        fields: dict[str, Any] = {}
        if "title" in change.fields:
            fields["summary"] = change.fields["title"]
        if "due_on" in change.fields:
            due = change.fields["due_on"]
            fields["duedate"] = due.isoformat() if due else None
        path = f"/issue/{number}"
        if fields:
            self._put(path, fields)
        if "assignee" in change.fields:
            try:
                self._ask("PUT", f"{path}/assignee", given=self._person(change.fields["assignee"] or None))
            except Refused as refused:
                if "assignee" not in str(refused):
                    raise
        if change.fields.get("state"):
            self._move(number, change.fields["state"])
        return self.read(number)

    def _put(self, path: str, fields: dict[str, Any]) -> None:
        """As when it is opened: what the project's screens don't have keeps nothing else from being changed."""
        try:
            self._ask("PUT", path, given={"fields": fields})
        except Refused as refused:
            if "duedate" not in fields or "duedate" not in str(refused):
                raise
            if rest := {name: value for name, value in fields.items() if name != "duedate"}:
                self._ask("PUT", path, given={"fields": rest})

    def say(self, number: str, note: str) -> None:
        self._ask("POST", f"/issue/{number}/comment", given={"body": wording.plain(note)})

    def _person(self, login: str | None) -> dict[str, Any]:
        return {"accountId" if self.is_cloud else "name": login}

    def _move(self, number: str, state: str) -> None:
        """By the transition that leads to the state that an admin named, else to one of the right category."""
        path = f"/issue/{number}/transitions"
        found = shapes.mapping(self._ask("GET", path, query={"expand": "transitions.fields"}).data)
        ways = shapes.rows(found.get("transitions"))
        named = {shapes.OPEN: self.place.opens, shapes.DONE: self.place.dones, shapes.DROPPED: self.place.drops}[state]
        way = _by_name(ways, named or (NOT_DONE if state == shapes.DROPPED else ()))
        way = way or _by_category(ways, state)
        if way is None:
            there = ", ".join(str(shapes.mapping(each.get("to")).get("name")) for each in ways) or "nowhere"
            raise Refused(
                f"{number} has no way to {state} from where it is (only to: {there}). Name the states of this project "
                "in the tracker's settings, or move it there by hand."
            )
        given: dict[str, Any] = {"transition": {"id": str(way.get("id"))}}
        asks = shapes.mapping(shapes.mapping(way.get("fields")).get("resolution"))
        if state != shapes.OPEN and asks:
            allowed = [str(each.get("name")) for each in shapes.rows(asks.get("allowedValues"))]
            given["fields"] = {"resolution": {"name": self._resolution(allowed, state)}}
        self._ask("POST", path, given=given)

    def _resolution(self, allowed: list[str], state: str) -> str:
        drops = self.place.drops or NOT_DONE
        of_drops = [name for name in allowed if name.lower() in drops]
        others = [name for name in allowed if name.lower() not in drops]
        fit = [*of_drops, *others] if state == shapes.DROPPED else [*others, *of_drops]
        return fit[0] if fit else "Done"

    def changed(self, since: datetime, now: datetime, etag: str) -> Seen:
        # JQL reads times in somebody's zone; minutes ago are the same everywhere.
        minutes = int((now - since).total_seconds() // 60) + 2
        jql = f'project = "{self.place.project}" AND updated >= "-{minutes}m" ORDER BY updated ASC'
        found, whole = self._search(jql, ("updated",))
        changed = [
            (str(row.get("key")), shapes.moment(shapes.mapping(row.get("fields")).get("updated"))) for row in found
        ]
        return Seen(tuple(changed), whole=whole)

    def _search(self, jql: str, fields: tuple[str, ...]) -> tuple[list[dict[str, Any]], bool]:
        found: list[dict[str, Any]] = []
        token = ""
        for page in range(MOST_PAGES):
            given: dict[str, Any] = {"jql": jql, "fields": list(fields), "maxResults": PER_PAGE}
            if self.is_cloud:
                given |= {"nextPageToken": token} if token else {}
            else:
                given["startAt"] = page * PER_PAGE
            data = shapes.mapping(self._ask("POST", self._searched, given=given).data)
            rows = shapes.rows(data.get("issues"))
            found += rows
            token = str(data.get("nextPageToken") or "")
            if (self.is_cloud and not token) or (not self.is_cloud and len(rows) < PER_PAGE):
                return found, True
        return found, False

    def login_of(self, email: str) -> str:
        asked = "query" if self.is_cloud else "username"
        query = {"project": self.place.project, asked: email, "maxResults": "2"}
        found = shapes.rows(self._ask("GET", "/user/assignable/search", query=query).data)
        name = "accountId" if self.is_cloud else "name"
        return str(found[0].get(name) or "") if len(found) == 1 else ""

    def _issue(self, data: Any) -> Issue:
        row = shapes.mapping(data)
        fields = shapes.mapping(row.get("fields"))
        number = str(row.get("key") or "")
        if not NUMBER.fullmatch(number):
            raise shapes.Unreachable("Jira answers something that is no issue.")
        status = shapes.mapping(fields.get("status"))
        name = str(status.get("name") or "").lower()
        resolution = str(shapes.mapping(fields.get("resolution")).get("name") or "").lower()
        closed = shapes.mapping(status.get("statusCategory")).get("key") == "done"
        closed = (closed or name in (*self.place.dones, *self.place.drops)) and name not in self.place.opens
        drops = self.place.drops or NOT_DONE
        dropped = closed and (name in drops or resolution in drops)
        who = shapes.mapping(fields.get("assignee"))
        return Issue(
            number=number,
            title=shapes.title(fields.get("summary")),
            state=shapes.DROPPED if dropped else shapes.DONE if closed else shapes.OPEN,
            url=f"{self.place.base_url.rstrip('/')}/browse/{quote(number)}",
            updated_at=shapes.moment(fields.get("updated")),
            assignee=str(who.get("accountId" if self.is_cloud else "name") or ""),
            due_on=shapes.day(fields.get("duedate")),
            closed_at=shapes.moment(fields["resolutiondate"]) if fields.get("resolutiondate") else None,
            closed_by=_mover(row),
            comments=int(shapes.mapping(fields.get("comment")).get("total") or 0),
        )


def _said(data: Any) -> str:
    found = shapes.mapping(data)
    told = [str(each) for each in found.get("errorMessages") or []]
    return " ".join([*told, *(f"{name}: {text}" for name, text in shapes.mapping(found.get("errors")).items())])


def _by_name(ways: list[dict[str, Any]], names: tuple[str, ...]) -> dict[str, Any] | None:
    for name in names:
        for way in ways:
            if name in (str(shapes.mapping(way.get("to")).get("name")).lower(), str(way.get("name")).lower()):
                return way
    return None


def _by_category(ways: list[dict[str, Any]], state: str) -> dict[str, Any] | None:
    wanted = ("new", "indeterminate") if state == shapes.OPEN else ("done",)
    for category in wanted:
        fit = [
            way
            for way in ways
            if shapes.mapping(shapes.mapping(way.get("to")).get("statusCategory")).get("key") == category
        ]
        # What is done is not moved to where it would be read as dropped, if there is another way.
        fit.sort(key=lambda way: str(shapes.mapping(way.get("to")).get("name")).lower() in NOT_DONE)
        if fit:
            return fit[0]
    return None


def _mover(row: dict[str, Any]) -> str:
    """Who moved it last."""
    found = ""
    newest = ""
    for change in shapes.rows(shapes.mapping(row.get("changelog")).get("histories")):
        moved = any(each.get("field") in ("status", "resolution") for each in shapes.rows(change.get("items")))
        if moved and str(change.get("created")) >= newest:
            newest = str(change.get("created"))
            found = str(shapes.mapping(change.get("author")).get("displayName") or "")
    return found


def told(sent: Incoming) -> Told:
    """What a webhook of Jira's says."""
    data = shapes.mapping(sent.data)
    delivery = sent.headers.get("x-atlassian-webhook-identifier", "")
    number = str(shapes.mapping(data.get("issue")).get("key") or "")
    if not NUMBER.fullmatch(number):
        return Told(delivery)
    return Told(delivery, number, number.rpartition("-")[0])
