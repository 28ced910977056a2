"""What comes back: bounces, complaints and who wants no more, by mail to return addresses of ours."""

from __future__ import annotations

from email.message import EmailMessage
from typing import Any

import pytest

from comms import letters, returned, tokens
from comms.actions import claiming, delivering, publishing, returning
from comms.models import Delivery, PageIncident, StatusPage, Subscriber
from comms.replies import Meaning
from config import mailin
from incidents.actions import escalation, lifecycle
from incidents.models import TimelineEntry
from teams import moments

State = Subscriber.State


def report(
    action: str = "failed", status: str = "5.1.1", said: str = "smtp; 550 5.1.1 no such user", **more: str
) -> bytes:
    """A report of delivery as Postfix writes it, about somebody else than we wrote to."""
    fields = {"Final-Recipient": "rfc822; forwarded@elsewhere.example", "Action": action, "Status": status}
    fields |= {"Diagnostic-Code": said} if said else {}
    lines = "\r\n".join(f"{name}: {value}" for name, value in fields.items())
    return (
        "From: MAILER-DAEMON@mx.example.net\r\nSubject: Undelivered Mail Returned to Sender\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\nMIME-Version: 1.0\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry to have to inform you.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        f"Reporting-MTA: dns; mx.example.net\r\n\r\n{lines}\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: [Shop] Down\r\n\r\nB\r\n--b--\r\n"
    ).encode()


def complaint(kind: str = "abuse", *, mail_from: str = "redacted", message_id: str = "") -> bytes:
    """A report of abuse as feedback loops send it."""
    return (
        "From: fbl@provider.example\r\nSubject: Abuse\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=feedback-report; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        f"Feedback-Type: {kind}\r\nUser-Agent: Loop/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <{mail_from}>\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\n"
        f"Subject: [Shop] Down\r\nMessage-ID: {message_id}\r\n\r\nB\r\n--b--\r\n"
    ).encode()


def absent() -> bytes:
    message = EmailMessage()
    message["Subject"], message["Auto-Submitted"] = "Out of office", "auto-replied"
    message.set_content("550 5.1.1 is what I would say if I were a mail server.")
    return message.as_bytes()


@pytest.fixture
def told(status_page: StatusPage, alice: Any, postbox: Any) -> Any:
    """Publishes an update and sends it; the deliveries, the first reader's first."""
    row = PageIncident.objects.create(page=status_page, title="Down")

    def tell() -> list[Delivery]:
        publishing.publish_update(row, by=alice, body="It is down.")
        delivering.deliver_due(budget=60)
        update = row.updates.latest("pk")
        return list(Delivery.objects.filter(update=update).order_by("subscriber"))

    return tell


def back_to(delivery: Delivery) -> tokens.Returned:
    found = tokens.returned_to(letters.write(letters.reload(delivery)).sender)
    assert found is not None
    return found


def history(subscriber: Subscriber) -> list[str]:
    return list(subscriber.events.order_by("pk").values_list("kind", flat=True))


class TestAddresses:
    def test_the_sender_of_a_letter_leads_back_to_it(self, told, reader):
        reader("a@example.org")
        [delivery] = told()
        assert back_to(delivery) == tokens.Returned("bounce", delivery.pk)

    def test_what_is_forged_or_meant_for_others(self, settings):
        settings.WATCHBILL_FROM_ADDRESS = "watchbill@example.com"
        settings.WATCHBILL_RETURN_DOMAIN = "bounces.example.com"
        good = f"7-{tokens.mac('bounce', 7, length=12)}"
        assert tokens.returned_to(f"WatchBill+Bounce-{good}@Example.com") == tokens.Returned("bounce", 7)
        assert tokens.returned_to(f"other+bounce-{good}@bounces.example.com") == tokens.Returned("bounce", 7)
        for forged in (good[:-1], f"{good}0", good.replace("7-", "8-"), "7-", "x-1", f"٧{good[1:]}", ""):
            assert tokens.returned_to(f"watchbill+bounce-{forged}@example.com") == tokens.Returned("bounce", None)
        assert tokens.returned_to(f"watchbill+stop-{good}@example.com") == tokens.Returned("stop", None)
        for other in (
            f"watchbill+bounce-{good}@example.net",
            "bounce-7@example.com",
            "alerts+key@example.com",
            "",
            "@",
        ):
            assert tokens.returned_to(other) is None

    def test_a_former_secret_key_is_still_ours(self, settings):
        address = f"watchbill+stop-3-{tokens.mac('stop', 3, length=16)}@localhost"
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key-of-some-length"
        assert tokens.returned_to(address) == tokens.Returned("stop", 3)

    def test_bounces_come_back_to_the_domain_for_them(self, told, reader, settings):
        settings.WATCHBILL_RETURN_DOMAIN = "bounces.example.com"
        reader("a@example.org")
        [delivery] = told()
        letter = letters.write(letters.reload(delivery))
        assert letter.sender.endswith("@bounces.example.com")
        assert "@bounces.example.com?subject=unsubscribe>" in letter.message["List-Unsubscribe"]
        assert not letter.message["From"].endswith("@bounces.example.com>")


