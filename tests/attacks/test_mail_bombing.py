"""Somebody lets us write to people who never asked: to one of them again and again, or to a thousand; and what they
type ends in headers."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from comms import letters
from comms.models import Delivery, StatusPage, Subscriber
from comms.tokens import subscriber_token
from comms.transports.base import Letter

pytestmark = pytest.mark.django_db


def ask(client: Client, page: StatusPage, email: str, address: str = "192.0.2.1", **form: str) -> int:
    given = {"email": email} | form
    return client.post(f"/status/{page.slug}/subscribe/", given, REMOTE_ADDR=address).status_code


def mails() -> int:
    return Delivery.objects.filter(kind="confirm").count()


def test_one_address_from_everywhere(client: Client, public_page: StatusPage) -> None:
    other = StatusPage.objects.create(name="Other", slug="other")
    now = timezone.now()
    for minute in range(0, 120, 4):
        with time_machine.travel(now + timedelta(minutes=minute), tick=False):
            page = (public_page, other)[minute % 8 // 4]
            spelled = ("victim@example.org", "Victim@Example.org")[minute % 16 // 8]
            way = {"way": "webhook", "endpoint": f"https://93.184.215.14/{minute}"} if minute % 3 == 0 else {}
            assert ask(client, page, spelled, f"192.0.2.{minute}", **way) == 200
    assert mails() == 5


def test_many_addresses_from_one(client: Client, public_page: StatusPage, settings: Any) -> None:
    settings.WATCHBILL_SUBSCRIBE_RATE = "20/hour"
    answers = [ask(client, public_page, f"victim{n}@example.org") for n in range(60)]
    assert answers == [200] * 20 + [429] * 40
    assert mails() == 20
    assert ask(client, public_page, "another@example.org", "192.0.2.2") == 200


def test_leaving_and_coming_back_again_and_again_writes_one_mail_a_day(client: Client, public_page: StatusPage) -> None:
    made = Subscriber.objects.create(page=public_page, email="a@example.org", state="active")
    token = subscriber_token(made)
    for _ in range(4):
        client.post(reverse("comms:unsubscribe", args=[token]))
        client.post(reverse("comms:subscription", args=[token]), {"do": "confirm"})
    assert Delivery.objects.filter(key__startswith="undo:").count() == 1


def test_nobody_is_called_to_distraction(client: Client, public_page: StatusPage) -> None:
    made = Subscriber.objects.create(
        page=public_page, email="a@example.org", state="active", channel="webhook", endpoint="https://93.184.215.14/"
    )
    path = reverse("comms:subscription", args=[subscriber_token(made)])
    now = timezone.now()
    for minute in (*range(22), 59):
        with time_machine.travel(now + timedelta(minutes=minute, seconds=minute), tick=False):
            client.post(path, {"do": "test"})
            client.post(path, {"do": "test"})
    assert Delivery.objects.filter(kind="test").count() == 20


HOSTILE = {
    "a line break": "victim@example.org\r\nBcc: other@evil.example",
    "a line feed": "victim@example.org\nBcc: other@evil.example",
    "an encoded one": "victim@example.org%0aBcc:other@evil.example",
    "a line separator": "victim@example.org\u2028Bcc: other@evil.example",
    "a next line": "victim@example.org\x85Bcc: other@evil.example",
    "a vertical tab": "victim@example.org\x0bBcc: other@evil.example",
    "a break before the @": "victim\r\nBcc: other@evil.example",
    "a break in quotes": '"victim\r\nBcc: x"@example.org',
    "a control sign in quotes": '"vic\x0btim"@example.org',
    "quotes": '"victim> <other"@example.org',
    "quotes with a comma": '"victim@example.org, other"@evil.example',
    "an escaped quote": '"vic\\"tim"@example.org',
    "a comment": "victim(comment)@example.org",
    "a comment behind": "victim@example.org(other@evil.example)",
    "two of them": "victim@example.org,other@evil.example",
    "a name": "Victim <victim@example.org>",
    "a route": "<@evil.example:victim@example.org>",
    "a percent": "victim%evil.example@example.org",
    "a bang": "evil.example!victim@example.org",
    "an encoded word": "=?utf-8?q?victim=0d=0aBcc:_x?=@example.org",
    "a domain of ideographic stops": "victim@example。org",
    "a domain that becomes a break": "victim@exa\u2028mple.org",
    "an address of a machine": "victim@[127.0.0.1]",
    "a null": "victim@example.org\x00",
}


def test_what_is_typed_makes_no_header(client: Client, public_page: StatusPage) -> None:
    """Refused, or written to as one address, whole, in the bytes that go out."""
    for number, (what, typed) in enumerate(HOSTILE.items()):
        before = set(Delivery.objects.values_list("pk", flat=True))
        status = ask(client, public_page, typed, f"192.0.2.{number}")
        assert status in (200, 422), what
        made = Delivery.objects.exclude(pk__in=before)
        assert made.count() == (status == 200), what
        for delivery in made:
            is_one(letters.write(letters.reload(delivery)), what)


def is_one(letter: Letter, what: str) -> None:
    raw = letter.content
    assert not set(letter.recipient + letter.sender) & set("\r\n\x00\x0b\x85\u2028"), what
    assert letter.recipient.isascii(), what
    head, _, _ = raw.partition(b"\r\n\r\n")
    names = [line.partition(b":")[0].lower() for line in head.split(b"\r\n") if not line[:1].isspace()]
    assert names.count(b"to") == 1, what
    assert b"bcc" not in names, what
    assert b"cc" not in names, what
    parsed = message_from_bytes(raw, policy=policy.default)
    assert len(parsed["To"].addresses) == 1, what
    assert parsed["To"].addresses[0].addr_spec == letter.recipient, what


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\u2028", "\x85", "%0d%0a"])
def test_the_address_of_a_webhook_makes_none_either(client: Client, public_page: StatusPage, break_: str) -> None:
    address = f"https://93.184.215.14/a{break_}X-Injected: 1"
    assert ask(client, public_page, "a@example.org", way="webhook", endpoint=address) == 422
