"""Mail that is rendered once and filled in for each reader: nothing of one reader is in the letter of another."""

from __future__ import annotations

import re
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
import time_machine
from django.utils import timezone

from comms import casting, letters
from comms.actions import claiming, delivering, draining
from comms.models import Delivery, RelayState, Subscriber
from comms.tokens import subscriber_from_token
from tests.comms.conftest import to_loopback
from tests.standins.mail import relaying

LINK = re.compile(r"/(?:subscriptions|unsubscribe)/([^/\s\"]+)/")


def read(delivery: Delivery) -> EmailMessage:
    return letters.write(letters.reload(delivery)).message


def parts(message: EmailMessage) -> dict[str, str]:
    found = {}
    for subtype in ("plain", "html"):
        body = message.get_body((subtype,))
        assert body is not None
        found[subtype] = str(body.get_content())
    return found


def test_each_letter_has_its_own_readers_links_and_ids(told, reader):
    readers = [reader(f"r{n}@example.org") for n in range(3)]
    told()
    messages = {each.subscriber_id: read(each) for each in Delivery.objects.all()}
    assert len({message["Message-ID"] for message in messages.values()}) == 3
    assert len({message["References"] for message in messages.values()}) == 3
    for subscriber in readers:
        message = messages[subscriber.pk]
        assert message["To"] == subscriber.email
        for text in (*parts(message).values(), message["List-Unsubscribe"]):
            tokens = LINK.findall(text)
            assert tokens
            for token in tokens:
                found = subscriber_from_token(token)
                assert found is not None
                assert found.pk == subscriber.pk


@pytest.mark.parametrize(
    "body",
    [
        "Sorry.",
        "x" * 5000,
        "= and =3D and =\n=\n.\n..\n.dot at the beginning\n\n" + "é" * 300,
        "We 💥" * 400,
        "From here\nFrom there",
    ],
)
def test_the_encoding_holds_whatever_is_told(told, reader, postbox, body):
    subscriber = reader("a@example.org")
    told(body)
    content = letters.write(letters.reload(Delivery.objects.get())).content
    lines = content.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    _, _, rest = content.partition(b"\r\n\r\n")
    assert all(len(line) <= 78 for line in rest.split(b"\r\n")), "quoted-printable has at most 76 in a line"
    assert b"\n" not in content.replace(b"\r\n", b"")
    delivering.deliver_due(budget=60)
    [mail] = postbox.to(subscriber.email)
    plain = mail.part("plain")
    for line in body.splitlines():
        assert line in plain
    assert f"/unsubscribe/{LINK.findall(plain)[0]}/" in mail.part("html")
    assert message_from_bytes(content, policy=policy.default)["To"] == subscriber.email


def test_languages_and_zones_have_casts_of_their_own(told, reader, status_page, postbox):
    status_page.other_languages = ["de"]
    status_page.save()
    reader("de@example.org", language="de", time_zone="Europe/Berlin")
    reader("en@example.org", time_zone="Asia/Tokyo")
    reader("en2@example.org", time_zone="Asia/Tokyo")
    told(next_update_at=timezone.now() + timedelta(hours=1))
    delivering.deliver_due(budget=60)
    [german], [english] = postbox.to("de@example.org"), postbox.to("en@example.org")
    assert "Abmelden" in german.part("plain")
    assert "Unsubscribe" in english.part("plain")
    assert "Europe/Berlin" in german.part("plain")
    assert "Asia/Tokyo" in english.part("plain")


def test_what_was_corrected_meanwhile_is_cast_anew(told, reader):
    reader("a@example.org")
    update = told("We look at it.")
    delivery = Delivery.objects.get()
    assert "We look at it." in parts(read(delivery))["plain"]
    update.body = "We look at something else."
    update.updated_at = timezone.now()
    update.save()
    assert "something else" in parts(read(delivery))["plain"]


