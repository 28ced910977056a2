"""GitHub and GitLab tell of changes."""

import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from types import ModuleType
from typing import Any
from urllib.parse import urlencode

import pytest

from incidents.sources import ChangeReport, Envelope, Parsed, SourceError, github, gitlab
from tests.incidents.sources.bodies import envelope, packed, stored

FOUR = datetime(2026, 11, 23, 4, tzinfo=UTC)
SHA = "f95f852bd8fca8fcc58a9a2d6c842781e32a215e"
HOME = {"href": "https://github.com/harbour/checkout", "text": "harbour/checkout"}


def read(module: ModuleType, name: str, **values: Any) -> Parsed:
    """A stored body with other values, "release.tag" by "release__tag"."""
    rest, body = stored(name)
    for path, value in values.items():
        *parent, last = path.split("__")
        (body[parent[0]] if parent else body)[last] = value
    parsed: Parsed = module.read(packed(body, **rest))
    assert (parsed.reports, parsed.problems) == ([], [])
    return parsed


class TestGitHub:
    def test_a_deployment_begins_and_ends(self) -> None:
        begun = read(github, "github/deployment").changes
        assert begun == [
            ChangeReport(
                routing_key="",
                summary="Deploying checkout v2.31.0 to production",
                source="harbour/checkout",
                timestamp=FOUR,
                custom_details={
                    "environment": "production",
                    "ref": "v2.31.0",
                    "sha": SHA,
                    "task": "deploy",
                    "by": "trinity",
                    "description": "Nightly train",
                },
                links=[HOME],
                service="checkout",
            )
        ]
        (ended,) = read(github, "github/deployment_status").changes
        assert (ended.summary, ended.timestamp) == ("Deployed checkout v2.31.0 to production", FOUR.replace(minute=2))
        assert ended.links == [
            {"href": "https://github.com/harbour/checkout/actions/runs/1", "text": "log"},
            {"href": "https://shop.example.org", "text": "production"},
            HOME,
        ]

    @pytest.mark.parametrize(
        ("state", "summary"),
        [
            ("failure", "Failed to deploy checkout v2.31.0 to production"),
            ("error", "Failed to deploy checkout v2.31.0 to production"),
            ("in_progress", None),
            ("inactive", None),
            ("waiting", None),
        ],
    )
    def test_only_the_end_of_a_deployment_is_news(self, state: str, summary: str | None) -> None:
        changes = read(github, "github/deployment_status", deployment_status__state=state).changes
        assert [change.summary for change in changes] == ([summary] if summary else [])

    def test_a_release(self) -> None:
        (change,) = read(github, "github/release").changes
        assert (change.summary, change.timestamp) == ("Released checkout v2.31.0 (Faster baskets)", FOUR)
        assert change.custom_details == {"tag": "v2.31.0", "by": "trinity", "prerelease": "false"}
        assert read(github, "github/release", action="created") == Parsed()

    def test_a_push_to_the_default_branch(self) -> None:
        (change,) = read(github, "github/push").changes
        assert (change.summary, change.timestamp) == ("Pushed 2 commits to main of checkout: Round prices once", FOUR)
        assert change.custom_details == {"branch": "main", "sha": SHA, "commits": "2", "by": "trinity"}
        assert read(github, "github/push", ref="refs/heads/other") == Parsed()
        assert read(github, "github/push", ref="refs/tags/main") == Parsed()
        assert read(github, "github/push", head_commit=None, deleted=True) == Parsed()

    def test_a_ping_means_nothing(self) -> None:
        for event in ("ping", "issues", "star"):
            assert github.read(packed({"zen": "x"}, headers={"X-GitHub-Event": event})) == Parsed()

    def test_a_form_has_the_payload_in_it(self) -> None:
        rest, body = stored("github/release")
        headers = rest["headers"] | {"Content-Type": "application/x-www-form-urlencoded"}
        form = urlencode({"payload": json.dumps(body)}).encode()
        assert github.read(Envelope(form, headers)) == read(github, "github/release")
        for wrong in (b"", b"payload=", b"payload=%7B", b"a=1&" * 50, b"\xff", b"payload=[]"):
            with pytest.raises(SourceError):
                github.read(Envelope(wrong, headers))

    @pytest.mark.parametrize("name", ["deployment", "deployment_status", "release", "push"])
    def test_without_the_header_the_body_says_what_it_is(self, name: str) -> None:
        assert github.read(packed(stored(f"github/{name}")[1])) == read(github, f"github/{name}")

    @pytest.mark.parametrize(
        ("name", "values", "field"),
        [
            ("deployment", {"deployment": 7}, "deployment"),
            ("deployment", {"deployment__created_at": "soon"}, "deployment.created_at"),
            ("deployment", {"deployment__creator": "x"}, "deployment.creator"),
            ("deployment_status", {"deployment_status__state": []}, "deployment_status.state"),
            ("release", {"release__tag_name": {}}, "release.tag_name"),
            ("release", {"repository": []}, "repository"),
            ("push", {"head_commit__message": []}, "head_commit.message"),
            ("push", {"repository__pushed_at": "soon"}, "repository.pushed_at"),
        ],
    )
    def test_refused_by_field(self, name: str, values: dict[str, Any], field: str) -> None:
        with pytest.raises(SourceError) as caught:
            read(github, f"github/{name}", **values)
        assert caught.value.field == field

    def test_what_is_none_of_its_events(self) -> None:
        with pytest.raises(SourceError, match="X-GitHub-Event"):
            github.read(packed({}))

    def test_the_signature_is_that_of_the_body(self) -> None:
        sent = envelope("github/push")
        right = "sha256=" + hmac.new(b"It's a Secret", sent.body, sha256).hexdigest()
        assert github.proof(replace(sent, headers={"x-hub-signature-256": right}), "It's a Secret")
        wrong = (right.replace("sha256", "sha1"), right.removeprefix("sha256="), right[:-2], "sha256=", "", "sha256=ü")
        for given in wrong:
            assert not github.proof(replace(sent, headers={"X-Hub-Signature-256": given}), "It's a Secret")
        assert not github.proof(replace(sent, headers={"X-Hub-Signature-256": right}), "")

    def test_the_signature_that_the_documentation_gives(self) -> None:
        given = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
        sent = Envelope(b"Hello, World!", {"X-Hub-Signature-256": given})
        assert github.proof(sent, "It's a Secret to Everybody")


