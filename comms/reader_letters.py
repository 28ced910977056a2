"""What subscribers of a page are written: whether they want it, what is told, and what is planned."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext

from comms import places, readers
from comms.actions import summaries
from comms.models import (
    Correction,
    Delivery,
    MaintenanceComponent,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    StatusPage,
    StatusUpdate,
    Subscriber,
)
from comms.snapshot import serializer
from comms.times import expected, times, until
from comms.tokens import subscriber_token
from teams.mails import absolute

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


def confirm(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    subscriber = delivery.subscriber
    assert subscriber is not None, "a confirmation goes to a subscriber"
    known = subscriber.state == subscriber.State.ACTIVE
    url = absolute(reverse("comms:subscription", args=[subscriber_token(subscriber)]))
    wanted = _wanted_too(delivery, subscriber) if known else None
    if wanted is not None:
        url += f"?incident={wanted.uid}"
    page = serializer.page(subscriber.page)
    context = {"page": page, "known": known, "url": url, "goes_to": subscriber.endpoint_shown}
    context["wanted"] = serializer.head(wanted).title if wanted is not None else ""
    subject = gettext("You are subscribed already") if known else gettext("Please confirm your subscription")
    return f"{subject}: {page.name}", "confirm", context | {"from_name": page.name}


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a letter is for: in which language, with times in which zone, and the token of their links."""

    language: str
    time_zone: str
    token: str

    @classmethod
    def of(cls, subscriber: Subscriber) -> Self:
        return cls(subscriber.speaks, subscriber.time_zone, subscriber_token(subscriber))


def _wanted_too(delivery: Delivery, subscriber: Subscriber) -> PageIncident | None:
    """The incident that somebody who is subscribed asked for by itself."""
    what, _, uid = delivery.rule.partition(":")
    if what != "incident":
        return None
    return PageIncident.objects.told().filter(page=subscriber.page, uid=uid).select_related("page").first()


def about_subscription(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    """What their keeper is told of a subscription that ended: by themselves, or because its endpoint failed."""
    subscriber = delivery.subscriber
    assert subscriber is not None, "it goes to a subscriber"
    page = serializer.page(subscriber.page)
    context = {
        "page": page,
        "from_name": page.name,
        "url": absolute(reverse("comms:subscription", args=[subscriber_token(subscriber)])),
        "goes_to": subscriber.endpoint_shown,
        "trouble": subscriber.trouble,
    }
    if delivery.key.startswith("undo:"):
        subject, name = gettext("You are unsubscribed"), "unsubscribed"
    else:
        subject, name = gettext("Updates do not reach you any more"), "endpoint_fails"
    return f"{subject}: {page.name}", name, context


def summary(delivery: Delivery) -> tuple[str, str, dict[str, Any]]:
    subscriber = delivery.subscriber
    assert subscriber is not None, "a digest has its reader"
    page, zone = serializer.page(subscriber.page), subscriber.time_zone
    incidents = told_together(delivery)
    context = {
        "page": page,
        "incidents": [
            {
                "told": serializer.head(told),
                "state": gettext(serializer.update(updates[0], ()).state_label),
                "url": _on_page(subscriber.page, "incident", told.uid, subscriber.speaks),
                "updates": [_briefly(update, zone) for update in updates],
            }
            for told, updates in incidents
        ],
    }
    links = _links(subscriber.page, "page", "", Reader.of(subscriber))
    return f"[{page.name}] {how_many(len(incidents))}", "summary", context | links


def told_together(delivery: Delivery) -> list[tuple[PageIncident, list[StatusUpdate]]]:
    """What a digest tells: incidents, the one with the newest update first, each with its updates, newest first."""
    found: dict[int, tuple[PageIncident, list[StatusUpdate]]] = {}
    for row in summaries.told_in(delivery):
        if row.update is not None:
            told = row.update.page_incident
            found.setdefault(told.pk, (told, []))[1].append(row.update)
    return list(found.values())


def how_many(count: int) -> str:
    """A digest's subject."""
    if count == 1:
        return gettext("Your digest: 1 incident")
    return gettext("Your digest: %(count)s incidents") % {"count": count}


def _briefly(update: StatusUpdate, zone: str) -> dict[str, Any]:
    said = serializer.update(update, update.component_changes.select_related("component__group"))
    return {
        "state": gettext(said.state_label),
        "body": said.body,
        "at": times(said.shown_at, zone),
        "changes": [(each.component.name, gettext(each.new_label)) for each in said.changes],
    }


def update(
    update: StatusUpdate,
    correction: Correction | None,
    reader: Reader,
    sent_at: datetime,
    skipped: Collection[int] = (),
) -> tuple[str, str, dict[str, Any]]:
    """`skipped` are older updates (ids) that the reader was not mailed."""
    told = update.page_incident
    return (
        f"[{told.page.name}] {told.mail_title or told.title}",
        "update",
        update_context(update, reader.time_zone, correction, sent_at=sent_at)
        | _links(told.page, "incident", told.uid, reader)
        | {
            "skipped": skipped_context(
                skipped, reader.time_zone, _on_page(told.page, "incident", told.uid, reader.language)
            )
        },
    )


def skipped_context(updates: Collection[int], zone: str, url: str) -> list[dict[str, Any]]:
    """What the templates say of updates (ids) that their reader was not mailed, the oldest first; `url` is where the
    incident is read."""
    found = StatusUpdate.objects.filter(pk__in=updates).order_by("published_at", "pk") if updates else ()
    return [
        {
            "state": gettext(PageIncident.State(update.state).label),
            "at": times(update.shown_at, zone),
            "url": f"{url}#{update.uid}",
        }
        for update in found
    ]


def maintenance(update: MaintenanceUpdate, reader: Reader) -> tuple[str, str, dict[str, Any]]:
    told = update.maintenance
    return (
        maintenance_subject(told),
        "maintenance",
        maintenance_context(update, reader.time_zone, list(told.parts.select_related("component")))
        | _links(told.page, "maintenance", told.uid, reader),
    )


def _links(page: StatusPage, part: str, uid: str, reader: Reader) -> dict[str, str]:
    """Whose mail it is, and where its reader goes from it."""
    return {
        "from_name": page.name,
        "url": _on_page(page, part, uid, reader.language),
        "manage_url": absolute(reverse("comms:subscription", args=[reader.token])),
        "unsubscribe_url": absolute(reverse("comms:unsubscribe", args=[reader.token])),
    }


def on_page(subscriber: Subscriber, part: str = "page", uid: str = "") -> str:
    """Where a subscriber reads a part of their page."""
    return _on_page(subscriber.page, part, uid, subscriber.speaks)


def _on_page(page: StatusPage, part: str, uid: str, language: str) -> str:
    """Where they read it, in their language; of a page for customers with what opens it."""
    url = places.absolute(page, part, *([uid] if uid else []), lang=language)
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
