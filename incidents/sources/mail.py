"""A mail as an alert. Pure.

`Envelope.body` is the message as it was received. Which alert it is says the subject, without the words that say how it
stands ("[FIRING:1] Disk full" is over with "[RESOLVED] Disk full"), together with the sender; or, with the setting
"by": "thread", the first message of the thread. The first such word of the subject decides whether it is over.

Settings: "by" is "subject" or "thread"; "resolved" is a list of words that mean over, instead of the usual ones;
"ignore" is a list of further words of the subject that don't make another alert; "declare" is true where a mail that
names SEV1 to SEV4 in its subject declares the incident at once, with that severity.

What may go round in a circle is refused: mail that Watchbill itself has sent, which carries the header `OURS`; what a
mail server or somebody's holiday answers; and what many servers have passed on.
"""

from __future__ import annotations

import email.header
import email.utils
from collections.abc import Iterator
from datetime import UTC, datetime
from email.errors import MessageError
from email.message import Message
from email.policy import Compat32
from html import unescape
from typing import Any

import nh3

from incidents.sources import AlertReport, Envelope, Parsed, SourceError
from incidents.sources.reading import clean, key, link, links, rows

# The header of all mail that Watchbill sends.
OURS = "X-Watchbill"
MOST_HOPS = 50
LARGEST = 512 * 1024
LONGEST_HEADER = 2000
# Elements within elements cost the square of their number.
LONGEST_HTML = 50_000
MOST_PARTS = 100
# Each line of a mail is compared with the boundaries of all the parts that it may be in.
MOST_BOUNDARIES = 40
MOST_LINKS = 5
NAMELESS = "Alert without a name"
# Words that mean over wherever they stand, and those that do only in capitals: "filling up" is not over.
OVER = frozenset(["cleared", "recovered", "recovery", "resolved"])
OVER_IN_CAPITALS = frozenset(["CLOSED", "GREEN", "NORMAL", "OK", "UP"])
GOES_ON = frozenset(
    [
        "alarm", "alert", "alerting", "critical", "down", "emergency", "error", "failed", "failing", "firing", "info",
        "problem", "red", "triggered", "unknown", "warning", "yellow",
    ]
)  # fmt: skip
SEVERITIES = ("emergency", "critical", "error", "warning", "info")
# As people write them; they say nothing of whether it is over.
LEVELS = ("sev1", "sev2", "sev3", "sev4")
# What mail programs put before a subject.
REPLIES = frozenset(["re", "fw", "fwd", "aw", "wg", "sv", "tr"])
NEGATIONS = frozenset(["not", "never", "isn't"])
# Those that mail is written in. Others, such as punycode, can be made to cost far more than their length.
CHARSETS = (
    "utf-8", "utf8", "us-ascii", "ascii", "iso-8859-", "latin", "windows-125", "cp125", "koi8-", "gb", "big5", "euc-",
    "shift_jis", "iso-2022-", "utf-16", "macintosh",
)  # fmt: skip
# The elements that end a line, as nh3 leaves them: without attributes.
BLOCKS = frozenset(["br", "div", "h1", "h2", "h3", "h4", "li", "p", "table", "tr"])
# What the standard library raises on messages that nobody meant to be read.
FAILURES = (
    MessageError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
CONFIGURATION = """\
> Send mail to this address. What stands before the plus may be another word; where a tool lets no plus pass, leave out
> the word and the plus.
{url}
> The subject names the alert. Start it with a word that says how it stands, as most tools do.
[FIRING] Disk is full on db-3
[RESOLVED] Disk is full on db-3
"""
TEST = Envelope(
    b"From: Watchbill <watchbill@example.org>\r\n"
    b"Subject: A test alert: mail reaches Watchbill\r\n"
    b"Message-ID: <test@watchbill.example.org>\r\n"
    b"\r\n"
    b"Nobody has to do anything.\r\n"
)


class _Policy(Compat32):
    """Headers are cut before anything looks into them, since looking costs the square of their length."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        return name, value[:LONGEST_HEADER]


def read(sent: Envelope) -> Parsed:
    """One alert. SourceError on "message" for what is no mail, or may go round in a circle, and on "settings.…" for
    settings that are none."""
    words, ignored, by_thread = _settings(sent)
    raw = sent.body[:LARGEST]
    if raw.lower().count(b"boundary") > MOST_BOUNDARIES:
        raise SourceError("message", "has too many parts within parts")
    try:
        message: Message[Any, Any] = email.message_from_bytes(raw, policy=_Policy())
        circle = _circle(message)
        said = "" if circle else _text(message)
    except FAILURES:
        raise SourceError("message", "is no mail that can be read") from None
    if circle:
        raise SourceError("message", circle)
    subject, sender = _header(message, "Subject"), _sender(message)
    if not subject and not sender:
        raise SourceError("message", "give a mail with a subject and a sender")
    thread = _thread(message)
    over, severity, about = _judged(subject, words)
    about = " ".join(word for word in about.split() if word not in ignored)
    named = thread if thread and (by_thread or not about) else f"{sender}|{about}"
    at = _date(message)
    declares = sent.settings.get("declare") or False
    if not isinstance(declares, bool):
        raise SourceError("settings.declare", "give true or false")
    report = AlertReport(
        fingerprint=key(named, 128),
        status="resolved" if over else "firing",
        title=clean(subject, 255) or clean(said.partition("\n")[0], 255) or NAMELESS,
        summary=clean(said, 4000),
        severity=severity or ("high" if _is_important(message) else None),
        declares=declares and severity in LEVELS and not over,
        labels={"from": clean(sender, 2000)} if sender else {},
        starts_at=None if over else at,
        ends_at=at if over else None,
        links=links(link(address, "") for address in _addresses(said)),
    )
    return Parsed([report])


def _circle(message: Message[Any, Any]) -> str:
    """Why an alert of this mail might bring the next one; "" where it won't."""
    if OURS in message or _is_of_before(message):
        return "was sent by Watchbill itself, and would page again and again"
    if _header(message, "Auto-Submitted").lower().startswith("auto-replied"):
        return "is an answer that nobody wrote (Auto-Submitted: auto-replied), and no alert"
    if message.get_content_type() == "multipart/report":
        return "is a mail server's report on another mail, and no alert"
    if len(message.get_all("Received", [])) > MOST_HOPS:
        return f"was passed on by more than {MOST_HOPS} servers, and goes round in a circle"
    return ""


def _is_of_before(message: Message[Any, Any]) -> bool:
    """Whether Watchbill sent it without `OURS`, as it did before, or where that was taken away."""
    name, _, rest = _header(message, "Message-ID").strip("<>").partition("@")[0].partition(".")
    number, _, mark = rest.partition(".")
    return (
        _header(message, "X-Auto-Response-Suppress") == "All"
        and _header(message, "Auto-Submitted") == "auto-generated"
        and name.isalpha()
        and number.isdecimal()
        and len(mark) == 12
    )


def _settings(sent: Envelope) -> tuple[frozenset[str] | None, frozenset[str], bool]:
    by = sent.settings.get("by") or "subject"
    if by not in ("subject", "thread"):
        raise SourceError("settings.by", "give subject or thread")
    lists = []
    for name in ("resolved", "ignore"):
        words = rows(sent.settings.get(name), f"settings.{name}")
        if len(words) > 100 or not all(isinstance(word, str) for word in words):
            raise SourceError(f"settings.{name}", "give a list of at most 100 words")
        lists.append(frozenset(word.strip().casefold() for word in words))
    return lists[0] or None, lists[1], by == "thread"


def _judged(subject: str, own: frozenset[str] | None) -> tuple[bool, str | None, str]:
    """Whether it is over, how bad it is, and what it is about: the subject without the words that said so."""
    over: bool | None = None
    severity = None
    about: list[str] = []
    before = ""
    for written in subject.split():
        bare = written.strip("[](){}<>*!:;,.|-–—'\"#")
        # As in "[FIRING:2]".
        word, _, number = bare.partition(":")
        small = word.casefold()
        ends = small in own if own else small in OVER or word in OVER_IN_CAPITALS
        goes_on = small in GOES_ON
        if not bare or (small in REPLIES and not about and written.endswith(":")):
            continue
        if small in LEVELS and not number:
            severity = small
        elif (ends or goes_on) and (not number or number.isdecimal()):
            if over is None and before not in NEGATIONS:
                over = ends
            if severity is None and small in SEVERITIES:
                severity = small
        else:
            about.append(bare.casefold())
        before = small
    return bool(over), severity, " ".join(about)


def _header(message: Message[Any, Any], name: str) -> str:
    """A header decoded, on one line."""
    value = message.get(name)
    if value is None:
        return ""
    written = str(value)
    try:
        parts = email.header.decode_header(written)
    except FAILURES:
        parts = [(written, None)]
    told = "".join(part if isinstance(part, str) else _decoded(part, charset) for part, charset in parts)
    return " ".join(clean(told, LONGEST_HEADER).split())


def _sender(message: Message[Any, Any]) -> str:
    """The address alone, in lower case, where there is one."""
    written = _header(message, "From")
    try:
        return (email.utils.parseaddr(written)[1] or written).lower()
    except FAILURES:
        return written.lower()


def _thread(message: Message[Any, Any]) -> str:
    """The first message of the thread, this one where it begins it."""
    for name in ("References", "In-Reply-To", "Message-ID"):
        if found := _header(message, name).split():
            return found[0]
    return ""


def _date(message: Message[Any, Any]) -> datetime | None:
    written = _header(message, "Date")
    try:
        found = email.utils.parsedate_to_datetime(written)
        # "-0000" is a moment of which only the zone is unknown.
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except FAILURES:
        return None


def _is_important(message: Message[Any, Any]) -> bool:
    return _header(message, "Importance").lower() == "high" or _header(message, "X-Priority")[:1] in ("1", "2")


def _text(message: Message[Any, Any]) -> str:
    """The first part that is text, else the first that is HTML; nothing of what is attached."""
    html = ""
    for part in _parts(message):
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        said = _decoded(payload, part.get_content_charset()) if isinstance(payload, bytes) else ""
        if kind == "text/plain" and said.strip():
            return _tidy(said)
        html = html or said
    return _of_html(html)


def _parts(message: Message[Any, Any]) -> Iterator[Message[Any, Any]]:
    waiting = [message]
    for _ in range(MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        yield part
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            waiting.extend(reversed([each for each in inner if isinstance(each, Message)]))


def _decoded(raw: bytes, charset: str | None) -> str:
    named = (charset or "utf-8").lower()
    try:
        return raw.decode(named if named.startswith(CHARSETS) else "utf-8", "replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", "replace")


def _of_html(html: str) -> str:
    # What comes before the body is styles, often more of them than there is text.
    begins = max(html.find("<body"), html.find("<BODY"), 0)
    told = nh3.clean(
        html[begins : begins + LONGEST_HTML],
        tags=set(BLOCKS),
        attributes={},
        clean_content_tags={"script", "style", "title"},
    )
    for block in BLOCKS:
        told = told.replace(f"<{block}>", "\n").replace(f"</{block}>", "\n")
    return _tidy(unescape(told))


def _tidy(said: str) -> str:
    """Lines without blanks at their ends, and at most one empty one between two."""
    lines: list[str] = []
    for line in said[:LARGEST].replace("\xa0", " ").splitlines():
        tidy = line.strip()
        if tidy or (lines and lines[-1]):
            lines.append(tidy)
    return "\n".join(lines).strip()


def _addresses(said: str) -> Iterator[str]:
    found = 0
    for word in said[:20_000].split():
        begins = word.find("http")
        if begins >= 0 and word[begins:].startswith(("http://", "https://")):
            yield word[begins:].rstrip(">)]}.,;:!?'\"")
            found += 1
            if found == MOST_LINKS:
                return