def test_casts_are_not_kept_for_ever(told, reader, monkeypatch):
    monkeypatch.setattr(casting, "MOST_KEPT", 2)
    reader("a@example.org")
    told()
    delivery = letters.reload(Delivery.objects.get())
    about = casting.Told(delivery.update)
    for zone in ("UTC", "Asia/Tokyo", "Europe/Berlin"):
        casting.cast(about, "en", zone, delivery.created_at)
    assert len(casting._kept) == 2


@pytest.mark.parametrize(
    "address", ["a@example.org\r\nBcc: b@example.org", "a b@example.org", "a@b@c", "a@example.org>"]
)
def test_an_address_that_is_more_than_one_goes_nowhere(told, reader, postbox, address):
    reader("a@example.org")
    told()
    Delivery.objects.update(address=address)
    delivering.deliver_due(budget=60)
    assert postbox.mails == []
    assert Delivery.objects.get().state == "failed"


def test_what_the_time_is_too_short_for_is_put_back_uncharged(told, reader):
    for n in range(5):
        reader(f"r{n}@example.org")
    told()
    sent, more = delivering.deliver_due(budget=0)
    assert (sent, more) == (0, True)
    assert set(Delivery.objects.values_list("state", "attempts", "lease_until")) == {("queued", 0, None)}


def test_a_relay_that_goes_away_in_the_middle_charges_nobody(told, reader, postbox):
    for n in range(5):
        reader(f"r{n}@example.org")
    told()
    postbox.on_mail = lambda _: setattr(postbox, "drop", len(postbox.mails) >= 2)
    delivering.deliver_due(budget=60)
    assert sorted(Delivery.objects.values_list("state", "attempts")) == [("queued", 0)] * 3 + [("sent", 1)] * 2


def test_a_batch_that_takes_long_keeps_its_rows(told, reader, postbox, monkeypatch):
    monkeypatch.setattr(draining, "RENEW_AFTER", 0.0)
    for n in range(4):
        reader(f"r{n}@example.org")
    told()
    assert delivering.deliver_due(budget=60)[0] == 4
    assert len(postbox.mails) == 4


def test_rows_that_others_took_over_are_left_to_them(told, reader, postbox, monkeypatch):
    for n in range(4):
        reader(f"r{n}@example.org")
    told()
    monkeypatch.setattr(draining, "RENEW_AFTER", 0.0)
    sent = draining.Marks.sent

    def sent_and_lost(marks, pk, reply):
        sent(marks, pk, reply)
        marks.settled()
        others = Delivery.objects.filter(state="sending")
        others.update(lease_until=timezone.now() + timedelta(minutes=5))

    monkeypatch.setattr(draining.Marks, "sent", sent_and_lost)
    assert delivering.deliver_due(budget=60)[0] == 1
    assert Delivery.objects.filter(state="sending").count() == 3


def test_the_rows_of_a_dead_worker_are_sent_by_the_next(told, reader, postbox):
    for n in range(3):
        reader(f"r{n}@example.org")
    told()
    now = timezone.now()
    assert len(draining._claim(now, 10)) == 3
    assert delivering.deliver_due(budget=60) == (0, False)
    with time_machine.travel(now + claiming.LEASE + timedelta(seconds=1), tick=False):
        assert delivering.deliver_due(budget=60)[0] == 3
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_relay_without_pipelining_is_asked_step_by_step(told, reader, settings):
    reader("a@example.org")
    told()
    with relaying() as relay:
        settings.WATCHBILL_RELAYS = [to_loopback(relay.port)]
        assert delivering.deliver_due(budget=60)[0] == 1
    assert len(relay.taken) == 1


