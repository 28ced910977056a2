"""Deliveries as messages: who writes to whom, under which name, with which headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from comms import calendars, calls, reader_letters
from comms.actions import bundling
from comms.addresses import ascii_form
from comms.models import (
    Delivery,
    MaintenanceUpdate,
)
from comms.models import Letter as Posted
from comms.notices import notice
from comms.times import times
from comms.tokens import mac, return_token
from comms.transports.base import Letter
from incidents.links import page_token
from incidents.sources import mail
from teams.mails import absolute
from teams.models import Organization, User

Kind = Delivery.Kind
# Incidents that the mail of a digest lists.
MOST_NAMED = 20
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


# What a letter needs beside its delivery, by what the delivery is about. A join of all of them at once takes PostgreSQL
# longer to plan than the letter takes to be sent.
NEEDED = {
    "user": ("user",),
    "page": ("page__user", "page__run", "page__incident__severity", "page__incident__team"),
    "bundle": ("bundle__user",),
    "drill_call": ("drill_call__drill__schedule__team",),
    "method": ("method",),
    "webhook": ("webhook",),
    "entry": ("entry__incident__severity", "entry__incident__team", "entry__actor"),
    "subscriber": ("subscriber__page",),
    "update": ("update__page_incident__page",),
    "correction": ("correction",),
    "maintenance_update": ("maintenance_update__maintenance__page",),
    "letter": ("letter",),
}


def reload(delivery: Delivery) -> Delivery:
    """The delivery as it stands now, with everything that its letter needs."""
    about = {name for name in NEEDED if getattr(delivery, f"{name}_id") is not None}
    if "page" in about:
        # The page says all of its incident.
        about.discard("entry")
    needed = [each for name in NEEDED if name in about for each in NEEDED[name]]
    rows = Delivery.objects.select_related(*needed) if needed else Delivery.objects.all()
    return rows.get(pk=delivery.pk)


def write(delivery: Delivery) -> Letter:
    """The message of a delivery. It is the same on every retry but for its links to a page, which are signed anew.

    Raises Unwritable for an address that can't be written to.
    """
    recipient = ascii_form(delivery.address)
    message = EmailMessage(policy=WIRE)
    if delivery.letter is not None:
        _posted(message, delivery.letter)
    else:
        _rendered(message, delivery)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(delivery.created_at.astimezone(UTC))
    message["Message-ID"] = _message_id(delivery)
    for header, value in _for_providers(delivery):
        message[header] = value
    root = _root(delivery)
    if root:
        message["In-Reply-To"] = message["References"] = root
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    # Should it ever come back to an integration, it makes no alert.
    message[mail.OURS] = delivery.kind
    if delivery.kind == Kind.PAGE:
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    return Letter(message, sender=_return_path(delivery), recipient=recipient)


def _rendered(message: EmailMessage, delivery: Delivery) -> None:
    """Fill in what our own templates say of this kind of delivery."""
    language = delivery.subscriber.speaks if delivery.subscriber is not None else settings.LANGUAGE_CODE
    with translation.override(language):
        _in_words(message, delivery, language)


def _in_words(message: EmailMessage, delivery: Delivery, language: str) -> None:
    about = reader_letters.maintenance if delivery.maintenance_update is not None else CONTEXTS[Kind(delivery.kind)]
    subject, name, context = about(delivery)
    context |= {"language": language}
    context |= {"subject": subject, "base_url": settings.WATCHBILL_BASE_URL}
    message["Subject"] = one_line(subject)
    message["From"] = _from(context.get("from_name", ""))
    if delivery.kind == Kind.UPDATE and delivery.subscriber is not None:
        page = delivery.subscriber.page
        host = _domain()
        message["List-Id"] = f"{one_line(page.name, 60, plain=True)} <{page.slug}.status.{host}>"
        message["List-Unsubscribe"] = f"<{context['unsubscribe_url']}>, <{_unsubscribe_address(delivery)}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    _say(
        message,
        render_to_string(f"comms/mail/{name}.txt", context),
        render_to_string(f"comms/mail/{name}.html", context),
    )
    if delivery.maintenance_update is not None and delivery.maintenance_update.is_for_calendars:
        _attach_event(message, delivery.maintenance_update)


def _posted(message: EmailMessage, letter: Posted) -> None:
    """Fill in what Django was asked to send."""
    message["Subject"] = one_line(letter.subject)
    name, address = parseaddr(letter.sender)
    message["From"] = Address(one_line(name, 60), addr_spec=ascii_form(address)) if address else _from("")
    for header, value in letter.headers.items():
        message[header] = one_line(value)
    _say(message, letter.text, letter.html)


def _say(message: EmailMessage, text: str, html: str) -> None:
    message.set_content(text, cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")


def _attach_event(message: EmailMessage, update: MaintenanceUpdate) -> None:
    text = calendars.told(update).decode()
    message.add_attachment(text, subtype="calendar", filename="maintenance.ics", cte="base64")
    part = list(message.iter_attachments())[-1]
    part.set_param("method", "PUBLISH")


def one_line(text: str, most: int = 200, *, plain: bool = False) -> str:
    """Text for a header: on one line, without control characters; `plain` also without what structures a header."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    if plain:
        line = "".join(c for c in line if c.isascii() and (c.isalnum() or c in " -_."))
        line = " ".join(line.split()) or "status"
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def zone_of(user: User | None) -> str:
    """The zone that a person reads times in: their own, else the organization's."""
    return (user.time_zone if user else "") or Organization.current().time_zone


