"""How people say how they are reached: proved by a code, used by rules, and answered from."""

from __future__ import annotations

import re
from datetime import time
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client

from comms.actions import calling, contacts
from comms.models import Delivery
from comms.transports import twilio
from incidents.actions import escalation, lifecycle
from incidents.models import Incident
from teams import phonebook
from teams.models import ContactMethod, NotificationRule, Team, User
from tests import factories
from tests.standins.provider import Provider

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = "+49 151 123-456 78"


def code_of(provider: Provider) -> str:
    calling.call_due()
    said = provider.asked[-1].fields
    found = re.search(r"\d{6}", str(said.get("Body") or said.get("message")))
    assert found
    return found.group()


@pytest.fixture
def phone(alice: User, provider: Provider) -> ContactMethod:
    method, _ = contacts.add(alice, "sms", NUMBER, by=alice)
    contacts.verify(method, code_of(provider), by=alice)
    method.refresh_from_db()
    return method


def page(team: Team, by: User) -> Incident:
    incident = lifecycle.report(by=by, title="Checkout fails", team=team)
    escalation.advance(incident.runs.get().pk)
    return incident


def test_a_number_counts_once_its_code_was_typed(alice: User, provider: Provider) -> None:
    method, _ = contacts.add(alice, "sms", NUMBER, by=alice)
    assert (method.address, method.shown, method.usable) == ("+4915112345678", "+49 … 678", False)
    code = code_of(provider)
    assert provider.asked[0].path == "/2010-04-01/Accounts/AC1/Messages.json"
    with pytest.raises(ValidationError, match="not the code"):
        contacts.verify(method, "000000" if code != "000000" else "111111", by=alice)
    contacts.verify(method, f" {code[:3]} {code[3:]}", by=alice)
    rules = NotificationRule.objects.filter(user=alice, urgency="high").order_by("pk")
    assert [rule.method for rule in rules] == [None, method]


def test_guessing_comes_to_an_end(alice: User, provider: Provider) -> None:
    method, _ = contacts.add(alice, "sms", NUMBER, by=alice)
    code = code_of(provider)
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(contacts.MOST_TRIES):
        with pytest.raises(ValidationError):
            contacts.verify(method, wrong, by=alice)
    with pytest.raises(ValidationError, match="one guess too many"):
        contacts.verify(method, code, by=alice)


def test_nobody_rings_a_number_all_night(alice: User, provider: Provider) -> None:
    method, _ = contacts.add(alice, "sms", NUMBER, by=alice)
    for _ in range(contacts.MOST_CODES - 1):
        contacts.send_code(method, by=alice)
    with pytest.raises(ValidationError, match="in an hour"):
        contacts.send_code(method, by=alice)


def test_how_somebody_is_reached_is_theirs_to_say(alice: User, bob: User) -> None:
    with pytest.raises(PermissionDenied):
        contacts.add(alice, "email", "other@example.org", by=bob)


