"""The incident as it was known at each moment: what was learned later appears when it was learned."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents.actions import lifecycle, mitigation, notes, roles
from incidents.models import Incident, Severity
from incidents.phases import Phase
from teams.models import Role, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(payments: Team, alice: User, bob: User) -> Incident:
    """Reported; declared ten minutes later as SEV2, SEV1 after twenty; a rollback is tried; at last bob writes down
    what he saw half an hour before."""
    began = timezone.now() - timedelta(hours=1)

    def at(minutes: int) -> time_machine.travel:
        return time_machine.travel(began + timedelta(minutes=minutes), tick=False)

    with at(0):
        incident = factories.incident(payments, alice, title="Carts are empty")
    with at(10):
        given = {"severity": Severity.objects.get(pk=2), "impact": "Nobody can pay", "commander": alice}
        lifecycle.perform("declare", incident.pk, by=alice, inputs=given)
    with at(20):
        notes.set_severity(incident.pk, Severity.objects.get(pk=1), by=alice)
        notes.set_facts(incident.pk, by=alice, title="Checkout is down", eta_at=began + timedelta(minutes=45))
        tried = mitigation.propose(incident.pk, by=alice, kind="roll_back", title="Roll back 42", carried_by=bob)
    with at(30):
        lifecycle.perform("start_mitigation", incident.pk, by=alice)
        mitigation.perform(tried.pk, "execute", by=bob)
        roles.take(incident.pk, Role.objects.get(slug=Role.SCRIBE), by=bob)
    with at(40):
        notes.note(incident.pk, "Errors began with the deploy", by=bob, occurred_at=began + timedelta(minutes=8))
    incident.refresh_from_db()
    return incident


def test_each_moment_shows_what_was_known_then(told: Incident, alice: User) -> None:
    browser, began = Browser(alice), told.timeline.earliest("pk").recorded_at

    def then(minutes: int) -> str:
        at = began + timedelta(minutes=minutes, seconds=5)
        return text(browser.get("replay", told.pk, at=at.isoformat())).split('id="replay"')[1]

    first = then(0)
    for said in ("Carts are empty", "Nobody had a role", "None had been proposed", "not set"):
        assert said in first
    for unknown in ("Checkout is down", "Nobody can pay", "Errors began"):
        assert unknown not in first
    declared = then(10)
    assert "SEV2" in declared
    assert "Nobody can pay" in declared
    assert "Incident Commander" in declared
    assert "none promised" not in declared
    tried = then(30)
    for said in ("SEV1", "Checkout is down", "Roll back 42", "Executing", "Scribe"):
        assert said in tried
    assert "Errors began" not in tried
    assert "none given" not in tried
    last = then(41)
    assert "Errors began with the deploy" in last
    assert "Learned" in last
    assert "all that is known today" in last


def test_it_is_stepped_through_without_a_script_and_at_a_constant_cost(
    told: Incident, alice: User, charlie: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)
    assert 'href="?step=1"' in text(browser.get("replay", told.pk))
    assert 'href="?step=0"' in text(browser.get("replay", told.pk, step=1))
    for asked in ({"step": "9" * 8}, {"step": "x"}, {"at": "yesterday"}, {"at": "2026-13-01T00:00:00Z"}):
        assert browser.get("replay", told.pk, **asked).status_code == 200

    def cost() -> int:
        with django_assert_max_num_queries(32) as counted:
            browser.get("replay", told.pk, step="99999999")
        return len(counted)

    first = cost()
    for number in range(8):
        notes.note(told.pk, f"Note {number}", by=factories.UserFactory())
    assert cost() == first
    Incident.objects.filter(pk=told.pk).update(private=True)
    assert Browser(charlie).get("replay", told.pk).status_code == 404


def test_an_incident_of_which_little_was_recorded(payments: Team, alice: User) -> None:
    closed = factories.incident(payments, alice, phase=Phase.MERGED)
    page = text(Browser(alice).get("replay", closed.pk, step="99999999"))
    assert "Merged" in page
