"""The link in a page: it needs no session, shows one button, and only pressing that does anything."""

from __future__ import annotations

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from incidents.actions import escalation, lifecycle
from incidents.links import page_token
from incidents.models import EscalationRun, Incident, Page, TimelineEntry
from teams.models import Team, User
from tests import factories
from tests.incidents.console import text

pytestmark = pytest.mark.django_db


@pytest.fixture
def called(payments: Team, bob: User, alice: User) -> Page:
    """Bob reported something private; alice, who is on call, was paged."""
    incident = factories.incident(payments, bob, title="Key leaked", private=True, impact="All of it", summary="Secret")
    escalation.advance(EscalationRun.objects.get(incident=incident).pk)
    return Page.objects.get()


def url(page: Page) -> str:
    return f"/pages/{page_token(page)}/"


def test_looking_changes_nothing(called: Page) -> None:
    before = (Incident.objects.get().version, TimelineEntry.objects.count())
    for method in ("get", "head"):
        answer = getattr(Client(), method)(url(called))
        assert answer.status_code == 200
    page = text(Client().get(url(called)))  # type: ignore[arg-type]
    assert "Key leaked" in page
    assert "Payments" in page
    assert "Acknowledge</button>" in page
    assert (Incident.objects.get().version, TimelineEntry.objects.count()) == before
    assert Incident.objects.get().acknowledged_at is None


def test_pressing_acknowledges_as_the_person_who_was_called(called: Page, alice: User) -> None:
    answer = Client().post(url(called))
    assert answer.status_code == 302
    assert Incident.objects.get().acknowledged_by == alice
    assert EscalationRun.objects.get().state == "acknowledged"
    assert "You are on it." in text(Client().get(url(called)))  # type: ignore[arg-type]
    Client().post(url(called))
    assert TimelineEntry.objects.filter(verb="page.acknowledged").count() == 1


def test_it_shows_the_title_and_no_more_of_a_private_incident(called: Page) -> None:
    page = text(Client().get(url(called)))  # type: ignore[arg-type]
    assert "All of it" not in page
    assert "Secret" not in page


def test_it_protects_against_forged_requests(called: Page) -> None:
    assert Client(enforce_csrf_checks=True).post(url(called)).status_code == 403
    assert Incident.objects.get().acknowledged_at is None


def test_somebody_else_was_faster(called: Page, bob: User) -> None:
    escalation.acknowledge(called.incident_id, by=bob)
    assert "Bob is on it" in text(Client().get(url(called)))  # type: ignore[arg-type]


def test_it_is_over_already(called: Page, bob: User) -> None:
    lifecycle.perform("cancel", called.incident_id, by=bob, inputs={"kind": "false_alarm"})
    page = text(Client().get(url(called)))  # type: ignore[arg-type]
    assert "nothing to acknowledge any more" in page
    assert "Acknowledge</button>" not in page
    assert Client().post(url(called)).status_code in (302, 409)


def test_forged_old_and_orphaned_links_lead_nowhere(called: Page, alice: User) -> None:
    good = url(called)
    assert Client().get("/pages/forged/").status_code == 404
    assert Client().post(good[:-2] + "x/").status_code == 404
    with time_machine.travel(timezone.now() + timezone.timedelta(days=8)):
        assert "does not work any more" in text(Client().get(good))  # type: ignore[arg-type]
    alice.is_active = False
    alice.save()
    assert Client().post(good).status_code == 404


def test_a_refused_form_says_so_calmly(called: Page) -> None:
    answer = Client(enforce_csrf_checks=True).post(url(called))
    assert "Nothing was done" in text(answer)  # type: ignore[arg-type]
