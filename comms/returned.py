"""Mail that came back, read: what it says became of a letter. It is written by whoever has the letter's return address,
so nothing in it says whose letter it was: who is named in it may be somebody that mail was passed on to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from enum import Enum

from comms.replies import ENHANCED, Meaning, meaning

# Of the text of a report; the rest of a mail is not ours to keep.
MOST_TEXT = 400
# Parts of a mail that are looked at, and headers of one that may name a letter.
MOST_PARTS = 30
# Addresses that a server refuses because of the sender, which say nothing of their reader.
OF_THE_SENDER = ("5.1.7", "5.1.8")


class What(Enum):
    BOUNCED = "bounced"
    DELAYED = "delayed"
    ARRIVED = "arrived"
    COMPLAINED = "complained"
    ANSWERED = "answered"
    """By a machine or a person: nothing about delivery."""


@dataclass(frozen=True, slots=True)
class Report:
    """`text` begins with the enhanced status code, where there is one. `names` are the addresses and ids in it by which
    a letter of ours may be known, where a report comes to an address that is not one letter's."""

    what: What
    text: str = ""
    names: tuple[str, ...] = ()


def read(raw: bytes) -> Report:
    """What a mail says. Whatever can't be understood is an answer of somebody's."""
    message = message_from_bytes(raw)
    parts = _parts(message)
    kinds = {part.get_content_type() for part in parts}
    if "message/feedback-report" in kinds:
        return _complaint(parts)
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            return _delivery(part)
    return Report(What.ANSWERED, _line(message.get("Subject", "")))


def means(text: str) -> Meaning:
    """What a bounce says of its reader: the class of its status code, whether a server gave up at once or after days of
    trying."""
    found = ENHANCED.search(text)
    status = found.group() if found else ""
    if status in OF_THE_SENDER:
        return Meaning.NEVER
    if status == "4.2.2":
        return Meaning.FULL
    meant = meaning(_code(text), status)
    # Whoever sent it back has tried for as long as they do.
    return meant if meant in (Meaning.NO_SUCH_READER, Meaning.FULL, Meaning.UNWANTED) else Meaning.NEVER


def _parts(message: Message) -> list[Message]:
    found: list[Message] = []
    for part in message.walk():
        found.append(part)
        if len(found) >= MOST_PARTS:
            break
    return found


def _blocks(part: Message) -> Iterator[Message]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (each for each in payload if isinstance(each, Message))


def _delivery(part: Message) -> Report:
    """A report of delivery (RFC 3464). It has a block of the letter, then one for each of those it went on to: who
    failed says more than who waits."""
    said = [block for block in _blocks(part) if block.get("Action")]
    for action, what in (("failed", What.BOUNCED), ("delayed", What.DELAYED)):
        for block in said:
            if _line(block.get("Action", "")).lower().startswith(action):
                return Report(what, _reason(block))
    return Report(What.ARRIVED if said else What.ANSWERED)


def _reason(block: Message) -> str:
    status = ENHANCED.search(_line(block.get("Status", "")))
    said = _line(block.get("Diagnostic-Code", ""))
    kind, found, rest = said.partition(";")
    said = rest.strip() if found and kind.strip().isalnum() else said
    more = ENHANCED.search(said)
    # Many relays write x.0.0 and leave what the other side said in its own words.
    vague = status is None or status.group().endswith(".0.0")
    first = more.group() if vague and more else status.group() if status else ""
    return f"{first} {said}".strip()[:MOST_TEXT]


def _code(text: str) -> int:
    """The three digits of a reply, 554 (no reason given) where there are none."""
    for word in text.replace("-", " ").split()[:3]:
        if len(word) == 3 and word.isdecimal() and word[0] in "45":
            return int(word)
    return 554


def _complaint(parts: list[Message]) -> Report:
    """A report of abuse (RFC 5965). `not-spam` is the opposite, and other kinds are about something else."""
    kind, names = "", []
    for part in parts:
        if part.get_content_type() == "message/feedback-report":
            for block in (part, *_blocks(part)):
                kind = kind or _line(block.get("Feedback-Type", "")).lower()
                names += [_line(str(each)) for each in block.get_all("Original-Mail-From", [])]
        names += [_line(str(part.get(name, ""))) for name in ("Return-Path", "Message-ID") if part is not parts[0]]
        if part.get_content_type() == "text/rfc822-headers":
            names += _in_headers(part)
    known = tuple(dict.fromkeys(each.strip("<> ") for each in names if "@" in each))
    what = What.COMPLAINED if kind in ("abuse", "fraud", "virus") else What.ANSWERED
    return Report(what, f"Reported as {kind or 'something'}", known)


def _in_headers(part: Message) -> list[str]:
    payload = part.get_payload(decode=True)
    inner = message_from_bytes(payload if isinstance(payload, bytes) else b"")
    return [_line(str(inner.get(name, ""))) for name in ("Return-Path", "Message-ID")]


def _line(text: object) -> str:
    """On one line, in letters that a database takes."""
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())[:1000]
