"""What all mail of ours has in common on the wire: who writes, ids and threads, and what programs read of it."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import parseaddr
from typing import Any

from django.conf import settings

from comms.models import StatusPage
from comms.tokens import BOUNCE, STOP, mac, return_token
from incidents.sources import mail

READ_BY_PROGRAMS = {
    "message-id",
    "in-reply-to",
    "references",
    "list-id",
    "list-unsubscribe",
    "list-unsubscribe-post",
}


class Wire(EmailPolicy):
    """Mail as it is sent. The standard policy encodes a long id or address to make it fit a line, and programs don't
    decode those: these headers go as they are, folded between two addresses only."""

    def fold(self, name: str, value: Any) -> str:
        if name.lower() in READ_BY_PROGRAMS:
            return f"{name}: {str(value).replace(', ', f',{self.linesep} ')}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        if name.lower() in READ_BY_PROGRAMS:
            return self.fold(name, value).encode("ascii")
        return bytes(super().fold_binary(name, value))


WIRE = Wire(linesep="\r\n", cte_type="7bit")


def say(message: EmailMessage, text: str, html: str) -> None:
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")


def invite(message: EmailMessage, method: str, calendar: str) -> None:
    """Let a message that says something already carry an invitation: as one more way to say it, which calendar programs
    look for, and as a file for everybody else."""
    message.add_alternative(calendar, subtype="calendar", cte="base64", params={"method": method})
    message.add_attachment(calendar.encode(), maintype="application", subtype="ics", filename="invitation.ics")


def mark_as_ours(message: EmailMessage, kind: str) -> None:
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Should it ever come back to an integration, it makes no alert.
    message[mail.OURS] = kind


def one_line(text: str, most: int = 200, *, plain: bool = False) -> str:
    """Text for a header: on one line, without control characters; `plain` also without what structures a header."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if plain:
        line = "".join(c for c in line if c.isascii() and (c.isalnum() or c in " -_."))
        line = " ".join(line.split()) or "status"
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def mailbox() -> tuple[str, str]:
    """The part before and after the @ of the address that we write from."""
    local, _, host = settings.WATCHBILL_FROM_ADDRESS.rpartition("@")
    return local, host


def domain() -> str:
    return mailbox()[1]


def sent_by(name: str) -> Address:
    display = one_line(name, 60) if name else parseaddr(settings.WATCHBILL_FROM_EMAIL)[0]
    return Address(display_name=display, addr_spec=settings.WATCHBILL_FROM_ADDRESS)


def return_host() -> str:
    """Where mail comes back to."""
    return settings.WATCHBILL_RETURN_DOMAIN or domain()


def return_path(delivery_pk: int) -> str:
    """The envelope sender names the delivery, so that whatever bounces says by itself what it was."""
    return f"{mailbox()[0]}+{return_token(BOUNCE, delivery_pk)}@{return_host()}"


def to_unsubscribe(url: str, subscriber_pk: int) -> str:
    """The two ways that mail programs offer: a POST to `url`, and a mail."""
    return f"<{url}>, <mailto:{mailbox()[0]}+{return_token(STOP, subscriber_pk)}@{return_host()}?subject=unsubscribe>"


def for_providers(delivery_pk: int) -> list[tuple[str, str]]:
    """By what those mail providers know a letter that write their own Message-ID, if one is to tell us of it: as its
    return address does."""
    if not settings.WATCHBILL_ANYMAIL_SECRET:
        return []
    token = return_token(BOUNCE, delivery_pk)
    return [
        ("X-PM-Metadata-watchbill", token),
        ("X-MJ-CustomID", token),
        ("X-Mailin-custom", token),
        ("X-MSYS-API", f'{{"metadata":{{"watchbill":"{token}"}}}}'),
    ]


def list_id(page: StatusPage) -> str:
    return f"{one_line(page.name, 60, plain=True)} <{page.slug}.status.{domain()}>"


def message_id(kind: str, delivery_pk: int, key: str) -> str:
    """The same on every retry."""
    return f"<{kind}.{delivery_pk}.{mac('message', key, length=12)}@{domain()}>"


def root_of(thread: str) -> str:
    """The id of a message that never was: everything about one incident to one reader answers to it, so a reader who
    joins late has a thread, too."""
    return f"<thread.{thread}.{mac('thread', thread, length=12)}@{domain()}>"