class TestReading:
    @pytest.mark.parametrize(
        ("raw", "what", "text"),
        [
            (report(), "bounced", "5.1.1 550 5.1.1 no such user"),
            (report(status="5.0.0", said="smtp; 550-5.1.1 nobody"), "bounced", "5.1.1 550-5.1.1 nobody"),
            (report(said=""), "bounced", "5.1.1"),
            (report("FAILED (bounced)", "4.4.7", ""), "bounced", "4.4.7"),
            (report("delayed", "4.2.2", "smtp; 452 4.2.2 full"), "delayed", "4.2.2 452 4.2.2 full"),
            (report("relayed", "2.0.0", ""), "arrived", ""),
            (absent(), "answered", "Out of office"),
            (b"", "answered", ""),
            (b"\xff\x00" * 50, "answered", ""),
            (complaint(), "complained", "Reported as abuse"),
            (complaint("not-spam"), "answered", "Reported as not-spam"),
        ],
    )
    def test_what_a_mail_says(self, raw, what, text):
        said = returned.read(raw)
        assert (said.what.value, said.text) == (what, text)

    @pytest.mark.parametrize(
        ("text", "meant"),
        [
            ("5.1.1 550 5.1.1 nobody", Meaning.NO_SUCH_READER),
            ("4.1.1 450 unknown", Meaning.NEVER),
            ("5.7.26 550 5.7.26 unauthenticated", Meaning.NEVER),
            ("5.1.8 553 5.1.8 sender unknown", Meaning.NEVER),
            ("5.2.2 552 5.2.2 full", Meaning.FULL),
            ("4.2.2 452 4.2.2 full", Meaning.FULL),
            ("552 too much", Meaning.FULL),
            ("5.7.1 550 5.7.1 policy", Meaning.UNWANTED),
            ("4.4.7", Meaning.NEVER),
            ("", Meaning.NEVER),
        ],
    )
    def test_what_a_bounce_means(self, text, meant):
        assert returned.means(text) is meant

    def test_parts_within_parts_come_to_an_end(self):
        parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(300))
        assert returned.read(parts + b"x" * 1000).what is returned.What.ANSWERED


class TestBounces:
    def test_an_address_that_there_is_not_is_written_to_no_more_on_any_page(self, told, reader, alice):
        one, other = reader("a@example.org"), reader("b@example.org")
        elsewhere = StatusPage.objects.create(name="Other", slug="other")
        again = Subscriber.objects.create(page=elsewhere, email="A@example.org", state=State.PENDING)
        delivery, _ = told()
        for _ in range(2):
            returning.take(back_to(delivery), report())
        delivery.refresh_from_db()
        assert (delivery.state, delivery.reply) == ("bounced", "5.1.1 550 5.1.1 no such user")
        states = {each.pk: each.state for each in Subscriber.objects.all()}
        assert states == {one.pk: "suppressed", other.pk: "active", again.pk: "suppressed"}
        assert history(one) == ["bounced", "suppressed"]
        assert (history(again), history(other)) == (["suppressed"], [])
        assert one.events.first().delivery == delivery

    def test_whoever_is_refused_at_once_is_written_to_no_more_either(self, told, reader, postbox, status_page):
        one = reader("a@example.org")
        elsewhere = StatusPage.objects.create(name="Other", slug="other")
        again = Subscriber.objects.create(page=elsewhere, email="a@example.org", state=State.ACTIVE)
        postbox.rcpt["a@example.org"] = "550 5.1.1 no such user"
        told()
        assert set(Subscriber.objects.values_list("state", flat=True)) == {"suppressed"}
        assert (history(one), history(again)) == (["suppressed"], ["suppressed"])
        assert "550 5.1.1 no such user" in one.events.get().text

    def test_a_full_mailbox_is_forgiven_twice(self, told, reader):
        one = reader("a@example.org")
        full = report(status="5.2.2", said="smtp; 552 5.2.2 mailbox full")
        sent = [told()[0] for _ in range(4)]
        # They come in no order; the first one says nothing of a row.
        for delivery, state in ((sent[1], "active"), (sent[3], "active"), (sent[2], "suppressed")):
            returning.take(back_to(delivery), full)
            one.refresh_from_db()
            assert one.state == state
        assert history(one) == ["bounced", "bounced", "bounced", "suppressed"]

    @pytest.mark.parametrize(
        "raw",
        [
            report("failed", "5.7.1", "smtp; 550 5.7.1 looks like spam"),
            report("failed", "5.1.8", "smtp; 553 5.1.8 bad sender"),
            report("failed", "4.4.7", ""),
        ],
    )
    def test_others_are_noted(self, told, reader, raw):
        one = reader("a@example.org")
        [delivery] = told()
        returning.take(back_to(delivery), raw)
        one.refresh_from_db()
        delivery.refresh_from_db()
        assert (one.state, delivery.state, history(one)) == ("active", "bounced", ["bounced"])

    @pytest.mark.parametrize("raw", [absent(), report("relayed", "2.0.0", ""), b"", complaint("not-spam")])
    def test_what_says_nothing_changes_nothing(self, told, reader, raw):
        one = reader("a@example.org")
        [delivery] = told()
        returning.take(back_to(delivery), raw)
        delivery.refresh_from_db()
        assert (delivery.state, history(one)) == ("sent", [])

    def test_a_delay_is_a_note_beside_the_letter(self, told, reader):
        one = reader("a@example.org")
        [delivery] = told()
        returning.take(back_to(delivery), report("delayed", "4.2.2", "smtp; 452 4.2.2 full"))
        delivery.refresh_from_db()
        assert (delivery.state, history(one)) == ("sent", [])
        assert delivery.reply == "Delayed: 4.2.2 452 4.2.2 full"

    def test_one_that_comes_before_the_relay_was_heard_stays(self, told, reader):
        """The other side was faster than the 250 that it followed."""
        reader("a@example.org")
        [delivery] = told()
        Delivery.objects.filter(pk=delivery.pk).update(state="sending", lease_until=moments.now(), sent_at=None)
        delivery.refresh_from_db()
        assert returning.bounced(delivery.pk, "5.1.1 nobody")
        claiming.settle(delivery, "sent", "250 OK")
        delivery.refresh_from_db()
        assert delivery.state == "bounced"

    def test_a_page_that_comes_back_is_told_of_and_paging_goes_on(self, payments, alice, bob, postbox):
        incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
        run = incident.runs.get()
        escalation.advance(run.pk)
        delivering.deliver_due(budget=60)
        delivery = Delivery.objects.get(kind="page")
        run.refresh_from_db()
        planned = run.due_at
        for _ in range(2):
            returning.take(back_to(delivery), report())
        [entry] = TimelineEntry.objects.filter(incident=incident, verb="page.undeliverable")
        assert "no such user" in entry.reason
        run.refresh_from_db()
        assert run.due_at < planned

    def test_a_page_that_was_answered_needs_nobody_else(self, payments, alice, bob, postbox):
        incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
        escalation.advance(incident.runs.get().pk)
        delivering.deliver_due(budget=60)
        escalation.acknowledge(incident.pk, by=alice)
        returning.bounced(Delivery.objects.get(kind="page").pk, "5.1.1 nobody")
        assert Delivery.objects.get(kind="page").state == "bounced"
        assert not TimelineEntry.objects.filter(verb="page.undeliverable").exists()


