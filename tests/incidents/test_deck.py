"""The deck, the mitigation clock, and the question of a deadline."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import time_machine
from django.utils import timezone

from comms.models import Delivery
from incidents import options
from incidents.actions import attempts, deck, lifecycle, mitigation, notes
from incidents.models import Incident, Mitigation, MitigationCard, Severity, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.tasks import ask_about_mitigations
from teams.models import Service, ServiceDependency, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared; alice commands."""
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])


def card(service: Service, by: User, title: str = "Fail over to the other region", **given: object) -> MitigationCard:
    """An approved card of a deck."""
    values = {"kind": "fail_over", "risk": "low", "minutes": 7, "success_signal": "Error rate under 1 %", **given}
    return deck.approve(deck.keep(None, by=by, service=service, title=title, **values), by=by)


def mailed(user: User, verb: str) -> int:
    return Delivery.objects.filter(kind="notice", channel="email", user=user, entry__verb=verb).count()


def at(when: datetime) -> None:
    with time_machine.travel(when, tick=False):
        ask_about_mitigations()
        ask_about_mitigations()


def tried(incident: Incident, one: MitigationCard, by: User, outcome: str, minutes: int) -> Mitigation:
    """A card of the deck that was played in an incident and judged so many minutes later."""
    made = mitigation.propose(incident.pk, by=by, kind=one.kind, card=one)
    begun = timezone.now() - timedelta(minutes=30)
    mitigation.perform(made.pk, "execute", by=by, carried_by=factories.UserFactory(), occurred_at=begun)
    return mitigation.perform(made.pk, outcome, by=by, occurred_at=begun + timedelta(minutes=minutes))


def test_a_card_from_draft_to_retirement(checkout: Service, alice: User, bob: User, charlie: User) -> None:
    """alice manages the team and approves, bob is a member and writes, charlie is of another team and reads."""
    written = {"kind": "scale_up", "title": "Double the workers", "risk": "low", "minutes": "5", "how": "1. `scale 8`"}
    answer = Browser(bob).post("card_new", checkout.slug, **written, success_signal="Queue under 100")
    one = MitigationCard.objects.get()
    assert answer.status_code == 302
    assert (one.state, one.reversible, one.created_by) == ("draft", False, bob)
    assert "Draft" in text(Browser(bob).get("deck", checkout.slug))
    assert Browser(bob).post("card_do", checkout.slug, one.pk, "approve").status_code == 403
    assert Browser(charlie).post("card_edit", checkout.slug, one.pk, **written).status_code == 403
    Browser(alice).post("card_do", checkout.slug, one.pk, "approve")
    one.refresh_from_db()
    assert (one.state, one.approved_by) == ("approved", alice)
    # What was approved is not what stands there now.
    Browser(bob).post("card_edit", checkout.slug, one.pk, **written | {"minutes": "6"}, success_signal="Queue is short")
    one.refresh_from_db()
    assert (one.state, one.minutes) == ("draft", 6)
    again = Browser(bob).post("card_new", checkout.slug, **written, success_signal="x")
    assert again.status_code == 422
    assert "has a card of this name already" in text(again)
    assert "`scale 8`" in text(again)
    with pytest.raises(Blocked, match="what is seen when it works"):
        deck.approve(deck.keep(None, by=bob, service=checkout, title="Hope"), by=alice)
    Browser(bob).post("card_do", checkout.slug, one.pk, "retire")
    assert "Double the workers" not in text(Browser(charlie).get("deck", checkout.slug))
    assert "Double the workers" in text(Browser(charlie).get("deck", checkout.slug, state="retired", q="workers"))


