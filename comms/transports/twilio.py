"""SMS and calls through Twilio's REST API, or what speaks like it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from html import escape
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse

from comms.transports import http
from comms.transports.base import Answer, Call, Destination, Refused
from teams import outward
from teams.mails import absolute

LONGEST_TEXT = 480
NOT_SET_UP = 400


def sms(to: Destination, call: Call, *, deadline: float) -> Answer:
    """A message of at most `LONGEST_TEXT` characters, with what to answer and the link."""
    parts = [call.title, call.text]
    if call.reply:
        parts.append(f"Reply {call.reply} to acknowledge.")
    text = " ".join(part for part in parts if part)
    room = LONGEST_TEXT - len(call.url) - 1
    body = f"{text[:room]} {call.url}".strip()
    return _ask("Messages", {"To": to.address, "Body": body}, deadline)


def voice(to: Destination, call: Call, *, deadline: float) -> Answer:
    """A call that says it twice; where there is something to acknowledge, pressing 1 does."""
    said = escape(f"{call.title}. {call.text}")
    say = f"<Say>{said}</Say>"
    if call.token:
        action = escape(absolute(reverse("comms:twilio_voice", args=[call.data["type"], call.token])))
        say = (
            f'<Gather numDigits="1" timeout="8" action="{action}" method="POST">{say}'
            f"<Say>Press 1 to acknowledge.</Say>{say}</Gather><Say>Nothing was pressed. Goodbye.</Say>"
        )
    return _ask("Calls", {"To": to.address, "Twiml": f"<Response>{say}</Response>"}, deadline)


def signature(token: str, url: str, params: Mapping[str, str]) -> str:
    """What Twilio signs its requests with: HMAC-SHA1 in Base64 over the URL and the sorted parameters."""
    text = url + "".join(f"{name}{params[name]}" for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def _ask(resource: str, form: Mapping[str, str], deadline: float) -> Answer:
    sid, token, number = (settings.WATCHBILL_TWILIO[name] for name in ("sid", "token", "from"))
    if not (sid and token and number):
        raise Refused(NOT_SET_UP, "SMS and calls are not set up here.")
    sent = {**form, "From": number, "StatusCallback": absolute(reverse("comms:twilio_status"))}
    body = urlencode(sent).encode()
    url = f"{settings.WATCHBILL_TWILIO['url'].rstrip('/')}/2010-04-01/Accounts/{sid}/{resource}.json"
    headers = {
        "Authorization": f"Basic {base64.b64encode(f'{sid}:{token}'.encode()).decode()}",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    try:
        answer = http.post(url, body, headers, deadline=deadline)
    except outward.Unsafe as unsafe:
        raise Refused(NOT_SET_UP, str(unsafe)) from None
    said = _read(answer.body)
    if not answer.taken:
        raise Refused(answer.status, str(said.get("message") or "Twilio refused it")[:200])
    return Answer(f"{answer.status} {said.get('status', 'accepted')}", str(said.get("sid", "")))


def _read(body: bytes) -> dict[str, object]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
