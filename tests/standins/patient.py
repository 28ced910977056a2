"""What stands in for a tool that sends until it is told that it was heard, as Alertmanager does."""

from __future__ import annotations

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from urllib.parse import urlsplit

PAUSE_SECONDS = 0.5


@dataclass(slots=True)
class Heard:
    """What a sender was told: the ids under which its bodies were accepted, how often it was put off, by status (0: it
    could not be reached), and the longest that a body took."""

    accepted: list[str] = field(default_factory=list)
    put_off: dict[int, int] = field(default_factory=dict)
    without_retry_after: int = 0
    slowest: float = 0.0


class PatientSender(threading.Thread):
    """Sends bodies one after another, `pace` of them a second, each again until it is accepted; anything but 2xx, 5xx
    or silence is the end."""

    def __init__(self, base: str, path: str, bodies: list[bytes], pace: float) -> None:
        super().__init__()
        parts = urlsplit(base)
        self.host, self.port, self.path = str(parts.hostname), int(parts.port or 80), path
        self.bodies, self.pause = bodies, 1 / pace
        self.heard = Heard()
        self.wrong = ""

    def run(self) -> None:
        began = time.monotonic()
        for number, body in enumerate(self.bodies):
            time.sleep(max(0.0, began + number * self.pause - time.monotonic()))
            first = time.monotonic()
            while not self.wrong and not self._sent(body):
                time.sleep(PAUSE_SECONDS)
            self.heard.slowest = max(self.heard.slowest, time.monotonic() - first)

    def _sent(self, body: bytes) -> bool:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        try:
            connection.request("POST", self.path, body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            said = answer.read()
        except (OSError, http.client.HTTPException):
            self.heard.put_off[0] = self.heard.put_off.get(0, 0) + 1
            return False
        finally:
            connection.close()
        if answer.status == http.HTTPStatus.ACCEPTED:
            self.heard.accepted.append(json.loads(said)["id"])
            return True
        if answer.status < http.HTTPStatus.INTERNAL_SERVER_ERROR:
            self.wrong = f"{answer.status} {said[:300]!r}"
        self.heard.put_off[answer.status] = self.heard.put_off.get(answer.status, 0) + 1
        self.heard.without_retry_after += answer.headers.get("Retry-After") is None
        return False
