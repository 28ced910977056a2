"""Django's own mail: a row in the caller's transaction, sent by the worker, and forgotten when it is out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comms import letters
from comms.actions import delivering
from comms.models import Delivery, Letter, RelayState
from teams.models import User
from tests.standins.mail import Postbox

LINK = "https://watchbill.example/reset/s3cret"


@pytest.fixture(autouse=True)
def outbox(settings: Any, db: None) -> None:
    settings.EMAIL_BACKEND = "comms.transports.outbox.Outbox"


def write(*to: str, **fields: Any) -> None:
    given = {"subject": "Reset your password", "body": f"Follow {LINK}", "to": list(to or ["alice@example.org"])}
    made = mail.EmailMultiAlternatives(**given | fields)
    made.attach_alternative(f'<p>Follow <a href="{LINK}">the link</a></p>', "text/html")
    assert made.send() == 1


def test_a_mail_is_kept_sealed_sent_by_the_worker_and_forgotten(postbox: Postbox) -> None:
    write()

    assert postbox.mails == []
    letter, delivery = Letter.objects.get(), Delivery.objects.get()
    assert (delivery.kind, delivery.priority, delivery.state) == ("account", 1, "queued")
    assert LINK in letter.text
    with connection.cursor() as cursor:
        cursor.execute("SELECT text || html FROM comms_letter")
        assert "s3cret" not in cursor.fetchone()[0]

    assert delivering.deliver_due(budget=60)[0] == 1

    (got,) = postbox.mails
    assert (got.recipient, got.message["Subject"]) == ("alice@example.org", "Reset your password")
    assert got.message["Auto-Submitted"] == "auto-generated"
    assert LINK in got.part("plain")
    assert LINK in got.part("html")
    letter.refresh_from_db()
    delivery.refresh_from_db()
    assert (letter.text, letter.html, delivery.state) == ("", "", "sent")
    assert letter.blanked_at is not None


def test_what_is_undone_is_never_sent(postbox: Postbox) -> None:
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
    assert not Letter.objects.exists()
    delivering.deliver_due(budget=60)
    assert postbox.mails == []


def test_each_reader_gets_a_copy_and_sees_no_other(postbox: Postbox) -> None:
    write("Alice <alice@example.org>", "bob@example.org", bcc=["charlie@example.org"], reply_to=["desk@example.org"])
    postbox.rcpt["bob@example.org"] = "451 4.2.1 later"

    delivering.deliver_due(budget=60)

    assert sorted(m.recipient for m in postbox.mails) == ["alice@example.org", "charlie@example.org"]
    assert {m.message["To"] for m in postbox.mails} == {"alice@example.org", "charlie@example.org"}
    assert {m.message["Reply-To"] for m in postbox.mails} == {"desk@example.org"}
    assert LINK in Letter.objects.get().text, "bob's copy still waits"

    postbox.rcpt.clear()
    with time_machine.travel(timezone.now() + timedelta(hours=1), tick=True):
        delivering.deliver_due(budget=60)
    assert len(postbox.to("bob@example.org")) == 1
    assert Letter.objects.get().text == ""


def test_a_worker_that_dies_between_claim_and_send_loses_nothing(postbox: Postbox) -> None:
    write()
    (claimed,) = delivering.claim(timezone.now())
    assert claimed.letter_id
    delivering.deliver_due(budget=60)
    assert postbox.mails == [], "its lease still runs"

    with time_machine.travel(timezone.now() + delivering.LEASE + timedelta(seconds=1), tick=True):
        delivering.deliver_due(budget=60)

    assert len(postbox.mails) == 1
    assert Letter.objects.get().text == ""


def test_a_relay_that_is_away_costs_nothing_and_a_retry_has_the_same_message_id(postbox: Postbox) -> None:
    write()
    postbox.drop = True
    before = letters.write(letters.reload(Delivery.objects.get())).message["Message-ID"]
    delivering.deliver_due(budget=60)
    assert LINK in Letter.objects.get().text
    assert (Delivery.objects.get().state, Delivery.objects.get().attempts) == ("queued", 0)
    postbox.drop = False
    Delivery.objects.update(due_at=timezone.now())
    RelayState.objects.all().delete()
    delivering.deliver_due(budget=60)
    (got,) = postbox.mails
    assert got.message["Message-ID"] == before
    assert before.startswith("<account.")


def test_a_mail_that_is_refused_for_good_is_forgotten_and_not_sent_again(postbox: Postbox) -> None:
    write()
    postbox.rcpt["alice@example.org"] = "550 5.1.1 no such user"
    delivering.deliver_due(budget=60)
    assert (Delivery.objects.get().state, Letter.objects.get().text) == ("failed", "")
    assert delivering.send_again([Delivery.objects.get().pk]) == 0
    assert Delivery.objects.get().state == "failed"


def test_account_mail_goes_before_a_long_list_and_after_pages() -> None:
    order = sorted(Delivery.PRIORITY, key=Delivery.PRIORITY.__getitem__)
    assert [str(kind) for kind in order if kind in ("page", "account", "confirm", "notice", "update")] == [
        *("page", "account", "confirm", "notice", "update")
    ]


def test_what_is_no_address_fails_at_once_and_an_attachment_is_refused() -> None:
    write("nobody")
    assert (Delivery.objects.get().state, Letter.objects.get().text) == ("failed", "")
    message = mail.EmailMessage("Report", "See below", to=["alice@example.org"])
    message.attach("report.csv", "a,b", "text/csv")
    with pytest.raises(ValueError, match="link"):
        message.send()
    with pytest.raises(ValueError, match="newlines"):
        mail.EmailMessage("Two\nlines", "Text", to=["alice@example.org"]).send()
    assert Letter.objects.count() == 1


def test_the_administration_shows_that_it_went_and_not_what_it_said(client: Client, alice: User) -> None:
    alice.role = "owner"
    alice.save()
    client.force_login(alice)
    write()
    row = Delivery.objects.get()
    for url in (
        reverse("admin:comms_delivery_changelist"),
        reverse("admin:comms_delivery_change", args=[row.pk]),
    ):
        page = client.get(url).content.decode()
        assert "alice@example.org" in page
        assert "s3cret" not in page
    assert "Reset your password" in page


def test_a_password_reset_goes_this_way(client: Client, alice: User, postbox: Postbox) -> None:
    alice.set_password("correct horse battery staple")
    alice.save()
    client.post("/account/password/reset/", {"email": alice.email})
    assert Delivery.objects.get().kind == "account"
    delivering.deliver_due(budget=60)
    (got,) = postbox.to(alice.email)
    assert "/account/password/reset/key/" in got.part("plain")
