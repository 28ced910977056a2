"""GitLab's webhooks of a project or group: deployments, releases and pipelines are changes. Pure.

`object_kind` says which event it is. Of pipelines only those count that ended on the default branch or on a tag.
"""

from typing import Any

from incidents.sources import ChangeReport, Envelope, Link, Parsed, SourceError
from incidents.sources.forges import change, released
from incidents.sources.proof import same
from incidents.sources.reading import clean, decode, fields, link, text

DEPLOYMENTS = {"running": "Deploying", "success": "Deployed", "failed": "Failed to deploy"}
PIPELINES = {"success": "Pipeline passed", "failed": "Pipeline failed"}
CONFIGURATION = """\
> In GitLab: Settings, Webhooks, Add new webhook. The secret of this integration is its secret token; this is its URL.
{url}
> Let it send deployment events, releases events and pipeline events.
"""
TEST = Envelope(
    b"""{
  "object_kind": "release", "action": "create", "tag": "test", "name": "A test change: GitLab reaches Watchbill",
  "project": {"name": "watchbill-test", "path_with_namespace": "watchbill/watchbill-test"}
}""",
    {"X-Gitlab-Event": "Release Hook"},
)


def proof(sent: Envelope, secret: str) -> bool:
    """Whether the request names the webhook's secret token."""
    return same(secret, sent.header("X-Gitlab-Token"))


def read(sent: Envelope) -> Parsed:
    """At most one change. SourceError names the field that is wrong."""
    body = fields(decode(sent.body), "body")
    match text(body.get("object_kind"), "object_kind", 40):
        case "deployment":
            return Parsed(changes=_deployment(body))
        case "release":
            return Parsed(changes=[_release(body)] if body.get("action") == "create" else [])
        case "pipeline":
            return Parsed(changes=_pipeline(body))
        case "":
            raise SourceError("object_kind", "give the kind of the event")
    return Parsed()


def _deployment(body: dict[str, Any]) -> list[ChangeReport]:
    state = text(body.get("status"), "status", 40)
    if state not in DEPLOYMENTS:
        return []
    environment, ref = text(body.get("environment"), "environment", 200), text(body.get("ref"), "ref", 200)
    details = {
        "environment": environment,
        "ref": ref,
        "sha": text(body.get("short_sha"), "short_sha", 100),
        "commit": text(body.get("commit_title"), "commit_title", 1000),
        "by": _username(body),
    }
    return [
        _change(
            body,
            [DEPLOYMENTS[state], _name(body), ref or details["sha"], f"to {environment}" if environment else ""],
            details,
            (body.get("status_changed_at"), "status_changed_at"),
            [
                link(body.get("deployable_url"), "job"),
                link(body.get("commit_url"), "commit"),
                link(body.get("environment_external_url"), environment),
            ],
        )
    ]


def _release(body: dict[str, Any]) -> ChangeReport:
    tag, name = text(body.get("tag"), "tag", 200), text(body.get("name"), "name", 400)
    words = released(_name(body), tag, name)
    at = (body.get("released_at") or body.get("created_at"), "released_at")
    return _change(body, words, {"tag": tag}, at, [link(body.get("url"), "release")])


def _pipeline(body: dict[str, Any]) -> list[ChangeReport]:
    pipeline = fields(body.get("object_attributes"), "object_attributes")
    state = text(pipeline.get("status"), "object_attributes.status", 40)
    ref = text(pipeline.get("ref"), "object_attributes.ref", 200)
    branch = text(_project(body).get("default_branch"), "project.default_branch", 200)
    if state not in PIPELINES or not ref or not (pipeline.get("tag") is True or ref == branch):
        return []
    commit = fields(body.get("commit"), "commit")
    number = text(pipeline.get("id"), "object_attributes.id", 40)
    details = {
        "pipeline": number,
        "ref": ref,
        "sha": text(pipeline.get("sha"), "object_attributes.sha", 100),
        "commit": text(commit.get("title"), "commit.title", 1000),
        "by": _username(body),
    }
    home = text(_project(body).get("web_url"), "project.web_url", 1000)
    return [
        _change(
            body,
            [f"{PIPELINES[state]} on {ref} of {_name(body)}"],
            details,
            (pipeline.get("finished_at") or pipeline.get("created_at"), "object_attributes.finished_at"),
            [
                link(pipeline.get("url") or f"{home}/-/pipelines/{number}", "pipeline"),
                link(commit.get("url"), "commit"),
            ],
        )
    ]


def _change(
    body: dict[str, Any], words: list[str], told: dict[str, str], at: tuple[object, str], pages: list[Link | None]
) -> ChangeReport:
    project = _project(body)
    path = text(project.get("path_with_namespace"), "project.path_with_namespace", 255)
    service = clean(path.rpartition("/")[2], 255) or _name(body)
    home = link(project.get("web_url"), path)
    return change(words, told, at, [*pages, home], source=path or "GitLab", service=service)


def _project(body: dict[str, Any]) -> dict[str, Any]:
    return fields(body.get("project"), "project")


def _name(body: dict[str, Any]) -> str:
    return text(_project(body).get("name"), "project.name", 200)


def _username(body: dict[str, Any]) -> str:
    user = fields(body.get("user"), "user")
    return text(user.get("username") or user.get("name"), "user.username", 100)
