"""What became of a delivery, and what a server's reply means, for people. PURE but for the names of states."""

from __future__ import annotations

import re
from dataclasses import dataclass

from comms.replies import Meaning, meaning

REPLY = re.compile(r"^(\d{3})\b ?(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`label` follows a number in a sentence ("12 bounced"), `says` is all of it. `settled`: nothing more happens."""

    label: str
    says: str
    tone: str
    symbol: str
    settled: bool = True


# In the order of the picture: what is done from the left, what is to come at the right.
OUTCOMES = {
    "sent": Outcome("sent", "The relay, or the endpoint, has taken it.", "ok", "check"),
    "bounced": Outcome("bounced", "It was taken first, and came back undelivered.", "danger", "warn"),
    "failed": Outcome("failed", "It was refused for good, or not taken for hours.", "danger", "x"),
    "superseded": Outcome("skipped for a newer one", "A newer update went out instead.", "violet", "arrow"),
    "suppressed": Outcome("not sent", "It was not wanted any more when its turn came.", "neutral", "cancelled"),
    "deferred": Outcome("to be tried again", "It was refused for now, and is tried again.", "caution", "clock", False),
    "held": Outcome(
        "held for a digest", "Its reader gets it with others, at the time they chose.", "info", "clock", False
    ),
    "sending": Outcome("being sent", "The relay is taking it at this moment.", "info", "mail", False),
    "queued": Outcome("waiting", "It is still to be sent.", "neutral", "mail", False),
}
MEANINGS = {
    Meaning.NO_SUCH_READER: (
        "There is no such mailbox",
        "The server of this address knows no such mailbox. Nothing more is sent there.",
    ),
    Meaning.FULL: (
        "The mailbox is full",
        "The mailbox takes nothing at the moment. After three times in a row nothing more is sent there.",
    ),
    Meaning.UNWANTED: (
        "The reader's server takes no such mail",
        "The server's rules refuse it, often as spam. Later updates are tried again; if many refuse, see to your "
        "domain's SPF, DKIM and DMARC.",
    ),
    Meaning.NEVER: (
        "The server refuses it for good",
        "The server refuses this message. Later updates are tried again.",
    ),
    Meaning.CHANNEL: (
        "The relay refuses us",
        "The relay takes nothing from us, whoever the reader is. Everything waits until its settings are mended.",
    ),
    Meaning.LATER: ("The server asks us to come back", "It is tried again by itself, for up to six hours."),
    Meaning.SLOWER: (
        "The server asks us to be slower",
        "It is tried again by itself, and everything goes out more slowly meanwhile.",
    ),
}
AWAY = ("Nobody answered", "The relay, or the endpoint, could not be reached. It is tried again by itself.")
GIVEN_UP = "It was tried for six hours and given up."
ENDPOINT = "The endpoint did not take it."


def of(state: str, attempts: int) -> str:
    """The outcome of a row: what waits after a try is to be tried again."""
    return "deferred" if state == "queued" and attempts else state


def class_of(reply: str, channel: str = "email") -> str:
    """A reply's class in a few words, by which replies are counted."""
    found = REPLY.match(reply)
    if channel != "email":
        return f"The endpoint answered {found.group(1)}" if found else ENDPOINT
    if not found or found.group(1)[0] not in "45":
        return AWAY[0]
    return MEANINGS[meaning(int(found.group(1)), found.group(2))][0]


def explain(state: str, reply: str, channel: str = "email") -> str:
    """What the last reply means, and what follows from it; empty where there is nothing to explain. `state` is one of
    `OUTCOMES`."""
    if state == "suppressed":
        return reply
    if state == "bounced":
        return _meant(reply) or "It came back. " + OUTCOMES["bounced"].says
    if state not in ("failed", "deferred") or not reply:
        return ""
    if channel != "email":
        return ENDPOINT if state == "failed" else f"{ENDPOINT} It is tried again by itself."
    found = REPLY.match(reply)
    if not found or found.group(1)[0] not in "45":
        return GIVEN_UP if state == "failed" else AWAY[1]
    what = meaning(int(found.group(1)), found.group(2))
    if state == "failed" and what in (Meaning.LATER, Meaning.SLOWER):
        return f"{MEANINGS[what][0]}. {GIVEN_UP}"
    return MEANINGS[what][1]


def _meant(reply: str) -> str:
    found = REPLY.match(reply)
    return MEANINGS[meaning(int(found.group(1)), found.group(2))][1] if found and found.group(1)[0] in "45" else ""
