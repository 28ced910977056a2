"""Mail relays that fail in every way that the table of replies knows, on real processes: what became of the letters,
of their readers and of the relay, and which relay took over."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from tests.faults import readers
from tests.faults.conftest import Outcome
from tests.installation import Installation, live_installation, wait_for
from tests.standins.mail import FaultyRelay, failing
from tests.standins.provider import Provider
from tests.standins.server import serving

pytestmark = [pytest.mark.faults, pytest.mark.long]
GOOD, BAD = 4, 2
WITHIN = 60.0


@dataclass
class Post:
    """An installation with relays, and what to ask it."""

    installation: Installation
    ask: Callable[..., Any]
    relays: list[FaultyRelay]

    def name(self, relay: str) -> str:
        """Which of the relays this is, as A, B or C."""
        return next((letter for letter, each in zip("ABC", self.relays, strict=False) if str(each.port) in relay), "")


@contextmanager
def installed(relays: list[FaultyRelay], *urls: str, **environ: str) -> Iterator[Post]:
    with (
        live_installation(WATCHBILL_EMAIL_URL=" ".join(urls or [each.url for each in relays]), **environ) as running,
        running.conversation(readers.CODE) as talk,
    ):
        yield Post(running, lambda *call: json.loads(talk(json.dumps(call))), relays)


@pytest.fixture(scope="module")
def outside() -> Iterator[Provider]:
    with serving(Provider()) as server:
        yield server


@pytest.fixture(scope="module")
def two(outside: Provider) -> Iterator[Post]:
    with failing() as first, failing() as second, installed([first, second], **outside.environ) as post:
        post.ask("chat", f"json://127.0.0.1:{outside.server_port}/chat")
        yield post


@pytest.fixture
def post(two: Post) -> Iterator[Post]:
    """Both relays are well before a test, and nothing is known of them."""
    for relay in two.relays:
        relay.fault = ""
        relay.released.clear()
    two.ask("forget")
    yield two
    for relay in two.relays:
        relay.fault = ""
        relay.released.set()


def summary(rows: list[dict[str, Any]], post: Post) -> tuple[str, str, str, str]:
    """States, tries, readers and relays of rows, each in a few words."""

    def told(values: list[str]) -> str:
        return ", ".join(f"{values.count(each)} {each}" for each in sorted(set(values)) if each)

    return (
        told([row["state"] for row in rows]),
        "/".join(sorted({str(row["attempts"]) for row in rows})),
        told([row["subscriber"] for row in rows]),
        told([post.name(row["relay"]) for row in rows]),
    )


def tell(outcome: Outcome, post: Post, fault: str, update: int) -> None:
    """A row of the table, and one for those that it was about."""
    known = post.ask("relay", post.relays[0].port)
    relay = (
        "refuses us" if known.get("refuses") else f"failed {known['failures']}×" if known.get("failures") else "well"
    )
    if known.get("rate"):
        relay += f", {known['rate']:.2g}/s"
    for part in ("good", "bad"):
        state, tries, subscriber, took = summary(post.ask("rows", update, part), post)
        if state:
            outcome(f"{fault}, {part}", state, tries, subscriber, relay, took)


def settled(post: Post, update: int, part: str, *states: str) -> None:
    wait_for(
        lambda: all(row["state"] in states and row["reply"] for row in post.ask("rows", update, part)),
        f"letters to {part} readers to be {states}: {post.ask('rows', update, part)}",
        WITHIN,
    )


@pytest.mark.parametrize("fault", ["421 at once", "535", "drop in DATA"])
def test_the_next_relay_takes_over_and_the_first_comes_back(post: Post, outcome: Outcome, fault: str) -> None:
    first = post.relays[0]
    first.fault = fault
    update = post.ask("publish", f"over{fault[:3]}", GOOD, 0)
    settled(post, update, "good", "sent")
    rows = post.ask("rows", update, "good")
    tell(outcome, post, fault, update)
    assert {post.name(row["relay"]) for row in rows} == {"B"}
    # What failed by the relay's fault was charged to no letter.
    assert {row["attempts"] for row in rows} == {1}
    known = post.ask("relay", first.port)
    assert known["refuses"] is (fault == "535")
    assert known["failures"] >= (fault != "535")
    first.fault = ""
    post.ask("hurry")
    update = post.ask("publish", f"back{fault[:3]}", GOOD, 0)
    settled(post, update, "good", "sent")
    # One letter went to it to see how it does; then all do.
    post.ask("hurry")
    update = post.ask("publish", f"well{fault[:3]}", GOOD, 0)
    settled(post, update, "good", "sent")
    tell(outcome, post, f"{fault}, mended", update)
    assert {post.name(row["relay"]) for row in post.ask("rows", update, "good")} == {"A"}
    assert post.ask("relay", first.port) | {"rate": None} == {"failures": 0, "refuses": False, "rate": None}


def test_one_that_hangs_is_left_for_the_next(post: Post, outcome: Outcome) -> None:
    post.relays[0].fault = "hang"
    update = post.ask("publish", "hang", GOOD, 0)
    settled(post, update, "good", "sent")
    tell(outcome, post, "hang", update)
    assert {post.name(row["relay"]) for row in post.ask("rows", update, "good")} == {"B"}
    # Nobody got it twice: what hung was never taken.
    assert len(post.relays[1].to("hang-good")) == GOOD


def test_one_that_is_slow_gets_it_all_the_same(post: Post, outcome: Outcome) -> None:
    post.relays[0].fault = "slow"
    update = post.ask("publish", "slow", GOOD, 0)
    settled(post, update, "good", "sent")
    tell(outcome, post, "slow", update)
    assert {post.name(row["relay"]) for row in post.ask("rows", update, "good")} == {"A"}


@pytest.mark.parametrize(
    ("fault", "state", "reader"),
    [
        ("450", "queued", "active"),
        ("451 in DATA", "queued", "active"),
        ("454", "queued", "active"),
        ("550 5.1.1", "failed", "suppressed"),
        ("552 5.2.2", "failed", "active"),
        ("554 5.7.1", "failed", "active"),
    ],
)
def test_what_is_said_of_one_letter_holds_for_it_alone(
    post: Post, outcome: Outcome, fault: str, state: str, reader: str
) -> None:
    first, second = post.relays
    first.fault = second.fault = fault
    update = post.ask("publish", f"one{fault.replace(' ', '')}", GOOD, BAD)
    settled(post, update, "good", "sent")
    settled(post, update, "bad", state)
    tell(outcome, post, fault, update)
    bad = post.ask("rows", update, "bad")
    assert {(row["subscriber"], row["attempts"]) for row in bad} == {(reader, 1)}
    assert {post.name(row["relay"]) for row in post.ask("rows", update, "good")} == {"A"}
    known = post.ask("relay", first.port)
    assert not known.get("failures")
    assert not known.get("refuses")
    assert bool(known.get("rate")) is (fault == "454")
    if fault == "552 5.2.2":
        for _ in range(2):
            update = post.ask("again", update)
            settled(post, update, "bad", "failed")
        tell(outcome, post, "552 5.2.2, third", update)
        assert {row["subscriber"] for row in post.ask("rows", update, "bad")} == {"suppressed"}


def test_where_none_takes_us_nobody_is_blamed_and_owners_hear_of_it(
    post: Post, outcome: Outcome, outside: Provider
) -> None:
    first, second = post.relays
    first.fault = second.fault = "550 5.7.26"
    update = post.ask("publish", "none", 0, BAD)
    wait_for(lambda: "relays" in post.ask("alarms"), "the alarm", WITHIN)
    wait_for(lambda: any("No mail goes out" in str(each.fields) for each in outside.of("/chat")), "the chat", WITHIN)
    tell(outcome, post, "550 5.7.26, all", update)
    rows = post.ask("rows", update, "bad")
    assert {(row["state"], row["attempts"], row["subscriber"]) for row in rows} == {("queued", 0, "active")}
    first.fault = second.fault = ""
    post.ask("hurry")
    settled(post, update, "bad", "sent")
    tell(outcome, post, "550 5.7.26, mended", update)
    wait_for(lambda: "relays" not in post.ask("alarms"), "the alarm to end", WITHIN)
    wait_for(lambda: any("goes out again" in str(each.fields) for each in outside.of("/chat")), "its end", WITHIN)


def test_a_rate_is_kept_by_all_workers_and_past_relays_that_are_out_of_order(outcome: Outcome) -> None:
    """Before the one with the rate, one whose TLS fails and one that refuses connections. A letter that was taken and
    not yet noted when the clock is read may blur a second's border: twice the rate is the bound."""
    rate = 5
    with ExitStack() as stack:
        broken = stack.enter_context(failing(tls_fails=True))
        closed = stack.enter_context(failing(listens=False))
        good = stack.enter_context(failing())
        relays = [broken, closed, good]
        post = stack.enter_context(installed(relays, broken.url, closed.url, f"{good.url}&rate={rate}"))
        update = post.ask("publish", "rate", 40, 0)
        settled(post, update, "good", "sent")
        tell(outcome, post, "TLS fails, refused; rate 5/s", update)
        assert {post.name(row["relay"]) for row in post.ask("rows", update, "good")} == {"C"}
        times = sorted(each.at for each in good.to("rate-good"))
        assert len(times) == 40
        busiest = max(sum(start <= at < start + 1 for at in times) for start in times)
        outcome("  busiest second of 40", f"{busiest} letters", "", "", "", "C")
        assert busiest <= 3 * rate
        assert post.ask("relay", broken.port)["failures"] >= 1
        closed.listen()
        post.ask("hurry")
        update = post.ask("publish", "open", 3, 0)
        settled(post, update, "good", "sent")
        # It is first again as soon as it takes connections.
        assert closed.to("open-good")