def test_the_room_offers_the_deck_with_its_record(
    incident: Incident, payments: Team, checkout: Service, alice: User, bob: User
) -> None:
    storage = factories.ServiceFactory(name="Storage", team=payments)
    ServiceDependency.objects.create(service=checkout, depends_on=storage)
    good, far = card(checkout, alice), card(storage, alice, "Restart the primary", kind="restart")
    deck.keep(None, by=alice, service=checkout, title="Only a draft")
    for outcome, minutes in (("worked", 4), ("worked", 8), ("no_effect", 9)):
        tried(factories.incident(payments, alice, services=[checkout]), good, alice, outcome, minutes)
    MitigationCard.objects.filter(pk=far.pk).update(created_at=timezone.now() - timedelta(days=91))
    page = text(Browser(alice).get("incident", incident.pk))
    assert page.index("Fail over to the other region") < page.index("Restart the primary")
    assert "worked 2 of 3 times, median 6 min" in page
    assert "On Storage, which it depends on" in page
    assert "Stale" in page
    assert "Only a draft" not in page
    # A drill shows that it still works.
    drill = factories.incident(payments, alice, services=[storage])
    Incident.objects.filter(pk=drill.pk).update(drill=True)
    tried(drill, far, alice, "worked", 1)
    far.refresh_from_db()
    assert far.last_drilled_at is not None
    assert far.last_tried_at is None
    page = text(Browser(alice).get("incident", incident.pk))
    assert "Stale" not in page
    assert "not tried in an incident yet" in page
    # Its form is filled in, and one press starts it.
    form = text(Browser(alice).client.get(f"/incidents/{incident.pk}/mitigations/new/?card={good.pk}"))
    assert 'value="Fail over to the other region"' in form
    assert "Error rate under 1 %" in form
    Browser(alice).dialog(
        incident, "propose", incident.pk, kind="fail_over", card=good.pk, carried_by=bob.pk, start="yes"
    )
    made = incident.mitigations.get()
    incident.refresh_from_db()
    assert (made.state, made.card, made.title, made.success_signal) == (
        "executing",
        good,
        good.title,
        "Error rate under 1 %",
    )
    assert incident.phase == Phase.MITIGATE
    assert made.deadline_at is not None
    assert made.executed_at is not None
    assert made.deadline_at - made.executed_at == timedelta(minutes=7)


def test_starting_at_once_is_whole_or_nothing(incident: Incident, alice: User) -> None:
    given = {"kind": "restart", "carried_by": alice.pk, "start": "yes"}
    refused = Browser(alice).dialog(incident, "propose", incident.pk, **given)
    assert refused.status_code == 409
    assert "does not carry out the mitigation" in text(refused)
    assert not incident.mitigations.exists()
    Browser(alice).dialog(incident, "propose", incident.pk, **given, override="yes", reason="Alone at night")
    assert incident.mitigations.get().state == "executing"


def test_without_an_attempt_the_commander_is_asked_once(
    incident: Incident, checkout: Service, alice: User, bob: User
) -> None:
    card(checkout, alice)
    factories.ChangeFactory(summary="Deploy 2.31", service=checkout, at=incident.detected_at - timedelta(minutes=4))
    due = incident.attempt_due_at
    assert due is not None
    assert incident.declared_at is not None
    assert timedelta(minutes=9) < due - incident.declared_at < timedelta(minutes=11)
    at(due - timedelta(minutes=1))
    assert not TimelineEntry.objects.filter(verb="mitigation.wanted").exists()
    at(due + timedelta(minutes=1))
    told = TimelineEntry.objects.get(verb="mitigation.wanted")
    assert told.data["options"] == ["Roll back: Deploy 2.31", "Fail over to the other region", "Restart"]
    assert "10 min without an attempt" in told.text
    assert mailed(alice, "mitigation.wanted") == 1
    page = text(Browser(alice).get("incident", incident.pk))
    assert "Nothing has been tried since" in page
    assert page.index('id="option-1"') < page.index('id="option-3"')
    # An attempt quiets it; one that comes to nothing starts it again, and offers what is left.
    made = mitigation.propose(incident.pk, by=alice, kind="restart")
    mitigation.perform(made.pk, "execute", by=bob)
    incident.refresh_from_db()
    assert (incident.attempt_due_at, incident.attempt_asked_at) == (None, None)
    Browser(alice).dialog(incident, "mitigation", incident.pk, made.pk, "no_effect", now="yes")
    incident.refresh_from_db()
    assert incident.attempt_due_at is not None
    page = text(Browser(alice).get("incident", incident.pk))
    assert "had no effect. What next?" in page
    labels = [option.label for option in options.of(incident, alice)]
    assert labels == ["Roll back: Deploy 2.31", "Fail over to the other region", "Scale up"]
    at(incident.attempt_due_at + timedelta(seconds=1))
    assert mailed(alice, "mitigation.wanted") == 2


