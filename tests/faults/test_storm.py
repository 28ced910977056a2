"""Ten thousand alerts in a minute for one person: one page, digests, and what is worse breaks through at once."""

from __future__ import annotations

import time
from collections import Counter

import psycopg
import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told
from tests.installation import Installation, live_installation, wait_for
from tests.standins.tool import Sender, alert

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


def count(running: Installation, question: str) -> int:
    with psycopg.connect(running.database_url) as connection:
        row = connection.execute(question).fetchone()
        assert row is not None
        return int(row[0])


def test_a_storm_is_a_page_and_digests_and_what_is_worse_breaks_through(told: Told) -> None:
    with live_installation(WATCHBILL_EVENT_RATE="off") as running:
        alarm = Alarm(running)
        running.run("shell", "-c", ONE_PERSON)
        path = f"/integrations/v1/alertmanager/{alarm.key}/"
        bodies = [alert(f"storm s{n}") for n in range(ALERTS)]
        pace = ALERTS / SECONDS / SENDERS
        senders = [Sender(running.base_url, path, bodies[n::SENDERS], pace) for n in range(SENDERS)]
        began = time.monotonic()
        for sender in senders:
            sender.start()
        time.sleep(SECONDS / 2)
        worse = time.monotonic()
        Sender(running.base_url, path, [alert("storm worse", "critical")]).run()
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
        assert sum((sender.answers for sender in senders), Counter()) == {202: ALERTS}
        assert count(running, "SELECT count(*) FROM incidents_incident WHERE title LIKE 'storm %'") == ALERTS + 1
        assert len(pages) <= 3
        assert broke_through < 15
