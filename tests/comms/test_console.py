"""The compose page: who may see it, what it keeps, what it publishes."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from comms.actions import publishing, relaying
from comms.models import Delivery, PageIncident, StatusUpdate
from incidents.actions import lifecycle
from incidents.models import TimelineEntry
from incidents.phases import Phase
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="ledger-7 segfaults")


@pytest.fixture
def url(outage):
    return f"/incidents/{outage.pk}/updates/"


@pytest.fixture
def web(client, alice):
    client.force_login(alice)
    return client


def typed(**fields):
    return {
        "uid": "abcdefgh2345",
        "title": "Payments fail",
        "state": "investigating",
        "body": "We look into it.",
        "impact": "minor",
        "promise": "30",
        "when": "now",
        "notify": "on",
    } | fields


def test_publish_from_the_form(web, url, status_page, components, reader):
    reader("a@example.org")
    assert web.get(url).status_code == 200
    answer = web.post(url, typed(**{f"component_{components['checkout'].pk}": "major_outage"}))
    assert answer.status_code == 302
    update = StatusUpdate.objects.get()
    assert update.status == "published"
    assert timedelta(minutes=29) < update.next_update_at - timezone.now() <= timedelta(minutes=30)
    assert Delivery.objects.filter(kind="update").count() == 1
    again = web.post(url, typed())
    assert again.status_code == 302
    assert StatusUpdate.objects.count() == 1
    assert b"We look into it." in web.get(url).content


def test_mistakes_keep_the_text_and_say_what_is_missing(web, url, status_page, components):
    answer = web.post(url, typed(title="", body="Long and careful words", promise="at"))
    assert answer.status_code == 422
    seen = answer.content.decode()
    assert "Long and careful words" in seen
    assert "Say when readers hear more" in seen
    answer = web.post(url, typed(title="", body=""))
    seen = answer.content.decode()
    assert "Write what readers should know." in seen
    assert "Give it a title" in seen
    assert not StatusUpdate.objects.exists()


def test_times_are_the_writers(web, url, alice, status_page):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    web.post(url, typed(when="later", publish_at="2100-01-05T09:00", promise="none"))
    update = StatusUpdate.objects.get()
    assert update.status == "scheduled"
    assert update.publish_at.isoformat() == "2100-01-05T00:00:00+00:00"
    edit = web.get(f"{url}{update.uid}/edit/").content.decode()
    assert 'value="2100-01-05T09:00"' in edit


def test_draft_edit_publish_withdraw(web, url, status_page):
    web.post(url, typed(do="draft", body=""))
    draft = StatusUpdate.objects.get()
    assert draft.status == "draft"
    web.post(f"{url}{draft.uid}/edit/", typed(do="draft", body="More"))
    draft.refresh_from_db()
    assert (draft.status, draft.body) == ("draft", "More")
    web.post(f"{url}{draft.uid}/edit/", typed(do="publish", body="Now"))
    draft.refresh_from_db()
    assert (draft.status, draft.body) == ("published", "Now")
    web.post(url, typed(uid="other2345678", do="draft", body="Never"))
    other = StatusUpdate.objects.get(uid="other2345678")
    web.post(f"{url}{other.uid}/withdraw/")
    other.refresh_from_db()
    assert other.status == "withdrawn"
    assert web.get(f"{url}{other.uid}/edit/").status_code == 302
    assert web.post(f"{url}{draft.uid}/withdraw/").status_code == 302
    draft.refresh_from_db()
    assert draft.status == "published"


def test_resolving_promises_nothing_even_where_a_preset_is_chosen(web, url, status_page):
    web.post(url, typed(state="resolved"))
    assert StatusUpdate.objects.get().next_update_at is None


def test_preview_keeps_nothing_and_counts_readers(web, url, status_page, components, reader):
    reader("a@example.org")
    reader("s@example.org", components["search"])
    fields = {f"component_{components['checkout'].pk}": "major_outage"}
    seen = web.post(f"{url}preview/", typed(**fields)).content.decode()
    assert "Mailed to 1 of 2 subscribers" in seen
    assert "[Shop status] Payments fail" in seen
    assert "Checkout: Major outage" in seen
    assert not StatusUpdate.objects.exists()
    assert "Mend what is marked" in web.post(f"{url}preview/", typed(state="?")).content.decode()


def test_panel(web, url, outage, alice, status_page):
    assert b"None sent yet" in web.get(f"{url}panel/").content
    publishing.publish_update(outage, by=alice, title="T", body="We look into it.")
    later = timezone.now() + timedelta(hours=1)
    publishing.publish_update(outage, by=alice, body="Coming soon.", publish_at=later)
    seen = web.get(f"{url}panel/").content.decode()
    assert "We look into it." in seen
    assert "Coming soon." in seen


def test_without_a_page_it_says_so(web, url):
    assert b"There is no status page yet" in web.get(url).content


def test_private_incident_is_not_there_for_others(client, payments, alice, bob, charlie, status_page):
    incident = lifecycle.report(by=alice, title="Breach", team=payments, private=True)
    update = publishing.draft_update(incident, by=alice, title="T", body="Secret words")
    url = f"/incidents/{incident.pk}/updates/"
    paths = [url, f"{url}panel/", f"{url}{update.uid}/edit/"]
    for path in paths:
        assert client.get(path).status_code == 302
    client.force_login(charlie)
    for path in paths:
        assert client.get(path).status_code == 404
    for path in (url, f"{url}preview/", f"{url}{update.uid}/edit/", f"{url}{update.uid}/withdraw/"):
        assert client.post(path, typed()).status_code == 404
    client.force_login(bob)
    for path in paths:
        assert client.get(path).status_code == 200


def test_an_update_of_another_incident_is_not_reached_through_mine(web, url, payments, alice, outage, status_page):
    other = factories.incident(payments, alice, phase=Phase.DECLARE)
    update = publishing.draft_update(other, by=alice, title="T", body="B")
    assert web.get(f"{url}{update.uid}/edit/").status_code == 404
    assert web.post(f"{url}{update.uid}/withdraw/").status_code == 404


def test_admin_reads_the_ledger_and_sends_again(client, alice, status_page, reader, outage, components):
    alice.role = "owner"
    alice.save()
    client.force_login(alice)
    reader("a@example.org", components["search"])
    publishing.publish_update(
        outage, by=alice, title="T", body="B", component_states={components["search"]: "major_outage"}
    )
    Delivery.objects.update(state="failed")
    for name in ("statuspage", "component", "componentgroup", "subscriber", "delivery", "pageincident", "statusupdate"):
        changelist = f"/admin/comms/{name}/"
        assert client.get(changelist).status_code == 200
        assert client.get(changelist, {"q": "a"}).status_code == 200
    delivery = Delivery.objects.get(kind="update")
    answer = client.post(
        "/admin/comms/delivery/", {"action": "send_again", "_selected_action": [delivery.pk]}, follow=True
    )
    assert b"1 queued again" in answer.content
    delivery.refresh_from_db()
    assert delivery.state == "queued"
    assert client.get(f"/admin/comms/delivery/{delivery.pk}/change/").status_code == 200
    assert client.get(f"/admin/comms/statuspage/{status_page.pk}/change/").status_code == 200
    assert client.post(f"/admin/comms/delivery/{delivery.pk}/delete/").status_code == 403


def test_admin_shows_staff_only_what_they_may_know_of(client, payments, alice, charlie, status_page, reader):
    reader("a@example.org")
    secret = lifecycle.report(by=alice, title="Breach", team=payments, private=True)
    update = publishing.publish_update(secret, by=alice, title="Secret title", body="B")
    notice = Delivery.objects.create(
        key="notice:x", kind="notice", address="secret@example.org", entry=published_entry()
    )
    about_nothing = PageIncident.objects.create(page=status_page, title="Card network down")
    publishing.publish_update(about_nothing, by=alice, body="Our card network has trouble.")
    charlie.role = "admin"
    charlie.save()
    rows = {"statusupdate": update.pk, "pageincident": update.page_incident_id, "delivery": notice.pk}
    client.force_login(charlie)
    for name, pk in rows.items():
        seen = client.get(f"/admin/comms/{name}/").content.decode()
        assert "Secret title" not in seen
        assert "secret@example.org" not in seen
        assert client.get(f"/admin/comms/{name}/{pk}/change/").status_code == 302
    assert "Card network down" in client.get("/admin/comms/statusupdate/").content.decode()
    assert "Card network down" in client.get("/admin/comms/pageincident/").content.decode()
    assert "a@example.org" in client.get("/admin/comms/delivery/").content.decode()
    secret.participants.add(charlie)
    for name, pk in rows.items():
        assert client.get(f"/admin/comms/{name}/{pk}/change/").status_code == 200


def published_entry() -> TimelineEntry:
    return TimelineEntry.objects.get(verb="update.published")


def test_admin_says_that_the_relay_refuses_us(client, alice):
    alice.role = "owner"
    alice.save()
    client.force_login(alice)
    changelist = "/admin/comms/delivery/"
    assert b"refuses us" not in client.get(changelist).content
    relay = relaying.pick()
    relaying.refuses(relay, "535 5.7.8 bad password")
    assert b"refuses us" in client.get(changelist).content
    relaying.went_well(replace(relay, on_trial=True), 1)
    assert b"refuses us" not in client.get(changelist).content
