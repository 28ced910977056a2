"""Sentry's webhooks."""

import hmac
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import pytest

from incidents.sources import AlertReport, Parsed, SourceError, proof, sentry
from tests.incidents.sources.bodies import envelope, packed, stored

ISSUE = "https://sentry.example.org/organizations/harbour/issues/1117540176/"


def read(name: str, action: str | None = None, **data: Any) -> Parsed:
    rest, body = stored(f"sentry/{name}")
    changed = body | ({"action": action} if action else {}) | ({"data": body["data"] | data} if data else {})
    return sentry.read(packed(changed, **rest))


def test_an_alert_rule_that_an_issue_set_off() -> None:
    assert read("event_alert").reports == [
        AlertReport(
            fingerprint="1117540176",
            status="firing",
            title="CardError: issuer did not answer",
            summary="checkout.pay in charge",
            severity="error",
            service="checkout",
            labels={"environment": "production", "level": "error", "release": "checkout@2.31.0"},
            annotations={"rule": "New errors of customers"},
            starts_at=datetime(2026, 11, 23, 4, 0, 0, 500_000, tzinfo=UTC),
            links=[{"href": f"{ISSUE}events/e4874d664c3540c1a32eab185f12c5ab/", "text": "Sentry"}],
        )
    ]


def test_an_issue_ends_the_alert_that_its_event_began() -> None:
    (over,) = read("issue").reports
    assert (over.fingerprint, over.status, over.service) == ("1117540176", "resolved", "checkout")
    assert over.labels == {"issue": "CHECKOUT-9", "platform": "python"}
    assert [read("issue", action).reports[0].status for action in ("created", "unresolved", "archived")] == [
        "firing",
        "firing",
        "resolved",
    ]
    assert read("issue", "assigned") == Parsed()


def test_a_metric() -> None:
    (report,) = read("metric_alert").reports
    assert (report.fingerprint, report.title, report.severity, report.service) == (
        "metric-4",
        "Too many errors",
        "critical",
        "checkout",
    )
    assert report.labels == {"environment": "production", "projects": "checkout", "query": "level:error"}
    (over,) = read("metric_alert", "resolved").reports
    assert (over.fingerprint, over.status, over.severity) == ("metric-4", "resolved", None)


def test_the_older_plugin() -> None:
    (report,) = sentry.read(envelope("sentry/plugin")).reports
    assert (report.fingerprint, report.title, report.service) == (
        "1117540176",
        "CardError: issuer did not answer",
        "checkout",
    )


@pytest.mark.parametrize("resource", ["installation", "comment", "error", "seer", "preprod_artifact"])
def test_other_webhooks_mean_nothing_here(resource: str) -> None:
    assert (
        sentry.read(packed({"action": "created", "data": {}}, headers={"sentry-hook-resource": resource})) == Parsed()
    )


def test_without_the_header_the_data_say_what_it_is() -> None:
    for name in ("event_alert", "metric_alert", "issue"):
        assert sentry.read(packed(stored(f"sentry/{name}")[1])) == read(name)


@pytest.mark.parametrize(
    ("name", "action", "data", "field"),
    [
        ("event_alert", None, {"event": None}, "data.event.issue_id"),
        ("event_alert", None, {"event": []}, "data.event"),
        ("event_alert", None, {"event": {"issue_id": "1", "tags": {}}}, "data.event.tags"),
        ("event_alert", None, {"event": {"issue_id": "1", "tags": [["a", {}]]}}, "data.event.tags[0]"),
        ("event_alert", None, {"event": {"issue_id": "1", "datetime": "soon"}}, "data.event.datetime"),
        ("metric_alert", "closed", {}, "action"),
        ("metric_alert", None, {"metric_alert": {}}, "data.metric_alert.id"),
        ("metric_alert", None, {"metric_alert": {"id": 1, "projects": "x"}}, "data.metric_alert.projects"),
        ("issue", None, {"issue": {"id": "1", "project": 7}}, "data.issue.project"),
        ("issue", None, {"issue": {"id": "1", "shortId": []}}, "data.issue.shortId"),
    ],
)
def test_refused_by_field(name: str, action: str | None, data: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as caught:
        read(name, action, **data)
    assert caught.value.field == field


def test_what_is_no_webhook_of_sentry() -> None:
    for body, field in (({}, "data"), ({"data": {"x": 1}}, "data"), ([], "body"), ({"data": 7}, "data")):
        with pytest.raises(SourceError) as caught:
            sentry.read(packed(body))
        assert caught.value.field == field


def test_the_signature_is_that_of_the_body() -> None:
    sent = envelope("sentry/issue")
    right = hmac.new(b"secret", sent.body, sha256).hexdigest()
    assert sentry.proof(replace(sent, headers={"sentry-hook-signature": right}), "secret")
    for secret, given in (("other", right), ("secret", right[:-1]), ("secret", ""), ("", right), ("secret", "ü\ud800")):
        assert not sentry.proof(replace(sent, headers={"Sentry-Hook-Signature": given}), secret)
    assert not sentry.proof(replace(sent, body=sent.body + b" ", headers={"Sentry-Hook-Signature": right}), "secret")


def test_a_secret_that_is_empty_is_nobodys() -> None:
    assert not proof.same("", "")
    assert proof.same("ü", "ü")
    assert not proof.same("a", "a\ud800")
