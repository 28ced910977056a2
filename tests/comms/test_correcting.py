"""A published update that was wrong: what readers see of it, and who is mailed what is right."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from comms.actions import correcting, delivering, publishing
from comms.models import Delivery, StatusPage, Subscriber
from incidents.phases import Phase
from incidents.problems import Blocked
from tests import factories


@pytest.fixture
def outage(payments, alice):
    return factories.incident(payments, alice, phase=Phase.DECLARE)


@pytest.fixture
def wrong(outage, alice, status_page):
    return publishing.publish_update(outage, by=alice, title="Payments fail", body="Only **cards** fail.")


def mailed() -> list[tuple[str, bool]]:
    rows = Delivery.objects.filter(kind="update").order_by("pk")
    return [(row.address, row.correction_id is not None) for row in rows if row.state != "suppressed"]


def test_only_those_who_got_the_wrong_one_are_mailed_the_right_one(outage, alice, reader, wrong_to_two, postbox):
    update, late = wrong_to_two
    assert len(correcting.correct(update.pk, by=alice, body="Cards and wallets fail.")) == 1
    assert mailed() == [("got@example.org", False), ("late@example.org", False), ("got@example.org", True)]
    Delivery.objects.exclude(kind="update").delete()
    Delivery.objects.filter(pk=late).update(state="queued")
    delivering.deliver_due(budget=60)
    texts = {mail.recipient: mail.message for mail in postbox.mails}
    right = texts["got@example.org"]
    plain = right.get_body(("plain",)).get_content()
    assert "Correction: Investigating" in plain
    assert "Cards and wallets fail." in plain
    assert "Only **cards** fail." in plain, "what it said stands below"
    assert "line-through" in right.get_body(("html",)).get_content()
    first = texts["late@example.org"].get_body(("plain",)).get_content()
    assert "Cards and wallets fail." in first
    assert "Correction" not in first, "who never got the wrong one gets the right one as if nothing had been"
    assert right["In-Reply-To"], "it stands in the thread"
    assert right["Message-ID"] != texts["late@example.org"]["Message-ID"]


@pytest.fixture
def wrong_to_two(outage, alice, status_page, reader):
    """An update that one reader got and one waits for."""
    reader("got@example.org")
    reader("late@example.org")
    update = publishing.publish_update(outage, by=alice, title="Payments fail", body="Only **cards** fail.")
    Delivery.objects.filter(update=update, address="got@example.org").update(state="sent")
    return update, Delivery.objects.get(update=update, address="late@example.org").pk


def test_who_unsubscribed_since_is_not_mailed(alice, wrong_to_two):
    update, _ = wrong_to_two
    Subscriber.objects.filter(email="got@example.org").update(state="unsubscribed")
    correcting.correct(update.pk, by=alice, body="Wallets too.")
    assert not Delivery.objects.exclude(correction=None).exists()


def test_a_correction_of_a_correction_replaces_what_still_waits(alice, wrong_to_two):
    update, _ = wrong_to_two
    correcting.correct(update.pk, by=alice, body="Wallets too.")
    correcting.correct(update.pk, by=alice, body="Wallets and transfers too.")
    waiting = Delivery.objects.exclude(correction=None).filter(state="queued")
    assert [row.correction.after for row in waiting] == ["Wallets and transfers too."]


def test_readers_see_both_and_programs_the_right_one(client: Client, alice, wrong, status_page):
    correcting.correct(wrong.pk, by=alice, body="Cards and wallets fail.")
    page = client.get(wrong.page_incident.get_absolute_url()).content.decode()
    assert "Cards and wallets fail." in page
    assert "<del" in page
    assert "Only <strong>cards</strong> fail." in page
    told = client.get("/status/shop/api/v2/incidents.json").json()["incidents"][0]["incident_updates"][0]
    assert told["body"] == "Cards and wallets fail."
    assert told["updated_at"] > told["created_at"]
    feed = client.get("/status/shop/history.atom").content.decode()
    assert "Cards and wallets fail." in feed
    assert "&lt;del&gt;" in feed


def test_what_must_not_be_read_is_gone_everywhere(client: Client, alice, wrong_to_two, postbox):
    update, _ = wrong_to_two
    correcting.correct(update.pk, by=alice, body="Password: hunter2")
    correcting.correct(update.pk, by=alice, body="Cards fail.", erased=True)
    page = client.get(update.page_incident.get_absolute_url()).content.decode()
    feed = client.get("/status/shop/history.rss").content.decode()
    Delivery.objects.exclude(kind="update").delete()
    delivering.deliver_due(budget=60)
    mails = " ".join(mail.message.as_string() for mail in postbox.mails)
    assert postbox.mails
    for text in (page, feed, mails):
        assert "hunter2" not in text
        assert "Only" not in text, "nor what was said before that"
    assert "has been taken away" in page


def test_pages_that_said_the_same_are_corrected_with_it(outage, alice, status_page):
    same = StatusPage.objects.create(name="Copy", slug="copy")
    other = StatusPage.objects.create(name="Board", slug="board", audience="executives")
    update = publishing.publish_update(
        outage, by=alice, title="T", body="Only cards.", wordings={"executives": "2 % at risk"}, also_on=[same, other]
    )
    made = correcting.correct(update.pk, by=alice, body="Wallets too.")
    assert [c.update.page_incident.page.slug for c in made] == ["shop", "copy"]
    bodies = dict(update.companions.values_list("page_incident__page__slug", "body"))
    assert bodies == {"copy": "Wallets too.", "board": "2 % at risk"}


def test_what_is_no_correction_is_refused_at_the_field(outage, alice, wrong):
    for body, code in (
        ("", "body_missing"),
        ("Only **cards** fail.", "correction_same"),
        ("{{ x.y }}", "placeholder_unknown"),
    ):
        with pytest.raises(Blocked) as error:
            correcting.correct(wrong.pk, by=alice, body=body)
        assert [(b.code, b.field) for b in error.value.blockers] == [(code, "body")]
    draft = publishing.draft_update(outage, by=alice, body="Not out yet")
    with pytest.raises(Blocked, match="Only what was published"):
        correcting.correct(draft.pk, by=alice, body="Other")


def test_on_a_guarded_page_only_approvers_correct(alice, wrong, status_page):
    status_page.guarded = True
    status_page.save()
    with pytest.raises(PermissionDenied):
        correcting.correct(wrong.pk, by=alice, body="Wallets too.")


def test_the_console_says_how_many_got_it_and_corrects(alice, wrong_to_two):
    update, _ = wrong_to_two
    client = Client()
    client.force_login(alice)
    url = f"/incidents/{update.page_incident.incident_id}/updates/{update.uid}/correct/"
    assert "1 subscriber got it by mail" in client.get(url).content.decode()
    same = client.post(url, {"body": "Only **cards** fail.", "notify": "on"})
    assert same.status_code == 422
    assert client.post(url, {"body": "Wallets too.", "notify": "on"}).status_code == 302
    update.refresh_from_db()
    assert update.body == "Wallets too."
