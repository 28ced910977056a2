"""What recorded history makes of itself: mail rows and status updates, in the same transaction."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comms.actions import publishing
from comms.models import Component, Delivery, PageIncident, StatusUpdate
from incidents import timeline
from incidents.actions import escalation, lifecycle, mitigation, roles
from incidents.models import Incident, Page, Severity
from incidents.phases import Phase
from teams.models import Role
from tests import factories


def due(incident: Incident) -> None:
    for run in incident.runs.all():
        escalation.advance(run.pk)


def declare(incident: Incident, by, **inputs) -> Incident:
    inputs = {"severity": Severity.objects.get(pk=1)} | inputs
    return lifecycle.perform("declare", incident.pk, by=by, inputs=inputs)


@pytest.fixture
def incident(payments, bob, checkout):
    return lifecycle.report(by=bob, title="Ledger-7 segfaults", team=payments, services=[checkout])


def test_a_page_becomes_one_delivery(incident, alice):
    due(incident)
    page = Page.objects.get()
    delivery = Delivery.objects.get(kind="page")
    assert (delivery.key, delivery.address, delivery.priority) == (f"page:{page.pk}", alice.email, 0)
    assert delivery.page == page
    assert delivery.due_at <= timezone.now()


def test_whoever_is_to_know_gets_one_notice(incident, alice, bob):
    seat = roles.offer(incident.pk, Role.objects.get(slug=Role.SCRIBE), alice, by=bob, brief="Read the log first.")
    entry = incident.timeline.get(verb="role.offered")
    delivery = Delivery.objects.get(kind="notice")
    assert delivery.key == f"notice:{entry.pk}:{alice.pk}"
    assert delivery.entry == entry
    assert seat.user == alice


def test_person_without_address_stands_in_the_ledger(incident, alice, bob):
    alice.email = ""
    alice.save()
    due(incident)
    assert Delivery.objects.get(kind="page").state == "failed"


def test_declaring_with_an_update_tells_it_without_the_incidents_own_words(
    incident, alice, status_page, components, reader, client
):
    reader("all@example.org")
    declare(incident, alice, impact="internal: ledger-7", update="Some payments fail.", next_update_in=20)
    waiting = StatusUpdate.objects.get()
    assert (waiting.status, waiting.state, waiting.author) == ("scheduled", "investigating", alice)
    assert publishing.publish_due(timezone.now()) == 1
    told = PageIncident.objects.get()
    assert told.title == "Problems with Checkout"
    assert told.next_update_at - timezone.now() > timedelta(minutes=19)
    assert Component.objects.get(name="Checkout").status == "degraded_performance"
    seen = client.get("/status/").content.decode() + client.get("/api/v2/summary.json").content.decode()
    assert "Some payments fail." in seen
    assert "ledger" not in seen.lower()


@pytest.mark.parametrize(
    ("phase", "verb", "state"),
    [
        (Phase.MITIGATE, "confirm_mitigated", "monitoring"),
        (Phase.COMMUNICATE, "resolve", "resolved"),
        (Phase.COMMUNICATE, "relapse", "identified"),
        (Phase.RESOLVE, "reopen", "identified"),
    ],
)
def test_state_follows_the_phase(payments, alice, status_page, phase, verb, state):
    incident = factories.incident(payments, alice, phase=phase)
    StatusUpdate.objects.all().delete()
    for made in incident.mitigations.filter(state="executing"):
        mitigation.perform(made.pk, "worked", by=alice)
    inputs = {"update": "News.", "confirmation": "errors gone", "reason": "it is back", "next_update_in": 30}
    lifecycle.perform(verb, incident.pk, by=alice, inputs=inputs)
    update = StatusUpdate.objects.get()
    assert update.state == state
    assert (update.next_update_at is None) == (state == "resolved")


def test_relapse_marks_the_component_again(payments, alice, checkout, status_page, components):
    incident = factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])
    states = {components["checkout"].pk: "major_outage"}
    publishing.publish_update(incident, by=alice, title="T", body="B", component_states=states)
    publishing.publish_update(incident, by=alice, state="resolved", body="Fixed.")
    with_update = {"update": {"body": "It is back."}}
    timeline.record(incident, "phase", "incident.relapse", "back", by=alice, phase_to=Phase.MITIGATE, data=with_update)
    publishing.publish_due(timezone.now())
    assert Component.objects.get(name="Checkout").status == "degraded_performance"
    told = PageIncident.objects.get()
    assert (told.state, told.resolved_at) == ("identified", None)


def test_private_incident_tells_nothing_by_itself(payments, alice, bob, checkout, status_page, components):
    incident = lifecycle.report(by=bob, title="Breach", team=payments, services=[checkout], private=True)
    declare(incident, alice)
    assert not PageIncident.objects.exists()


def test_private_incident_tells_only_what_somebody_wrote(
    payments, alice, bob, checkout, status_page, components, client
):
    incident = lifecycle.report(by=bob, title="Breach", team=payments, services=[checkout], private=True)
    declare(incident, alice, impact="customer data", update="We are looking into something.")
    publishing.publish_due(timezone.now())
    told = PageIncident.objects.get()
    assert told.title == "Service disruption"
    assert Component.objects.get(name="Checkout").status == "operational"
    seen = "".join(
        client.get(url).content.decode()
        for url in ("/status/", "/status/shop/history/", "/api/v2/incidents.json", "/history.rss", "/history.atom")
    )
    assert "We are looking into something." in seen
    for secret in ("Breach", "customer data", incident.reference, "Payments"):
        assert secret not in seen


def test_cancelling_takes_back_what_was_told(payments, alice, checkout, status_page, components, reader):
    reader("all@example.org")
    incident = factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout])
    states = {components["checkout"].pk: "partial_outage"}
    publishing.publish_update(incident, by=alice, title="T", body="B", component_states=states)
    later = timezone.now() + timedelta(hours=1)
    publishing.publish_update(incident, by=alice, body="Later.", publish_at=later)
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    assert publishing.publish_due(later) == 1
    told = PageIncident.objects.with_story().get()
    assert told.state == "resolved"
    assert "withdrawing this notice" in told.story[0].body
    assert Component.objects.get(name="Checkout").status == "operational"
    assert Delivery.objects.filter(kind="update").count() == 2


def test_cancelling_what_nobody_heard_of_tells_nothing(payments, alice, status_page):
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    publishing.draft_update(incident, by=alice, title="T", body="B")
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    assert publishing.publish_due(timezone.now()) == 0
    assert StatusUpdate.objects.get().status == "withdrawn"


def test_without_a_page_an_update_does_not_stop_the_verb(incident, alice):
    declare(incident, alice, update="Nobody can read this.")
    assert Incident.objects.get(pk=incident.pk).phase == Phase.DECLARE
    assert not StatusUpdate.objects.exists()
