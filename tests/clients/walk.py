"""What PagerDuty's and Opsgenie's own clients do, at an installation: unchanged but for the base URL.

Run by the environment of the clients, not by Watchbill's: `walk.py BASE_URL`, with the keys of one integration of each
kind and a token of Watchbill's API in the environment. Prints each step; ends with an error at the first that fails.
"""

import json
import os
import sys
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

import opsgenie_sdk
import pagerduty
from opsgenie_sdk.exceptions import ConfigurationException

SECONDS = 30.0


class Watchbill:
    """What the installation says of it all."""

    def __init__(self, base: str, token: str) -> None:
        self.base, self.token = base, token

    def get(self, path: str, **query: str) -> Any:
        url = f"{self.base}/api/v1/{path}?{urlencode(query)}"
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def incident(self, about: str) -> dict[str, Any]:
        (found,) = self.get("incidents/", q=about)["results"] or [{}]
        return dict(found)

    def timeline(self, about: str) -> str:
        rows = self.get(f"incidents/{self.incident(about)['id']}/timeline/")["results"]
        return "\n".join(f"{row['text']} ({row['reason']})" for row in rows)

    def alert(self, about: str) -> str:
        (alert,) = self.get(f"incidents/{self.incident(about)['id']}/alerts/")["results"]
        return str(alert["status"])


def until(what: str, asked: Callable[[], Any]) -> Any:
    """What `asked` answers, as soon as that is something. A refusal is no answer yet."""
    end, said = time.monotonic() + SECONDS, None
    while time.monotonic() < end:
        try:
            if said := asked():
                print(f"  {what}")
                return said
        except opsgenie_sdk.ApiException as error:
            said = error
        time.sleep(0.1)
    sys.exit(f"FAILED: {what}: {said}")


def of_pagerduty(base: str, key: str, watchbill: Watchbill) -> None:
    print(f"pagerduty {version('pagerduty')}")
    with pagerduty.EventsApiV2Client(key, base_url=base) as client:
        name = client.trigger(
            "Narwhal is slow",
            "web-3",
            severity="error",
            custom_details={"service": "checkout", "p99": 2.4},
            links=[{"href": "https://graphs.example.org/narwhal", "text": "graph"}],
            images=[{"src": "https://graphs.example.org/narwhal.png", "href": "https://x.example.org", "alt": "p99"}],
        )
        print(f"  triggered as {name}")
        until("an incident", lambda: watchbill.incident("Narwhal"))
        assert client.trigger("Narwhal is slow", "web-3", dedup_key=name) == name
        assert client.acknowledge(name) == name
        until("acknowledged", lambda: watchbill.incident("Narwhal")["acknowledged_at"])
        assert client.resolve(name) == name
        until("resolved", lambda: watchbill.alert("Narwhal") == "resolved")
        # 7.2.0's own submit() fails before it sends anything: it looks for datetime.timezone on the class.
        client.send_change_event({"summary": "Narwhal 1.8 is out", "timestamp": datetime.now(UTC).isoformat()})
        print("  a change is sent")
        try:
            client.trigger("", "web-3")
        except pagerduty.Error as error:
            print(f"  refused: {error}")
        else:
            sys.exit("FAILED: an event without a summary was taken")


