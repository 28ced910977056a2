"""The page stays fresh: a cheap question every two seconds, and only what changed as the answer."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import partial

import pytest
import time_machine
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from incidents.actions import intake, lifecycle, mitigation, notes, roles
from incidents.models import Incident, TimelineEntry
from incidents.phases import Phase
from incidents.sources import AlertReport
from teams.models import Role, Service, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    return factories.incident(payments, alice, phase=Phase.MITIGATE, services=[checkout])


def version(page: str) -> str:
    found = re.search(r"/live/\?v=([^\"]+)", page)
    assert found
    return found[1]


def test_nothing_new_is_204_and_costs_five_queries(
    incident: Incident, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    browser = Browser(alice)
    seen = version(text(browser.get("incident", incident.pk)))
    # The session, its person, when it was last used, what the organization asks of it, and the incident.
    with django_assert_num_queries(5):
        answer = browser.get("live", incident.pk, v=seen)
    assert (answer.status_code, answer.content) == (204, b"")


def test_something_new_brings_the_parts_and_the_new_version(incident: Incident, alice: User, bob: User) -> None:
    browser = Browser(alice)
    seen = version(text(browser.get("incident", incident.pk)))
    notes.note(incident.pk, "Errors fall to 11 %", by=bob)
    answer = browser.get("live", incident.pk, v=seen)
    page = text(answer)
    assert answer.status_code == 200
    assert answer["HX-Trigger"] == "incident-changed"
    for part in (
        "head",
        "path",
        "helm",
        "mitigations",
        "changes",
        "alerts",
        "roles",
        "facts",
        "paging",
        "timeline-list",
    ):
        assert re.search(rf'id="{part}"[^>]*hx-swap-oob="true"', page), part
    assert '<p id="news" hx-swap-oob="innerHTML">Errors fall to 11 %' in page
    assert "note-form" not in page
    assert browser.get("live", incident.pk, v=version(page)).status_code == 204
    # What was made of a line for one reader is shown to nobody else, and is never outdated.
    assert 'id="correct-' in page
    User.objects.filter(pk=bob.pk).update(first_name="Roberta", last_name="Quist")
    theirs = text(Browser(factories.UserFactory(role="viewer")).get("incident", incident.pk))
    assert "Errors fall to 11 %" in theirs
    assert "Roberta Quist" in theirs
    assert 'id="correct-' not in theirs


def test_a_promise_that_falls_due_is_news_by_itself(incident: Incident, alice: User) -> None:
    browser = Browser(alice)
    seen = version(text(browser.get("incident", incident.pk)))
    with time_machine.travel(timezone.now() + timedelta(minutes=31), tick=False):
        browser.client.force_login(alice)
        answer = browser.get("live", incident.pk, v=seen)
    assert answer.status_code == 200
    assert "Update overdue" in text(answer)


def test_the_page_costs_the_same_for_little_and_for_much(
    incident: Incident,
    alice: User,
    bob: User,
    payments: Team,
    checkout: Service,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    browser = Browser(alice)

    def cost() -> int:
        with django_assert_max_num_queries(60) as counted:
            assert browser.get("incident", incident.pk).status_code == 200
        return len(counted)

    sender, _ = factories.integration(payments)

    def more(number: int) -> None:
        report = AlertReport(
            fingerprint=f"f{number}", status="firing", title="Errors", service="checkout", group_key="g"
        )
        intake.receive(sender, [report])
        factories.ChangeFactory(service=checkout, at=incident.detected_at - timedelta(minutes=number))
        mitigation.propose(incident.pk, by=alice, kind="restart", carried_by=bob)
        notes.note(incident.pk, f"Note {number}", by=bob)
        roles.offer(incident.pk, Role.objects.get(slug="observer"), factories.UserFactory(), by=alice)
        alerts = Incident.objects.get(integration=sender)
        alerts.alerts.update(incident=incident)

    more(1)
    first = cost()
    for number in range(2, 7):
        more(number)
    assert cost() == first


@pytest.mark.parametrize("phase", list(Phase))
def test_every_phase_has_one_next_thing_and_its_buttons(payments: Team, alice: User, phase: Phase) -> None:
    incident = factories.incident(payments, alice, phase=phase)
    page = text(Browser(alice).get("incident", incident.pk))
    assert page.count("helm__label") == 1
    from incidents.phases import verbs_in

    for verb in verbs_in(phase):
        assert f"/do/{verb.name}/" in page


def test_merged_and_cancelled_say_what_became_of_them(payments: Team, alice: User) -> None:
    merged = factories.incident(payments, alice, phase=Phase.MERGED)
    target = Incident.objects.get(pk=merged.merged_into_id)
    page = text(Browser(alice).get("incident", merged.pk))
    assert f"Handled in {target.reference}" in page
    assert "was merged into this" in text(Browser(alice).get("incident", target.pk))
    cancelled = factories.incident(payments, alice, phase=Phase.CANCELLED)
    assert "Cancelled: false alarm" in text(Browser(alice).get("incident", cancelled.pk))


def test_a_long_story_shows_its_newest_part(incident: Incident, alice: User) -> None:
    told = partial(TimelineEntry, incident=incident, kind="note", verb="note.written", phase="mitigate", actor=alice)
    TimelineEntry.objects.bulk_create(
        told(text=f"Note number {number}.", occurred_at=timezone.now()) for number in range(155)
    )
    browser = Browser(alice)
    page = text(browser.get("incident", incident.pk))
    assert "Note number 154." in page
    assert "Note number 0." not in page
    assert "Show the earlier entries" in page
    assert "Note number 0." in text(browser.get("incident", incident.pk, all=""))


def test_how_many_things_a_button_still_lacks(payments: Team, alice: User) -> None:
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    assert 'title="1 missing"' in text(Browser(alice).get("incident", incident.pk))
    mitigation.propose(incident.pk, by=alice, kind="restart", carried_by=factories.UserFactory())
    assert "missing</span>" not in text(Browser(alice).get("incident", incident.pk)).split('id="mitigations"')[0]
    lifecycle.perform("start_mitigation", incident.pk, by=alice)
