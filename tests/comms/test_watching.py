"""Whether paging keeps its promise, and what is done where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comms import watching
from comms.actions import pulse
from comms.models import Bundle, Delivery
from incidents.actions import escalation
from incidents.models import EscalationRun, Incident
from teams.models import Team, User
from tests import factories
from tests.standins.server import Server, serving

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=5)


@pytest.fixture
def incident(payments: Team, bob: User) -> Incident:
    return factories.incident(payments, bob)


def look() -> watching.Pulse:
    return watching.look(timezone.now() + LATER)


@pytest.fixture
def watchman(settings: Any) -> Iterator[Server]:
    with serving(Server("/ping")) as server:
        settings.WATCHBILL_OUTBOUND_LOOPBACK = True
        settings.WATCHBILL_DEADMAN_URL = server.url
        yield server


def test_a_run_that_nobody_advances_is_late(incident: Incident) -> None:
    assert look().runs == 1
    assert "1 escalation runs late" in look().text
    escalation.advance(incident.runs.get().pk)
    found = watching.look(timezone.now() + timedelta(seconds=61))
    assert (found.runs, found.calls, found.lost) == (0, 1, 0)


def test_a_page_that_a_relay_refuses_is_not_late_by_our_fault(incident: Incident) -> None:
    escalation.advance(incident.runs.get().pk)
    Delivery.objects.update(attempts=2)
    assert watching.look(timezone.now() + timedelta(seconds=61)).calls == 0


def test_a_digest_that_nobody_closes_is_late(alice: User) -> None:
    Bundle.objects.create(user=alice, urgency="high", closes_at=timezone.now())
    assert look().digests == 1


@pytest.mark.parametrize("state", ["stopped", "exhausted"])
def test_a_run_that_ended_for_a_reason_is_not_lost(incident: Incident, state: str) -> None:
    incident.runs.update(state=state, due_at=None, ended_at=timezone.now(), ended_reason="Nobody answered")
    assert look().lost == 0


def test_what_is_lost_is_found_and_paged_again(incident: Incident, watchman: Server) -> None:
    EscalationRun.objects.all().delete()
    Incident.objects.update(created_at=timezone.now() - LATER)
    assert look().lost == 1
    assert pulse.beat() is False
    assert incident.runs.get().state == "running"
    assert incident.timeline.filter(verb="page.resumed").exists()
    assert (look().lost, watchman.asked) == (0, [])


def test_the_watchman_is_asked_while_all_is_well(watchman: Server) -> None:
    assert pulse.beat() is True
    assert [asked.path for asked in watchman.asked] == ["/ping"]


def test_the_figures_are_for_whoever_has_the_token(client: Client, settings: Any, incident: Incident) -> None:
    assert client.get("/metrics").status_code == 404
    settings.WATCHBILL_METRICS_TOKEN = "t" * 16
    assert client.get("/metrics").status_code == 401
    answer = client.get("/metrics", headers={"authorization": f"Bearer {'t' * 16}"})
    assert "watchbill_paging_lost_incidents 0" in answer.content.decode()
