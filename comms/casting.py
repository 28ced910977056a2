"""Mail to many: rendered once for all who read the same words in the same language and zone, and filled in for each.

What is personal in it is the address, the ids, and the links that carry their reader's permission.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from string import ascii_letters, digits
from typing import Self

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from comms import calendars, reader_letters, wire
from comms.actions import superseding
from comms.addresses import Unwritable, ascii_form
from comms.models import Correction, Delivery, MaintenanceUpdate, StatusPage, StatusUpdate
from comms.reader_letters import Reader
from comms.tokens import mac, subscriber_token
from comms.transports.base import Letter
from teams.mails import absolute

# Casts that a process keeps: of the languages and zones of the updates that are being sent.
MOST_KEPT = 200
# Addresses of these alone stand in a header as they are.
PLAIN = frozenset("@!#$%&'*+/=?^_`{|}~.-" + ascii_letters + digits)
SLOT = b"\0"
# Settings that are in what all readers get.
OURS = ("SECRET_KEY", "WATCHBILL_BASE_URL", "WATCHBILL_FROM_EMAIL")


@dataclass(frozen=True, slots=True)
class Addressee:
    """One delivery to one reader, as far as its letter is theirs alone."""

    delivery: int
    key: str
    subscriber: int
    address: str

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        assert delivery.subscriber_id is not None, "only what readers are told is cast"
        return cls(delivery.pk, delivery.key, delivery.subscriber_id, delivery.address)


@dataclass(frozen=True, slots=True)
class Told:
    """What a letter is about: an update, perhaps as it was corrected, or news of a maintenance."""

    update: StatusUpdate | None = None
    correction: Correction | None = None
    maintenance_update: MaintenanceUpdate | None = None

    @property
    def page(self) -> StatusPage:
        if self.maintenance_update is not None:
            return self.maintenance_update.maintenance.page
        assert self.update is not None, "it is about one or the other"
        return self.update.page_incident.page

    @property
    def thread(self) -> str:
        """What everything about one incident has in common."""
        if self.maintenance_update is not None:
            return self.maintenance_update.maintenance.uid
        assert self.update is not None, "it is about one or the other"
        return self.update.page_incident.uid

    @property
    def version(self) -> Hashable:
        """Another one where the letter would be another."""
        page = (self.page.pk, self.page.updated_at, self.page.key_version)
        if self.maintenance_update is not None:
            return "maintenance", self.maintenance_update.pk, self.maintenance_update.maintenance.updated_at, page
        assert self.update is not None, "it is about one or the other"
        told = self.update.page_incident
        corrected = self.correction and (self.correction.pk, self.correction.erased)
        return "update", self.update.pk, self.update.updated_at, told.updated_at, corrected, page


@dataclass(frozen=True, slots=True)
class Cast:
    """A message but for its reader: `head` ends where the personal headers do not stand, and between the pieces of
    `body` stands the reader's token. `leave` is the address to unsubscribe at, before and after that."""

    head: bytes
    body: tuple[bytes, ...]
    leave: tuple[str, str]
    thread: str

    def fill(self, to: Addressee) -> Letter:
        """The message for one reader. Raises Unwritable for an address that can't be written to."""
        recipient = ascii_form(to.address)
        token = subscriber_token(to.subscriber)
        root = wire.root_of(f"{self.thread}.{to.subscriber}")
        own = [
            ("To", _spelled(recipient)),
            ("Message-ID", wire.message_id(Delivery.Kind.UPDATE, to.delivery, to.key)),
            ("In-Reply-To", root),
            ("References", root),
            ("List-Unsubscribe", wire.to_unsubscribe(token.join(self.leave), to.subscriber).replace(", ", ",\r\n ")),
            *wire.for_providers(to.delivery),
        ]
        head = "".join(f"{name}: {value}\r\n" for name, value in own)
        content = head.encode("ascii") + self.head + token.encode("ascii").join(self.body)
        return Letter(content, sender=wire.return_path(to.delivery), recipient=recipient)


_kept: OrderedDict[Hashable, Cast] = OrderedDict()


