"""Tools whose webhooks are their own: Datadog, Uptime Kuma, Zabbix, Healthchecks."""

from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest

from incidents.sources import (
    Acknowledgement,
    AlertReport,
    Note,
    Parsed,
    SourceError,
    datadog,
    healthchecks,
    uptime_kuma,
    zabbix,
)
from tests.incidents.sources.bodies import envelope, packed, stored

FOUR = datetime(2026, 11, 23, 4, tzinfo=UTC)


def changed(name: str, /, **values: Any) -> dict[str, Any]:
    """A stored body with other values; "heartbeat.status" by "heartbeat__status"."""
    _, body = stored(name)
    for path, value in values.items():
        *parent, last = path.split("__")
        (body[parent[0]] if parent else body)[last] = value
    return body


def refused(module: ModuleType, body: Any) -> str:
    with pytest.raises(SourceError) as caught:
        module.read(packed(body))
    return caught.value.field


class TestDatadog:
    def test_a_monitor_that_triggers(self) -> None:
        assert datadog.read(envelope("datadog/triggered")).reports == [
            AlertReport(
                fingerprint="4911037713843811332",
                status="firing",
                title="Disk is full",
                summary="6 GB left",
                severity="P2",
                service="orders",
                labels={
                    "env": "prod",
                    "host": "db-3",
                    "metric": "system.disk.free",
                    "monitor": "1234",
                    "scope": "host:db-3,env:prod",
                    "service": "orders",
                },
                annotations={"query": "avg(last_5m):avg:system.disk.free{*} by {host} < 10"},
                starts_at=FOUR,
                links=[{"href": "https://app.datadoghq.example/event/event?id=1", "text": "Datadog"}],
            )
        ]

    @pytest.mark.parametrize(
        ("transition", "status"),
        [
            ("Recovered", "resolved"),
            ("Re-Triggered", "firing"),
            ("No Data", "firing"),
            ("Warn", "firing"),
            ("", "firing"),
        ],
    )
    def test_transitions(self, transition: str, status: str) -> None:
        (report,) = datadog.read(packed(changed("datadog/triggered", transition=transition))).reports
        assert (report.status, report.fingerprint) == (status, "4911037713843811332")

    def test_the_severity_is_the_priority_else_the_transition_else_the_type(self) -> None:
        def severity(**values: Any) -> str | None:
            return datadog.read(packed(changed("datadog/triggered", **values))).reports[0].severity

        assert severity(priority="$ALERT_PRIORITY") == "error"
        assert severity(priority="null", transition="Warn") == "warning"
        assert severity(priority=None, type="user_update") is None
        assert severity(transition="Recovered") is None

    def test_its_own_payload_is_known_by_what_its_title_is_about(self) -> None:
        first = datadog.read(envelope("datadog/own")).reports[0]
        assert (first.title, first.status, first.summary) == ("Disk is full", "firing", "6 GB left")
        over = datadog.read(packed(changed("datadog/own", title="[Recovered on {host:db-3}] Disk is full"))).reports[0]
        other = datadog.read(packed(changed("datadog/own", title="[Triggered on {host:db-4}] Disk is full"))).reports[0]
        assert (over.status, over.fingerprint) == ("resolved", first.fingerprint)
        assert other.fingerprint != first.fingerprint

    def test_without_a_cycle_it_is_known_by_monitor_and_scope(self) -> None:
        (report,) = datadog.read(packed(changed("datadog/triggered", cycle="$ALERT_CYCLE_KEY"))).reports
        assert report.fingerprint == "1234|host:db-3,env:prod"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"title": ["x"]}, "title"),
            ({"tags": {}}, "tags"),
            ({"date": "soon"}, "date"),
            ({"priority": []}, "priority"),
        ],
    )
    def test_refused_by_field(self, values: dict[str, Any], field: str) -> None:
        assert refused(datadog, changed("datadog/triggered", **values)) == field

    def test_what_says_nothing(self) -> None:
        assert refused(datadog, {"title": "$EVENT_TITLE"}) == "title"
        assert refused(datadog, []) == "body"


