"""A page's way over several people and channels, on real processes: providers that fail, that accept and never say so,
answers by link and by SMS."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.alarm import Alarm
from tests.faults.conftest import Told
from tests.faults.seed import NUMBERS
from tests.installation import live_installation, wait_for
from tests.standins.mail import relaying
from tests.standins.provider import Provider, twilio_says
from tests.standins.server import serving

pytestmark = [pytest.mark.faults, pytest.mark.long]


@pytest.fixture(scope="module")
def outside() -> Iterator[Provider]:
    with serving(Provider()) as server:
        yield server


@pytest.fixture(scope="module")
def alarm(outside: Provider) -> Iterator[Alarm]:
    with live_installation(**outside.environ) as running:
        alarm = Alarm(running)
        alarm.seed("three", f"json://127.0.0.1:{outside.server_port}/chat")
        yield alarm


def ledger_of(alarm: Alarm, reference: str) -> list[dict[str, Any]]:
    path = f"/api/v1/incidents/{reference.removeprefix('INC-')}/paging-ledger/"
    found: list[dict[str, Any]] = alarm.web.json(path, token=alarm.tokens["bob"])
    return found


def said(alarm: Alarm, reference: str) -> list[tuple[str, str, str]]:
    """(person, channel, outcome) of each notification of the last run, in order."""
    lines = ledger_of(alarm, reference)[0]["lines"]
    return [(line["user"]["username"], tried["channel"], tried["outcome"]) for line in lines for tried in line["tried"]]


def test_three_people_on_three_channels_until_one_answers_by_link(alarm: Alarm, outside: Provider, told: Told) -> None:
    outside.answers = {"Messages": (400, 0.0)}
    began = time.monotonic()
    reference = alarm.reference(alarm.fire())
    # The SMS is refused: the call, meant for ten minutes later, is made at once.
    wait_for(lambda: bool(outside.of("Calls")), "the call", 15)
    assert reference in outside.of("Calls")[0].fields["Twiml"]
    wait_for(lambda: bool(outside.of("/chat")), "the chat", 90)
    assert reference in outside.of("/chat")[0].fields["title"]
    (mail,) = alarm.installation.wait_for_mail(90, subject=f"[{reference}]", to="ines")
    took = time.monotonic() - began
    link = re.search(r"http://\S+/pages?/\S+", mail["text"])
    assert link, mail["text"]
    page = alarm.web.page(link.group())
    alarm.web.submit(page, page.form())
    run = ledger_of(alarm, reference)[0]
    assert run["state"] == "acknowledged"
    assert said(alarm, reference) == [
        ("mei", "SMS", "failed"),
        ("mei", "Phone call", "sent"),
        ("bob", "Another service", "sent"),
        ("ines", "E-mail", "sent"),
    ]
    told("three people, SMS refused", [1], took)


def test_an_answer_by_sms_ends_it(alarm: Alarm, outside: Provider, told: Told) -> None:
    outside.answers = {}
    began = time.monotonic()
    reference = alarm.reference(alarm.fire())
    wait_for(lambda: any(reference in each.fields["Body"] for each in outside.of("Messages")), "the SMS", 20)
    took = time.monotonic() - began
    form = {"From": NUMBERS["mei"], "Body": f"ack {reference}"}
    answer = twilio_says(alarm.installation.base_url, outside.token, "/channels/twilio/sms/", form)
    assert f"You are on {reference}" in answer
    assert ledger_of(alarm, reference)[0]["state"] == "acknowledged"
    # The call that was still to come is not made.
    assert said(alarm, reference)[0] == ("mei", "SMS", "sent")
    told("answered by SMS", [1], took)


def test_a_provider_that_accepts_and_never_says_so_is_followed_by_the_next_channel(
    alarm: Alarm, outside: Provider, told: Told
) -> None:
    """Nobody knows whether the SMS went out: the call is made at once, and the SMS is tried again."""
    outside.answers = {"Messages": (201, 40.0)}
    calls, began = len(outside.of("Calls")), time.monotonic()
    reference = alarm.reference(alarm.fire())
    wait_for(lambda: len(outside.of("Calls")) > calls, "the call", 40)
    took = time.monotonic() - began
    outside.answers = {}
    wait_for(lambda: said(alarm, reference)[0][2] == "sent", "the SMS to be taken", 60)
    times = sum(reference in each.fields["Body"] for each in outside.of("Messages"))
    twilio_says(
        alarm.installation.base_url, outside.token, "/channels/twilio/sms/", {"From": NUMBERS["mei"], "Body": "ack"}
    )
    told("SMS accepted, never answered", [times], took)
    assert 2 <= times <= 3


def test_a_relay_that_takes_a_mail_and_never_says_so_gets_it_once_more(told: Told) -> None:
    with (
        relaying(silent=1) as mails,
        live_installation(WATCHBILL_EMAIL_URL=f"smtp://127.0.0.1:{mails.port}?tls=none") as running,
    ):
        alarm = Alarm(running)
        began = time.monotonic()
        reference = alarm.reference(alarm.fire())
        wait_for(lambda: len(mails.of(f"[{reference}] Page")) >= 2, "the second try", 60)
        took = time.monotonic() - began
        sent = mails.of(f"[{reference}] Page")
        told("mail accepted, never answered", [len(sent)], took)
        # One id, by which a mail program shows one of them.
        assert len({mail["message-id"] for mail in sent}) == 1
