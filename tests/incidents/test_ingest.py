"""Every source's own request opens what it says, by its own address and in its own words; acts and heartbeats, too."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from incidents.actions import escalation, heartbeats, inbox, integrations
from incidents.models import Alert, Change, Event, Heartbeat, Incident, Integration, IntegrationKey
from incidents.sources import Envelope, registry
from incidents.sources.registry import Source
from teams.models import Team, User
from tests import factories

pytestmark = pytest.mark.django_db
BY_ADDRESS = [s for s in registry.SOURCES.values() if s.key is None and s.address and s.certificate is None]


def send(source: Source, key: str, sent: Envelope, **headers: str) -> Any:
    """As the tool would, by the source's address."""
    path = "/" + source.address.replace("{name}", source.name).replace("{key}", key) + sent.path
    kind = sent.header("Content-Type") or "application/json"
    others = {name: value for name, value in sent.headers.items() if name.lower() != "content-type"}
    return Client().post(path, sent.body, content_type=kind, headers=others | headers, query_params=dict(sent.query))


def made(team: Team, kind: str, **given: Any) -> tuple[Integration, str]:
    return factories.integration(team, kind=kind, name=kind, **given)


@pytest.mark.parametrize("source", BY_ADDRESS, ids=lambda source: source.name)
def test_a_test_of_each_source_is_taken(source: Source, payments: Team) -> None:
    settings = {"mapping": {"key": "id", "title": "title"}} if source.name == "json" else {}
    integration, key = made(payments, source.name, settings=settings)
    answer = send(source, key, source.test(key=key))
    assert answer.status_code == 202, answer.content
    inbox.take_due()
    event = Event.objects.get()
    assert event.state == "done", event.outcome
    parsed = source.read(inbox.envelope(event, integration))
    assert Incident.objects.count() == len(parsed.reports)
    assert Change.objects.count() == len(parsed.changes)
    assert Heartbeat.objects.count() == len(parsed.heartbeats)
    assert parsed.reports or parsed.changes or parsed.heartbeats
    assert key not in json.dumps(event.headers)


def pagerduty(key: str, action: str, **payload: Any) -> Any:
    body = {"routing_key": key, "event_action": action, "dedup_key": "db-1"}
    if action == "trigger":
        body["payload"] = {"summary": "Disk is full", "source": "db-1", "severity": "critical", **payload}
    answer = Client().post("/v2/enqueue", json.dumps(body), content_type="application/json")
    inbox.take_due()
    return answer


def test_pagerduty_from_trigger_to_resolve(payments: Team, alice: User) -> None:
    _, key = made(payments, "pagerduty")
    answer = pagerduty(key, "trigger")
    assert (answer.status_code, answer.json()["dedup_key"]) == (202, "db-1")
    incident = Incident.objects.get()
    escalation.advance_due()
    pagerduty(key, "acknowledge")
    incident.refresh_from_db()
    assert (incident.acknowledged_at is not None, incident.acknowledged_by) == (True, None)
    assert "pagerduty acknowledged" in incident.timeline.get(verb="page.acknowledged").text
    pagerduty(key, "resolve")
    assert Alert.objects.get().status == "resolved"
    # Nothing is open any more: accepted, and dropped.
    assert pagerduty(key, "resolve").status_code == 202
    pagerduty(key, "trigger")
    assert Alert.objects.filter(status="firing").count() == 1
    unknown = pagerduty("0" * 32, "trigger")
    assert (unknown.status_code, unknown.json()["status"]) == (400, "invalid event")


class Opsgenie:
    """A client of Opsgenie's API."""

    def __init__(self, key: str) -> None:
        self.client = Client(headers={"Authorization": f"GenieKey {key}"})

    def post(self, path: str, body: Any = None) -> Any:
        answer = self.client.post(f"/v2/{path}", json.dumps(body or {}), content_type="application/json")
        inbox.take_due()
        return answer

    def get(self, path: str) -> Any:
        return self.client.get(f"/v2/{path}")


