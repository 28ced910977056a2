"""What a reader's mail program sees: headers as the contract says, and two bodies that say the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from comms import letters
from comms.actions import delivering, publishing
from comms.models import Delivery, StatusPage
from incidents.actions import escalation, lifecycle, roles
from incidents.links import page_from_token
from incidents.models import Page
from incidents.phases import Phase
from teams.models import Role
from tests import factories


@pytest.fixture
def outage(payments, alice, checkout):
    return factories.incident(payments, alice, phase=Phase.DECLARE, services=[checkout], title="ledger-7 segfaults")


@pytest.fixture
def send(outage, alice, status_page, components, reader, postbox):
    """Publishes an update to one reader and returns the mail."""
    subscriber = reader("reader@example.org")

    def publish(**fields):
        fields = {"title": "Payments fail", "body": "One in **three** fails.", "state": "identified"} | fields
        publishing.publish_update(outage, by=alice, **fields)
        delivering.deliver_due(budget=60)
        return postbox.to("reader@example.org")[-1]

    publish.subscriber = subscriber
    return publish


def test_headers_of_an_update(send, settings):
    settings.WATCHBILL_FROM_EMAIL = "Watchbill <watchbill@example.com>"
    settings.WATCHBILL_FROM_ADDRESS = "watchbill@example.com"
    settings.WATCHBILL_BASE_URL = "https://status.example.com"
    mail = send()
    m = mail.message
    delivery = Delivery.objects.get(kind="update")
    assert m["Subject"] == "[Shop status] Payments fail"
    assert m["From"] == "Shop status <watchbill@example.com>"
    assert m["To"] == "reader@example.org"
    assert re.fullmatch(rf"<update\.{delivery.pk}\.[0-9a-f]{{12}}@example\.com>", m["Message-ID"])
    assert m["In-Reply-To"] == m["References"]
    assert m["In-Reply-To"] != m["Message-ID"]
    assert re.fullmatch(r"Shop status <shop\.status\.example\.com>", m["List-Id"])
    https, mailto = re.fullmatch(r"<(\S+)>, <(\S+)>", m["List-Unsubscribe"]).groups()
    assert https.startswith("https://status.example.com/unsubscribe/")
    assert mailto.startswith("mailto:watchbill+stop-")
    assert m["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert m["Auto-Submitted"] == "auto-generated"
    assert m["X-Auto-Response-Suppress"] == "All"
    assert m["Precedence"] is None
    assert re.fullmatch(rf"watchbill\+bounce-{delivery.pk}-[0-9a-f]{{12}}@example\.com", mail.sender)
    assert len(mail.sender.split("@")[0]) <= 64


def test_raw_headers_are_not_encoded_away(send, settings):
    """Long values survive the folding as they are: programs read them, not people."""
    settings.WATCHBILL_FROM_ADDRESS = "watchbill@status.a-rather-long-company-name.example.com"
    settings.WATCHBILL_BASE_URL = "https://status.a-rather-long-company-name.example.com"
    raw = letters.write(letters.reload(_sent(send))).content
    head = raw.split(b"\r\n\r\n")[0].replace(b"\r\n ", b" ").split(b"\r\n")
    lines = dict(line.split(b": ", 1) for line in head)
    for name in (b"Message-ID", b"In-Reply-To", b"References", b"List-Id", b"List-Unsubscribe"):
        assert b"=?" not in lines[name]
        assert b"a-rather-long-company-name.example.com" in lines[name]
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def _sent(send) -> Delivery:
    send()
    return Delivery.objects.get(kind="update")


def test_thread_holds_for_all_updates_and_differs_for_each_reader(send, reader, postbox):
    first = send()
    reader("late@example.org")
    second = send(body="More.", title="Other words", state="monitoring")
    late = postbox.to("late@example.org")[0]
    assert first.message["Subject"] == second.message["Subject"]
    assert first.message["References"] == second.message["References"]
    assert first.message["Message-ID"] != second.message["Message-ID"]
    assert late.message["References"] != first.message["References"]
    assert late.message["Subject"] == first.message["Subject"]


def test_both_bodies_say_the_same(send, components):
    eta = datetime(2100, 1, 5, 23, 30, tzinfo=UTC)
    mail = send(
        component_states={components["checkout"]: "partial_outage"},
        eta_at=eta,
        next_update_at=eta - timedelta(hours=1),
    )
    text, html = mail.part("plain"), mail.part("html")
    assert text.splitlines()[0] == "Identified"
    preheader = re.search(r"max-height:0[^>]*>([^<]*)<", html)
    assert preheader.group(1).startswith("Identified: One in")
    assert 'lang="en"' in html
    assert "prefers-color-scheme: dark" in html
    assert "<img" not in html
    assert "src=" not in html
    for said in (
        "Payments fail",
        "Checkout: Partial outage",
        "23:30 UTC, 5 Jan 2100 (00:30 Europe/Berlin, 6 Jan)",
        "22:30 UTC, 5 Jan 2100 (23:30 Europe/Berlin)",
    ):
        assert said in text
        assert said in html
    assert "One in **three** fails." in text
    assert "<strong>three</strong>" in html
    links = set(re.findall(r"https?://\S+?(?=[\s\"<])", html)) - {""}
    assert {urlsplit(link).path.split("/")[1] for link in links} <= {"status", "subscriptions", "unsubscribe"}


def test_nothing_of_the_incident_itself_is_in_it(send, outage):
    mail = send()
    whole = mail.message.as_string()
    for secret in ("ledger", "segfault", outage.reference, "alice"):
        assert secret not in whole


def test_page_mail(payments, bob, alice, postbox, settings):
    alice.time_zone = "Asia/Tokyo"
    alice.save()
    incident = lifecycle.report(by=bob, title="Checkout fails <b>hard</b>", team=payments)
    escalation.advance(incident.runs.get().pk)
    delivering.deliver_due(budget=60)
    [mail] = postbox.to(alice.email)
    assert mail.message["Subject"] == f"[{incident.reference}] Page: Checkout fails <b>hard</b>"
    assert mail.message["List-Unsubscribe"] is None
    text, html = mail.part("plain"), mail.part("html")
    [link] = re.findall(rf"{settings.WATCHBILL_BASE_URL}/pages/(\S+)/", text)
    assert page_from_token(link) == Page.objects.get()
    assert link in html
    assert "Asia/Tokyo" in text
    assert "<b>hard</b>" not in html
    assert "<b>hard</b>" in text


def test_notice_threads_with_the_page_and_carries_the_brief(payments, alice, bob, postbox):
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    roles.offer(incident.pk, Role.objects.get(slug=Role.SCRIBE), alice, by=bob, brief="Read the log first.")
    delivering.deliver_due(budget=60)
    page, notice = postbox.to(alice.email)
    assert notice.message["References"] == page.message["References"]
    assert "Read the log first." in notice.part("plain")
    assert "Read the log first." in notice.part("html")
    assert notice.part("plain").splitlines()[:2] == ["You are asked to be Scribe.", "Bob offered Scribe to Alice"]
    assert notice.message["Subject"] == f"[{incident.reference}] Will you be Scribe? Checkout fails"
    assert f"/incidents/{incident.pk}/roles/scribe/" in notice.part("plain")


@pytest.mark.parametrize("evil", ["Down\r\nBcc: all@example.org", "Down\nX-Evil: 1", "Down\x0b\x1b[2Jnow"])
def test_no_header_can_be_smuggled_in(payments, bob, alice, status_page, reader, postbox, evil):
    StatusPage.objects.update(name="Shop\r\nBcc: x@example.org"[:80])
    incident = lifecycle.report(by=bob, title="x", team=payments)
    type(incident).objects.filter(pk=incident.pk).update(title=evil)
    escalation.advance(incident.runs.get().pk)
    reader("all@example.org")
    told = publishing.publish_update(incident, by=alice, title="T", body="B").page_incident
    type(told).objects.filter(pk=told.pk).update(mail_title=evil)
    delivering.deliver_due(budget=60)
    assert {mail.recipient for mail in postbox.mails} >= {alice.email, "all@example.org"}
    for mail in postbox.mails:
        assert mail.message["Bcc"] is None
        assert mail.message["X-Evil"] is None
        assert "\n" not in mail.message["Subject"]


def test_titles_in_any_script(payments, bob, alice, postbox):
    incident = lifecycle.report(by=bob, title="Zahlungen schlagen fehl – 決済が失敗 " * 5, team=payments)
    escalation.advance(incident.runs.get().pk)
    delivering.deliver_due(budget=60)
    [mail] = postbox.to(alice.email)
    assert "決済が失敗" in mail.message["Subject"]


def test_times():
    at = datetime(2026, 11, 23, 14, 10, tzinfo=UTC)
    assert letters.times(at, "UTC") == "14:10 UTC, 23 Nov 2026"
    assert letters.times(at, "Europe/Berlin") == "14:10 UTC, 23 Nov 2026 (15:10 Europe/Berlin)"
    assert letters.times(at, "Asia/Tokyo") == "14:10 UTC, 23 Nov 2026 (23:10 Asia/Tokyo)"
    assert timezone.is_aware(at)
