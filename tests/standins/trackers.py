"""What stands in for GitHub, GitLab and Jira: issues that can be opened, changed, closed, moved away and deleted, with
ETags, signed webhooks, and failures when they are asked for."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from tests.standins.server import Handler, Server

TOKEN = "a-token-of-a-test"
EMAIL = "robot@example.org"
SECRET = "a-secret-of-a-test"
# As GitLab makes them: a key in base64.
SIGNING = "whsec_" + base64.b64encode(b"a-key-of-a-test-of-thirty-two-by").decode()
NEXT = {"open": ("done", "dropped"), "done": ("open",), "dropped": ("open",)}
JIRA_NAMES = {"open": "To Do", "done": "Done", "dropped": "Won't Do"}
JIRA_CATEGORIES = {"open": "new", "done": "done", "dropped": "done"}


@dataclass
class Kept:
    """An issue as it is kept there, whichever API shows it."""

    number: int
    title: str
    body: str
    labels: list[str] = field(default_factory=list)
    state: str = "open"
    assignee: str = ""
    due: str | None = None
    closed_by: str = ""
    comments: list[str] = field(default_factory=list)
    changes: int = 0
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


class TrackerServer(Server):
    """The least that all have in common. `fail` holds answers for the next requests: a status, or "hang", or "lost" (it
    is done, and nothing is answered), or "well"; `people` are logins by e-mail address. Nothing is answered before
    `waits_for`, where it is given; `opened` is set once there is an issue."""

    kind = ""
    project = ""

    def __init__(self, *, port: int = 0) -> None:
        self.issues: dict[int, Kept] = {}
        self.fail: list[int | str] = []
        self.headers_of_failure: dict[str, str] = {}
        self.token = TOKEN
        self.people: dict[str, str] = {}
        self.hook = ""
        self.gone: set[int] = set()
        self.busy = threading.Lock()
        self.written = 0
        self.opened = threading.Event()
        self.waits_for: threading.Event | None = None
        super().__init__(answer=self.told, port=port)

    # What somebody does there by hand.
    def act(self, number: int, *, by: str = "octocat", tell: bool = True, **fields: Any) -> None:
        with self.busy:
            self.change(self.issues[number], by, fields)
        if tell:
            self.tell(number)

    def delete(self, number: int) -> None:
        self.gone.add(number)

    def change(self, issue: Kept, by: str, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            setattr(issue, name, value)
        if "state" in fields:
            issue.closed_by = by if issue.state != "open" else ""
        issue.changes += 1
        issue.at = datetime.now(UTC)

    def open_one(self, title: str, body: str, **more: Any) -> Kept:
        issue = Kept(len(self.issues) + 1, title, body, **more)
        self.issues[issue.number] = issue
        self.opened.set()
        return issue

    def with_marker(self, marker: str) -> list[Kept]:
        return [each for each in self.issues.values() if marker in each.body or marker in each.labels]

    def tell(self, number: int, *, delivery: str = "", secret: str = SECRET) -> int:
        """Send the webhook of an issue; the status of the answer, 0 without a hook."""
        if not self.hook:
            return 0
        body = json.dumps(self.event(self.issues[number])).encode()
        headers = {"Content-Type": "application/json", **self.signed(body, delivery or str(uuid.uuid4()), secret)}
        request = urllib.request.Request(self.hook, body, headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def told(self, handler: Handler) -> None:
        asked = self.asked[-1]
        parts = urlsplit(asked.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        lost = False
        if self.waits_for:
            self.waits_for.wait(15)
        if self.fail:
            failure = self.fail.pop(0)
            if failure == "hang":
                time.sleep(15)
                return
            lost = failure == "lost"
            if failure not in ("lost", "well"):
                handler.reply(int(failure), b'{"message": "told to"}', **self.headers_of_failure)
                return
        if not self.lets_in(asked.headers):
            handler.reply(401, b'{"message": "Bad credentials"}')
            return
        given = json.loads(asked.body) if asked.body else {}
        with self.busy:
            self.written += handler.command != "GET" and "/search" not in parts.path
            status, found = self.answer_to(handler.command, unquote(parts.path), query, given)
        if lost:
            handler.connection.close()
            return
        body = json.dumps(found).encode()
        tag = f'"{hashlib.sha256(body).hexdigest()[:20]}"'
        if handler.command == "GET" and asked.headers.get("If-None-Match") == tag:
            handler.reply(304)
            return
        handler.reply(status, body, **{"Content-Type": "application/json", "ETag": tag})

    def lets_in(self, headers: Any) -> bool:
        return bool(headers.get("Authorization") == f"Bearer {self.token}")

    def answer_to(self, method: str, path: str, query: dict[str, str], given: Any) -> tuple[int, Any]:
        raise NotImplementedError

    def event(self, issue: Kept) -> dict[str, Any]:
        raise NotImplementedError

    def signed(self, body: bytes, delivery: str, secret: str) -> dict[str, str]:
        raise NotImplementedError

    def since(self, query: dict[str, str], name: str) -> list[Kept]:
        edge = datetime.fromisoformat(query[name]) if name in query else datetime(1970, 1, 1, tzinfo=UTC)
        return [each for each in self.issues.values() if each.at.replace(microsecond=0) >= edge]


def hmac_of(body: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class GitHubServer(TrackerServer):
    kind = "github"
    project = "acme/shop"

    def event(self, issue: Kept) -> dict[str, Any]:
        return {"action": "edited", "issue": {"number": issue.number}, "repository": {"full_name": self.project}}

    def signed(self, body: bytes, delivery: str, secret: str) -> dict[str, str]:
        return {
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": delivery,
            "X-Hub-Signature-256": hmac_of(body, secret),
        }

    def answer_to(self, method: str, path: str, query: dict[str, str], given: Any) -> tuple[int, Any]:
        at = f"/api/v3/repos/{self.project}"
        if path == "/api/v3/search/users":
            mail = query["q"].split()[0]
            found = [{"login": self.people[mail]}] if mail in self.people else []
            return 200, {"total_count": len(found), "items": found}
        if path == at:
            return 200, {"full_name": self.project, "has_issues": True}
        if path == f"{at}/issues":
            if method == "POST":
                issue = self.open_one(given["title"], given["body"], labels=given.get("labels", []))
                issue.assignee = (given.get("assignees") or [""])[0]
                return 201, self.shown(issue)
            page = int(query.get("page", 1))
            return 200, [self.shown(each) for each in self.since(query, "since")][(page - 1) * 100 : page * 100]
        number, _, rest = path.removeprefix(f"{at}/issues/").partition("/")
        issue = self.issues.get(int(number)) if number.isdecimal() else None
        return self.of_issue(method, rest, issue, given) if issue else (404, {"message": "Not Found"})

    def of_issue(self, method: str, rest: str, issue: Kept, given: Any) -> tuple[int, Any]:
        if issue.number in self.gone:
            return 410, {"message": "This issue was deleted"}
        if rest == "comments":
            issue.comments.append(given["body"])
            return 201, {}
        if method == "PATCH":
            fields: dict[str, Any] = {"title": given["title"]} if "title" in given else {}
            if "assignees" in given:
                fields["assignee"] = (given["assignees"] or [""])[0]
            if "state" in given:
                closed = "dropped" if given.get("state_reason") == "not_planned" else "done"
                fields["state"] = "open" if given["state"] == "open" else closed
            self.change(issue, "watchbill", fields)
        return 200, self.shown(issue)

    def shown(self, issue: Kept) -> dict[str, Any]:
        reason = {"open": None, "done": "completed", "dropped": "not_planned"}[issue.state]
        at = issue.at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return {
            "number": issue.number,
            "title": issue.title,
            "body": issue.body,
            "state": "open" if issue.state == "open" else "closed",
            "state_reason": reason,
            "assignees": [{"login": issue.assignee}] if issue.assignee else [],
            "closed_by": {"login": issue.closed_by} if issue.closed_by else None,
            "closed_at": at if issue.state != "open" else None,
            "updated_at": at,
            "html_url": f"{self.url}/{self.project}/issues/{issue.number}",
            "comments": len(issue.comments),
            "labels": [{"name": label} for label in issue.labels],
        }


class GitLabServer(TrackerServer):
    kind = "gitlab"
    project = "acme/shop"

    def lets_in(self, headers: Any) -> bool:
        return bool(headers.get("PRIVATE-TOKEN") == self.token)

    def event(self, issue: Kept) -> dict[str, Any]:
        about = {"iid": issue.number}
        return {"object_kind": "issue", "object_attributes": about, "project": {"path_with_namespace": self.project}}

    def signed(self, body: bytes, delivery: str, secret: str) -> dict[str, str]:
        named = {"X-Gitlab-Event": "Issue Hook", "Idempotency-Key": delivery}
        if not secret.startswith("whsec_"):
            return {**named, "X-Gitlab-Token": secret}
        told = f"{delivery}.1700000000.".encode() + body
        digest = hmac.new(base64.b64decode(secret[6:]), told, hashlib.sha256).digest()
        signature = f"v1,{base64.b64encode(digest).decode()}"
        return {**named, "Webhook-Id": delivery, "Webhook-Timestamp": "1700000000", "Webhook-Signature": signature}

    def answer_to(self, method: str, path: str, query: dict[str, str], given: Any) -> tuple[int, Any]:
        at = f"/api/v4/projects/{self.project}"
        if path == "/api/v4/users":
            login = query.get("username") or self.people.get(query.get("search", ""), "")
            return 200, [{"id": sum(map(ord, login)), "username": login}] if login else []
        if path == at:
            return 200, {"path_with_namespace": self.project}
        if path == f"{at}/issues":
            if method == "POST":
                labels = [each for each in given.get("labels", "").split(",") if each]
                issue = self.open_one(given["title"], given["description"], labels=labels, due=given.get("due_date"))
                issue.assignee = self.login_of(given.get("assignee_ids", []))
                return 201, self.shown(issue)
            return 200, [self.shown(each) for each in self.since(query, "updated_after")]
        number, _, rest = path.removeprefix(f"{at}/issues/").partition("/")
        issue = self.issues.get(int(number)) if number.isdecimal() else None
        found = issue is not None and issue.number not in self.gone
        return self.of_issue(method, rest, issue, given) if found else (404, {"message": "404 Not found"})

    def of_issue(self, method: str, rest: str, issue: Kept, given: Any) -> tuple[int, Any]:
        if rest == "notes":
            issue.comments.append(given["body"])
            return 201, {}
        if method == "PUT":
            fields: dict[str, Any] = {"title": given["title"]} if "title" in given else {}
            if "due_date" in given:
                fields["due"] = given["due_date"] or None
            if "assignee_ids" in given:
                fields["assignee"] = self.login_of(given["assignee_ids"])
            if "state_event" in given:
                dropped = "add_labels" in given
                fields["state"] = "open" if given["state_event"] == "reopen" else "dropped" if dropped else "done"
            self.change(issue, "watchbill", fields)
        return 200, self.shown(issue)

    def login_of(self, ids: list[int]) -> str:
        return next((login for login in self.people.values() if sum(map(ord, login)) in ids), "")

    def shown(self, issue: Kept) -> dict[str, Any]:
        return {
            "iid": issue.number,
            "title": issue.title,
            "description": issue.body,
            "state": "opened" if issue.state == "open" else "closed",
            "labels": [*issue.labels, *(["wontfix"] if issue.state == "dropped" else [])],
            "assignees": [{"username": issue.assignee}] if issue.assignee else [],
            "due_date": issue.due,
            "closed_by": {"username": issue.closed_by} if issue.closed_by else None,
            "closed_at": issue.at.isoformat() if issue.state != "open" else None,
            "updated_at": issue.at.isoformat(),
            "web_url": f"{self.url}/{self.project}/-/issues/{issue.number}",
            "user_notes_count": len(issue.comments),
        }


class JiraServer(TrackerServer):
    """Jira Cloud; its people are accounts, and its search knows new issues `lags` later only."""

    kind = "jira"
    project = "PAY"
    lags = timedelta(minutes=5)
    # What its screens do not have.
    lacks: frozenset[str] | set[str] = frozenset()

    def lets_in(self, headers: Any) -> bool:
        pair = base64.b64encode(f"{EMAIL}:{self.token}".encode()).decode()
        return bool(headers.get("Authorization") == f"Basic {pair}")

    def event(self, issue: Kept) -> dict[str, Any]:
        return {"webhookEvent": "jira:issue_updated", "issue": {"key": f"{self.project}-{issue.number}"}}

    def signed(self, body: bytes, delivery: str, secret: str) -> dict[str, str]:
        return {"X-Atlassian-Webhook-Identifier": delivery, "X-Hub-Signature": hmac_of(body, secret)}

    def answer_to(self, method: str, path: str, query: dict[str, str], given: Any) -> tuple[int, Any]:
        path = path.removeprefix("/rest/api/2")
        if path == f"/project/{self.project}":
            return 200, {"name": "Payments", "issueTypes": [{"name": "Task"}, {"name": "Bug"}]}
        if path == "/user/assignable/search":
            login = self.people.get(query["query"])
            return 200, [{"accountId": login}] if login else []
        if path == "/search/jql":
            label = given["jql"].partition('labels = "')[2].partition('"')[0]
            found = [each for each in self.issues.values() if not label or label in each.labels]
            if label or "ORDER BY key" in given["jql"]:
                found = [each for each in found if datetime.now(UTC) - each.at > self.lags]
            return 200, {"issues": [self.shown(each) for each in found][-given["maxResults"] :], "isLast": True}
        if path == "/issue":
            fields = given["fields"]
            issue = self.open_one(fields["summary"], fields["description"], labels=fields["labels"])
            issue.due, issue.assignee = fields.get("duedate"), fields.get("assignee", {}).get("id") or ""
            return 201, {"key": f"{self.project}-{issue.number}"}
        number, _, rest = path.removeprefix(f"/issue/{self.project}-").partition("/")
        issue = self.issues.get(int(number)) if number.isdecimal() else None
        if issue is None or issue.number in self.gone:
            return 404, {"errorMessages": ["Issue does not exist or you do not have permission to see it."]}
        return self.of_issue(method, rest, issue, given)

    def of_issue(self, method: str, rest: str, issue: Kept, given: Any) -> tuple[int, Any]:
        if rest == "transitions" and method == "GET":
            ways = [
                {"id": to, "name": JIRA_NAMES[to], "to": self.shown_status(to), "fields": self.asks(to)}
                for to in NEXT[issue.state]
            ]
            return 200, {"transitions": ways}
        if rest == "transitions":
            self.change(issue, "watchbill", {"state": given["transition"]["id"]})
        elif rest == "assignee":
            self.change(issue, "watchbill", {"assignee": given["accountId"] or ""})
        elif rest == "comment":
            issue.comments.append(given["body"])
        elif method == "PUT" and (lacking := self.lacks & given["fields"].keys()):
            return 400, {
                "errorMessages": [],
                "errors": dict.fromkeys(lacking, "It is not on the appropriate screen."),
            }
        elif method == "PUT":
            names = {"summary": "title", "duedate": "due"}
            self.change(issue, "watchbill", {names[name]: value for name, value in given["fields"].items()})
        else:
            return 200, self.shown(issue)
        return 204, None

    def shown_status(self, state: str) -> dict[str, Any]:
        return {"name": JIRA_NAMES[state], "statusCategory": {"key": JIRA_CATEGORIES[state]}}

    def asks(self, state: str) -> dict[str, Any]:
        return {} if state == "open" else {"resolution": {"allowedValues": [{"name": JIRA_NAMES[state]}]}}

    def shown(self, issue: Kept) -> dict[str, Any]:
        at = issue.at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
        closed = issue.state != "open"
        return {
            "key": f"{self.project}-{issue.number}",
            "fields": {
                "summary": issue.title,
                "status": self.shown_status(issue.state),
                "resolution": {"name": JIRA_NAMES[issue.state]} if closed else None,
                "assignee": {"accountId": issue.assignee} if issue.assignee else None,
                "duedate": issue.due,
                "updated": at,
                "resolutiondate": at if closed else None,
                "comment": {"total": len(issue.comments)},
                "labels": issue.labels,
            },
            "changelog": {
                "histories": [
                    {"created": at, "author": {"displayName": issue.closed_by}, "items": [{"field": "status"}]}
                ]
                if issue.closed_by
                else []
            },
        }


SERVERS: tuple[type[TrackerServer], ...] = (GitHubServer, GitLabServer, JiraServer)