def test_a_refused_reader_is_the_only_one_that_is_not_told(told, reader, postbox):
    readers = [reader(f"r{n}@example.org") for n in range(4)]
    told()
    postbox.rcpt["r1@example.org"] = "550 5.1.1 no such user"
    assert delivering.deliver_due(budget=60)[0] == 3
    assert Delivery.objects.get(subscriber=readers[1]).state == "failed"
    assert Subscriber.objects.get(pk=readers[1].pk).state == "suppressed"
    assert {mail.recipient for mail in postbox.mails} == {"r0@example.org", "r2@example.org", "r3@example.org"}


def test_a_letter_that_no_relay_can_bear_holds_up_nobody(told, reader, postbox):
    """The relay hangs up at one letter, each time: the others get theirs, and it is tried more and more seldom."""
    poison = reader("poison@example.org")
    for n in range(3):
        reader(f"r{n}@example.org")
    told()
    Delivery.objects.filter(subscriber=poison).update(due_at=timezone.now() - timedelta(hours=1))
    postbox.rcpt["poison@example.org"] = "421 not this one"
    now = timezone.now()
    for minutes in range(5):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            delivering.deliver_due(budget=60)
    assert {mail.recipient for mail in postbox.mails} == {f"r{n}@example.org" for n in range(3)}
    left = Delivery.objects.get(subscriber=poison)
    assert (left.state, left.attempts) == ("queued", 0)
    assert left.due_at > now + timedelta(minutes=4)


def test_a_relay_that_fails_on_trial_stays_ill(told, reader, postbox, settings):
    reader("a@example.org")
    told()
    settings.WATCHBILL_RELAYS = [to_loopback(1)]
    now = timezone.now()
    for second in (0, 3, 9):
        with time_machine.travel(now + timedelta(seconds=second), tick=False):
            delivering.deliver_due(budget=60)
    assert RelayState.objects.get().failures == 3


def test_a_row_that_is_not_plain_does_not_wake_the_relay_that_it_found_away(told, reader, settings, monkeypatch):
    reader("a@example.org")
    told()
    settings.WATCHBILL_RELAYS = [to_loopback(1)]
    now = timezone.now()
    RelayState.objects.create(name=settings.WATCHBILL_RELAYS[0].name, failures=1, rests_until=None)
    # Nobody knows how to cast it: the single letter does.
    monkeypatch.setattr(draining.Batch, "_cast", lambda *_: None)
    with time_machine.travel(now, tick=False):
        delivering.deliver_due(budget=60)
    state = RelayState.objects.get()
    assert state.failures == 2
    assert state.rests_until is not None
    assert state.rests_until > now


def test_a_trial_that_was_not_used_is_given_back(told, reader, postbox, settings):
    gone, stays = reader("gone@example.org"), reader("stays@example.org")
    told()
    good = settings.WATCHBILL_RELAYS
    RelayState.objects.create(name=good[0].name, failures=1, rests_until=None)
    Subscriber.objects.filter(pk=gone.pk).update(state="unsubscribed")
    delivering.deliver_due(budget=60)
    assert [mail.recipient for mail in postbox.mails] == [stays.email]
    assert RelayState.objects.get().failures == 0


def test_readers_of_many_zones_in_one_batch_are_all_written_to(told, reader, postbox, caplog):
    for n, zone in enumerate(("UTC", "Asia/Tokyo", "Europe/Berlin", "America/New_York", "Asia/Kolkata")):
        reader(f"r{n}@example.org", time_zone=zone)
    told(next_update_at=timezone.now() + timedelta(hours=1))
    assert delivering.deliver_due(budget=60)[0] == 5
    assert "could not be written" not in caplog.text


def test_what_is_told_now_goes_before_digests(told, reader, postbox):
    later = reader("digest@example.org")
    now = reader("now@example.org")
    told()
    Delivery.objects.filter(subscriber=later).update(kind="summary", priority=Delivery.PRIORITY["summary"], update=None)
    Delivery.objects.filter(subscriber=later).update(due_at=timezone.now() - timedelta(hours=1))
    delivering.deliver_due(budget=60)
    assert [mail.recipient for mail in postbox.mails] == [now.email, later.email]
