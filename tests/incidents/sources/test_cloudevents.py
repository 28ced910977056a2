"""CloudEvents in all three ways over HTTP."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.sources import AlertReport, ChangeReport, Envelope, SourceError, cloudevents
from tests.incidents.sources.bodies import envelope, packed, stored

MINIMAL = {"specversion": "1.0", "id": "1", "source": "/a", "type": "org.example.queue.long"}
JSON = {"Content-Type": "application/cloudevents+json"}


def one(**values: Any) -> AlertReport:
    return cloudevents.read(packed(MINIMAL | values, headers=JSON)).reports[0]


def test_structured() -> None:
    assert cloudevents.read(envelope("cloudevents/structured")).reports == [
        AlertReport(
            fingerprint="https://checks.example.org/disk|db-3|org.example.disk.full",
            status="firing",
            title="Disk is 94% full",
            severity="warning",
            service="orders",
            labels={
                "mount": "/var",
                "source": "https://checks.example.org/disk",
                "subject": "db-3",
                "type": "org.example.disk.full.raised.v1",
            },
            starts_at=datetime(2026, 11, 23, 4, tzinfo=UTC),
            links=[{"href": "https://checks.example.org/disk/db-3", "text": "source"}],
        )
    ]


def test_binary() -> None:
    (report,) = cloudevents.read(envelope("cloudevents/binary")).reports
    assert (report.status, report.title) == ("resolved", "Disk is 60% full")
    assert report.fingerprint == "/checks/disk and memory|db-3|org.example.disk.full"


def test_binary_data_that_is_no_json() -> None:
    headers = {f"ce-{name}": value for name, value in MINIMAL.items()} | {"content-type": "text/plain"}
    (report,) = cloudevents.read(Envelope("Zwölf".encode() + b"\xff", headers)).reports
    assert (report.title, report.summary) == ("org.example.queue.long", "Zwölf\ufffd")
    assert cloudevents.read(Envelope(b"", headers)).reports[0].summary == ""


def test_a_batch_keeps_what_can_be_read() -> None:
    parsed = cloudevents.read(envelope("cloudevents/batch"))
    assert [(r.title, r.summary) for r in parsed.reports] == [
        ("org.example.queue.long", "12000 messages"),
        ("Mail", ""),
    ]
    _, body = stored("cloudevents/batch")
    parsed = cloudevents.read(envelope("cloudevents/batch", body=[*body, 7, {}, MINIMAL | {"time": "soon", "id": "9"}]))
    assert [problem.field for problem in parsed.problems] == ["events[2]", "events[3].specversion", "events[4].started"]
    assert len(parsed.reports) == 2


def test_a_type_with_words_at_its_end_says_how_it_stands() -> None:
    names = [one(type=f"org.example.disk.{word}") for word in ("raised", "resolved", "Failed.v2", "recovered.1.0")]
    assert len({report.fingerprint for report in names}) == 1
    assert [report.status for report in names] == ["firing", "resolved", "firing", "resolved"]
    assert one(data={"status": "ok"}).status == "resolved"
    assert one(type="resolved").status == "resolved"


def test_which_alert_it_is() -> None:
    assert one(data={"key": "k"}).fingerprint == "k"
    same = {one(id=each).fingerprint for each in "123"}
    other = {one(subject="b").fingerprint, one(source="/b").fingerprint, one(type="c").fingerprint}
    assert (len(same), len(same | other)) == (1, 4)


def test_a_mapping_reads_the_structured_form() -> None:
    mapping = {"key": "data.check.id", "title": "data.check.name", "severity": "mylevel"}
    body = MINIMAL | {"mylevel": "high", "data": {"check": {"id": 7, "name": "ntp"}}}
    (report,) = cloudevents.read(packed(body, headers=JSON, settings={"mapping": mapping})).reports
    assert (report.fingerprint, report.title, report.severity) == ("7", "ntp", "high")


def test_a_deploy_told_by_cdevents_is_a_change() -> None:
    parsed = cloudevents.read(envelope("cloudevents/cdevents"))
    assert (parsed.reports, parsed.changes) == (
        [],
        [
            ChangeReport(
                routing_key="",
                summary="service deployed: team/orders in production pkg:oci/orders@sha256%3A0b31b1c0",
                source="https://deploys.example.org/staging",
                timestamp=datetime(2026, 11, 23, 4, tzinfo=UTC),
                custom_details={
                    "environment": {"id": "production"},
                    "artifactId": "pkg:oci/orders@sha256%3A0b31b1c0",
                },
                links=[{"href": "https://deploys.example.org/staging", "text": "source"}],
                service="orders",
            )
        ],
    )


def test_an_incident_told_by_cdevents_is_an_alert() -> None:
    over = one(type="dev.cdevents.incident.resolved.0.2.0", subject="inc-1")
    assert (over.status, over.fingerprint) == (
        "resolved",
        one(type="dev.cdevents.incident.detected.0.2.0", subject="inc-1").fingerprint,
    )


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"id": ""}, "id"),
        ({"source": 7}, "source"),
        ({"type": ["x"]}, "type"),
        ({"subject": {}}, "subject"),
        ({"data_base64": "?"}, "data_base64"),
        ({"data_base64": 7}, "data_base64"),
        ({"type": "dev.cdevents.service.deployed.0.1.0", "data": 7}, "data"),
        ({"type": "dev.cdevents.service.deployed.0.1.0", "time": "soon"}, "time"),
    ],
)
def test_a_malformed_event_is_refused_by_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(SourceError) as caught:
        one(**values)
    assert caught.value.field == field


def test_what_is_no_event_at_all() -> None:
    for body, field in (("x", "body"), ({}, "specversion"), (7, "body")):
        with pytest.raises(SourceError) as caught:
            cloudevents.read(packed(body))
        assert caught.value.field == field
