"""Where tools send to: authenticate, cap the body, see that it can be read, keep it. 2xx is said only once the row is
committed; a worker makes incidents of it in a moment. Which protocol says what is `incidents.sources.registry`'s."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import wraps
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from incidents.actions import accepting, inbox
from incidents.models import Event, IntegrationKey
from incidents.sources import Answer, Envelope, InvalidEventError, Parsed, SourceError, opsgenie, registry
from incidents.sources.registry import Source
from teams import permits, pinned

log = logging.getLogger(__name__)
MOST_BYTES = 512 * 1024
RETRY_SECONDS = "5"

View = Callable[..., HttpResponse]


def _error(status: int, field: str, message: str) -> JsonResponse:
    return JsonResponse({"status": "error", "field": field, "message": message}, status=status)


def _later(field: str, message: str) -> JsonResponse:
    answer = _error(503, field, message)
    answer["Retry-After"] = RETRY_SECONDS
    return answer


def endpoint(view: View) -> View:
    """A webhook's manners: at most 512 KB, and 503 with `Retry-After` when the database can't take it, so that the
    sender tries again."""

    @csrf_exempt
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            # Judged by what is announced before any of it is read.
            if (announced := _announced(request)) > MOST_BYTES or len(request.body) > MOST_BYTES:
                raise RequestDataTooBig
            return view(request, *args, **kwargs)
        except RequestDataTooBig:
            said = "A body has at most 512 KB. Send fewer alerts at once."
            noted = f"{said} This one had {announced // 1024} KB." if announced else said
            # Who says the key in the body said nothing that was read.
            key, name = kwargs.get("key") or opsgenie.api_key(Envelope(headers=request.headers)), kwargs.get("name")
            _note(key, str(name or "opsgenie"), Envelope(), [("body", noted)])
            return _error(413, "body", said)
        except UnreadablePostError:
            return _error(400, "body", "The body broke off. Send it again.")
        except (DatabaseError, InterfaceError):
            log.exception("an event could not be kept; the sender was asked to try again")
            return _later("", "It can't be kept at this moment. Send it again.")

    return guarded


def _announced(request: HttpRequest) -> int:
    """The length that a body is said to have; 0 where that is nonsense."""
    length = request.headers.get("content-length") or ""
    return int(length) if length.isdecimal() and len(length) < 19 else 0


def _note(key: str, name: str, sent: Envelope, problems: Sequence[tuple[str, str]]) -> None:
    """Leave an entry of what is refused in the list of the integration that the key is of."""
    source = registry.named(name)
    if key and source is not None:
        accepting.refuse(key, source.name, sent, problems)


@permits.open_to("event.send")
@require_http_methods(["POST", "PUT", "GET", "HEAD"])
@endpoint
def receive(request: HttpRequest, name: str, key: str, path: str = "") -> HttpResponse:
    """Whatever comes by a key in its address. A sign of life may be a GET, since that is all that some jobs can do."""
    source = registry.named(name)
    if source is None or source.key is not None or not source.address:
        return _error(404, "address", f"Watchbill knows no source {name!r}. Copy the URL from the integration's page.")
    if path.rstrip("/") == registry.HEARTBEAT and source.name != "heartbeat":
        return keep(request, registry.SOURCES["heartbeat"], key, "", kind=source.name)
    if request.method not in ("POST", "PUT") and source.name != "heartbeat":
        return _error(405, "method", "Send it by POST.")
    return keep(request, source, key, path)


@permits.open_to("event.send")
@require_POST
@endpoint
def pagerduty(request: HttpRequest) -> HttpResponse:
    """PagerDuty's Events API v2."""
    return _keep_by_body(request, registry.SOURCES["pagerduty"])


@permits.open_to("event.send")
@require_POST
@endpoint
def change_events(request: HttpRequest) -> HttpResponse:
    """PagerDuty's change events. Any integration's key is a routing key here."""
    return _keep_by_body(request, registry.SOURCES["changes"])


def _keep_by_body(request: HttpRequest, source: Source) -> HttpResponse:
    """`keep` where the request itself says its key."""
    assert source.key is not None, "the address has it otherwise"
    try:
        key = source.key(sent_by(request, ""))
    except (SourceError, InvalidEventError):
        # Reading it says the same, in the protocol's words.
        key = ""
    return keep(request, source, key, "")


