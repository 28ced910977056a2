"""Ten thousand alerts in a minute for one person: one page, digests, and what is worse breaks through at once."""

from __future__ import annotations

import http.client
import json
import threading
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from config.story import tools
from tests.faults.conftest import Told
from tests.faults.test_lost_pages import Alarm
from tests.installation import Installation, live_installation, wait_for

pytestmark = [pytest.mark.faults, pytest.mark.long]
ALERTS = 10_000
SECONDS = 60.0
SENDERS = 8
# The demo's people but one are taken from the policy, so that everything comes to one person.
ONE_PERSON = """
from teams.models import EscalationTarget, Organization, Service, User
Organization.objects.update(bundle_seconds=20)
ines = User.objects.get(username="ines")
policy = Service.objects.select_related("team__escalation_policy").get(slug="checkout").team.escalation_policy
policy.steps.all().delete()
EscalationTarget.objects.create(step=policy.steps.create(position=0, delay_minutes=60), user=ines)
Service.objects.filter(slug="checkout").update(escalation_policy=policy)
"""


def body(run: str, severity: str) -> bytes:
    labels = {"alertname": "Storm", "service": "checkout", "severity": severity, "cluster": "eu", "run": run}
    return json.dumps(tools.alertmanager(labels, {"summary": f"storm {run}"}, starts_at=datetime.now(UTC))).encode()


class Sender(threading.Thread):
    """Sends its share of the alerts on one connection, at an even pace, and sends again what is answered 503."""

    def __init__(self, alarm: Alarm, numbers: range) -> None:
        super().__init__()
        self.alarm, self.numbers = alarm, numbers
        self.taken = 0
        self.slowest = 0.0

    def run(self) -> None:
        host = urlsplit(self.alarm.web.base).netloc
        connection = http.client.HTTPConnection(host, timeout=30)
        began = time.monotonic()
        for place, number in enumerate(self.numbers):
            time.sleep(max(0.0, began + SECONDS * place / len(self.numbers) - time.monotonic()))
            while not self._send(connection, f"s{number}"):
                time.sleep(0.2)
            self.taken += 1
        connection.close()

    def _send(self, connection: http.client.HTTPConnection, run: str) -> bool:
        asked = time.monotonic()
        path = f"/integrations/v1/alertmanager/{self.alarm.key}/"
        connection.request("POST", path, body(run, "warning"), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        self.slowest = max(self.slowest, time.monotonic() - asked)
        assert answer.status in (202, 503)
        return answer.status == 202


def count(running: Installation, question: str) -> int:
    with psycopg.connect(running.database_url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return int(row[0])


def test_a_storm_is_a_page_and_digests_and_what_is_worse_breaks_through(told: Told) -> None:
    with live_installation(WATCHBILL_EVENT_RATE="off") as running:
        alarm = Alarm(running)
        running.run("shell", "-c", ONE_PERSON)
        senders = [Sender(alarm, range(n, ALERTS, SENDERS)) for n in range(SENDERS)]
        began = time.monotonic()
        for sender in senders:
            sender.start()
        time.sleep(SECONDS / 2)
        worse = _fire_worse(alarm)
        wait_for(lambda: bool(running.mail(subject="Page: storm worse")), "the worse page", 120)
        broke_through = time.monotonic() - worse
        for sender in senders:
            sender.join()
        accepted = time.monotonic() - began
        wait_for(lambda: count(running, "SELECT count(*) FROM incidents_page") == ALERTS + 1, "every page", 120)
        paged = time.monotonic() - began
        held = "SELECT count(*) FROM comms_delivery WHERE state = 'held'"
        wait_for(lambda: count(running, held) == 0, "the last digest", 90)
        unsent = "SELECT count(*) FROM comms_delivery WHERE state IN ('queued', 'sending', 'failed')"
        wait_for(lambda: count(running, unsent) == 0, "the last digest to be sent", 30)
        pages = running.mail(subject="] Page: storm")
        digests = count(running, "SELECT count(*) FROM comms_delivery WHERE kind = 'digest'")
        slowest = max(sender.slowest for sender in senders)
        told(f"storm: {ALERTS} accepted in {accepted:.0f} s, slowest answer", [1], slowest)
        told("storm: every run has paged", [1], paged)
        told("storm: a worse page breaks through", [len(running.mail(subject="Page: storm worse"))], broke_through)
        told(f"storm: {len(pages)} pages, {digests} digests", [1], 0.0)
        assert sum(sender.taken for sender in senders) == ALERTS
        assert count(running, "SELECT count(*) FROM incidents_incident WHERE title LIKE 'storm %'") == ALERTS + 1
        assert len(pages) <= 3
        assert broke_through < 15


def _fire_worse(alarm: Alarm) -> float:
    at = time.monotonic()
    raw: Any = json.loads(body("worse", "critical"))
    alarm.web.json(f"/integrations/v1/alertmanager/{alarm.key}/", raw)
    return at
