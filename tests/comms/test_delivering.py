"""Sending for real: an SMTP server on loopback that takes, refuses and drops."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
import time_machine
from django.db import connection
from django.utils import timezone

from comms.actions import delivering, draining, publishing, relaying
from comms.models import Delivery, Subscriber
from comms.relays import Relay
from comms.replies import GIVE_UP, Meaning, meaning, pause
from comms.transports import email
from comms.transports.base import Letter, Refused, Unreachable
from comms.transports.email import Mailer
from comms.wire import WIRE
from incidents.actions import escalation, lifecycle, roles
from incidents.models import Page, TimelineEntry
from incidents.phases import Phase
from teams.models import Role
from tests import factories
from tests.comms.conftest import to_loopback
from tests.standins.mail import Relay as SlowRelay
from tests.standins.mail import relaying as slowly


@pytest.fixture
def paged(payments, bob, alice):
    """An incident for which alice was just paged."""
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    return incident


def only(kind: str) -> Delivery:
    return Delivery.objects.get(kind=kind)


def test_a_page_goes_out_and_says_so(paged, alice, postbox):
    sent, more = delivering.deliver_due(budget=60)
    assert (sent, more) == (1, False)
    [mail] = postbox.to(alice.email)
    delivery = only("page")
    assert (delivery.state, delivery.attempts, delivery.reply) == ("sent", 1, "250 2.0.0 queued")
    assert delivery.sent_at is not None
    assert mail.message["Subject"] == f"[{paged.reference}] Page: Checkout fails"
    assert delivering.deliver_due(budget=60) == (0, False)
    assert len(postbox.mails) == 1


def test_page_that_was_answered_meanwhile_is_not_sent(paged, alice, postbox):
    escalation.acknowledge(paged.pk, by=alice)
    assert delivering.deliver_due(budget=60)[0] == 0
    assert (only("page").state, postbox.mails) == ("suppressed", [])


def test_page_after_the_policy_ran_out_is_still_sent(paged, alice, bob, postbox):
    run = paged.runs.get()
    run.state, run.due_at, run.ended_at, run.ended_reason = "exhausted", None, timezone.now(), "Nobody answered"
    run.save()
    assert delivering.deliver_due(budget=60)[0] == 1


def test_page_of_a_cancelled_incident_is_not_sent(paged, alice, postbox):
    lifecycle.perform("cancel", paged.pk, by=alice, inputs={"kind": "false_alarm"})
    delivering.deliver_due(budget=60)
    assert only("page").state == "suppressed"


def test_one_who_left_meanwhile_gets_nothing(told, reader, postbox):
    subscriber = reader("all@example.org")
    told()
    Subscriber.objects.filter(pk=subscriber.pk).update(state="unsubscribed")
    delivering.deliver_due(budget=60)
    assert (only("update").state, postbox.mails) == ("suppressed", [])


def test_notice_of_what_its_reader_may_not_see_is_not_sent(payments, alice, charlie, postbox):
    incident = lifecycle.report(by=alice, title="Breach", team=payments, private=True)
    Delivery.objects.all().delete()
    roles.offer(incident.pk, Role.objects.get(slug=Role.SCRIBE), charlie, by=alice)
    incident.participants.remove(charlie)
    delivering.deliver_due(budget=60)
    assert (only("notice").state, postbox.mails) == ("suppressed", [])


def test_pages_go_before_everything_else(told, paged, alice, reader, postbox):
    for n in range(5):
        reader(f"r{n}@example.org")
    told()
    page = Page.objects.get()
    Delivery.objects.create(key=f"page:{page.pk}", kind="page", priority=0, address=alice.email, user=alice, page=page)
    delivering.deliver_due(budget=60)
    assert postbox.mails[0].recipient == alice.email
    assert len(postbox.mails) == 6


def test_a_page_does_not_wait_for_a_list_that_is_under_way(told, paged, alice, reader, postbox, monkeypatch):
    for n in range(10):
        reader(f"r{n}@example.org")
    told()
    page = Page.objects.get()
    sent = draining.Marks.sent

    def sent_and_paged(*args):
        sent(*args)
        if len(postbox.mails) == 3:
            args[0].settled()
            Delivery.objects.get_or_create(
                key="page:late", kind="page", priority=0, address=alice.email, user=alice, page=page
            )

    monkeypatch.setattr(draining.Marks, "sent", sent_and_paged)
    monkeypatch.setattr(draining, "LOOK_EVERY", 0.0)
    delivering.deliver_due(budget=60)
    order = [mail.recipient for mail in postbox.mails]
    assert order.index(alice.email) == 3
    assert len(order) == 11


def test_a_long_list_gives_way_to_other_work(told, reader, postbox):
    for n in range(3):
        reader(f"r{n}@example.org")
    told()
    sent, more = delivering.deliver_due(budget=0)
    assert (sent, more) == (0, True)
    assert set(Delivery.objects.values_list("state", "lease_until")) == {("queued", None)}
    assert delivering.deliver_due(budget=60) == (3, False)


def test_450_is_tried_later_and_at_last_given_up(told, reader, postbox):
    reader("slow@example.org")
    told()
    postbox.rcpt["slow@example.org"] = "450 4.2.0 greylisted"
    delivering.deliver_due(budget=60)
    delivery = only("update")
    assert (delivery.state, delivery.attempts) == ("queued", 1)
    assert delivery.reply == "450 4.2.0 greylisted"
    wait = delivery.due_at - timezone.now()
    assert timedelta(seconds=50) < wait < timedelta(seconds=80)
    with time_machine.travel(delivery.created_at + timedelta(hours=6, minutes=1), tick=False):
        delivering.deliver_due(budget=60)
    assert only("update").state == "failed"
    assert Subscriber.objects.get().state == "active"


def test_greylisted_goes_out_the_second_time_with_the_same_message_id(told, reader, postbox):
    reader("slow@example.org")
    told()
    seen = []
    postbox.data["slow@example.org"] = "451 4.7.1 later please"
    postbox.on_mail = lambda mail: seen.append(mail.message["Message-ID"])
    delivering.deliver_due(budget=60)
    postbox.data.clear()
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=True):
        delivering.deliver_due(budget=60)
        assert only("update").state == "sent"
        assert len(postbox.mails) == 1
        Delivery.objects.update(state="failed")
        assert delivering.send_again([only("update").pk]) == 1
        delivering.deliver_due(budget=60)
    assert seen[0] == seen[1]


def test_unknown_address_ends_the_subscription(told, reader, postbox):
    reader("gone@example.org")
    reader("here@example.org")
    told()
    postbox.rcpt["gone@example.org"] = "550 5.1.1 no such user"
    delivering.deliver_due(budget=60)
    assert Delivery.objects.get(address="gone@example.org").state == "failed"
    assert Delivery.objects.get(address="here@example.org").state == "sent"
    assert Subscriber.objects.get(email="gone@example.org").state == "suppressed"


def test_full_mailbox_is_forgiven_twice(told, reader, postbox):
    reader("full@example.org")
    postbox.rcpt["full@example.org"] = "552 5.2.2 mailbox full"
    states = []
    for n in range(3):
        told(f"{n}")
        delivering.deliver_due(budget=60)
        states.append(Subscriber.objects.get().state)
    assert states == ["active", "active", "suppressed"]


def test_being_refused_ourselves_blames_no_reader(told, reader, postbox, caplog):
    reader("a@example.org")
    reader("b@example.org")
    told()
    for address in ("a@example.org", "b@example.org"):
        postbox.data[address] = "550 5.7.26 not authenticated"
    delivering.deliver_due(budget=60)
    assert relaying.pick() is None
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert set(Subscriber.objects.values_list("state", flat=True)) == {"active"}
    assert "nothing goes out by it" in caplog.text


def test_dropped_connection_charges_nobody(told, reader, postbox):
    reader("a@example.org")
    reader("b@example.org")
    told()
    postbox.drop = True
    assert delivering.deliver_due(budget=60) == (0, False)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert relaying.pick() is None
    assert delivering.deliver_due(budget=60) == (0, False)
    postbox.drop = False
    with time_machine.travel(timezone.now() + timedelta(seconds=10), tick=False):
        assert delivering.deliver_due(budget=60)[0] == 2


def test_421_is_the_relays_trouble(told, reader, postbox):
    reader("a@example.org")
    told()
    postbox.rcpt["a@example.org"] = "421 4.3.2 shutting down"
    delivering.deliver_due(budget=60)
    assert (only("update").state, only("update").attempts) == ("queued", 0)
    assert relaying.pick() is None


def test_no_relay_at_all(paged, settings):
    settings.WATCHBILL_RELAYS = [to_loopback(1)]
    assert delivering.deliver_due(budget=60) == (0, False)
    delivery = only("page")
    assert (delivery.state, delivery.attempts) == ("queued", 0)
    assert delivery.due_at - timezone.now() < timedelta(seconds=10)


def test_a_page_that_is_refused_is_tried_for_hours_and_its_team_is_told(paged, alice, bob, postbox):
    postbox.rcpt[alice.email] = "550 5.1.1 no such user"
    delivering.deliver_due(budget=60)
    delivery = only("page")
    assert delivery.state == "queued"
    assert delivery.due_at - timezone.now() < timedelta(seconds=15)
    assert TimelineEntry.objects.filter(verb="page.undeliverable", incident=paged).count() == 1
    with time_machine.travel(delivery.created_at + timedelta(hours=5), tick=False):
        delivering.deliver_due(budget=60)
    assert only("page").state == "queued"
    assert TimelineEntry.objects.filter(verb="page.undeliverable").count() == 1


def test_what_is_no_address_does_not_hold_up_the_others(told, reader, postbox):
    reader("a@example.org")
    reader("b@example.org")
    told()
    Delivery.objects.filter(address="a@example.org").update(address="no address at all")
    delivering.deliver_due(budget=60)
    assert Delivery.objects.get(address="b@example.org").state == "sent"
    assert Delivery.objects.get(address="no address at all").state == "failed"


def test_a_killed_worker_leaves_nothing_undone(paged, alice, postbox):
    now = timezone.now()
    [claimed] = delivering.claim(now)
    assert claimed.state == "sending"
    assert delivering.claim(now) == []
    with time_machine.travel(now + timedelta(seconds=25), tick=False):
        assert delivering.deliver_due(budget=60)[0] == 1
    # The one thought dead comes back: the row is no longer its own.
    with Mailer() as mailer:
        assert delivering.send(claimed, mailer, mailer.relay) is False
    assert len(postbox.mails) == 1


def test_an_internationalised_domain_is_written_to(told, reader, postbox):
    reader("x@exämple.org")
    told()
    delivering.deliver_due(budget=60)
    [mail] = postbox.mails
    assert mail.recipient == mail.message["To"] == "x@xn--exmple-cua.org"
    assert Subscriber.objects.get().state == "active"


def test_an_address_that_smtp_cannot_name_holds_up_nobody(told, reader, postbox):
    reader("jürgen@example.org")
    reader("b@example.org")
    told()
    assert delivering.deliver_due(budget=60) == (1, False)
    assert Delivery.objects.get(address="b@example.org").state == "sent"
    failed = Delivery.objects.get(address="jürgen@example.org")
    assert (failed.state, failed.reply[:10]) == ("failed", "553 5.1.3 ")
    assert Subscriber.objects.get(email="jürgen@example.org").state == "suppressed"


def test_team_hears_of_a_page_to_an_address_that_smtp_cannot_name(paged, alice, bob, postbox):
    Delivery.objects.update(address="älice@example.org")
    assert delivering.deliver_due(budget=60)[0] == 0
    assert only("page").state == "queued"
    assert TimelineEntry.objects.filter(verb="page.undeliverable", incident=paged).count() == 1


RELAY = Relay("mail.example.org:25", "mail.example.org", 25)


class Raising:
    """A way out with a bug that only one address meets."""

    def __init__(self, poison: str = "") -> None:
        self.poison = poison
        self.closed = 0
        self.times: list[float] = []

    def send(self, letter: Letter, *, deadline: float | None = None, then: Letter | None = None) -> str:
        assert deadline is not None
        self.times.append(deadline - time.monotonic())
        if letter.recipient == self.poison:
            raise LookupError("nobody thought of this")
        return "250 OK"

    def close(self) -> None:
        self.closed += 1


def test_whatever_raises_is_its_own_affair_and_ends_after_six_hours(told, reader, caplog):
    reader("poison@example.org")
    reader("b@example.org")
    told()
    way = Raising("poison@example.org")
    sent = [delivering.send(row, way, RELAY) for row in delivering.claim(timezone.now())]
    assert sorted(sent) == [False, True]
    row = Delivery.objects.get(address="poison@example.org")
    assert (row.state, row.attempts, row.reply) == ("queued", 1, "could not be sent: nobody thought of this")
    assert row.due_at > timezone.now()
    assert way.closed == 1
    assert "could not be sent" in caplog.text
    with time_machine.travel(row.created_at + GIVE_UP, tick=False):
        [again] = delivering.claim(timezone.now())
        delivering.send(again, way, RELAY)
    row.refresh_from_db()
    assert row.state == "failed"


def test_a_page_takes_its_time_only_where_the_relay_was_too_slow_for_it(paged):
    way = Raising()
    [row] = delivering.claim(timezone.now())
    delivering.send(row, way, replace(RELAY, failures=1))
    Delivery.objects.update(state="queued")
    [row] = delivering.claim(timezone.now())
    delivering.send(row, way, RELAY)
    patient, hurried = way.times
    assert hurried <= delivering.PAGE_CONVERSATION < patient <= delivering.CONVERSATION


def test_a_lease_outlasts_the_conversation():
    assert delivering.PAGE_LEASE.total_seconds() > delivering.PAGE_CONVERSATION + email.LAST_WORD
    assert delivering.LEASE.total_seconds() > delivering.CONVERSATION + email.LAST_WORD


def letter(recipient: str = "a@example.org", body: str = "Hello\n") -> Letter:
    message = EmailMessage(policy=WIRE)
    message["Subject"] = "Hello"
    message.set_content(body)
    return Letter(message.as_bytes(), sender="us@example.org", recipient=recipient)


def test_an_address_that_is_not_ascii_leaves_the_connection_as_new(postbox):
    with Mailer() as mailer:
        with pytest.raises(Refused) as refused:
            mailer.send(letter("ä@example.org"))
        assert (refused.value.code, refused.value.text[:6]) == (553, "5.1.3 ")
        mailer.send(letter("b@example.org"))
    assert [mail.recipient for mail in postbox.mails] == ["b@example.org"]


def test_lines_that_begin_with_a_dot_arrive_whole(postbox):
    body = "one\n.\n.two\n..three\n\n"
    with Mailer() as mailer:
        mailer.send(letter(body=body))
        mailer.send(letter(body=body))
    assert [mail.message.get_content().replace("\r\n", "\n") for mail in postbox.mails] == [body, body]


def test_a_relay_without_the_encryption_that_is_asked_of_it_gets_nothing(told, reader, postbox, settings):
    settings.WATCHBILL_RELAYS = [to_loopback(postbox.port, tls="starttls")]
    reader("a@example.org")
    reader("b@example.org")
    told()
    assert delivering.deliver_due(budget=60) == (0, False)
    assert postbox.mails == []
    assert set(Delivery.objects.values_list("state", "attempts")) == {("queued", 0)}
    assert relaying.pick() is None


@pytest.fixture
def slow_relay(settings) -> Iterator[SlowRelay]:
    with slowly(pause=0.3) as relay:
        settings.WATCHBILL_RELAYS = [to_loopback(relay.port)]
        yield relay


def test_a_relay_that_is_slow_at_each_step_is_given_up_in_time_and_gets_no_letter(slow_relay):
    mailer = Mailer()
    began = time.monotonic()
    with pytest.raises(Unreachable):
        mailer.send(letter(), deadline=began + 1)
    assert time.monotonic() - began < 2
    assert slow_relay.hung_up.wait(10)
    assert not slow_relay.taken


def test_a_slow_relay_with_time_enough_gets_it(slow_relay):
    with Mailer() as mailer:
        assert mailer.send(letter(), deadline=time.monotonic() + 30) == "250 OK"
        slow_relay.pause = 0
    assert len(slow_relay.taken) == 1


def test_send_again_leaves_what_waits_alone(told, reader, postbox):
    reader("a@example.org")
    told()
    assert delivering.send_again([only("update").pk]) == 0
    delivering.deliver_due(budget=60)
    assert delivering.send_again([only("update").pk]) == 1
    assert only("update").state == "queued"


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_letter_once(payments, alice, status_page, reader, postbox):
    for n in range(120):
        reader(f"r{n}@example.org")
    incident = factories.incident(payments, alice, phase=Phase.DECLARE)
    Delivery.objects.all().delete()
    publishing.publish_update(incident, by=alice, title="T", body="B")
    gate = threading.Barrier(2)
    sent: list[int] = []

    def work() -> None:
        gate.wait()
        sent.append(delivering.deliver_due(budget=60)[0])
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(sent) == 120
    assert sorted(mail.recipient for mail in postbox.mails) == sorted(f"r{n}@example.org" for n in range(120))
    assert not Delivery.objects.exclude(state="sent").exists()


@pytest.mark.parametrize(
    ("code", "text", "expected"),
    [
        (450, "4.2.0 busy", Meaning.LATER),
        (451, "try later", Meaning.LATER),
        (452, "4.2.2 full for now", Meaning.LATER),
        (454, "4.7.0 slow", Meaning.SLOWER),
        (421, "4.7.28 rate", Meaning.SLOWER),
        (535, "5.7.8 bad password", Meaning.CHANNEL),
        (550, "5.7.26 unauthenticated", Meaning.CHANNEL),
        (550, "5.7.515 sender", Meaning.CHANNEL),
        (550, "5.1.1 unknown", Meaning.NO_SUCH_READER),
        (552, "5.2.2 full", Meaning.FULL),
        (554, "5.7.1 spam", Meaning.UNWANTED),
        (550, "no reason given", Meaning.NEVER),
    ],
)
def test_replies(code, text, expected):
    assert meaning(code, text) is expected


def test_pauses():
    bulk = [pause(n, urgent=False).total_seconds() / 60 for n in (1, 2, 3, 4, 5, 6, 9)]
    for found, expected in zip(bulk, (1, 2, 5, 10, 20, 40, 40), strict=True):
        assert 0.9 * expected <= found <= 1.2 * expected
    pages = [pause(n, urgent=True).total_seconds() for n in (1, 2, 3, 4, 50)]
    for found, expected in zip(pages, (10, 20, 30, 60, 60), strict=True):
        assert 0.9 * expected <= found <= 1.2 * expected