class TestGitLab:
    def test_a_deployment(self) -> None:
        assert read(gitlab, "gitlab/deployment").changes == [
            ChangeReport(
                routing_key="",
                summary="Deployed Checkout main to production",
                source="shop/checkout",
                timestamp=FOUR,
                custom_details={
                    "environment": "production",
                    "ref": "main",
                    "sha": "279484c0",
                    "commit": "Round prices once",
                    "by": "trinity",
                },
                links=[
                    {"href": "https://gitlab.example.org/shop/checkout/-/jobs/796", "text": "job"},
                    {"href": "https://gitlab.example.org/shop/checkout/-/commit/279484c0", "text": "commit"},
                    {"href": "https://shop.example.org", "text": "production"},
                    {"href": "https://gitlab.example.org/shop/checkout", "text": "shop/checkout"},
                ],
                service="checkout",
            )
        ]
        assert read(gitlab, "gitlab/deployment", status="running").changes[0].summary.startswith("Deploying ")
        assert read(gitlab, "gitlab/deployment", status="canceled") == Parsed()

    def test_a_release(self) -> None:
        (change,) = read(gitlab, "gitlab/release").changes
        assert (change.summary, change.timestamp) == ("Released Checkout v2.31.0", FOUR)
        assert read(gitlab, "gitlab/release", action="update") == Parsed()

    def test_a_pipeline_that_ended_on_the_default_branch_or_a_tag(self) -> None:
        (change,) = read(gitlab, "gitlab/pipeline").changes
        assert (change.summary, change.timestamp) == ("Pipeline failed on main of Checkout", FOUR)
        assert change.links[0]["href"] == "https://gitlab.example.org/shop/checkout/-/pipelines/31"
        assert read(gitlab, "gitlab/pipeline", object_attributes__ref="feature") == Parsed()
        assert read(gitlab, "gitlab/pipeline", object_attributes__status="running") == Parsed()
        _, body = stored("gitlab/pipeline")
        body["object_attributes"] |= {"tag": True, "ref": "v2", "status": "success"}
        assert gitlab.read(packed(body)).changes[0].summary == "Pipeline passed on v2 of Checkout"

    def test_other_events_mean_nothing(self) -> None:
        assert gitlab.read(packed({"object_kind": "note"})) == Parsed()

    @pytest.mark.parametrize(
        ("name", "values", "field"),
        [
            ("deployment", {"status": []}, "status"),
            ("deployment", {"status_changed_at": "soon"}, "status_changed_at"),
            ("deployment", {"user": 7}, "user"),
            ("deployment", {"project": []}, "project"),
            ("release", {"tag": {}}, "tag"),
            ("pipeline", {"object_attributes": "x"}, "object_attributes"),
            ("pipeline", {"commit": 7}, "commit"),
            ("pipeline", {"object_kind": None}, "object_kind"),
        ],
    )
    def test_refused_by_field(self, name: str, values: dict[str, Any], field: str) -> None:
        with pytest.raises(SourceError) as caught:
            read(gitlab, f"gitlab/{name}", **values)
        assert caught.value.field == field

    def test_the_token(self) -> None:
        sent = envelope("gitlab/deployment")
        assert gitlab.proof(sent, "s3cret")
        assert not gitlab.proof(sent, "other")
        assert not gitlab.proof(sent, "")
        assert not gitlab.proof(Envelope(), "s3cret")