def test_opsgenie_creates_asks_acts_and_closes(payments: Team, alice: User) -> None:
    _, key = made(payments, "opsgenie")
    client = Opsgenie(key)
    created = client.post("alerts", {"message": "Queue is long", "alias": "queue", "priority": "P1"})
    assert (created.status_code, created.json()["result"]) == (202, "Request will be processed")
    told = client.get(f"alerts/requests/{created.json()['requestId']}").json()["data"]
    assert (told["isSuccess"], told["alias"]) == (True, "queue")
    shown = client.get(f"alerts/{told['alertId']}").json()["data"]
    assert (shown["message"], shown["status"], shown["priority"]) == ("Queue is long", "open", "P1")
    assert client.get("alerts/queue?identifierType=alias").json()["data"]["id"] == told["alertId"]
    assert [row["id"] for row in client.get("alerts").json()["data"]] == [told["alertId"]]
    escalation.advance_due()
    incident = Incident.objects.get()
    client.post("alerts/queue/acknowledge?identifierType=alias", {"user": "alice@example.org", "note": "On it"})
    incident.refresh_from_db()
    assert incident.acknowledged_at is not None
    assert incident.timeline.filter(kind="note", text="On it").exists()
    client.post(f"alerts/{shown['tinyId']}/unacknowledge?identifierType=tiny")
    incident.refresh_from_db()
    assert incident.acknowledged_at is None
    until = timezone.now() + timedelta(hours=2)
    client.post("alerts/queue/snooze?identifierType=alias", {"endTime": until.isoformat()})
    assert incident.runs.order_by("-pk")[0].due_at == until
    client.post(f"alerts/{told['alertId']}/close")
    assert client.get(f"alerts/{told['alertId']}").json()["data"]["status"] == "closed"
    assert client.get("alerts?query=status:open").json()["data"] == []
    assert client.get("alerts?query=status%3Dclosed+AND+alias:queue").json()["data"][0]["id"] == told["alertId"]
    assert client.get("alerts/count?query=status:closed").json()["data"] == {"count": 1}
    refused = client.get("alerts?query=tag:eu")
    assert (refused.status_code, list(refused.json()["errors"])) == (422, ["query"])
    assert client.get(f"alerts?offset={10**30}&limit={10**30}").json()["data"] == []
    changed = client.client.put(f"/v2/alerts/{told['alertId']}/message", {"message": "x"}, "application/json")
    assert changed.status_code == 202
    assert Opsgenie("nonsense").post("alerts", {"message": "x"}).status_code == 401
    assert client.get(f"alerts/requests/{told['alertId']}").status_code == 404


def test_a_key_in_the_body_is_not_kept_and_the_event_can_be_sent_again(payments: Team) -> None:
    _, key = made(payments, "pagerduty")
    assert pagerduty(key, "trigger").status_code == 202
    assert pagerduty(key, "no such action").status_code == 400
    assert key.encode() not in b"".join(bytes(event.body) for event in Event.objects.all())
    inbox.take_due()
    inbox.replay(Event.objects.get(state="done"))
    inbox.take_due()
    assert Alert.objects.get().count == 2


def test_a_heartbeat_that_does_not_come_is_an_alert_until_it_comes(payments: Team) -> None:
    integration, key = made(payments, "heartbeat")
    Heartbeat.objects.create(integration=integration, name="backup", period_minutes=60, grace_minutes=5)
    heartbeats.expect(integration)
    assert Client().get(f"/integrations/v1/heartbeat/{key}/backup").status_code == 202
    inbox.take_due()
    assert heartbeats.sweep(timezone.now() + timedelta(minutes=64)) == 0
    with time_machine.travel(timezone.now() + timedelta(minutes=66), tick=True):
        assert heartbeats.sweep(timezone.now()) == 1
        assert heartbeats.sweep(timezone.now()) == 0
        alert = Alert.objects.get()
        assert (alert.status, alert.title) == ("firing", "No sign of life from backup")
        Client().post(f"/integrations/v1/heartbeat/{key}/backup/0")
        inbox.take_due()
    alert.refresh_from_db()
    assert alert.status == "resolved"
    # A job that says itself that it failed is told of at once.
    Client().post(f"/integrations/v1/heartbeat/{key}/backup/1")
    inbox.take_due()
    assert Alert.objects.filter(status="firing").count() == 1
    # What nobody set up is seen, and not waited for.
    Client().get(f"/integrations/v1/heartbeat/{key}/other")
    inbox.take_due()
    assert Heartbeat.objects.get(name="other").due_at is None


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["heartbeat", "heartbeat/"])
def test_an_integration_of_any_kind_has_a_heartbeat_as_with_oncall(method: str, path: str, payments: Team) -> None:
    integration, key = made(payments, "alertmanager")
    answer = getattr(Client(), method)(f"/integrations/v1/alertmanager/{key}/{path}")
    assert answer.status_code == 202, answer.content
    inbox.take_due()
    assert integration.heartbeats.get().last_seen_at
    assert Client().post(f"/integrations/v1/grafana/{key}/{path}").status_code == 404


