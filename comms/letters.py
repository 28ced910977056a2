"""Deliveries as messages: who writes to whom, under which name, with which headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from comms import calls, casting, inviting, reader_letters, wire
from comms.actions import bundling
from comms.addresses import ascii_form
from comms.models import Delivery
from comms.models import Letter as Posted
from comms.notices import notice
from comms.times import times
from comms.transports.base import Letter
from incidents.links import page_token
from teams.mails import absolute
from teams.models import Organization, User

Kind = Delivery.Kind
# Incidents that the mail of a digest lists.
MOST_NAMED = 20


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
    if delivery.kind == Kind.UPDATE and delivery.subscriber is not None:
        return casting.cast_for(delivery).fill(casting.Addressee.of(delivery))
    recipient = ascii_form(delivery.address)
    message = EmailMessage(policy=wire.WIRE)
    if delivery.letter is not None:
        _posted(message, delivery.letter)
    else:
        _rendered(message, delivery)
    message["To"] = Address(addr_spec=recipient)
    message["Date"] = format_datetime(delivery.created_at.astimezone(UTC))
    message["Message-ID"] = wire.message_id(delivery.kind, delivery.pk, delivery.key)
    for header, value in wire.for_providers(delivery.pk):
        message[header] = value
    if thread := _thread(delivery):
        message["In-Reply-To"] = message["References"] = wire.root_of(thread)
    wire.mark_as_ours(message, delivery.kind)
    if delivery.kind == Kind.PAGE:
        message["Importance"] = "high"
        message["X-Priority"] = "1"
    return Letter(message.as_bytes(), sender=wire.return_path(delivery.pk), recipient=recipient)


def _rendered(message: EmailMessage, delivery: Delivery) -> None:
    """Fill in what our own templates say of this kind of delivery."""
    language = delivery.subscriber.speaks if delivery.subscriber is not None else settings.LANGUAGE_CODE
    with translation.override(language):
        _in_words(message, delivery, language)


def _in_words(message: EmailMessage, delivery: Delivery, language: str) -> None:
    subject, name, context = CONTEXTS[Kind(delivery.kind)](delivery)
    context |= {"language": language, "subject": subject, "base_url": settings.WATCHBILL_BASE_URL}
    message["Subject"] = wire.one_line(subject)
    message["From"] = wire.sent_by(context.get("from_name", ""))
    if delivery.kind == Kind.SUMMARY and delivery.subscriber is not None:
        message["List-Id"] = wire.list_id(delivery.subscriber.page)
        message["List-Unsubscribe"] = wire.to_unsubscribe(context["unsubscribe_url"], delivery.subscriber.pk)
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    wire.say(
        message,
        render_to_string(f"comms/mail/{name}.txt", context),
        render_to_string(f"comms/mail/{name}.html", context),
    )
    if delivery.entry is not None and (invitation := inviting.invitation(delivery.entry, delivery.user)):
        wire.invite(message, *invitation)


def _posted(message: EmailMessage, letter: Posted) -> None:
    """Fill in what Django was asked to send."""
    message["Subject"] = wire.one_line(letter.subject)
    name, address = parseaddr(letter.sender)
    message["From"] = Address(wire.one_line(name, 60), addr_spec=ascii_form(address)) if address else wire.sent_by("")
    for header, value in letter.headers.items():
        message[header] = wire.one_line(value)
    wire.say(message, letter.text, letter.html)


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
    if delivery.subscriber is not None:
        return reader_letters.about_subscription(delivery)
    entry = delivery.entry
    assert entry is not None, "a notice is about an entry"
    says = notice(entry, delivery.user)
    meeting = entry.data.get("calendar")
    context = {
        "entry": entry,
        "incident": entry.incident,
        "notice": says,
        "reader": delivery.user,
        "at": times(entry.occurred_at or entry.recorded_at, zone_of(delivery.user)),
        "url": absolute(says.path),
        "meeting": meeting,
        "meets": times(datetime.fromisoformat(meeting["starts_at"]), zone_of(delivery.user)) if meeting else "",
    }
    return says.subject, "notice", context


CONTEXTS: dict[Kind, Callable[[Delivery], tuple[str, str, dict[str, Any]]]] = {
    Kind.PAGE: _page,
    Kind.DIGEST: _digest,
    Kind.DRILL: _drill,
    Kind.NOTICE: _notice,
    Kind.CONFIRM: reader_letters.confirm,
    Kind.SUMMARY: reader_letters.summary,
}


def _thread(delivery: Delivery) -> str:
    """What everything about one incident to one reader has in common."""
    if delivery.page is not None:
        return f"inc{delivery.page.incident_id}.{delivery.user_id}"
    if delivery.entry is not None:
        return f"inc{delivery.entry.incident_id}.{delivery.user_id}"
    return ""
