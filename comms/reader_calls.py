"""What subscribers are told by a webhook or in a chat: the same as by mail, in few words, and for programs in the shape
that statuspage.io made common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from comms import pagejson, reader_letters
from comms.models import Delivery, PageIncident, PageMaintenance, StatusUpdate, Subscriber
from comms.snapshot import serializer
from comms.tokens import subscriber_token
from comms.transports.base import Call
from teams.mails import absolute

Kind = Delivery.Kind
LONGEST = 1500


def write(delivery: Delivery, subscriber: Subscriber) -> Call:
    """The call of a delivery to a subscriber, in their language."""
    with translation.override(subscriber.speaks):
        if delivery.kind == Kind.TEST:
            return _test(delivery, subscriber)
        if delivery.kind == Kind.SUMMARY:
            return _summary(delivery, subscriber)
        if delivery.maintenance_update is not None:
            return _maintenance(delivery, subscriber)
        return _update(delivery, subscriber)


def _test(delivery: Delivery, subscriber: Subscriber) -> Call:
    name = serializer.page(subscriber.page).name
    text = gettext("Updates of %(page)s come here. This is a test: nothing has happened.") % {"page": name}
    return _call(delivery, subscriber, name, text, reader_letters.on_page(subscriber), {"test": True})


def _update(delivery: Delivery, subscriber: Subscriber) -> Call:
    update = delivery.update
    assert update is not None, "an update's call has its update"
    told = PageIncident.objects.with_story().get(pk=update.page_incident_id)
    incident = pagejson.incident_json(serializer.incident(told), serializer.page(told.page, dressed=False))
    context = reader_letters.update_context(update, subscriber.time_zone, delivery.correction)
    state = context["state"]
    title = gettext("Correction") + f": {state}" if delivery.correction else state
    url = reader_letters.on_page(subscriber, "incident", told.uid)
    head = f"{context['told'].title}: {title}"
    return _call(delivery, subscriber, head, _said(update, context), url, {"incident": incident})


def _said(update: StatusUpdate, context: Mapping[str, Any]) -> str:
    changes = [f"{name}: {status}" for name, status in context["changes"]]
    return "\n".join([context["update"].body, *changes])


def _maintenance(delivery: Delivery, subscriber: Subscriber) -> Call:
    update = delivery.maintenance_update
    assert update is not None, "it tells of a maintenance"
    told = PageMaintenance.objects.with_story().get(pk=update.maintenance_id)
    shown = pagejson.maintenance_json(serializer.maintenance(told), serializer.page(told.page, dressed=False))
    context = reader_letters.maintenance_context(update, subscriber.time_zone, list(told.parts.all()))
    head = f"{context['told'].title}: {gettext(context['heading'])}"
    text = f"{context['begins']} – {context['ends']}\n{context['body']}".strip()
    url = reader_letters.on_page(subscriber, "maintenance", told.uid)
    return _call(delivery, subscriber, head, text, url, {"incident": shown})


def _summary(delivery: Delivery, subscriber: Subscriber) -> Call:
    incidents = reader_letters.told_together(delivery)
    lines = [
        f"{serializer.head(told).title}: {gettext(serializer.update(updates[0], ()).state_label)}"
        for told, updates in incidents
    ]
    title = reader_letters.how_many(len(incidents))
    return _call(delivery, subscriber, title, "\n".join(lines), reader_letters.on_page(subscriber), {})


def _call(delivery: Delivery, subscriber: Subscriber, title: str, text: str, url: str, told: Mapping[str, Any]) -> Call:
    page = subscriber.page
    status = pagejson.status_json(page)["status"]
    body = {
        "meta": {
            "unsubscribe": absolute(reverse("comms:unsubscribe", args=[subscriber_token(subscriber)])),
            "generated_at": pagejson.instant(delivery.created_at),
        },
        "page": {
            "id": page.uid,
            "status_indicator": status["indicator"],
            "status_description": status["description"],
        },
        **told,
    }
    name = serializer.page(page).name
    heading = title if title == name else f"[{name}] {title}"
    said = text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"
    return Call(delivery.key, heading, said, url=url, urgent=False, body=body)