def keep(request: HttpRequest, source: Source, key: str, path: str, *, kind: str | None = None) -> HttpResponse:
    """Keep what came for an integration with this key, and say so in the words of its protocol; or what is wrong. The
    integration is of `kind`, the source's own unless another is given."""
    began = time.monotonic()
    sent = sent_by(request, path)
    if kind is None:
        kind = "" if source.name == "changes" else source.name
    if source.proof is not None or source.configurable:
        integration = inbox.integration_of(key, kind)
        if integration is None:
            return _stranger(source, key, sent, began)
        sent = replace(sent, settings=integration.settings)
        if not _is_proved(source, sent, integration.secret):
            said = "It is not signed with this integration's secret."
            _note(key, source.name, sent, [("signature", said)])
            return _error(403, "signature", said)
    try:
        parsed = source.read(sent)
    except (SourceError, InvalidEventError) as error:
        return _refused(source, key, sent, error, began)
    if parsed.problems and not _has_anything(parsed):
        return _refused(source, key, sent, parsed.problems[0], began)
    if not accepting.accept(key, source.name, sent, kind=kind, lane=accepting.lane_of(parsed.reports)):
        return _stranger(source, key, sent, began)
    if parsed.confirm and not _fetched(parsed.confirm):
        return _later("SubscribeURL", "The subscription could not be confirmed. Send it again.")
    return _said(source.answer(parsed, sent, time.monotonic() - began))


def _refused(
    source: Source, key: str, sent: Envelope, error: SourceError | InvalidEventError, began: float
) -> JsonResponse:
    """Say what is wrong in the protocol's words, and write it down."""
    _note(key, source.name, sent, inbox.problems_of(error))
    return _said(source.refuse(error, sent, time.monotonic() - began))


def _stranger(source: Source, key: str, sent: Envelope, began: float) -> JsonResponse:
    """`unknown`; where the key is good, and only the protocol another than its integration's, that is written down."""
    _note(key, source.name, sent, [("", f"It was sent as {source.title}, which this integration does not speak.")])
    return unknown(source, sent, began)


def sent_by(request: HttpRequest, path: str) -> Envelope:
    """The request, with what stood after its address, as sources read it."""
    return Envelope(request.body, request.headers, request.GET.dict(), path)


def _has_anything(parsed: Parsed) -> bool:
    return bool(parsed.reports or parsed.changes or parsed.acts or parsed.heartbeats or parsed.confirm)


def _said(answer: Answer) -> JsonResponse:
    return JsonResponse(dict(answer.body), status=answer.status)


def unknown(source: Source, sent: Envelope, began: float) -> JsonResponse:
    """What a key that opens nothing is told."""
    took = round(time.monotonic() - began, 3)
    if source.name == "opsgenie":
        said = {"message": "Could not authenticate", "took": took, "requestId": sent.request_id}
        return JsonResponse(said, status=401)
    if source.key is not None:
        return JsonResponse(InvalidEventError(["'routing_key' is not known here"]).body, status=400)
    message = f"No {source.title} integration has this key. Copy the URL from its page again."
    return _error(404, "key", message)


def _is_proved(source: Source, sent: Envelope, secret: str) -> bool:
    if source.proof is None:
        return True
    if source.certificate is None:
        return not secret or source.proof(sent, secret)
    try:
        found = _asked(source.certificate(sent))
    except SourceError:
        return False
    return found is not None and found.status == 200 and source.proof(sent, found.body.decode("ascii", "replace"))


def _fetched(url: str) -> bool:
    found = _asked(url)
    return found is not None and found.status < 400


def _asked(url: str) -> pinned.Answer | None:
    """What a sender's own service answers; None where it can't be reached."""
    try:
        return pinned.get(url, headers={}, most=MOST_BYTES, seconds=5.0)
    except pinned.Unreachable as error:
        log.warning("%s could not be asked: %s", urlsplit(url).hostname, error)
        return None


@permits.open_to("event.send")
@require_safe
def event_state(request: HttpRequest, key: str, public_id: UUID) -> HttpResponse:
    """What became of an event, for the tool that sent it."""
    mine = Event.objects.filter(integration__keys__digest=IntegrationKey.digest_of(key))
    event = mine.filter(public_id=public_id).first()
    if event is None:
        return _error(404, "id", "No event of this integration has this id. Events are kept for 7 days.")
    return JsonResponse(inbox.told(event))
