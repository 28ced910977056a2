"""Where trackers tell that something is new about an issue. Nothing that they say is believed but that: what changed is
read from the tracker itself, by a worker."""

from __future__ import annotations

import json
import logging
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, JsonResponse
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from incidents.actions.trackers import polling
from incidents.trackers.shapes import Incoming
from teams import permits
from teams.problems import Unreadable

log = logging.getLogger(__name__)
MOST_BYTES = 1024 * 1024
RETRY_SECONDS = "5"


@csrf_exempt
@permits.open_to("event.send")
@require_POST
def receive(request: HttpRequest, key: str) -> JsonResponse:
    """A webhook of a tracker, by the key in its address and, where it has a secret, its signature."""
    try:
        tracker = polling.tracker_of(key)
        if tracker is None:
            return _error(404, "key", "No tracker has this key. Copy the URL from its page again.")
        announced = request.headers.get("content-length") or ""
        if announced.isdecimal() and (len(announced) > 9 or int(announced) > MOST_BYTES):
            return _error(413, "body", "A body has at most 1 MB. Send events of issues and their comments alone.")
        body = request.body
        if len(body) > MOST_BYTES:
            return _error(413, "body", "A body has at most 1 MB. Send events of issues and their comments alone.")
        headers = {name.lower(): value for name, value in request.headers.items()}
        sent = Incoming(headers, body, _json(body))
        if not polling.is_proved(tracker, sent):
            return _error(403, "signature", "It is not signed with this tracker's secret.")
        if sent.data is None:
            return _error(400, "body", "The body is no JSON. Choose application/json as its content type.")
        return JsonResponse({"status": polling.take_delivery(tracker, sent)}, status=202)
    except (RequestDataTooBig, UnreadablePostError):
        return _error(400, "body", "The body could not be read. Send it again.")
    except (DatabaseError, InterfaceError, Unreadable):
        log.exception("a webhook of a tracker could not be taken; the sender was asked to try again")
        answer = _error(503, "", "It can't be taken at this moment. Send it again.")
        answer["Retry-After"] = RETRY_SECONDS
        return answer


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _error(status: int, field: str, message: str) -> JsonResponse:
    return JsonResponse({"status": "error", "field": field, "message": message}, status=status)
