"""GitHub's webhooks: deployments, releases and pushes to the default branch are changes. Pure.

The header "X-GitHub-Event" says which event it is. What is none of these, such as a ping, means nothing here.
"""

from typing import Any
from urllib.parse import parse_qs

from incidents.sources import ChangeReport, Envelope, Link, Parsed, SourceError
from incidents.sources.forges import change, released
from incidents.sources.proof import signed
from incidents.sources.reading import decode, fields, link, text

# How a deployment ended; what it went through before is no news.
ENDED = {"success": "Deployed", "failure": "Failed to deploy", "error": "Failed to deploy"}
CONFIGURATION = """\
> In GitHub: Settings, Webhooks, Add webhook. Content type "application/json", the secret of this integration, and this
> Payload URL.
{url}
> Let it send individual events: Deployments, Deployment statuses, Pushes, Releases.
"""
TEST = Envelope(
    b"""{
  "action": "published",
  "release": {"tag_name": "test", "name": "A test change: GitHub reaches Watchbill"},
  "repository": {"name": "watchbill-test", "full_name": "watchbill/watchbill-test"}
}""",
    {"X-GitHub-Event": "release"},
)


def proof(sent: Envelope, secret: str) -> bool:
    """Whether the request is signed with the webhook's secret, as "X-Hub-Signature-256: sha256=…"."""
    scheme, _, given = sent.header("X-Hub-Signature-256").strip().partition("=")
    return scheme == "sha256" and signed(sent.body, secret, given)


def read(sent: Envelope) -> Parsed:
    """At most one change. SourceError names the field that is wrong."""
    body = _body(sent)
    event, action = sent.header("X-GitHub-Event").strip().lower(), body.get("action")
    match event or _event(body):
        case "deployment" if action in ("created", None):
            return Parsed(changes=[_deployment(body, "Deploying", None)])
        case "deployment_status":
            status = fields(body.get("deployment_status"), "deployment_status")
            state = text(status.get("state"), "deployment_status.state", 40)
            return Parsed(changes=[_deployment(body, ENDED[state], status)] if state in ENDED else [])
        case "release" if action == "published":
            return Parsed(changes=[_release(body)])
        case "push":
            return Parsed(changes=_push(body))
        case "":
            raise SourceError("X-GitHub-Event", "give the header")
    return Parsed()


def _event(body: dict[str, Any]) -> str:
    """What a body is whose header got lost, such as one that somebody pasted."""
    for name in ("deployment_status", "deployment", "release"):
        if name in body:
            return name
    return "push" if "ref" in body and "commits" in body else ""


def _body(sent: Envelope) -> dict[str, Any]:
    """The payload; a form has it as text in JSON."""
    if not sent.header("Content-Type").lower().startswith("application/x-www-form-urlencoded"):
        return fields(decode(sent.body), "body")
    try:
        written = parse_qs(sent.body.decode(), max_num_fields=10)["payload"][0]
        return fields(decode(written.encode()), "payload")
    except (KeyError, UnicodeError, ValueError) as error:
        raise error if isinstance(error, SourceError) else SourceError("payload", "give a payload in JSON") from None


def _deployment(body: dict[str, Any], happened: str, status: dict[str, Any] | None) -> ChangeReport:
    deployment = fields(body.get("deployment"), "deployment")
    told = status or {}
    environment = text(told.get("environment") or deployment.get("environment"), "deployment.environment", 200)
    ref = text(deployment.get("ref"), "deployment.ref", 200)
    details = {
        "environment": environment,
        "ref": ref,
        "sha": text(deployment.get("sha"), "deployment.sha", 100),
        "task": text(deployment.get("task"), "deployment.task", 100),
        "by": _login(told.get("creator") or deployment.get("creator"), "deployment.creator"),
        "description": text(told.get("description") or deployment.get("description"), "deployment.description", 1000),
    }
    at = told.get("created_at") if status else deployment.get("created_at")
    return _change(
        body,
        [happened, _name(body), ref, f"to {environment}" if environment else ""],
        details,
        (at, "deployment.created_at"),
        [link(told.get("log_url") or told.get("target_url"), "log"), link(told.get("environment_url"), environment)],
    )


def _release(body: dict[str, Any]) -> ChangeReport:
    release = fields(body.get("release"), "release")
    tag = text(release.get("tag_name"), "release.tag_name", 200)
    name = text(release.get("name"), "release.name", 400)
    details = {
        "tag": tag,
        "by": _login(release.get("author"), "release.author"),
        "prerelease": text(release.get("prerelease"), "release.prerelease", 10),
    }
    words = released(_name(body), tag, name)
    at = (release.get("published_at"), "release.published_at")
    return _change(body, words, details, at, [link(release.get("html_url"), "release")])


def _push(body: dict[str, Any]) -> list[ChangeReport]:
    """One change for what reached the default branch."""
    repository = _repository(body)
    branch = text(repository.get("default_branch"), "repository.default_branch", 200)
    head = fields(body.get("head_commit"), "head_commit")
    if not branch or body.get("ref") != f"refs/heads/{branch}" or not head:
        return []
    message = text(head.get("message"), "head_commit.message", 8000).partition("\n")[0].strip()
    commits = body.get("commits")
    count = len(commits) if isinstance(commits, list) else 1
    details = {
        "branch": branch,
        "sha": text(body.get("after"), "after", 100),
        "commits": str(count),
        "by": text(fields(body.get("pusher"), "pusher").get("name"), "pusher.name", 100),
    }
    words = [f"Pushed {count} commit{'' if count == 1 else 's'} to {branch} of {_name(body)}:", message]
    at = (repository.get("pushed_at") or head.get("timestamp"), "repository.pushed_at")
    return [_change(body, words, details, at, [link(body.get("compare"), "what changed")])]


def _change(
    body: dict[str, Any], words: list[str], told: dict[str, str], at: tuple[object, str], pages: list[Link | None]
) -> ChangeReport:
    repository = _repository(body)
    full_name = text(repository.get("full_name"), "repository.full_name", 255)
    home = link(repository.get("html_url"), full_name)
    return change(words, told, at, [*pages, home], source=full_name or "GitHub", service=_name(body))


def _repository(body: dict[str, Any]) -> dict[str, Any]:
    return fields(body.get("repository"), "repository")


def _name(body: dict[str, Any]) -> str:
    return text(_repository(body).get("name"), "repository.name", 200)


def _login(value: object, at: str) -> str:
    return text(fields(value, at).get("login"), f"{at}.login", 100)