def _page(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    page = delivery.page
    assert page is not None, "a page's delivery has its page"
    incident = page.incident
    context = {
        "page": page,
        "incident": incident,
        "reader": page.user,
        "url": absolute(reverse("incidents:page", args=[page_token(page)])),
        "detected": times(incident.detected_at, zone_of(page.user)),
        "paged": times(page.created_at, zone_of(page.user)),
    }
    return f"[{incident.reference}] Page: {incident.title}", "page", context


def _digest(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    call = calls.write(delivery)
    bundle = delivery.bundle
    assert bundle is not None, "a digest is of a bundle"
    incidents = bundling.named(bundle, MOST_NAMED)
    context = {
        "call": call,
        "incidents": incidents,
        "more": call.data["count"] - len(incidents),
        "window": int((bundle.closes_at - bundle.opened_at).total_seconds()),
        "since": times(bundle.opened_at, zone_of(delivery.user)),
    }
    return call.title, "digest", context


def _drill(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    call = calls.write(delivery)
    told = delivery.drill_call
    assert told is not None, "a drill's letter is to one of its people"
    context = {"call": call, "drill": told.drill, "until": times(told.drill.ends_at, zone_of(delivery.user))}
    return f"{call.title} ({told.drill.schedule})", "drill", context


def _notice(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    entry = delivery.entry
    assert entry is not None, "a notice is about an entry"
    says = notice(entry, delivery.user)
    context = {
        "entry": entry,
        "incident": entry.incident,
        "notice": says,
        "reader": delivery.user,
        "at": times(entry.occurred_at or entry.recorded_at, zone_of(delivery.user)),
        "url": absolute(says.path),
    }
    return says.subject, "notice", context


CONTEXTS: dict[Kind, Callable[[Delivery], tuple[str, str, dict[str, Any]]]] = {
    Kind.PAGE: _page,
    Kind.DIGEST: _digest,
    Kind.DRILL: _drill,
    Kind.NOTICE: _notice,
    Kind.CONFIRM: reader_letters.confirm,
    Kind.UPDATE: reader_letters.update,
}


def _mailbox() -> tuple[str, str]:
    local, _, domain = settings.WATCHBILL_FROM_ADDRESS.rpartition("@")
    return local, domain


def _domain() -> str:
    return _mailbox()[1]


def _from(name: str) -> Address:
    display = one_line(name, 60) if name else parseaddr(settings.WATCHBILL_FROM_EMAIL)[0]
    return Address(display_name=display, addr_spec=settings.WATCHBILL_FROM_ADDRESS)


def _return_path(delivery: Delivery) -> str:
    """The envelope sender names the delivery, so that whatever bounces says by itself what it was."""
    local, domain = _mailbox()
    at = settings.WATCHBILL_RETURN_DOMAIN or domain
    return f"{local}+{return_token('bounce', delivery.pk)}@{at}"


def _unsubscribe_address(delivery: Delivery) -> str:
    local, domain = _mailbox()
    at = settings.WATCHBILL_RETURN_DOMAIN or domain
    return f"mailto:{local}+{return_token('stop', delivery.subscriber_id)}@{at}?subject=unsubscribe"


def _message_id(delivery: Delivery) -> str:
    return f"<{delivery.kind}.{delivery.pk}.{mac('message', delivery.key, length=12)}@{_domain()}>"


def _for_providers(delivery: Delivery) -> list[tuple[str, str]]:
    """By what those mail providers know a letter that write their own Message-ID, if one is to tell us of it."""
    if not settings.WATCHBILL_ANYMAIL_SECRET:
        return []
    name = return_token("bounce", delivery.pk)
    return [
        ("X-PM-Metadata-watchbill", name),
        ("X-MJ-CustomID", name),
        ("X-Mailin-custom", name),
        ("X-MSYS-API", f'{{"metadata":{{"watchbill":"{name}"}}}}'),
    ]


def _root(delivery: Delivery) -> str:
    """The id of a message that never was: everything about one incident to one reader answers to it, so a reader who
    joins late has a thread, too."""
    if delivery.maintenance_update is not None:
        thread = f"{delivery.maintenance_update.maintenance.uid}.{delivery.subscriber_id}"
    elif delivery.update is not None:
        thread = f"{delivery.update.page_incident.uid}.{delivery.subscriber_id}"
    elif delivery.page is not None:
        thread = f"inc{delivery.page.incident_id}.{delivery.user_id}"
    elif delivery.entry is not None:
        thread = f"inc{delivery.entry.incident_id}.{delivery.user_id}"
    else:
        return ""
    return f"<thread.{thread}.{mac('thread', thread, length=12)}@{_domain()}>"