class TestComplaints:
    def test_spam_ends_it_everywhere_once(self, told, reader):
        one = reader("a@example.org")
        elsewhere = StatusPage.objects.create(name="Other", slug="other")
        again = Subscriber.objects.create(page=elsewhere, email="a@example.org", state=State.ACTIVE)
        [delivery] = told()
        for _ in range(2):
            returning.take(back_to(delivery), complaint())
        assert set(Subscriber.objects.values_list("state", flat=True)) == {"suppressed"}
        assert (history(one), history(again)) == (["complained"], ["suppressed"])
        delivery.refresh_from_db()
        assert delivery.state == "sent"

    def test_one_address_takes_those_of_feedback_loops(self, told, reader):
        """They know the letter by what they quote of it, if they don't leave that out."""
        one, other = reader("a@example.org"), reader("b@example.org")
        first, second = told()
        loop = tokens.returned_to("watchbill+complaints@localhost")
        assert loop == tokens.Returned("complaints", None)
        returning.take(loop, complaint(mail_from=letters.write(letters.reload(first)).sender))
        assert (history(one), history(other)) == (["complained"], [])
        returning.take(loop, complaint(message_id=letters.write(letters.reload(second)).message["Message-ID"]))
        assert history(other) == ["complained"]

    def test_nobody_is_complained_away_by_a_guess(self, told, reader):
        one = reader("a@example.org")
        [delivery] = told()
        loop = tokens.Returned("complaints", None)
        for guess in (f"update.{delivery.pk}.{'0' * 12}@localhost", f"update.{delivery.pk}@localhost", "@", "<>"):
            returning.take(loop, complaint(mail_from=guess, message_id=f"<{guess}>"))
        returning.take(loop, report())
        assert history(one) == []
        one.refresh_from_db()
        assert one.state == "active"


def test_mail_to_the_unsubscribe_address(told, reader):
    one = reader("a@example.org")
    [delivery] = told()
    mailto = letters.write(letters.reload(delivery)).message["List-Unsubscribe"].split("<mailto:")[1].split("?")[0]
    to = tokens.returned_to(mailto)
    assert to == tokens.Returned("stop", one.pk)
    for _ in range(2):
        returning.take(to, b"Subject: unsubscribe\r\n\r\n")
    one.refresh_from_db()
    assert one.state == "unsubscribed"
    assert history(one).count("unsubscribed") == 1


def test_a_forged_address_is_refused_when_it_is_named(db):
    assert mailin._welcome_back(tokens.Returned("bounce", None)).startswith("550 5.1.1")
    assert mailin._welcome_back(tokens.Returned("complaints", None)).startswith("250")
    assert mailin._welcome_back(tokens.Returned("stop", 5)).startswith("250")
