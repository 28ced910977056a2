"""Opsgenie's API, as its clients call it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.sources import (
    Acknowledgement,
    AlertReport,
    Closing,
    Envelope,
    Heartbeat,
    InvalidEventError,
    Note,
    Parsed,
    Snooze,
    SourceError,
    Unacknowledgement,
    opsgenie,
)
from tests.incidents.sources.bodies import envelope, packed, stored

WHO: dict[str, Any] = {
    "fingerprint": "orders-db/replication",
    "by": "trinity@example.org",
    "note": "Known since the migration",
}


def created(**values: Any) -> AlertReport:
    _, body = stored("opsgenie/create")
    return opsgenie.read(envelope("opsgenie/create", body=body | values)).reports[0]


def refused(sent: Envelope) -> tuple[SourceError, int, dict[str, Any]]:
    with pytest.raises(SourceError) as caught:
        opsgenie.read(sent)
    told = opsgenie.refuse(caught.value, sent, 0.0834)
    return caught.value, told.status, dict(told.body)


def test_an_alert_is_created() -> None:
    sent = envelope("opsgenie/create")
    parsed = opsgenie.read(sent)
    assert parsed.reports == [
        AlertReport(
            fingerprint="orders-db/replication",
            status="firing",
            title="Replication of orders-db lags 340 s",
            summary="Replica 2 is behind since 03:58.\nWrites go on.",
            severity="high",
            service="orders",
            labels={
                "entity": "orders-db-2",
                "lag": "340",
                "priority": "P2",
                "region": "eu-1",
                "service": "orders",
                "source": "pgwatch",
                "tags": "database, OverwriteQuietHours",
            },
            annotations={
                "description": "Replica 2 is behind since 03:58.\nWrites go on.",
                "responders": "Databases, trinity@example.org, 4513b7ea-3b91-438f-b7e4-e3e54af9147c",
                "user": "pgwatch",
            },
        )
    ]
    assert parsed.acts == [Note(fingerprint="orders-db/replication", by="pgwatch", note="Opened by the nightly check")]
    assert opsgenie.api_key(sent) == "0123456789abcdef0123456789abcdef"
    answer = opsgenie.answer(parsed, sent, 0.1004)
    assert (answer.status, answer.body) == (
        202,
        {"result": "Request will be processed", "took": 0.1, "requestId": sent.request_id},
    )


def test_only_a_message_is_needed() -> None:
    sent = packed({"message": "Down"}, path="v2/alerts")
    report = opsgenie.read(sent).reports[0]
    assert (report.title, report.severity, report.fingerprint) == ("Down", "moderate", sent.request_id)
    assert report.labels == {"priority": "P3"}
    assert (report.service, report.annotations) == (None, {})


@pytest.mark.parametrize(
    ("priority", "severity"),
    [
        ("P1", "critical"),
        ("P2", "high"),
        ("P3", "moderate"),
        ("P4", "low"),
        ("P5", "informational"),
        (None, "moderate"),
    ],
)
def test_priorities(priority: str | None, severity: str) -> None:
    assert created(priority=priority).severity == severity


def test_a_severity_is_a_word_that_the_rest_of_watchbill_knows() -> None:
    from incidents.urgency import level_of

    assert [level_of([word]) for word in opsgenie.SEVERITIES.values()] == [1, 2, 3, 4, 4]


def test_the_entity_is_the_service_where_the_details_name_none() -> None:
    assert created(details={"region": "eu-1"}).service == "orders-db-2"


def test_what_is_too_long_is_cut_and_loses_no_page() -> None:
    report = created(message="m" * 9000, alias="a" * 600, description="d" * 20_000, tags=["t" * 60] * 30)
    assert (len(report.title), len(report.fingerprint), len(report.summary)) == (255, 128, 4000)
    assert report.labels["tags"].count(",") == 19
    assert created(alias="a" * 600 + "b").fingerprint != report.fingerprint
    assert created(message="m" * 300, description="").summary == "m" * 300


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("close", Closing(**WHO)),
        ("acknowledge", Acknowledgement(**WHO)),
        ("unacknowledge", Unacknowledgement(**WHO)),
        ("notes", Note(**WHO)),
        ("snooze", Snooze(**WHO, until=datetime(2026, 11, 23, 6, 30, tzinfo=UTC))),
    ],
)
def test_acts_by_alias(name: str, expected: Any) -> None:
    parsed = opsgenie.read(envelope(f"opsgenie/{name}"))
    assert (parsed.reports, parsed.acts) == ([], [expected])


def test_acts_by_the_names_that_watchbill_gave() -> None:
    for query, known_as in (({}, "id"), ({"identifierType": "id"}, "id"), ({"identifierType": "tiny"}, "number")):
        sent = Envelope(path="/v2/alerts/1791/close/", query=query)
        assert opsgenie.read(sent).acts == [Closing(fingerprint="1791", known_as=known_as)]


def test_who_did_it_is_the_user_else_the_source() -> None:
    sent = packed({"source": "cron"}, path="v2/alerts/1/acknowledge")
    assert opsgenie.read(sent).acts[0].by == "cron"


@pytest.mark.parametrize("name", ["message", "description", "priority", "tags", "details"])
def test_what_is_changed_afterwards_is_taken(name: str) -> None:
    """Alertmanager with `update_alerts` would send all of it again and again otherwise."""
    path = f"v2/alerts/orders-db/replication/{name}"
    assert opsgenie.read(packed({name: "x"}, path=path, query={"identifierType": "alias"})) == Parsed()
    error, status, _ = refused(packed({}, path=path))
    assert (error.field, status) == (name, 422)


@pytest.mark.parametrize(
    ("query", "asked_for"),
    [
        ("", {}),
        ("status: open", {"status": "open"}),
        ("status=closed and alias: orders-db/replication", {"status": "closed", "alias": "orders-db/replication"}),
        ('alias: "two words AND a:b" AND status:open', {"alias": "two words AND a:b", "status": "open"}),
        ("alias:", {"alias": ""}),
    ],
)
def test_a_search(query: str, asked_for: dict[str, str]) -> None:
    assert opsgenie.searched(query) == asked_for


@pytest.mark.parametrize(
    "query", ["tag: eu", "status: open OR alias: x", "status: ajar", "open", "status:open status:open"]
)
def test_a_search_that_is_not_understood_is_refused(query: str) -> None:
    with pytest.raises(SourceError, match="query"):
        opsgenie.searched(query)


def test_a_source_that_is_an_address_is_a_link() -> None:
    """Alertmanager says its own there."""
    url = "http://alertmanager.example.org/#/alerts?receiver=opsgenie"
    assert created(source=url).links == [{"href": url, "text": "source"}]
    assert created(source="pgwatch").links == []


def test_a_heartbeat() -> None:
    sent = Envelope(path="v2/heartbeats/nightly-backup/ping", query={"apiKey": "k"})
    parsed = opsgenie.read(sent)
    assert parsed.heartbeats == [Heartbeat("nightly-backup")]
    assert opsgenie.answer(parsed, sent, 0).body["result"] == "PONG - Heartbeat received"
    assert opsgenie.api_key(sent) == "k"


@pytest.mark.parametrize("header", ["", "Bearer abc", "GenieKey", "Basic OmFiYw=="])
def test_no_key(header: str) -> None:
    assert opsgenie.api_key(Envelope(headers={"authorization": header})) == ""


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"message": None}, "message"),
        ({"message": " "}, "message"),
        ({"message": ["x"]}, "message"),
        ({"priority": "P6"}, "priority"),
        ({"priority": ["P1"]}, "priority"),
        ({"alias": 7}, "alias"),
        ({"description": {}}, "description"),
        ({"details": ["a"]}, "details"),
        ({"tags": "database"}, "tags"),
        ({"tags": ["a", {}]}, "tags[1]"),
        ({"responders": [7]}, "responders[0]"),
        ({"responders": [{"name": []}, {"name": {"a": 1}}]}, "responders[1].name"),
        ({"entity": []}, "entity"),
        ({"user": {}}, "user"),
        ({"note": []}, "note"),
    ],
)
def test_a_field_that_is_wrong_is_named_in_its_own_shape(values: dict[str, Any], field: str) -> None:
    _, body = stored("opsgenie/create")
    sent = envelope("opsgenie/create", body=body | values)
    error, status, told = refused(sent)
    assert (error.field, status) == (field, 422)
    assert told == {
        "message": "Request body is not processable. Please check the errors.",
        "errors": {field: error.message},
        "took": 0.083,
        "requestId": sent.request_id,
    }


@pytest.mark.parametrize(
    ("sent", "field", "status"),
    [
        (Envelope(b"{", path="v2/alerts"), "body", 400),
        (Envelope(b"[]", path="v2/alerts"), "body", 400),
        (Envelope(b"", path="v2/alerts"), "message", 422),
        (Envelope(b"{}", path="v2/alerts/7/snooze"), "endTime", 422),
        (Envelope(b'{"endTime": "later"}', path="v2/alerts/7/snooze"), "endTime", 422),
        (Envelope(b"{}", path="v2/alerts/7/notes"), "note", 422),
        (Envelope(b"{}", path="v2/alerts/ /close"), "identifier", 422),
        (Envelope(b"{}", path="v2/alerts/7/close", query={"identifierType": "name"}), "identifierType", 422),
        (Envelope(b"{}", path="v2/alerts/7/assign"), "path", 404),
        (Envelope(b"{}", path="v2/alerts/7"), "path", 404),
        (Envelope(b"{}", path="v2/heartbeats/ping"), "path", 404),
        (Envelope(b"{}", path=""), "path", 404),
    ],
)
def test_other_refusals(sent: Envelope, field: str, status: int) -> None:
    error, found, told = refused(sent)
    assert (error.field, found) == (field, status)
    assert told.keys() >= {"message", "took", "requestId"}


def test_a_refusal_of_another_kind_has_the_shape_too() -> None:
    assert opsgenie.refuse(InvalidEventError(["x"]), Envelope(), 0).status == 400
