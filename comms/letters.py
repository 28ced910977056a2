"""Deliveries as messages: who writes to whom, under which name, with which headers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, parseaddr
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from comms import calendars, calls, places, readers
from comms.actions import bundling
from comms.addresses import ascii_form
from comms.models import (
    Correction,
    Delivery,
    MaintenanceComponent,
    MaintenanceUpdate,
    PageMaintenance,
    StatusPage,
    Subscriber,
)
from comms.models import Letter as Posted
from comms.notices import notice
from comms.snapshot import serializer
from comms.snapshot.public import PublicUpdate
from comms.tokens import mac, subscriber_token
from comms.transports.base import Letter
from incidents import clock
from incidents.links import page_token
from incidents.sources import mail
from teams import dates
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


MAINTENANCE_HEADINGS = {
    MaintenanceUpdate.Kind.PLANNED: "Scheduled maintenance",
    MaintenanceUpdate.Kind.CHANGED: "Maintenance changed",
    MaintenanceUpdate.Kind.MOVED: "Maintenance moved",
    MaintenanceUpdate.Kind.EXTENDED: "Maintenance takes longer",
    MaintenanceUpdate.Kind.REMINDER: "Maintenance begins soon",
    MaintenanceUpdate.Kind.STARTED: "Maintenance in progress",
    MaintenanceUpdate.Kind.VERIFYING: "Maintenance done, being verified",
    MaintenanceUpdate.Kind.COMPLETED: "Maintenance completed",
    MaintenanceUpdate.Kind.CANCELLED: "Maintenance cancelled",
    MaintenanceUpdate.Kind.NOTE: "News of the maintenance",
}

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
    about = _maintenance if delivery.maintenance_update is not None else CONTEXTS[Kind(delivery.kind)]
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


def times(at: datetime, zone: str) -> str:
    """A moment in UTC and in the reader's zone: `14:10 UTC, 23 Nov 2026 (15:10 Europe/Berlin)`. It is said once where
    the reader's clock shows UTC."""
    utc = at.astimezone(UTC)
    told = f"{utc:%H:%M} UTC, {dates.long(utc)}"
    if zone in ("", "UTC"):
        return told
    local = at.astimezone(ZoneInfo(zone))
    if not local.utcoffset():
        return told
    day = "" if local.date() == utc.date() else f", {dates.short(local)}"
    return f"{told} ({local:%H:%M} {zone}{day})"


def expected(update: PublicUpdate, zone: str) -> str:
    """When service is expected back, after "Service expected back": `between 15:00 and 15:30 UTC, 23 Nov 2026 (16:00 to
    16:30 Europe/Berlin), medium confidence`. Empty where nobody said."""
    early, late = update.eta_early_at, update.eta_at
    if late is None:
        return ""
    told = _span(early, late, zone) if early else gettext("by %(time)s") % {"time": times(late, zone)}
    return f"{told}, {gettext(serializer.SURE[update.eta_confidence])}" if update.eta_confidence else told


def _span(early: datetime, late: datetime, zone: str) -> str:
    """Two moments as one where they lie on one day, on the reader's clock too."""
    local = ZoneInfo(zone or "UTC")
    between = gettext("between %(first)s and %(last)s")
    if any(len({at.astimezone(each).date() for at in (early, late)}) > 1 for each in (UTC, local)):
        return between % {"first": times(early, zone), "last": times(late, zone)}
    whole = between % {"first": f"{early.astimezone(UTC):%H:%M}", "last": times(late, zone)}
    both = gettext("%(first)s to %(last)s") % {"first": f"{early.astimezone(local):%H:%M}", "last": ""}
    return whole.replace(" (", f" ({both}", 1)


def until(at: datetime, sent_at: datetime) -> str:
    """How long after a mail something is due: `20 min after this mail`. Empty for what is not after it."""
    minutes = clock.minutes_late(sent_at, at)
    if minutes < 1:
        return ""
    hours, rest = divmod(minutes, 60)
    told = f"{hours} h {rest:02} min" if hours and rest else f"{hours} h" if hours else f"{minutes} min"
    return gettext("%(time)s after this mail") % {"time": told}


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


