"""A relay that takes several commands at once: what it refuses of one letter touches no other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from comms.transports.base import Letter, Refused, Unreachable
from comms.transports.email import Mailer
from tests.comms.conftest import to_loopback
from tests.standins.pipelining import Relay, pipelining


@pytest.fixture(params=[False, True], ids=["strict", "lenient"])
def relay(request: pytest.FixtureRequest) -> Iterator[Relay]:
    with pipelining(lenient=request.param) as relay:
        yield relay


@pytest.fixture
def mailer(relay: Relay, settings: Any) -> Iterator[Mailer]:
    settings.WATCHBILL_RELAYS = [to_loopback(relay.port)]
    with Mailer() as mailer:
        yield mailer


def letters(*names: str) -> list[Letter]:
    return [
        Letter(f"Subject: {name}\r\n\r\n.dot\r\n".encode(), f"us+{name}@example.org", f"{name}@example.org")
        for name in names
    ]


@pytest.fixture
def send_all(mailer: Mailer) -> Callable[..., list[str]]:
    """Sends letters in a row, each with the next in sight, and tells what became of each."""

    def send(*names: str) -> list[str]:
        row = letters(*names)
        said = []
        ahead: Letter | None = None
        for letter, then in zip(row, [*row[1:], None], strict=True):
            assert ahead in (None, letter)
            try:
                said.append(mailer.send(letter, then=then))
            except Refused as error:
                said.append(f"refused {error.code}")
            except Unreachable:
                said.append("away")
        return said

    return send


def test_each_goes_out_in_two_packets_at_most_and_whole(relay: Relay, send_all: Callable[..., list[str]]) -> None:
    assert send_all("a", "b", "c", "d") == ["250 2.0.0 taken"] * 4
    assert relay.recipients() == [f"{name}@example.org" for name in "abcd"]
    assert [str(mail["Subject"]) for _, mail in relay.mails] == list("abcd")
    assert {mail.get_payload() for _, mail in relay.mails} == {".dot"}
    assert relay.connections == 1
    assert any(b"\r\n.\r\nMAIL FROM:<us+b@example.org>" in packet for packet in relay.packets)


@pytest.mark.parametrize("who", ["a", "b", "d"])
def test_a_refused_address_is_refused_alone(relay: Relay, send_all: Callable[..., list[str]], who: str) -> None:
    relay.rcpt[f"{who}@example.org"] = b"550 5.1.1 no such user"
    said = dict(zip("abcd", send_all("a", "b", "c", "d"), strict=True))
    assert said.pop(who) == "refused 550"
    assert set(said.values()) == {"250 2.0.0 taken"}
    assert relay.recipients() == [f"{name}@example.org" for name in "abcd" if name != who]


@pytest.mark.parametrize("who", ["a", "b", "d"])
def test_a_refused_letter_is_refused_alone(relay: Relay, send_all: Callable[..., list[str]], who: str) -> None:
    relay.data[f"{who}@example.org"] = b"554 5.7.1 unwanted"
    said = dict(zip("abcd", send_all("a", "b", "c", "d"), strict=True))
    assert said.pop(who) == "refused 554"
    assert set(said.values()) == {"250 2.0.0 taken"}
    assert sorted(relay.recipients()) == [f"{name}@example.org" for name in "abcd" if name != who]


def test_another_letter_than_was_in_sight_is_not_mixed_with_it(relay: Relay, mailer: Mailer) -> None:
    first, never, other = letters("first", "never", "other")
    mailer.send(first, then=never)
    assert mailer.send(other) == "250 2.0.0 taken"
    assert relay.recipients() == ["first@example.org", "other@example.org"]
    assert relay.connections == 2


def test_one_in_sight_that_never_comes_is_not_sent(relay: Relay, mailer: Mailer) -> None:
    first, never = letters("first", "never")
    mailer.send(first, then=never)
    mailer.close()
    assert relay.recipients() == ["first@example.org"]


def test_hung_up_in_the_middle_is_out_of_reach_and_then_begins_anew(
    relay: Relay, send_all: Callable[..., list[str]]
) -> None:
    relay.drops_after = 1
    assert send_all("a", "b") == ["250 2.0.0 taken", "away"]
    relay.drops_after = None
    assert send_all("b", "c") == ["250 2.0.0 taken"] * 2


@pytest.mark.parametrize("recipient", ["a b@example.org", "a@example.org>\r\nRCPT TO:<b@example.org", "ü@example.org"])
def test_no_address_says_a_command_of_its_own(relay: Relay, mailer: Mailer, recipient: str) -> None:
    (good,) = letters("good")
    bad = Letter(good.content, good.sender, recipient)
    assert mailer.send(good, then=bad) == "250 2.0.0 taken"
    with pytest.raises(Refused, match=r"5\.1\.3"):
        mailer.send(bad)
    assert relay.recipients() == ["good@example.org"]
