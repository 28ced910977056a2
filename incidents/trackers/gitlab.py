"""GitLab's REST API v4 for issues, of gitlab.com and of one's own. PURE."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from urllib.parse import quote

from incidents.trackers import shapes, wording
from incidents.trackers.shapes import Change, Draft, Gone, Incoming, Issue, Limited, Place, Reply, Seen, Send, Told

PER_PAGE = 100
MOST_PAGES = 5
PATH = re.compile(r"[A-Za-z0-9_.-]{1,200}(?:/[A-Za-z0-9_.-]{1,200}){1,20}|[0-9]{1,18}")
NUMBER = re.compile(r"[0-9]{1,18}")


def root(base_url: str) -> str:
    url = base_url.rstrip("/")
    return url if url.endswith("/api/v4") else f"{url}/api/v4"


def project_problem(project: str) -> str:
    return "" if PATH.fullmatch(project) else "Give the project's path, such as acme/shop, or its number."


class GitLab:
    """It knows no reason for closing: a label says that something will not be done."""

    title = "GitLab"
    has_due = True

    def __init__(self, place: Place, send: Send) -> None:
        self.place, self.send = place, send
        self.at = f"/projects/{quote(place.project, safe='')}"

    def _ask(self, method: str, path: str, **given: Any) -> Reply:
        reply = self.send(method, path, **given)
        data = shapes.mapping(reply.data)
        if reply.status in (403, 429) and "retry-after" in reply.headers:
            raise Limited("GitLab wants to be asked less often.", shapes.patience(reply))
        shapes.judge(reply, "GitLab", str(data.get("message") or data.get("error") or ""))
        return reply

    def project(self) -> str:
        found = shapes.mapping(self._ask("GET", self.at).data)
        if found.get("issues_access_level") == "disabled" or found.get("issues_enabled") is False:
            raise shapes.Refused("Issues are switched off in this project. Switch them on in its settings.")
        if found.get("archived"):
            raise shapes.Refused("This project is archived: nothing can be changed in it.")
        return str(found.get("path_with_namespace") or self.place.project)

    def find(self, marker: str, since: datetime) -> Issue | None:
        query = {"created_after": _stamp(since), "scope": "all", "order_by": "created_at", "per_page": "100"}
        for page in range(1, MOST_PAGES + 1):
            found = shapes.rows(self._ask("GET", f"{self.at}/issues", query={**query, "page": str(page)}).data)
            for row in found:
                if marker in str(row.get("description") or ""):
                    return self._issue(row)
            if len(found) < PER_PAGE:
                break
        return None

    def create(self, draft: Draft) -> Issue:
        given: dict[str, Any] = {"title": draft.title, "description": wording.markdown(draft)}
        if self.place.labels:
            given["labels"] = ",".join(self.place.labels)
        if self.place.issue_type:
            given["issue_type"] = self.place.issue_type
        if draft.due_on:
            given["due_date"] = draft.due_on.isoformat()
        if draft.assignee and (someone := self._id_of(draft.assignee)):
            given["assignee_ids"] = [someone]
        return self._issue(self._ask("POST", f"{self.at}/issues", given=given).data)

    def read(self, number: str) -> Issue:
        return self._issue(self._ask("GET", f"{self.at}/issues/{number}").data)

    def change(self, number: str, change: Change) -> Issue:
        given: dict[str, Any] = {}
        fields = change.fields
        if "title" in fields:
            given["title"] = fields["title"]
        if "due_on" in fields:
            given["due_date"] = fields["due_on"].isoformat() if fields["due_on"] else ""
        if "assignee" in fields:
            someone = self._id_of(fields["assignee"]) if fields["assignee"] else 0
            # 0 is its word for nobody.
            given["assignee_ids"] = [someone or 0]
        state = fields.get("state")
        if state:
            given["state_event"] = "reopen" if state == shapes.OPEN else "close"
            label = self._dropped
            given["add_labels" if state == shapes.DROPPED else "remove_labels"] = label
        path = f"{self.at}/issues/{number}"
        found = self._ask("PUT", path, given=given).data if given else self._ask("GET", path).data
        return self._issue(found)

    def say(self, number: str, note: str) -> None:
        self._ask("POST", f"{self.at}/issues/{number}/notes", given={"body": wording.escaped(note)})

    @property
    def _dropped(self) -> str:
        return self.place.drops[0] if self.place.drops else "wontfix"

    def changed(self, since: datetime, now: datetime, etag: str) -> Seen:
        query = {"updated_after": _stamp(since), "scope": "all", "order_by": "updated_at", "sort": "asc"}
        changed: list[tuple[str, datetime]] = []
        for page in range(1, MOST_PAGES + 1):
            asked = {**query, "per_page": str(PER_PAGE), "page": str(page)}
            headers = {"If-None-Match": etag} if etag and page == 1 else {}
            reply = self._ask("GET", f"{self.at}/issues", query=asked, headers=headers)
            if reply.status == 304:
                return Seen(etag=etag)
            found = shapes.rows(reply.data)
            changed += [(str(row.get("iid")), shapes.moment(row.get("updated_at"))) for row in found]
            if len(found) < PER_PAGE:
                return Seen(tuple(changed), reply.headers.get("etag", "") if page == 1 else "")
        return Seen(tuple(changed), whole=False)

    def login_of(self, email: str) -> str:
        found = shapes.rows(self._ask("GET", "/users", query={"search": email}).data)
        return str(found[0].get("username") or "") if len(found) == 1 else ""

    def _id_of(self, login: str) -> int:
        found = shapes.rows(self._ask("GET", "/users", query={"username": login}).data)
        return int(found[0].get("id") or 0) if found else 0

    def _issue(self, data: Any) -> Issue:
        row = shapes.mapping(data)
        if not row.get("iid"):
            raise shapes.Unreachable("GitLab answers something that is no issue.")
        if row.get("moved_to_id"):
            raise Gone("It was moved to another project.")
        closed = row.get("state") == "closed"
        labels = {str(each).lower() for each in row.get("labels") or []}
        dropped = closed and not labels.isdisjoint(self.place.drops or ("wontfix",))
        return Issue(
            number=str(row["iid"]),
            title=shapes.title(row.get("title")),
            state=shapes.DROPPED if dropped else shapes.DONE if closed else shapes.OPEN,
            url=str(row.get("web_url") or ""),
            updated_at=shapes.moment(row.get("updated_at")),
            assignee=shapes.first_of(row, "username"),
            due_on=shapes.day(row.get("due_date")),
            closed_at=shapes.moment(row["closed_at"]) if row.get("closed_at") else None,
            closed_by=str(shapes.mapping(row.get("closed_by")).get("username") or ""),
            comments=int(row.get("user_notes_count") or 0),
        )


def _stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def told(sent: Incoming) -> Told:
    """What a webhook of GitLab's says. Older ones name no delivery: the body is the same when it is sent again."""
    data = shapes.mapping(sent.data)
    delivery = sent.headers.get("idempotency-key", "") or sent.headers.get("webhook-id", "")
    about = shapes.mapping(data.get("object_attributes"))
    number = ""
    if data.get("object_kind") in ("issue", "work_item"):
        number = str(about.get("iid") or "")
    elif data.get("object_kind") == "note":
        number = str(shapes.mapping(data.get("issue")).get("iid") or "")
    project = str(shapes.mapping(data.get("project")).get("path_with_namespace") or "")
    return Told(delivery, number if NUMBER.fullmatch(number) else "", project)
