"""Grafana's own webhook, and those that its OnCall took."""

from datetime import UTC, datetime
from typing import Any

import pytest

from incidents.sources import AlertReport, Parsed, SourceError, grafana, oncall
from incidents.sources.registry import named
from tests.incidents.sources.bodies import envelope, packed, stored


def test_a_group_of_which_one_fires() -> None:
    parsed = grafana.read(envelope("grafana/firing"))
    assert (len(parsed.reports), parsed.problems) == (2, [])
    first, second = parsed.reports
    assert first == AlertReport(
        fingerprint="c6eadffa33fcdf37",
        status="firing",
        title="High memory usage",
        summary="checkout-3 uses 93% of its memory",
        severity="critical",
        service="checkout",
        labels={"alertname": "High memory usage", "service": "checkout", "severity": "critical", "zone": "eu-1"},
        annotations={
            "description": "RSS grows since the last deploy",
            "runbook_url": "https://wiki.example.org/memory",
            "summary": "checkout-3 uses 93% of its memory",
            "value": "[ var='B' labels={zone=eu-1} value=93.21 ]",
            "value of B": "93.21",
            "value of C": "1",
        },
        starts_at=datetime(2026, 11, 23, 4, 0, 0, 157_076, tzinfo=UTC),
        group_key='{}/{zone="eu-1"}:{zone="eu-1"}',
        links=[
            {"href": "https://wiki.example.org/memory", "text": "runbook"},
            {"href": "https://grafana.example.org/d/mem?orgId=1&viewPanel=7", "text": "panel"},
            {"href": "https://grafana.example.org/d/mem?orgId=1", "text": "dashboard"},
            {"href": "https://grafana.example.org/images/7.png", "text": "picture"},
            {"href": "https://grafana.example.org/alerting/silence/new?alertmanager=grafana", "text": "silence it"},
            {"href": "https://grafana.example.org/alerting/grafana/b3/view?orgId=1", "text": "source"},
            {"href": "https://grafana.example.org/", "text": "Grafana"},
        ],
    )
    assert (second.status, second.title, second.annotations) == ("resolved", "Queue length: no data", {})
    assert second.ends_at == datetime(2026, 11, 23, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"valueString": ["x"]}, "alerts[0].valueString"),
        ({"labels": 7}, "alerts[0].labels"),
        ({"status": "ok"}, "alerts[0].status"),
    ],
)
def test_a_malformed_alert_does_not_lose_the_other(change: dict[str, Any], field: str) -> None:
    _, body = stored("grafana/firing")
    body["alerts"][0] |= change
    parsed = grafana.parse(body)
    assert [problem.field for problem in parsed.problems] == [field]
    assert [report.fingerprint for report in parsed.reports] == ["bc97ff14869b13e3"]


def test_another_version_is_refused_by_field() -> None:
    with pytest.raises(SourceError, match=r'^version: give "1", not "4"'):
        grafana.parse(stored("grafana/firing")[1] | {"version": "4"})


def test_values_of_another_shape_are_left_out() -> None:
    _, body = stored("grafana/firing")
    body["alerts"][0] |= {"values": ["x"], "valueString": None}
    assert not [name for name in grafana.parse(body).reports[0].annotations if name.startswith("value")]


def test_a_formatted_webhook_fires_and_is_over() -> None:
    parsed = oncall.read(envelope("webhook/formatted"))
    assert parsed == Parsed(
        [
            AlertReport(
                fingerprint="08d6891a-835c-e661-39fa-96b6a9e26552",
                status="firing",
                title="Checkout is down in eu-1",
                summary="No order since 04:00\nAll instances answer 503",
                links=[
                    {"href": "https://graphs.example.org/checkout", "text": "source"},
                    {"href": "https://graphs.example.org/checkout.png", "text": "picture"},
                ],
            )
        ]
    )
    _, body = stored("webhook/formatted")
    over = oncall.read(packed(body | {"state": "OK"})).reports[0]
    assert (over.fingerprint, over.status) == (parsed.reports[0].fingerprint, "resolved")


def test_a_plain_webhook_is_one_alert_by_what_it_says() -> None:
    _, body = stored("webhook/plain")
    report = oncall.read(packed(body)).reports[0]
    assert (report.title, report.severity, report.service) == ("Backup of orders-db failed", "warning", "orders")
    assert report.annotations["run"] == '{"id": 12, "exit": 1}'
    assert report.links == [{"href": "https://backup.example.org/runs/12", "text": "source"}]
    over = oncall.read(packed(body | {"state": "ok"})).reports[0]
    assert (over.fingerprint, over.status) == (report.fingerprint, "resolved")
    assert oncall.read(packed(body | {"run": 13})).reports[0].fingerprint != report.fingerprint


def test_a_body_without_any_word_for_people_is_shown_whole() -> None:
    report = oncall.read(packed({"a": {"b": [1]}})).reports[0]
    assert report.title == "Alert without a name"
    assert '"b": [' in report.summary


@pytest.mark.parametrize("field", ["title", "message", "state", "alert_uid", "severity", "service"])
def test_a_field_that_is_wrong_is_named(field: str) -> None:
    with pytest.raises(SourceError) as caught:
        oncall.read(packed(stored("webhook/formatted")[1] | {field: ["x"]}))
    assert caught.value.field == field


def test_the_names_that_oncall_had() -> None:
    assert named("grafana_alerting") is named("grafana")
    assert named("formatted_webhook") is named("webhook")
