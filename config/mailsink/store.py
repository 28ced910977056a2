"""The mail that the sink keeps: one .eml and one .json a message, in a folder, newest last by name."""

import functools
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

KEPT = 5000
SPARE = 100


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it was handed over: the envelope, and what a list shows of it."""

    id: str
    received_at: str
    """ISO 8601, UTC."""
    mail_from: str
    rcpt_to: tuple[str, ...]
    subject: str
    message_id: str
    size: int

    @property
    def number(self) -> int:
        """The id as the addresses of its pages carry it."""
        return int(self.id)

    @property
    def received(self) -> datetime:
        return datetime.fromisoformat(self.received_at)

    def matches(self, *, to: str = "", subject: str = "", text: str = "", since: str = "") -> bool:
        """Whether it went to `to`, has `subject` in its subject, `text`
        in any of its lines, and came after `since`.

        `since` is an ISO 8601 time or the id of a message; cases don't matter.
        """
        envelope = " ".join((self.mail_from, *self.rcpt_to))
        return (
            to.lower() in " ".join(self.rcpt_to).lower()
            and subject.lower() in self.subject.lower()
            and text.lower() in f"{envelope} {self.subject}".lower()
            and (not since or (self.received_at if "T" in since or ":" in since else self.id) > since)
        )


class Store:
    """The folder of mail. One process writes (the sink), any number read."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, mail_from: str, rcpt_to: list[str], content: bytes) -> Mail:
        """Keep a message; only then is it accepted from its sender."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        parsed = _parse(content)
        now = time.time_ns()
        mail = Mail(
            id=f"{now:020d}",
            received_at=datetime.fromtimestamp(now / 1e9, UTC).isoformat(timespec="milliseconds"),
            mail_from=mail_from,
            rcpt_to=tuple(rcpt_to),
            subject=str(parsed.get("Subject", "")),
            message_id=str(parsed.get("Message-ID", "")),
            size=len(content),
        )
        self._path(mail.id, "eml").write_bytes(content)
        fresh = self.folder / f".{mail.id}"
        fresh.write_text(json.dumps(asdict(mail)))
        # Last and at once: whoever lists the folder sees whole messages only.
        fresh.rename(self._path(mail.id, "json"))
        self._forget_oldest()
        return mail

    def newest_first(self) -> Iterator[Mail]:
        """Every message kept, read as it is asked for."""
        for mail_id in reversed(self._ids()):
            mail = self.get(mail_id)
            if mail:
                yield mail

    def get(self, mail_id: str) -> Mail | None:
        """One message, None when it is not (or no longer) kept."""
        return _load(self._path(mail_id, "json")) if mail_id.isdigit() else None

    def content(self, mail_id: str) -> bytes:
        """The message as it came, headers and all. Raises FileNotFoundError."""
        return self._path(mail_id, "eml").read_bytes()

    def _ids(self) -> list[str]:
        try:
            names = os.listdir(self.folder)  # noqa: PTH208 - names alone, thousands of them
        except FileNotFoundError:
            return []
        return sorted(name.removesuffix(".json") for name in names if name.endswith(".json"))

    def _path(self, mail_id: str, kind: str) -> Path:
        return self.folder / f"{mail_id}.{kind}"

    def _forget_oldest(self) -> None:
        ids = self._ids()
        if len(ids) < KEPT + SPARE:
            return
        for mail_id in ids[:-KEPT]:
            self._path(mail_id, "json").unlink(missing_ok=True)
            self._path(mail_id, "eml").unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Content:
    """What is inside a message: `text` and `html` are empty where it has no such part."""

    headers: tuple[tuple[str, str], ...]
    text: str
    html: str


def read(content: bytes) -> Content:
    """Take a message apart; what cannot be decoded is replaced, never refused."""
    message = _parse(content)
    parts = {kind: message.get_body((kind,)) for kind in ("plain", "html")}
    bodies = {kind: _text(part) if part else "" for kind, part in parts.items()}
    raw = message_from_bytes(content, policy=policy.compat32)
    headers = tuple((name, str(value)) for name, value in raw.items())
    return Content(headers, bodies["plain"], bodies["html"])


def _text(part: object) -> str:
    assert isinstance(part, EmailMessage)
    try:
        return str(part.get_content())
    except (LookupError, ValueError):
        payload = part.get_payload(decode=True)
        return payload.decode(errors="replace") if isinstance(payload, bytes) else ""


def _parse(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


@functools.lru_cache(maxsize=KEPT + SPARE)
def _load(path: Path) -> Mail | None:
    # A message never changes once its .json is there, so it is read once.
    try:
        fields = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return Mail(**{**fields, "rcpt_to": tuple(fields["rcpt_to"])})
