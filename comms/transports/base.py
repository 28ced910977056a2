"""What every way out has in common: a letter goes in, and what came of it comes out as one of two errors or none."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to go, with the envelope that the transport needs."""

    message: EmailMessage
    sender: str
    recipient: str


class Unreachable(Exception):
    """The other side could not be talked to: nothing is known of the message, and everything waits."""


class Refused(Exception):
    """The other side answered, and did not take it. `code` is the reply's number, `text` what it said."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code = code
        self.text = text


class Transport(Protocol):
    def send(self, letter: Letter, *, deadline: float | None = None) -> str:
        """Hand it over and return what the other side said. Raises Unreachable or Refused.

        `deadline` is a moment of `time.monotonic()`: after it nothing is handed over any more.
        """

    def close(self) -> None:
        """Say goodbye; safe to call at any time."""
