"""Opsgenie's addresses: what is sent is kept as from any tool, and what clients ask for is answered in its words."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import inbox, outside
from incidents.ingest import endpoint, keep, sent_by, unknown
from incidents.models import Alert, Event, Integration
from incidents.sources import Acknowledgement, SourceError, opsgenie, reading, registry
from incidents.sources.opsgenie import IDENTIFIERS
from teams import permits

SOURCE = registry.SOURCES["opsgenie"]
PAGE = 20
MOST = 100
FURTHEST = 20_000
STATUSES = {"open": Alert.Status.FIRING, "closed": Alert.Status.RESOLVED}
PRIORITIES = {word: name for name, word in opsgenie.SEVERITIES.items()}


# A status, and what is said with it.
Told = tuple[int, dict[str, Any]]


def asked(view: Callable[..., Told]) -> Callable[..., HttpResponse]:
    """A question of a client's: `view` answers it for the integration of its key."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        began, sent = time.monotonic(), sent_by(request, "")
        integration = inbox.integration_of(_key(request), SOURCE.name)
        if integration is None:
            return unknown(SOURCE, sent, began)
        status, said = view(request, integration, *args, **kwargs)
        took = {"took": round(time.monotonic() - began, 3), "requestId": sent.request_id}
        return JsonResponse(took | said, status=status)

    return answered


@permits.open_to("event.send")
@require_http_methods(["GET", "POST"])
@endpoint
def alerts(request: HttpRequest) -> HttpResponse:
    """Create an alert, or list those of the key's integration, the newest first."""
    if request.method == "POST":
        return keep(request, SOURCE, _key(request), "v2/alerts")
    return _listed(request)


@asked
def _listed(request: HttpRequest, integration: Integration) -> Told:
    try:
        offset, limit = int(request.GET.get("offset", 0)), int(request.GET.get("limit", PAGE))
    except ValueError:
        return 422, {"message": "limit and offset have to be numbers"}
    try:
        found = _searched(request, integration)
    except SourceError as error:
        return 422, _not_processable(error)
    rows = found.select_related("incident").order_by("pk" if request.GET.get("order") == "asc" else "-pk")
    offset, limit = min(max(0, offset), FURTHEST), min(max(1, limit), MOST)
    return 200, {"data": [_shown(each) for each in rows[offset : offset + limit]]}


@asked
def _counted(request: HttpRequest, integration: Integration) -> Told:
    try:
        return 200, {"data": {"count": _searched(request, integration).count()}}
    except SourceError as error:
        return 422, _not_processable(error)


def _searched(request: HttpRequest, integration: Integration) -> QuerySet[Alert]:
    """The key's alerts that the query asks for. Raises SourceError."""
    asked_for = opsgenie.searched(request.GET.get("query", ""))
    rows = Alert.objects.filter(integration=integration)
    if "status" in asked_for:
        rows = rows.filter(status=STATUSES[asked_for["status"]])
    if "alias" in asked_for:
        rows = rows.filter(fingerprint=reading.key(asked_for["alias"], 128))
    return rows


def _not_processable(error: SourceError) -> dict[str, Any]:
    return {"message": f"{error.field} {error.message}", "errors": {error.field: error.message}}


@permits.open_to("event.send")
@require_http_methods(["GET", "POST", "PUT"])
@endpoint
def alert(request: HttpRequest, path: str) -> HttpResponse:
    """One alert, how many there are, or an act on one."""
    if request.method in ("POST", "PUT"):
        return keep(request, SOURCE, _key(request), f"v2/alerts/{path}")
    # It has no kind of name, which an alert of that name would need.
    if path == "count" and "identifierType" not in request.GET:
        return _counted(request)
    return _one(request, path)


@asked
def _one(request: HttpRequest, integration: Integration, path: str) -> Told:
    found = _find(integration, path, request.GET.get("identifierType") or "id")
    return (404, {"message": "Alert not found"}) if found is None else (200, {"data": _shown(found)})


@permits.open_to("event.send")
@require_http_methods(["GET", "POST", "PUT", "PATCH"])
@endpoint
def heartbeat(request: HttpRequest, path: str) -> HttpResponse:
    """A sign of life, by whichever method."""
    return keep(request, SOURCE, _key(request), f"v2/heartbeats/{path}")


@permits.open_to("event.send")
@require_safe
@asked
def request(request: HttpRequest, integration: Integration, request_id: UUID) -> Told:
    """What became of a request; not found before it was processed, as Opsgenie says itself."""
    event = integration.events.exclude(state=Event.State.WAITING).filter(public_id=request_id).first()
    if event is None:
        return 404, {"message": "Request not found. It might not be processed, yet."}
    parsed = _parsed(event, integration)
    first = parsed.reports[0] if parsed and parsed.reports else None
    known = integration.alerts.filter(fingerprint=first.fingerprint).order_by("-pk").first() if first else None
    done = event.state == Event.State.DONE
    data = {
        "success": done,
        "isSuccess": done,
        "action": "Create" if first else "Update",
        "processedAt": event.ended_at,
        "integrationId": str(integration.pk),
        "status": "Created alert" if first else "Processed",
        "alertId": str(known.public_id) if known else "",
        "alias": first.fingerprint if first else "",
    }
    return 200, {"data": data}


def _parsed(event: Event, integration: Integration) -> Any:
    try:
        return SOURCE.read(inbox.envelope(event, integration))
    except SourceError:
        return None


def _find(integration: Integration, identifier: str, kind: str) -> Alert | None:
    if kind not in IDENTIFIERS:
        return None
    act = Acknowledgement(fingerprint=identifier, known_as=IDENTIFIERS[kind])
    return outside.find(integration, act)


def _shown(found: Alert) -> dict[str, Any]:
    over = found.status == Alert.Status.RESOLVED
    is_seen = found.incident is not None and found.incident.acknowledged_at is not None
    return {
        "id": str(found.public_id),
        "tinyId": str(found.pk),
        "alias": found.fingerprint,
        "message": found.title,
        "description": found.summary,
        "status": "closed" if over else "open",
        "acknowledged": is_seen,
        "isSeen": is_seen,
        "count": found.count,
        "priority": PRIORITIES.get(found.severity, "P3"),
        "source": found.labels.get("source", ""),
        "tags": [tag for tag in found.labels.get("tags", "").split(", ") if tag],
        "createdAt": found.received_at,
        "updatedAt": found.last_received_at,
        "lastOccurredAt": found.last_received_at,
        "details": found.labels,
    }


def _key(request: HttpRequest) -> str:
    return opsgenie.api_key(sent_by(request, ""))