def cast_for(delivery: Delivery) -> Cast:
    """The cast of a delivery that was loaded with what it is about."""
    assert delivery.subscriber is not None, "only what readers are told is cast"
    told = Told(delivery.update, delivery.correction, delivery.maintenance_update)
    reader = delivery.subscriber
    skipped: tuple[int, ...] = ()
    if told.update is not None and told.correction is None:
        skipped = superseding.skipped(told.update, [reader.pk]).get(reader.pk, ())
    return cast(told, reader.speaks, reader.time_zone, delivery.created_at, skipped)


def cast(told: Told, language: str, time_zone: str, at: datetime, skipped: tuple[int, ...] = ()) -> Cast:
    """The message about `told` for all who read `language`, live in `time_zone`, and missed the updates `skipped`
    (ids); `at` is when it was queued."""
    ours = tuple(getattr(settings, name) for name in OURS)
    key = (told.version, language, time_zone, at, skipped, ours)
    found = _kept.get(key)
    if found is None:
        found = _kept[key] = _made(told, language, time_zone, at, skipped)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    else:
        _kept.move_to_end(key)
    return found


def _made(told: Told, language: str, time_zone: str, at: datetime, skipped: tuple[int, ...]) -> Cast:
    # Nobody can write a text that has it, so nothing but our own links is filled in.
    slot = "x" + mac("slot", told.thread)
    with translation.override(language):
        message = _message(told, Reader(language, time_zone, slot), at, skipped)
    head, _, body = message.as_bytes().partition(b"\r\n\r\n")
    before, _, after = absolute(reverse("comms:unsubscribe", args=[slot])).partition(slot)
    return Cast(head + b"\r\n\r\n", tuple(_opened(body, slot).split(SLOT)), (before, after), told.thread)


def _message(told: Told, reader: Reader, at: datetime, skipped: tuple[int, ...]) -> EmailMessage:
    if told.maintenance_update is not None:
        subject, name, context = reader_letters.maintenance(told.maintenance_update, reader)
    else:
        assert told.update is not None, "it is about one or the other"
        subject, name, context = reader_letters.update(told.update, told.correction, reader, at, skipped)
    context |= {"language": reader.language, "subject": subject, "base_url": settings.WATCHBILL_BASE_URL}
    message = EmailMessage(policy=wire.WIRE)
    message["Subject"] = wire.one_line(subject)
    message["From"] = wire.sent_by(context["from_name"])
    message["Date"] = format_datetime(at.astimezone(UTC))
    message["List-Id"] = wire.list_id(told.page)
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    wire.mark_as_ours(message, Delivery.Kind.UPDATE)
    wire.say(
        message,
        render_to_string(f"comms/mail/{name}.txt", context),
        render_to_string(f"comms/mail/{name}.html", context),
    )
    if told.maintenance_update is not None and told.maintenance_update.is_for_calendars:
        _attach_event(message, told.maintenance_update)
    return message


def _attach_event(message: EmailMessage, update: MaintenanceUpdate) -> None:
    text = calendars.told(update).decode()
    message.add_attachment(text, subtype="calendar", filename="maintenance.ics", cte="base64")
    part = list(message.iter_attachments())[-1]
    part.set_param("method", "PUBLISH")


def _opened(body: bytes, slot: str) -> bytes:
    """The body with SLOT where the reader's token goes, on a line of its own that quoted-printable joins to the others:
    so it fits, however long the lines around it are. The encoding may have broken what is looked for in two."""
    broken = b"(?:=\r\n)?".join(re.escape(letter.encode()) for letter in slot)
    return re.sub(broken, b"=\r\n" + SLOT + b"=\r\n", body)


def _spelled(recipient: str) -> str:
    """The address as a header has it. Raises Unwritable for what would be more than an address there."""
    if PLAIN.issuperset(recipient) and recipient.count("@") == 1:
        return recipient
    try:
        return str(Address(addr_spec=recipient))
    except (ValueError, IndexError, MessageError) as error:
        raise Unwritable("That is not an e-mail address.") from error
