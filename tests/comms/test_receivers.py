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
from incidents.problems import Blocked
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
    assert (delivery.key, delivery.address, delivery.priority) == (f"page:{page.pk}:0", alice.email, 0)
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


def test_without_a_page_the_verb_is_refused_and_says_how_to_get_one(incident, alice):
    with pytest.raises(Blocked) as error:
        declare(incident, alice, update="Nobody can read this.")
    [blocker] = error.value.blockers
    assert (blocker.code, blocker.field, blocker.fix_url) == (
        "page_missing",
        "update",
        "/admin/comms/statuspage/add/",
    )
    assert Incident.objects.get(pk=incident.pk).phase == Phase.DETECT
    declare(incident, alice)
    assert Incident.objects.get(pk=incident.pk).phase == Phase.DECLARE


@pytest.fixture
def two(payments, alice, checkout, status_page, components):
    """An incident that readers know of and one that they don't."""
    told, other = (
        factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title=title) for title in "AB"
    )
    states = {components["checkout"].pk: "partial_outage"}
    publishing.publish_update(told, by=alice, title="Payments fail", body="B", component_states=states)
    later = timezone.now() + timedelta(hours=1)
    publishing.publish_update(told, by=alice, body="Later.", publish_at=later)
    publishing.draft_update(told, by=alice, body="Perhaps.")
    return told, other


def merge(incident: Incident, target: Incident, by) -> None:
    lifecycle.perform("merge", incident.pk, by=by, inputs={"target": target})


def waiting() -> int:
    return StatusUpdate.objects.filter(status__in=["draft", "scheduled"]).count()


def test_readers_of_a_merged_incident_follow_the_other(two, alice):
    merged, target = two
    merge(merged, target, alice)
    assert waiting() == 0
    told = PageIncident.objects.get()
    assert (told.incident, told.title, told.state) == (target, "Payments fail", "investigating")
    publishing.publish_update(target, by=alice, state="resolved", body="Fixed.")
    assert not PageIncident.objects.active().exists()
    assert Component.objects.get(name="Checkout").status == "operational"
    lifecycle.perform("unmerge", merged.pk, by=alice, inputs={"reason": "it is not"})
    assert PageIncident.objects.get().incident == target


def test_what_is_prepared_for_the_other_goes_on_where_readers_are(two, alice):
    merged, target = two
    draft = publishing.draft_update(target, by=alice, title="Ours", body="We know more.")
    merge(merged, target, alice)
    told = PageIncident.objects.get()
    draft.refresh_from_db()
    assert (told.incident, draft.page_incident, draft.status) == (target, told, "draft")


def test_merged_into_what_readers_know_too_it_ends_there(two, alice, reader):
    reader("all@example.org")
    merged, target = two
    publishing.publish_update(target, by=alice, title="Checkout is down", body="B")
    merge(merged, target, alice)
    publishing.publish_due(timezone.now())
    assert waiting() == 0
    ended = PageIncident.objects.with_story().get(incident=merged)
    assert ended.state == "resolved"
    assert "together with another incident" in ended.story[0].body
    assert [told.incident for told in PageIncident.objects.active()] == [target]
    assert Delivery.objects.filter(update=ended.story[0]).count() == 1


def test_merging_what_nobody_heard_of_tells_nothing(payments, alice, status_page):
    merged, target = (factories.incident(payments, alice, phase=Phase.DECLARE, title=title) for title in "AB")
    publishing.draft_update(merged, by=alice, title="T", body="B")
    merge(merged, target, alice)
    assert publishing.publish_due(timezone.now()) == 0
    assert not PageIncident.objects.told().exists()
    assert StatusUpdate.objects.get().status == "withdrawn"