def test_the_clock_goes_by_severity_and_stops_with_the_trouble(payments: Team, alice: User) -> None:
    Severity.objects.filter(pk=1).update(attempt_minutes=3)
    Severity.objects.filter(pk=4).update(attempt_minutes=0)
    one = factories.incident(payments, alice, phase=Phase.DECLARE)
    first = one.attempt_due_at
    notes.set_severity(one.pk, Severity.objects.get(pk=1), by=alice)
    one.refresh_from_db()
    assert first is not None
    assert one.attempt_due_at is not None
    assert first - one.attempt_due_at > timedelta(minutes=6)
    lifecycle.perform("cancel", one.pk, by=alice, inputs={"kind": "false_alarm"})
    lifecycle.perform("uncancel", one.pk, by=alice)
    one.refresh_from_db()
    assert one.attempt_due_at is not None
    lifecycle.perform("confirm_mitigated", one.pk, by=alice, inputs={"recovered_by_itself": True})
    one.refresh_from_db()
    assert one.attempt_due_at is None
    lifecycle.perform("relapse", one.pk, by=alice, inputs={"reason": "Errors again"})
    one.refresh_from_db()
    assert one.attempt_due_at is not None
    quiet = factories.incident(payments, alice)
    lifecycle.perform("declare", quiet.pk, by=alice, inputs={"severity": Severity.objects.get(pk=4)})
    quiet.refresh_from_db()
    assert quiet.attempt_due_at is None


def test_a_deadline_asks_whether_it_worked(incident: Incident, alice: User, bob: User) -> None:
    made = mitigation.propose(incident.pk, by=alice, kind="restart", success_signal="Errors drop")
    lifecycle.perform("start_mitigation", incident.pk, by=alice)
    made = mitigation.perform(made.pk, "execute", by=bob)
    due = made.deadline_at
    assert due is not None
    assert made.executed_at is not None
    assert due - made.executed_at == timedelta(minutes=5)
    assert 'id="judge-' not in text(Browser(alice).get("incident", incident.pk))
    at(due + timedelta(seconds=1))
    assert mailed(alice, "mitigation.due") == 1
    assert mailed(bob, "mitigation.due") == 0
    page = text(Browser(alice).get("incident", incident.pk))
    assert "Did it work? Restart" in page
    assert "You would see: Errors drop" in page
    # It is asked again only when more time was given and is over.
    Browser(bob).dialog(incident, "mitigation_extend", incident.pk, made.pk, minutes="15", now="yes")
    made.refresh_from_db()
    assert made.asked_at is None
    assert made.deadline_at is not None
    assert made.deadline_at > timezone.now() + timedelta(minutes=14)
    assert 'id="judge-' not in text(Browser(alice).get("incident", incident.pk))
    at(made.deadline_at + timedelta(seconds=1))
    assert mailed(alice, "mitigation.due") == 2
    Browser(alice).dialog(incident, "mitigation", incident.pk, made.pk, "harmful", now="yes")
    page = text(Browser(alice).get("incident", incident.pk))
    assert "made it worse. What next?" in page
    assert "Undo it first" in page
    late = Browser(bob).dialog(incident, "mitigation", incident.pk, made.pk, "worked", now="yes")
    assert "has moved on" in text(late)
    with pytest.raises(Blocked, match="does not run any more"):
        attempts.extend(made.pk, by=bob, minutes=5)
