"""A provider that speaks as Twilio and as a chat's webhook do, and what Twilio says to us."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import urllib.request
from urllib.parse import urlencode

from tests.standins.server import Handler, Server


class Provider(Server):
    """`answers`: by a part of the path, the status of the answer and the seconds until it comes. Whatever else it is
    asked has `status` at once."""

    token = "a-token-of-twilio"

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, float]] = {}
        super().__init__(status=201)

    @property
    def environ(self) -> dict[str, str]:
        """The settings of an installation that reaches it."""
        return {
            "WATCHBILL_OUTBOUND_LOOPBACK": "yes",
            "WATCHBILL_TWILIO_SID": "AC1",
            "WATCHBILL_TWILIO_TOKEN": self.token,
            "WATCHBILL_TWILIO_FROM": "+4930123",
            "WATCHBILL_TWILIO_URL": self.url,
        }

    def usual(self, handler: Handler) -> None:
        number = len(self.asked)
        told = (answer for part, answer in self.answers.items() if part in handler.path)
        status, seconds = next(told, (self.status, 0.0))
        time.sleep(seconds)
        answer = {"sid": f"SM{number}", "status": "queued", "message": "The number is wrong"}
        handler.reply(status, json.dumps(answer).encode())


def twilio_says(base: str, token: str, path: str, form: dict[str, str]) -> str:
    """What Twilio would post to `path`, signed with `token`, and what it is answered."""
    url = f"{base}{path}"
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    mac = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    request = urllib.request.Request(url, urlencode(form).encode(), {"X-Twilio-Signature": mac})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())
