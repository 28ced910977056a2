"""Telling the public: what readers see, whom it is mailed to, and what is refused."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.utils import timezone

from comms.actions import fanning, publishing
from comms.models import Component, ComponentChange, Delivery, PageIncident, StatusPage, StatusUpdate
from incidents.actions import lifecycle
from incidents.models import Incident, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="Ledger secret 500s")


def fields(error) -> set[str]:
    return {blocker.field for blocker in error.value.blockers}


def test_publishing_is_one_thing(outage, alice, status_page, components, reader):
    everything = reader("all@example.org")
    of_checkout = reader("checkout@example.org", components["checkout"])
    reader("search@example.org", components["search"])
    reader("pending@example.org", state="pending")
    before = status_page.updated_at
    now = timezone.now()

    update = publishing.publish_update(
        outage,
        by=alice,
        state="identified",
        title="Payments fail for some customers",
        impact="major",
        body="One in three payments fails.",
        component_states={components["checkout"].pk: "partial_outage"},
        eta_at=now + timedelta(hours=1),
        next_update_at=now + timedelta(minutes=20),
    )

    told = update.page_incident
    assert (told.title, told.state, told.impact) == ("Payments fail for some customers", "identified", "major")
    assert told.eta_at == now + timedelta(hours=1)
    assert told.next_update_at == now + timedelta(minutes=20)
    assert Component.objects.get(name="Checkout").status == "partial_outage"
    change = ComponentChange.objects.get()
    assert (change.old_status, change.new_status) == ("operational", "partial_outage")
    queued = Delivery.objects.filter(kind="update")
    assert set(queued.values_list("key", "address")) == {
        (f"update:{update.pk}:{everything.pk}", "all@example.org"),
        (f"update:{update.pk}:{of_checkout.pk}", "checkout@example.org"),
    }
    assert all(d.state == "queued" and d.priority == 5 for d in queued)
    assert StatusPage.objects.get().updated_at > before
    outage.refresh_from_db()
    assert outage.next_update_due_at == now + timedelta(minutes=20)
    assert outage.last_update_at is not None
    entry = TimelineEntry.objects.get(verb="update.published")
    assert entry.text.startswith("Status update sent: Identified: One in three payments fails.")


def test_all_that_is_missing_is_said_at_once(outage, alice, status_page, components):
    other = Component.objects.create(page=StatusPage.objects.create(name="Other", slug="other"), name="Elsewhere")
    past = timezone.now() - timedelta(minutes=1)
    with pytest.raises(Blocked) as error:
        publishing.publish_update(
            outage,
            by=alice,
            body="  ",
            component_states={other.pk: "major_outage"},
            eta_at=past,
            next_update_at=past,
            page=status_page,
        )
    assert fields(error) == {"body", "title", "component_states", "eta_at", "next_update_at"}
    assert not PageIncident.objects.exists()
    assert not StatusUpdate.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"state": "on fire"}, "state"),
        ({"impact": "huge"}, "impact"),
        ({"publish_at": -60}, "publish_at"),
        ({"occurred_at": 60}, "occurred_at"),
        ({"publish_at": 60, "occurred_at": -60}, "publish_at"),
        ({"publish_at": 60, "next_update_at": 30}, "next_update_at"),
        ({"state": "resolved", "next_update_at": 30}, "next_update_at"),
        ({"title": "x" * 201}, "title"),
    ],
)
def test_what_makes_no_sense_is_refused(outage, alice, status_page, given, field):
    times = {k: timezone.now() + timedelta(minutes=v) if isinstance(v, int) else v for k, v in given.items()}
    with pytest.raises(Blocked) as error:
        publishing.publish_update(outage, by=alice, **({"title": "Trouble", "body": "Sorry."} | times))
    assert fields(error) == {field}


def test_unknown_component_state_is_refused(outage, alice, status_page, components):
    with pytest.raises(Blocked) as error:
        publishing.publish_update(
            outage, by=alice, title="T", body="B", component_states={components["search"]: "melting"}
        )
    assert fields(error) == {"component_states"}


def test_no_page_says_how_to_get_one(outage, alice):
    with pytest.raises(Blocked) as error:
        publishing.publish_update(outage, by=alice, title="T", body="B")
    assert error.value.blockers[0].code == "page_missing"


def test_resolved_brings_components_back_unless_said_otherwise(outage, alice, status_page, components):
    broken = dict.fromkeys([components["checkout"].pk, components["search"].pk], "major_outage")
    publishing.publish_update(outage, by=alice, title="T", body="B", component_states=broken)
    publishing.publish_update(
        outage,
        by=alice,
        state="resolved",
        body="Back.",
        component_states={components["search"].pk: "degraded_performance"},
    )
    assert Component.objects.get(name="Checkout").status == "operational"
    assert Component.objects.get(name="Search").status == "degraded_performance"
    told = PageIncident.objects.get()
    assert told.resolved_at is not None
    outage.refresh_from_db()
    assert outage.final_update_at is not None


def test_resolved_leaves_what_another_incident_still_breaks(outage, alice, payments, status_page, components):
    other = factories.incident(payments, alice, phase=Phase.DECLARE)
    pk = components["checkout"].pk
    for incident, title in ((outage, "One"), (other, "Two")):
        publishing.publish_update(incident, by=alice, title=title, body="B", component_states={pk: "major_outage"})
    publishing.publish_update(outage, by=alice, state="resolved", body="Done here.")
    assert Component.objects.get(pk=pk).status == "major_outage"
    publishing.publish_update(other, by=alice, state="resolved", body="Done there.")
    assert Component.objects.get(pk=pk).status == "operational"


def test_a_repeated_submit_publishes_once(outage, alice, status_page, reader):
    reader("all@example.org")
    for _ in range(2):
        publishing.publish_update(outage, by=alice, title="T", body="B", uid="samesubmit22")
    assert StatusUpdate.objects.count() == 1
    assert Delivery.objects.filter(kind="update").count() == 1


def test_where_no_component_is_named_everybody_is_told(outage, alice, status_page, components, reader):
    reader("search@example.org", components["search"])
    publishing.publish_update(outage, by=alice, title="T", body="B")
    assert Delivery.objects.filter(kind="update").count() == 1


def test_whoever_heard_the_beginning_hears_the_end(outage, alice, status_page, components, reader):
    reader("checkout@example.org", components["checkout"])
    states = {components["checkout"].pk: "major_outage"}
    publishing.publish_update(outage, by=alice, title="T", body="B", component_states=states)
    publishing.publish_update(outage, by=alice, body="Still looking.")
    assert Delivery.objects.filter(kind="update").count() == 2


def test_silent_update_mails_nobody(outage, alice, status_page, reader):
    reader("all@example.org")
    publishing.publish_update(outage, by=alice, title="T", body="B", notify=False)
    assert not Delivery.objects.filter(kind="update").exists()


def test_told_afterwards_stands_at_its_time_and_changes_no_state(outage, alice, status_page):
    publishing.publish_update(outage, by=alice, title="T", body="Now.", state="monitoring")
    earlier = timezone.now() - timedelta(hours=2)
    publishing.publish_update(outage, by=alice, body="Then.", state="investigating", occurred_at=earlier)
    told = PageIncident.objects.with_story().get()
    assert told.state == "monitoring"
    assert told.started_at == earlier
    assert [update.body for update in told.story] == ["Now.", "Then."]


def test_draft_is_nobodys_business(outage, alice, status_page, client):
    update = publishing.draft_update(outage, by=alice, title="Secret draft", body="Not yet")
    assert not PageIncident.objects.told().exists()
    assert b"Secret draft" not in client.get("/status/").content
    assert client.get(update.page_incident.get_absolute_url()).status_code == 404
    published = publishing.release_update(update.pk, by=alice)
    assert published.status == "published"
    assert b"Secret draft" in client.get("/status/").content


def test_edit_then_withdraw(outage, alice, status_page):
    later = timezone.now() + timedelta(hours=1)
    update = publishing.publish_update(outage, by=alice, title="T", body="B", publish_at=later)
    publishing.edit_update(update.pk, by=alice, body="Better")
    update.refresh_from_db()
    assert (update.body, update.status, update.publish_at) == ("Better", "scheduled", later)
    publishing.withdraw_update(update.pk, by=alice)
    assert publishing.publish_due(later) == 0
    for verb in (publishing.withdraw_update, publishing.edit_update, publishing.release_update):
        with pytest.raises(Blocked) as error:
            verb(update.pk, by=alice)
        assert error.value.blockers[0].code == "update_settled"


def test_scheduled_goes_out_when_due_and_once(outage, alice, status_page, reader):
    reader("all@example.org")
    now = timezone.now()
    update = publishing.publish_update(outage, by=alice, title="T", body="B", publish_at=now + timedelta(minutes=5))
    assert publishing.publish_due(now) == 0
    assert not PageIncident.objects.told().exists()
    due = now + timedelta(minutes=5)
    assert publishing.publish_due(due) == 1
    assert publishing.publish_due(due) == 0
    update.refresh_from_db()
    assert update.status == "published"
    assert Delivery.objects.filter(kind="update").count() == 1


def test_a_broken_one_does_not_hold_up_the_others(outage, alice, payments, status_page, monkeypatch, caplog):
    other = factories.incident(payments, alice, phase=Phase.DECLARE)
    soon = timezone.now() + timedelta(minutes=1)
    broken = publishing.publish_update(outage, by=alice, title="A", body="B", publish_at=soon)
    publishing.publish_update(other, by=alice, title="C", body="D", publish_at=soon)
    StatusUpdate.objects.filter(pk=broken.pk).update(component_states={"no number": "x"})
    assert publishing.publish_due(soon) == 1
    assert PageIncident.objects.told().get().title == "C"
    assert "could not be published" in caplog.text


def test_subject_title_stays_when_the_title_changes(outage, alice, status_page):
    publishing.publish_update(outage, by=alice, title="First words", body="B")
    publishing.publish_update(outage, by=alice, title="Better words", body="B")
    told = PageIncident.objects.get()
    assert (told.title, told.mail_title) == ("Better words", "First words")


def test_page_incident_of_its_own(alice, status_page):
    told = PageIncident.objects.create(page=status_page, title="Card network down")
    publishing.publish_update(told, by=alice, body="Our card network has trouble.")
    assert PageIncident.objects.told().get().state == "investigating"


def test_the_timeline_says_the_scheduled_time_in_the_zone_it_names(outage, alice, status_page):
    at = datetime(2100, 7, 1, 14, 0, tzinfo=ZoneInfo("Europe/Berlin"))
    publishing.publish_update(outage, by=alice, title="T", body="B", publish_at=at)
    assert "01 Jul 12:00 UTC" in TimelineEntry.objects.get(verb="update.scheduled").text


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["incident", "page incident", "draft"])
def test_a_double_click_makes_one_update(payments, alice, status_page, what):
    if what == "page incident":
        about = PageIncident.objects.create(page=status_page, title="Card network down")
    else:
        about = factories.incident(payments, alice, phase=Phase.DECLARE)
    write = publishing.draft_update if what == "draft" else publishing.publish_update
    made: list[int] = []
    gate = threading.Barrier(4)

    def click() -> None:
        gate.wait()
        made.append(write(about, by=alice, title="T", body="B", uid="abcdefgh2345").pk)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join()
    assert len(made) == 4
    assert set(made) == {StatusUpdate.objects.get().pk}
    if what == "incident":
        assert TimelineEntry.objects.filter(verb="update.published").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_publish_once(payments, alice, status_page, reader):
    reader("all@example.org")
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    soon = timezone.now() + timedelta(minutes=1)
    for n in range(5):
        publishing.publish_update(incident, by=alice, title="T", body=f"{n}", publish_at=soon)
    counts: list[int] = []
    gate = threading.Barrier(2)

    def work() -> None:
        gate.wait()
        counts.append(publishing.publish_due(soon))
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(counts) == 5
    assert Delivery.objects.filter(kind="update").count() == 5
    assert TimelineEntry.objects.filter(verb="update.published", incident=incident).count() == 5
    assert Incident.objects.get(pk=incident.pk).last_update_at is not None


@pytest.mark.parametrize("private", [False, True])
def test_readers_learn_when_it_began_unless_that_is_private(private, payments, alice, status_page):
    noticed = timezone.now() - timedelta(minutes=25)
    incident = lifecycle.report(by=alice, title="Checkout fails", team=payments, private=private, occurred_at=noticed)
    update = publishing.publish_update(incident, by=alice, title="Payments fail", body="We look into it.")
    told = update.page_incident
    assert (told.started_at == noticed) is not private
    assert told.created_at > noticed


def test_many_readers_are_written_down_by_a_worker_and_none_is_missed(outage, alice, status_page, reader, monkeypatch):
    monkeypatch.setattr(fanning, "FEW", 2)
    for n in range(4):
        reader(f"r{n}@example.org")
    update = publishing.publish_update(outage, by=alice, title="T", body="B", impact="major")
    assert update.fan_out_at is not None
    assert not Delivery.objects.filter(kind="update").exists()
    later = publishing.publish_update(outage, by=alice, body="C", state="identified")
    assert fanning.fan_out_due(timezone.now()) == 2
    assert fanning.fan_out_due(timezone.now()) == 0
    assert dict(Delivery.objects.filter(kind="update").values_list("update", "state").distinct()) == {
        update.pk: "superseded",
        later.pk: "queued",
    }
    assert Delivery.objects.filter(update=later).count() == 4
    assert not StatusUpdate.objects.exclude(fan_out_at=None).exists()


def test_a_fan_out_that_fails_is_tried_again(outage, alice, status_page, reader, monkeypatch):
    monkeypatch.setattr(fanning, "FEW", 0)
    subscriber = reader("a@example.org")
    publishing.publish_update(outage, by=alice, title="T", body="B")
    with monkeypatch.context() as broken:
        broken.setattr(fanning.queueing, "QUEUE", "nonsense")
        assert fanning.fan_out_due(timezone.now()) == 0
    assert fanning.fan_out_due(timezone.now()) == 1
    assert Delivery.objects.filter(kind="update", subscriber=subscriber).count() == 1
