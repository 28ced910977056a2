"""Where tools send to: authenticate, cap the body, see that it can be read, keep it. 2xx is said only once the row is
committed; a worker makes incidents of it in a moment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from incidents.actions import inbox
from incidents.models import Event, Integration
from incidents.sources import InvalidEventError, SourceError, alertmanager, pagerduty_change, reading
from teams import permits

log = logging.getLogger(__name__)
MOST_BYTES = 512 * 1024
RETRY_SECONDS = "5"

View = Callable[..., HttpResponse]


def _error(status: int, field: str, message: str) -> JsonResponse:
    return JsonResponse({"status": "error", "field": field, "message": message}, status=status)


def endpoint(view: View) -> View:
    """A webhook's manners: POST only, at most 512 KB, and 503 with `Retry-After` when the database can't take it, so
    that the sender tries again."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            if int(request.headers.get("content-length") or 0) > MOST_BYTES:
                return _error(413, "body", "A body has at most 512 KB. Send fewer alerts at once.")
            if len(request.body) > MOST_BYTES:
                return _error(413, "body", "A body has at most 512 KB. Send fewer alerts at once.")
            return view(request, *args, **kwargs)
        except RequestDataTooBig:
            return _error(413, "body", "A body has at most 512 KB. Send fewer alerts at once.")
        except UnreadablePostError:
            return _error(400, "body", "The body broke off. Send it again.")
        except SourceError as error:
            return _error(400, error.field, error.message)
        except (DatabaseError, InterfaceError):
            log.exception("an event could not be kept; the sender was asked to try again")
            answer = _error(503, "", "It can't be kept at this moment. Send it again.")
            answer["Retry-After"] = RETRY_SECONDS
            return answer

    return guarded


@permits.open_to("event.send")
@endpoint
def alertmanager_webhook(request: HttpRequest, key: str) -> HttpResponse:
    """Alertmanager's webhook, version 4. Alerts that can't be read are named in the answer; the others are kept."""
    parsed = alertmanager.parse(reading.decode(request.body))
    if parsed.problems and not parsed.reports:
        first = parsed.problems[0]
        return _error(400, first.field, first.message)
    kind, lane = Integration.Kind.ALERTMANAGER, inbox.lane_of(parsed.reports)
    accepted = inbox.accept(key, "alertmanager", request.body.decode(), kind=kind, lane=lane)
    if accepted is None:
        return _error(404, "key", "No Alertmanager integration has this key. Copy the URL from its page again.")
    problems = [{"field": p.field, "message": p.message} for p in parsed.problems]
    return JsonResponse({"status": "success", "id": str(accepted), "problems": problems}, status=202)


@permits.open_to("event.send")
@require_safe
def event_state(request: HttpRequest, key: str, public_id: UUID) -> HttpResponse:
    """What became of an event, for the tool that sent it."""
    event = Event.objects.filter(integration__digest=Integration.digest_of(key), public_id=public_id).first()
    if event is None:
        return _error(404, "id", "No event of this integration has this id. Events are kept for 7 days.")
    return JsonResponse(inbox.told(event))


@permits.open_to("event.send")
@endpoint
def change_events(request: HttpRequest) -> HttpResponse:
    """PagerDuty's change events. Any integration's key is a routing key here."""
    try:
        body = reading.decode(request.body)
        report = pagerduty_change.parse(body)
    except SourceError as error:
        return JsonResponse(InvalidEventError([error.message]).body, status=400)
    except InvalidEventError as error:
        return JsonResponse(error.body, status=400)
    if inbox.accept(report.routing_key, "change", request.body.decode()) is None:
        return JsonResponse(InvalidEventError(["'routing_key' is not known here"]).body, status=400)
    return JsonResponse(pagerduty_change.ACCEPTED, status=202)
