"""Deliveries as calls: what a phone, a browser, a chat or a webhook is told, in few words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.urls import reverse

from comms import endpoints, reader_calls
from comms.actions import bundling, push
from comms.models import Delivery
from comms.notices import notice
from comms.tokens import bundle_token, drill_token
from comms.transports.base import Call, Destination
from incidents.links import page_token
from incidents.models import Incident, Page
from teams.mails import absolute

Kind = Delivery.Kind
# Incidents that a digest names; the page behind its link has all of them.
NAMED = 5
# Whoever is woken by it reads this first.
DRILL_TITLE = "Drill: no incident. Were you reached?"


def destination(delivery: Delivery) -> Destination:
    """Where the call goes. The method, the webhook or the subscriber is loaded with the delivery."""
    if delivery.subscriber is not None:
        return endpoints.destination(delivery.subscriber, delivery.channel)
    if delivery.webhook is not None:
        hook = delivery.webhook
        return Destination("webhook", hook.url, (hook.secret, hook.former_secret))
    assert delivery.method is not None, "what goes by no mail has a method"
    if delivery.channel == Delivery.Channel.PUSH:
        return Destination(delivery.method.kind, delivery.method.address, (push.key().private,))
    return Destination(delivery.method.kind, delivery.method.address, (delivery.method.secret,))


def write(delivery: Delivery) -> Call:
    """The call of a delivery. It is the same on every retry but for its links, which are signed anew."""
    if delivery.subscriber is not None:
        return reader_calls.write(delivery, delivery.subscriber)
    return WRITERS[Kind(delivery.kind)](delivery)


def _page(delivery: Delivery) -> Call:
    page = delivery.page
    if page is None:
        assert delivery.entry is not None, "a webhook's call is about an entry"
        incident = delivery.entry.incident
        return Call(
            delivery.key,
            _title(incident),
            _since(incident),
            url=absolute(incident.get_absolute_url()),
            data=_facts("incident.paging", incident, None),
        )
    incident = page.incident
    token = page_token(page)
    return Call(
        delivery.key,
        _title(incident),
        f"{_since(incident)} {page.why}.",
        url=absolute(reverse("incidents:page", args=[token])),
        answer_url=absolute(reverse("incidents:page_acknowledge", args=[token])),
        token=token,
        reply=str(incident.pk),
        urgent=page.urgency == "high",
        data=_facts("page", incident, page),
    )


def _digest(delivery: Delivery) -> Call:
    bundle = delivery.bundle
    assert bundle is not None, "a digest is of a bundle"
    count = bundling.unanswered(bundle).values("incident").distinct().count()
    incidents = bundling.named(bundle, NAMED)
    text = " ".join(f"{incident.reference} {incident.title}." for incident in incidents)
    more = f" And {count - len(incidents)} more." if count > len(incidents) else ""
    token = bundle_token(bundle)
    return Call(
        delivery.key,
        f"{count} more {'incident pages' if count == 1 else 'incidents page'} you",
        text + more,
        url=absolute(reverse("comms:digest", args=[token])),
        answer_url=absolute(reverse("comms:digest_acknowledge", args=[token])),
        token=token,
        reply="all",
        urgent=bundle.urgency == "high",
        data={"type": "digest", "count": count, "incidents": [incident.reference for incident in incidents]},
    )


def _drill(delivery: Delivery) -> Call:
    call = delivery.drill_call
    assert call is not None, "a drill's message is to one of its people"
    drill = call.drill
    token = drill_token(delivery)
    note = f" {drill.note.rstrip('.')}." if drill.note else ""
    return Call(
        delivery.key,
        DRILL_TITLE,
        f"Nothing is wrong. This is a page drill of {drill.schedule}.{note} "
        f"Confirm by {drill.ends_at:%H:%M} UTC that it came.",
        url=absolute(reverse("comms:drill_answer", args=[token])),
        answer_url=absolute(reverse("comms:drill_confirm", args=[token])),
        token=token,
        reply="drill",
        data={
            "type": "drill",
            "drill": {"id": drill.pk, "schedule": str(drill.schedule), "ends_at": drill.ends_at.isoformat()},
        },
    )


def _notice(delivery: Delivery) -> Call:
    entry = delivery.entry
    assert entry is not None, "a notice is about an entry"
    says = notice(entry, delivery.user)
    return Call(
        delivery.key,
        says.subject,
        f"{entry.text}.",
        url=absolute(says.path),
        urgent=entry.data.get("call") == "high",
        data=_facts("notice", entry.incident, None),
    )


def _posted(delivery: Delivery) -> Call:
    letter = delivery.letter
    assert letter is not None, "what we write once is kept as a letter"
    return Call(delivery.key, letter.subject, letter.text, urgent=False, data={"type": str(delivery.kind)})


WRITERS: dict[Kind, Callable[[Delivery], Call]] = {
    Kind.PAGE: _page,
    Kind.DIGEST: _digest,
    Kind.CODE: _posted,
    Kind.TEST: _posted,
    Kind.ALARM: _posted,
    Kind.DRILL: _drill,
    Kind.NOTICE: _notice,
}


def _title(incident: Incident) -> str:
    severity = f" SEV{incident.severity_id}" if incident.severity_id else ""
    return f"{incident.reference}{severity} {incident.title}"


def _since(incident: Incident) -> str:
    team = f" {incident.team.name}." if incident.team else ""
    return f"Detected {incident.detected_at:%H:%M} UTC.{team}"


def _facts(kind: str, incident: Incident, page: Page | None) -> dict[str, Any]:
    return {
        "type": kind,
        "incident": {
            "id": incident.pk,
            "reference": incident.reference,
            "title": incident.title,
            "phase": str(incident.phase),
            "severity": incident.severity_id,
            "team": incident.team.name if incident.team else None,
            "detected_at": incident.detected_at.isoformat(),
            "url": absolute(incident.get_absolute_url()),
        },
        **({"page": {"id": page.pk, "why": page.why, "urgency": str(page.urgency)}} if page else {}),
    }