class TestUptimeKuma:
    def test_down(self) -> None:
        assert uptime_kuma.read(envelope("uptime_kuma/down")).reports == [
            AlertReport(
                fingerprint="monitor-7",
                status="firing",
                title="Checkout",
                summary="connect ECONNREFUSED",
                service="checkout",
                labels={"group": "Shop / Checkout", "public": "true", "service": "checkout", "type": "http"},
                starts_at=datetime(2026, 11, 23, 4, 0, 0, 123_000, tzinfo=UTC),
                links=[{"href": "https://shop.example.org/healthz", "text": "Checkout"}],
            )
        ]

    def test_up_again(self) -> None:
        (report,) = uptime_kuma.read(packed(changed("uptime_kuma/down", heartbeat__status=1))).reports
        assert (report.fingerprint, report.status, report.starts_at) == ("monitor-7", "resolved", None)
        assert report.ends_at is not None

    @pytest.mark.parametrize("status", [2, 3])
    def test_pending_and_maintenance_are_no_news(self, status: int) -> None:
        assert uptime_kuma.read(packed(changed("uptime_kuma/down", heartbeat__status=status))) == Parsed()

    def test_a_certificate_is_one_alert_for_all_its_days(self) -> None:
        first = uptime_kuma.read(envelope("uptime_kuma/certificate")).reports[0]
        assert first.severity == "warning"
        body = changed("uptime_kuma/certificate", msg=first.title.replace("14 days", "7 days"))
        assert uptime_kuma.read(packed(body)).reports[0].fingerprint == first.fingerprint

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"heartbeat": []}, "heartbeat"),
            ({"heartbeat__status": "down"}, "heartbeat.status"),
            ({"heartbeat__status": True}, "heartbeat.status"),
            ({"heartbeat__status": 4}, "heartbeat.status"),
            ({"heartbeat__time": "soon"}, "heartbeat.time"),
            ({"monitor": 7}, "monitor"),
            ({"monitor__tags": "x"}, "monitor.tags"),
            ({"monitor__tags": [7]}, "monitor.tags[0]"),
            ({"monitor__name": {}}, "monitor.name"),
            ({"heartbeat": None, "msg": ""}, "msg"),
        ],
    )
    def test_refused_by_field(self, values: dict[str, Any], field: str) -> None:
        assert refused(uptime_kuma, changed("uptime_kuma/down", **values)) == field

    def test_a_heartbeat_of_nothing(self) -> None:
        assert refused(uptime_kuma, {"heartbeat": {"status": 0}}) == "monitor"


class TestZabbix:
    def test_a_problem_and_its_recovery(self) -> None:
        assert zabbix.read(envelope("zabbix/problem")).reports == [
            AlertReport(
                fingerprint="4711",
                status="firing",
                title="Disk is full on db-3",
                summary="Problem started at 04:00",
                severity="High",
                service="orders",
                labels={"host": "db-3", "night": "true", "service": "orders", "trigger_id": "17"},
                annotations={"data": "6 GB"},
                links=[{"href": "https://zabbix.example.org/t/17", "text": "Zabbix"}],
            )
        ]
        (over,) = zabbix.read(packed(changed("zabbix/problem", event_value="0"))).reports
        assert (over.fingerprint, over.status) == ("4711", "resolved")

    def test_what_somebody_did(self) -> None:
        assert zabbix.read(envelope("zabbix/update")).acts == [
            Acknowledgement(fingerprint="4711", by="Trinity", note="I look at it")
        ]
        noted = changed("zabbix/update", acknowledged="No")
        assert zabbix.read(packed(noted)).acts == [Note(fingerprint="4711", by="Trinity", note="I look at it")]
        assert zabbix.read(packed(noted | {"comment": "*UNKNOWN*"})) == Parsed()

    @pytest.mark.parametrize("tags", ["[", "[" * 100_000, "x", 7, [7, {"tag": 1}, {"tag": "a", "value": 1}], None])
    def test_odd_tags_lose_no_alert(self, tags: Any) -> None:
        (report,) = zabbix.read(packed(changed("zabbix/problem", tags=tags))).reports
        assert report.labels["host"] == "db-3"

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"event_id": "{EVENT.ID}"}, "event_id"),
            ({"event_id": []}, "event_id"),
            ({"event_value": "2"}, "event_value"),
            ({"name": []}, "name"),
            ({"severity": {}}, "severity"),
        ],
    )
    def test_refused_by_field(self, values: dict[str, Any], field: str) -> None:
        assert refused(zabbix, changed("zabbix/problem", **values)) == field


class TestHealthchecks:
    def test_down_and_up(self) -> None:
        assert healthchecks.read(envelope("healthchecks/down")).reports == [
            AlertReport(
                fingerprint="4cc8b4b2-9f0c-4e7e-8f0a-0c7b8b1d3d1a",
                status="firing",
                title='Nightly "backup"',
                summary="Exit status 1",
                service="orders",
                labels={"service": "orders", "tags": "prod"},
                starts_at=FOUR,
            )
        ]
        (over,) = healthchecks.read(packed(changed("healthchecks/down", status="up", exit="-1"))).reports
        assert (over.status, over.ends_at, over.summary) == ("resolved", FOUR, "")

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"code": ""}, "code"),
            ({"status": "grace"}, "status"),
            ({"status": []}, "status"),
            ({"tags": []}, "tags"),
            ({"now": "soon"}, "now"),
        ],
    )
    def test_refused_by_field(self, values: dict[str, Any], field: str) -> None:
        assert refused(healthchecks, changed("healthchecks/down", **values)) == field