def firing(name: str) -> str:
    alert = {"status": "firing", "labels": {"alertname": name}}
    return json.dumps({"version": "4", "groupKey": name, "alerts": [alert]})


@pytest.mark.parametrize("address", ["alertmanagerV2/{key}/", "alertmanagerV2/{key}", "alertmanager/{key}"])
def test_an_address_of_oncall_and_one_without_its_slash_are_good(address: str, payments: Team) -> None:
    _, key = made(payments, "alertmanager")
    path = f"/integrations/v1/{address.format(key=key)}"
    answer = Client().post(path, firing("full"), content_type="application/json")
    assert answer.status_code == 202, answer.content
    inbox.take_due()
    assert Alert.objects.get().title == "full"


def test_a_heartbeat_by_cron_is_late_after_its_hour(payments: Team) -> None:
    integration, _ = made(payments, "heartbeat")
    Heartbeat.objects.create(integration=integration, name="night", cron="15 3 * * *", time_zone="Europe/Berlin")
    with time_machine.travel("2026-03-01T12:00:00Z"):
        heartbeats.expect(integration)
    due = Heartbeat.objects.get().due_at
    assert due is not None
    assert due.isoformat() == "2026-03-02T02:20:00+00:00"


def test_a_signature_is_asked_where_the_integration_has_a_secret(payments: Team) -> None:
    _, key = made(payments, "github", secret="between us")
    source = registry.SOURCES["github"]
    sent = source.test(key=key)
    assert send(source, key, sent).status_code == 403
    mac = hmac.new(b"between us", sent.body, hashlib.sha256).hexdigest()
    assert send(source, key, sent, **{"X-Hub-Signature-256": f"sha256={mac}"}).status_code == 202
    inbox.take_due()
    assert Change.objects.count() == 1


def test_two_keys_are_good_while_one_takes_over(payments: Team, alice: User) -> None:
    integration, first = made(payments, "pagerduty")
    second = integrations.add_key(integration, by=alice)
    assert pagerduty(first, "trigger").status_code == 202
    assert pagerduty(second, "trigger").status_code == 202
    assert integration.keys.filter(last_used_at=None).count() == 0
    passing = integration.keys.filter(digest=IntegrationKey.digest_of(first))
    assert 23 < (passing.get().expires_at - timezone.now()) / timedelta(hours=1) < 25
    passing.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert pagerduty(first, "trigger").status_code == 400
    third = integrations.add_key(integration, by=alice)
    assert integrations.stop_former_keys(integration) == 1
    assert (pagerduty(second, "trigger").status_code, pagerduty(third, "trigger").status_code) == (400, 202)


def test_nothing_hostile_in_the_address_breaks_it(payments: Team) -> None:
    _, key = made(payments, "heartbeat")
    for path in ("%00", "a%00b?name=%00", "a?%00=1", "a%0Ab", "é/0", "x" * 600):
        answer = Client().get(f"/integrations/v1/heartbeat/{key}/{path}")
        assert answer.status_code in (202, 400)
    assert inbox.take_due()[0] > 0
    assert Client().post(f"/integrations/v1/nothing/{key}/", "{}", content_type="application/json").status_code == 404
    assert Client().get(f"/integrations/v1/alertmanager/{key}/").status_code == 405
