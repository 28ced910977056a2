"""What every way out has in common: a letter goes in, and what came of it comes out as one of two errors or none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from functools import cached_property
from typing import Any, Protocol


@dataclass(frozen=True)
class Letter:
    """A message ready to go, with the envelope that the transport needs. `content` has CRLF at the end of each line."""

    content: bytes
    sender: str
    recipient: str

    @cached_property
    def message(self) -> EmailMessage:
        """The message as a reader's program takes it apart."""
        return message_from_bytes(self.content, policy=policy.default)


@dataclass(frozen=True, slots=True)
class Call:
    """What reaches somebody by another way than mail, fit to be read at 3 a.m.

    - `ident`: the same on every try, for providers that take a key against doing a thing twice.
    - `title`: at most a line; `text`: a few sentences, without links.
    - `url`: where it leads, "" for nowhere; `answer_url`: where a POST acknowledges it, "" where there is nothing to
      acknowledge. Both work without signing in.
    - `token`: by which a key that is pressed in a call acknowledges it, "" where there is nothing to acknowledge.
    - `reply`: what to answer by SMS to acknowledge it, "" for nothing.
    - `urgent`: may ring through a phone that is silent.
    - `data`: the same for programs, ready for JSON; `body` is all that a webhook gets, where that isn't the usual one.
    """

    ident: str
    title: str
    text: str
    url: str = ""
    answer_url: str = ""
    token: str = ""
    reply: str = ""
    urgent: bool = True
    data: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a call goes. `kind` is the contact method's; `address` is what it needs, unsealed: a number, a URL, a
    browser's subscription as JSON. `secrets` sign what a webhook gets. Of a `stranger`, nothing leads into a private
    network, whatever an owner allowed there."""

    kind: str
    address: str
    secrets: tuple[str, ...] = ()
    stranger: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What the other side said when it took a call, and by which `provider_id` it will speak of it again."""

    reply: str
    provider_id: str = ""


class Unreachable(Exception):
    """The other side could not be talked to: nothing is known of the message, and everything waits."""


class Refused(Exception):
    """The other side answered, and did not take it. `code` is the reply's number, `text` what it said."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class Caller(Protocol):
    def __call__(self, to: Destination, call: Call, *, deadline: float) -> Answer:
        """Hand a call over before `deadline`, a moment of `time.monotonic()`. Raises Unreachable or Refused; a refusal
        of 429 or 5xx is tried again, every other one is for good. Touches no database: it runs in a thread."""


class Transport(Protocol):
    def send(self, letter: Letter, *, deadline: float | None = None, then: Letter | None = None) -> str:
        """Hand it over and return what the other side said. Raises Unreachable or Refused.

        `deadline` is a moment of `time.monotonic()`: after it nothing is handed over any more. `then` is the letter
        that most likely comes next, for whoever can save a step by knowing.
        """

    def close(self) -> None:
        """Say goodbye; safe to call at any time."""