def of_opsgenie(base: str, key: str, watchbill: Watchbill) -> None:
    print(f"opsgenie-sdk {version('opsgenie-sdk')}")
    configuration = opsgenie_sdk.Configuration()
    configuration.host = base
    configuration.ssl_ca_cert = os.environ["SSL_CERT_FILE"]
    configuration.api_key["Authorization"] = key
    client = opsgenie_sdk.ApiClient(configuration=configuration)
    alerts = opsgenie_sdk.AlertApi(client)
    payload = opsgenie_sdk.CreateAlertPayload(
        message="Pangolin is down",
        alias="pangolin/health",
        description="No answer since 04:00",
        responders=[{"name": "payments", "type": "team"}],
        tags=["database", "eu"],
        details={"service": "checkout", "region": "eu-1"},
        entity="db-3",
        source="walk",
        priority="P1",
        user="trinity@example.org",
        note="Seen before",
    )
    created = alerts.create_alert(payload)
    print(f"  created: {created.result}")
    status = until("its request is done", lambda: alerts.get_request_status(created.request_id)).data
    assert (status.is_success, status.alias) == (True, "pangolin/health"), status
    by_alias = alerts.get_alert("pangolin/health", identifier_type="alias").data
    assert (by_alias.message, by_alias.priority, by_alias.status) == ("Pangolin is down", "P1", "open"), by_alias
    assert by_alias.details["region"] == "eu-1"
    assert sorted(by_alias.tags) == ["database", "eu"]
    assert by_alias.created_at.tzinfo, by_alias.created_at
    assert status.alert_id == by_alias.id
    assert alerts.get_alert(by_alias.id).data.alias == "pangolin/health"
    assert alerts.get_alert(by_alias.tiny_id, identifier_type="tiny").data.id == by_alias.id
    assert [each.id for each in alerts.list_alerts().data] == [by_alias.id]
    assert [each.id for each in alerts.list_alerts(query="status: open AND alias: pangolin/health").data] == [
        by_alias.id
    ]
    assert alerts.list_alerts(query="status=closed").data == []
    assert alerts.count_alerts(query="status:open").data.count == 1
    print("  found by alias, id, number, in the list and counted")

    def said(what: str, done: Any, seen: Callable[[], Any]) -> None:
        assert done.request_id, done
        until(f"{what}: its request is done", lambda: alerts.get_request_status(done.request_id).data.is_success)
        until(what, seen)

    by = {"user": "trinity@example.org", "source": "walk"}
    said(
        "acknowledged",
        alerts.acknowledge_alert(by_alias.id, acknowledge_alert_payload=opsgenie_sdk.AcknowledgeAlertPayload(**by)),
        lambda: alerts.get_alert(by_alias.id).data.acknowledged,
    )
    said(
        "taken back",
        alerts.un_acknowledge_alert(
            by_alias.id, un_acknowledge_alert_payload=opsgenie_sdk.UnAcknowledgeAlertPayload(**by)
        ),
        lambda: not alerts.get_alert(by_alias.id).data.acknowledged,
    )
    later = datetime.now(UTC) + timedelta(hours=1)
    said(
        "snoozed",
        alerts.snooze_alert(
            "pangolin/health",
            opsgenie_sdk.SnoozeAlertPayload(end_time=later, note="After lunch", **by),
            identifier_type="alias",
        ),
        lambda: alerts.get_alert(by_alias.id).data.acknowledged,
    )
    said(
        "noted",
        alerts.add_note(
            by_alias.tiny_id, opsgenie_sdk.AddNoteToAlertPayload(note="A disk, maybe", **by), identifier_type="tiny"
        ),
        lambda: "A disk, maybe" in watchbill.timeline("Pangolin"),
    )
    assert "trinity@example.org" in watchbill.timeline("Pangolin")
    said(
        "its message is changed, which means nothing here",
        alerts.update_alert_message(by_alias.id, opsgenie_sdk.UpdateAlertMessagePayload(message="Pangolin sleeps")),
        lambda: alerts.get_alert(by_alias.id).data.message == "Pangolin is down",
    )
    said(
        "closed",
        alerts.close_alert(by_alias.id, close_alert_payload=opsgenie_sdk.CloseAlertPayload(note="Bye", **by)),
        lambda: alerts.get_alert(by_alias.id).data.status == "closed",
    )
    assert watchbill.alert("Pangolin") == "resolved"
    pong = opsgenie_sdk.HeartbeatApi(client).ping("nightly backup")
    print(f"  heartbeat: {pong.result}")
    for refused in (
        lambda: alerts.create_alert(opsgenie_sdk.CreateAlertPayload(message="")),
        lambda: alerts.get_alert("00000000-0000-0000-0000-000000000000"),
        lambda: alerts.list_alerts(query="tag: eu"),
    ):
        try:
            refused()
        except (opsgenie_sdk.ApiException, ConfigurationException) as error:
            print(f"  refused: {error.status} {error.body}")
        else:
            sys.exit("FAILED: what can't be done was taken")


if __name__ == "__main__":
    house = Watchbill(sys.argv[1], os.environ["TOKEN"])
    of_pagerduty(sys.argv[1], os.environ["PAGERDUTY_KEY"], house)
    of_opsgenie(sys.argv[1], os.environ["OPSGENIE_KEY"], house)
