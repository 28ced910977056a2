"""PagerDuty's Events API v2, as its own clients and Alertmanager send it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from incidents.sources import Acknowledgement, AlertReport, Envelope, InvalidEventError, SourceError, pagerduty
from tests.incidents.sources.bodies import envelope, stored

CAPTURED = Path(__file__).parent.parent.parent / "data" / "alertmanager-0.25"


def changed(**values: Any) -> dict[str, Any]:
    """The trigger with other values; "payload.x" by "payload__x"."""
    _, body = stored("pagerduty/trigger")
    for name, value in values.items():
        *parent, last = name.split("__")
        (body[parent[0]] if parent else body)[last] = value
    return body


def errors_of(body: Any) -> list[str]:
    with pytest.raises(InvalidEventError) as caught:
        pagerduty.parse(body, "generated")
    return caught.value.errors


def test_a_trigger() -> None:
    sent = envelope("pagerduty/trigger")
    parsed = pagerduty.read(sent)
    assert parsed.reports == [
        AlertReport(
            fingerprint="checkout/eu-1/disk",
            status="firing",
            title="Disk 94% full on db-3",
            severity="critical",
            service="checkout",
            labels={
                "class": "disk",
                "component": "postgresql",
                "group": "checkout-eu",
                "severity": "critical",
                "source": "db-3.example.org",
            },
            annotations={
                "client": "Disk watcher",
                "free": "6 GB",
                "load": "0.75",
                "mounts": '["/", "/var"]',
                "ro": "false",
                "service": "checkout",
            },
            starts_at=datetime(2026, 11, 23, 4, 0, 0, 315_000, tzinfo=UTC),
            links=[
                {"href": "https://wiki.example.org/disk", "text": "Runbook"},
                {"href": "https://graphs.example.org/db-3.png", "text": "free space"},
                {"href": "https://graphs.example.org/db-3", "text": "free space"},
                {"href": "https://watcher.example.org/checks/17", "text": "Disk watcher"},
            ],
        )
    ]
    answer = pagerduty.answer(parsed, sent, 0.1)
    assert (answer.status, answer.body) == (
        202,
        {"status": "success", "message": "Event processed", "dedup_key": "checkout/eu-1/disk"},
    )
    assert pagerduty.routing_key(sent) == "0123456789abcdef0123456789abcdef"


def test_a_trigger_without_a_key_gets_one_and_keeps_it_when_read_again() -> None:
    sent = envelope("pagerduty/trigger", body=changed(dedup_key=None))
    parsed, other = pagerduty.read(sent), pagerduty.read(envelope("pagerduty/trigger", body=changed(dedup_key="")))
    assert parsed == pagerduty.read(sent)
    assert len(parsed.key) == 32
    assert parsed.reports[0].fingerprint == parsed.key
    assert other.key != parsed.key


def test_a_long_key_is_answered_as_it_came() -> None:
    named = "k" * 255
    parsed = pagerduty.parse(changed(dedup_key=named), "")
    assert parsed.key == named
    assert len(parsed.reports[0].fingerprint) == 128
    over = pagerduty.parse(changed(dedup_key=named, event_action="resolve"), "")
    assert over.reports[0].fingerprint == parsed.reports[0].fingerprint


def test_acknowledging_and_resolving_need_only_the_key() -> None:
    assert pagerduty.read(envelope("pagerduty/acknowledge")).acts == [
        Acknowledgement(fingerprint="checkout/eu-1/disk", by="Disk watcher")
    ]
    over = pagerduty.read(envelope("pagerduty/resolve"))
    assert [(r.fingerprint, r.status, r.title) for r in over.reports] == [
        ("checkout/eu-1/disk", "resolved", "checkout/eu-1/disk")
    ]
    assert over.key == "checkout/eu-1/disk"
    for action in ("acknowledge", "resolve"):
        assert errors_of(changed(event_action=action, dedup_key=None)) == ["'dedup_key' is missing or blank"]


def test_alertmanager_tells_one_story() -> None:
    parsed = []
    for name in ("001-trigger", "003-trigger", "006-resolve"):
        body = json.loads((CAPTURED / f"am-grouped3-pagerduty-{name}.json").read_bytes())["body"]
        parsed.append(pagerduty.read(Envelope(json.dumps(body).encode())).reports[0])
    assert [report.status for report in parsed] == ["firing", "firing", "resolved"]
    assert len({report.fingerprint for report in parsed}) == 1
    first = parsed[0]
    assert (first.severity, first.labels["source"]) == ("critical", "Alertmanager")
    assert first.annotations["num_firing"] == "3"
    assert {"href": "http://runbook.example/HighCPU", "text": "runbook"} in first.links
    assert parsed[2].title == body["payload"]["summary"]


def test_a_summary_is_the_title_and_stays_whole() -> None:
    report = pagerduty.parse(changed(payload__summary="s" * 1000), "").reports[0]
    assert (len(report.title), report.summary) == (255, "s" * 1000)


@pytest.mark.parametrize(
    ("details", "expected"),
    [("plain text", {"details": "plain text"}), (["a", 1], {"details": '["a", 1]'}), (None, {}), ({}, {})],
)
def test_details_of_any_shape_are_kept(details: Any, expected: dict[str, str]) -> None:
    report = pagerduty.parse(changed(payload__custom_details=details, client=None), "").reports[0]
    assert report.annotations == expected
    assert report.service == "postgresql"


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"routing_key": "short"}, "Length of 'routing_key' is incorrect (should be 32 characters)"),
        ({"routing_key": 7}, "'routing_key' is missing or blank"),
        ({"event_action": None}, "'event_action' is missing or blank"),
        (
            {"event_action": "explode"},
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        ({"dedup_key": 7}, "'dedup_key' is invalid (should be a string)"),
        ({"dedup_key": "k" * 256}, "Length of 'dedup_key' is incorrect (should be at most 255 characters)"),
        ({"payload": None}, "'payload' is missing or not an object"),
        ({"payload__summary": ""}, "'payload.summary' is missing or blank"),
        (
            {"payload__summary": "s" * 1025},
            "Length of 'payload.summary' is incorrect (should be at most 1024 characters)",
        ),
        ({"payload__source": " "}, "'payload.source' is missing or blank"),
        ({"payload__severity": None}, "'payload.severity' is missing or blank"),
        (
            {"payload__severity": "CRITICAL"},
            "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
        ),
        (
            {"payload__timestamp": "soon"},
            "'payload.timestamp' is invalid (should be a time such as 2026-11-23T04:00:00.000+0000)",
        ),
        ({"links": "x"}, "'links' is invalid (should be an array of objects)"),
        ({"images": [7]}, "'images' is invalid (should be an array of objects)"),
    ],
)
def test_errors_in_its_own_words(values: dict[str, Any], error: str) -> None:
    assert errors_of(changed(**values)) == [error]


def test_all_errors_are_told_at_once() -> None:
    assert len(errors_of({"event_action": "trigger", "payload": {}})) == 4
    assert errors_of([]) == ["Event object is not a JSON object"]


def test_refusals_have_its_shape() -> None:
    sent = Envelope(b"{")
    refused = pagerduty.refuse(InvalidEventError(["'payload' is missing or not an object"]), sent, 0)
    assert (refused.status, refused.body) == (
        400,
        {
            "status": "invalid event",
            "message": "Event object is invalid",
            "errors": ["'payload' is missing or not an object"],
        },
    )
    with pytest.raises(SourceError) as caught:
        pagerduty.read(sent)
    assert pagerduty.refuse(caught.value, sent, 0).body == {
        "status": "Unrecognized object",
        "message": "Event object format is unrecognized",
        "errors": ["JSON parse error"],
    }