@pytest.mark.parametrize(
    ("kind", "address", "field"),
    [
        ("sms", "0151 12345678", "address"),
        ("email", "nobody", "address"),
        ("webhook", "http://example.org/", "address"),
        ("slack", "https://evil.example/", "address"),
        ("other", "file:///etc/passwd", "address"),
        ("other", "mailto://u:p@example.org", "address"),
        ("ntfy", "ntfys://127.0.0.1/topic", "address"),
        ("ntfy", "ntfys://169.254.169.254/topic", "address"),
        ("push", "{}", "address"),
    ],
)
def test_what_leads_nowhere_is_refused_at_its_field(alice: User, kind: str, address: str, field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        contacts.add(alice, kind, address, by=alice)
    assert list(refused.value.message_dict) == [field]


def test_an_answer_by_sms_acknowledges(
    phone: ContactMethod, provider: Provider, payments: Team, bob: User, alice: User, client: Client, settings: Any
) -> None:
    incident = page(payments, bob)
    calling.call_due()
    assert f"Reply {incident.pk} to acknowledge" in provider.asked[-1].fields["Body"]
    form = {"From": "+4915112345678", "Body": f"ack {incident.pk}", "To": "+4930123"}
    url = f"{settings.WATCHBILL_BASE_URL}/channels/twilio/sms/"
    signed = {"X-Twilio-Signature": twilio.signature(provider.token, url, form)}
    assert client.post("/channels/twilio/sms/", form, headers={"X-Twilio-Signature": "x"}).status_code == 403
    answer = client.post("/channels/twilio/sms/", form, headers=signed)
    assert f"You are on {incident.reference}" in answer.content.decode()
    incident.refresh_from_db()
    assert incident.acknowledged_by == alice
    assert "by SMS" in incident.timeline.get(verb="page.acknowledged").text


def test_a_key_pressed_in_a_call_acknowledges(
    phone: ContactMethod, provider: Provider, payments: Team, bob: User, alice: User, client: Client, settings: Any
) -> None:
    ContactMethod.objects.update(kind="voice")
    incident = page(payments, bob)
    calling.call_due()
    call = provider.asked[-1]
    assert call.path.endswith("/Calls.json")
    action = re.search(r'action="([^"]+)"', call.fields["Twiml"])
    assert action
    pressed = {"Digits": "1"}
    where = action.group(1).removeprefix(settings.WATCHBILL_BASE_URL)
    signed = {"X-Twilio-Signature": twilio.signature(provider.token, action.group(1), pressed)}
    assert "You are on" in client.post(where, pressed, headers=signed).content.decode()
    incident.refresh_from_db()
    assert incident.acknowledged_by == alice


def test_what_never_arrives_hands_over(
    phone: ContactMethod, provider: Provider, payments: Team, bob: User, client: Client, settings: Any
) -> None:
    NotificationRule.objects.filter(method=None).update(delay_minutes=30)
    page(payments, bob)
    calling.call_due()
    sent = Delivery.objects.get(kind="page", channel="sms")
    told = {"MessageSid": sent.provider_id, "MessageStatus": "undelivered", "ErrorCode": "30003"}
    signed = {
        "X-Twilio-Signature": twilio.signature(
            provider.token, f"{settings.WATCHBILL_BASE_URL}/channels/twilio/status/", told
        )
    }
    assert client.post("/channels/twilio/status/", told, headers=signed).status_code == 204
    sent.refresh_from_db()
    assert (sent.state, sent.reply) == ("failed", "undelivered 30003")
    assert "because another channel failed" in Delivery.objects.get(kind="page", channel="email").rule


def test_a_number_that_twilio_refuses_fails_for_good(
    phone: ContactMethod, provider: Provider, payments: Team, bob: User
) -> None:
    provider.status = 400
    page(payments, bob)
    calling.call_due()
    sent = Delivery.objects.get(kind="page", channel="sms")
    assert (sent.state, sent.reply) == ("failed", "400 The number is wrong")


def test_a_chat_service_gets_it_through_the_library(alice: User, provider: Provider, payments: Team, bob: User) -> None:
    method, _ = contacts.add(alice, "other", f"json://127.0.0.1:{provider.server_port}/hook", by=alice)
    provider.status = 200
    contacts.verify(method, code_of(provider), by=alice)
    page(payments, bob)
    calling.call_due()
    asked = provider.asked[-1]
    assert (asked.path, asked.fields["title"].split(" ", 1)[1]) == ("/hook", "Checkout fails")


def test_the_page_shows_and_does_it(alice: User, provider: Provider, client: Client) -> None:
    client.force_login(alice)
    assert client.post("/account/contact/add/", {"kind": "sms", "address": "0151"}).status_code == 422
    client.post("/account/contact/add/", {"kind": "sms", "address": NUMBER, "label": "work"})
    method = ContactMethod.objects.get()
    assert client.post(f"/account/contact/{method.pk}/verify/", {"code": "12"}).status_code == 422
    client.post(f"/account/contact/{method.pk}/verify/", {"code": code_of(provider)})
    client.post(f"/account/contact/{method.pk}/test/")
    calling.call_due()
    rows = {"high-TOTAL_FORMS": 2, "high-INITIAL_FORMS": 0}
    first = {"high-0-delay_minutes": 0, "high-0-method": method.pk}
    client.post("/account/contact/rules/high/", rows | first | {"high-1-delay_minutes": 7, "high-1-method": "mail"})
    client.post("/account/contact/quiet/", {"quiet_from": "22:00", "quiet_until": "07:00"})
    text = client.get("/account/contact/").content.decode()
    assert "7 min later" in text
    assert "201 queued" in text
    assert NUMBER.replace(" ", "") not in text
    alice.refresh_from_db()
    assert alice.quiet_from == time(22)
    client.post(f"/account/contact/{method.pk}/remove/")
    assert not ContactMethod.objects.exists()


def test_digests_differ_by_kind() -> None:
    assert phonebook.digest_of("sms", "+49") != phonebook.digest_of("voice", "+49")


def test_an_administrator_sees_the_ways_to_somebody_and_may_only_remove_them(
    client: Client, alice: User, phone: ContactMethod
) -> None:
    admin = factories.UserFactory(role=User.Role.ADMIN)
    client.force_login(admin)
    path = f"/admin/teams/user/{alice.pk}/change/"
    text = client.get(path).content.decode()
    assert "SMS" in text
    assert "+49 … 678" in text
    assert NUMBER.replace(" ", "").replace("-", "") not in text
    assert "High urgency: SMS +49 … 678 after 0 min" in text
    assert 'name="contact_methods-0-address"' not in text
    assert 'name="contact_methods-0-DELETE"' in text