def _confirm(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    subscriber = delivery.subscriber
    assert subscriber is not None, "a confirmation goes to a subscriber"
    known = subscriber.state == subscriber.State.ACTIVE
    url = absolute(reverse("comms:subscription", args=[subscriber_token(subscriber)]))
    page = serializer.page(subscriber.page)
    context = {"page": page, "known": known, "url": url}
    subject = gettext("You are subscribed already") if known else gettext("Please confirm your subscription")
    return f"{subject}: {page.name}", "confirm", context | {"from_name": page.name}


def _update(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    update, subscriber = delivery.update, delivery.subscriber
    assert update is not None, "an update's delivery has its update"
    assert subscriber is not None, "an update's delivery has its reader"
    told = update.page_incident
    token = subscriber_token(subscriber)
    return (
        f"[{told.page.name}] {told.mail_title or told.title}",
        "update",
        update_context(update, subscriber.time_zone, delivery.correction, sent_at=delivery.created_at)
        | {
            "from_name": told.page.name,
            "url": _on_page(told.page, "incident", told.uid, subscriber),
            "manage_url": absolute(reverse("comms:subscription", args=[token])),
            "unsubscribe_url": absolute(reverse("comms:unsubscribe", args=[token])),
        },
    )


def _maintenance(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    update, subscriber = delivery.maintenance_update, delivery.subscriber
    assert update is not None, "only what tells of a maintenance comes here"
    assert subscriber is not None, "it has its reader"
    told = update.maintenance
    token = subscriber_token(subscriber)
    return (
        maintenance_subject(told),
        "maintenance",
        maintenance_context(update, subscriber.time_zone, list(told.parts.select_related("component")))
        | {
            "from_name": told.page.name,
            "url": _on_page(told.page, "maintenance", told.uid, subscriber),
            "manage_url": absolute(reverse("comms:subscription", args=[token])),
            "unsubscribe_url": absolute(reverse("comms:unsubscribe", args=[token])),
        },
    )


def _on_page(page: StatusPage, part: str, uid: str, subscriber: Subscriber) -> str:
    """Where they read it, in their language; of a page for customers with what opens it."""
    url = places.absolute(page, part, uid, lang=subscriber.speaks)
    if page.audience == page.Audience.CUSTOMERS:
        url += f"?{readers.KEY}={readers.key_of(page.uid, page.key_version)}"
    return url


def maintenance_subject(told: PageMaintenance) -> str:
    return f"[{told.page.name}] Maintenance: {told.mail_title or told.title}"


def maintenance_context(update: MaintenanceUpdate, zone: str, parts: Sequence[MaintenanceComponent]) -> dict[str, Any]:
    """What the templates of a maintenance's mail need; `update` may be unsaved, for a preview, and so `parts`."""
    told = update.maintenance
    changes = list(update.component_changes.select_related("component")) if update.pk else []
    return {
        "told": serializer.planned(told),
        "page": serializer.page(told.page),
        "heading": MAINTENANCE_HEADINGS[MaintenanceUpdate.Kind(update.kind)],
        # What is written in the page's zone is said in the reader's above it.
        "body": "" if update.by_itself and update.says_only_times else update.body,
        "begins": times(update.scheduled_for, zone),
        "ends": times(update.scheduled_until, zone),
        "was_begins": times(update.was_for, zone) if update.was_for else "",
        "was_ends": times(update.was_until, zone) if update.was_until else "",
        "parts": [(part.component.name, part.get_status_display()) for part in parts],
        "changes": [(change.component.name, change.get_new_status_display()) for change in changes],
        "at": times(update.shown_at, zone),
        "url": places.absolute(told.page, "maintenance", told.uid) if told.pk else "",
    }


def update_context(
    update: Any, zone: str, correction: Correction | None = None, *, sent_at: datetime | None = None
) -> dict[str, Any]:
    """What the templates of an update's mail need; `update` may be unsaved, for a preview. `sent_at` is now where it is
    left out."""
    row = update.page_incident
    changes = update.component_changes.select_related("component__group") if update.pk else ()
    said, told = serializer.update(update, changes), serializer.head(row)
    return {
        "update": said,
        "told": told,
        "page": serializer.page(row.page),
        "state": gettext(said.state_label),
        "changes": [(each.component.name, gettext(each.new_label)) for each in said.changes],
        "eta": expected(said, zone),
        "next_update": times(said.next_update_at, zone) if said.next_update_at else "",
        "next_update_after": until(said.next_update_at, sent_at or timezone.now()) if said.next_update_at else "",
        "at": times(said.shown_at, zone),
        "correction": serializer.correction(correction) if correction else None,
        "corrected": times(correction.at, zone) if correction else "",
        "url": places.absolute(row.page, "incident", row.uid) if row.pk else "",
    }


CONTEXTS: dict[Kind, Callable[[Delivery], tuple[str, str, dict[str, Any]]]] = {
    Kind.PAGE: _page,
    Kind.DIGEST: _digest,
    Kind.DRILL: _drill,
    Kind.NOTICE: _notice,
    Kind.CONFIRM: _confirm,
    Kind.UPDATE: _update,
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
    return f"{local}+bounce-{delivery.pk}-{mac('bounce', delivery.pk, length=12)}@{domain}"


def _unsubscribe_address(delivery: Delivery) -> str:
    local, domain = _mailbox()
    number = delivery.subscriber_id
    return f"mailto:{local}+stop-{number}-{mac('stop', number, length=16)}@{domain}?subject=unsubscribe"


def _message_id(delivery: Delivery) -> str:
    return f"<{delivery.kind}.{delivery.pk}.{mac('message', delivery.key, length=12)}@{_domain()}>"


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
