"""What stands in for tools that send many alerts."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from datetime import UTC, datetime
from time import perf_counter
from urllib.parse import urlsplit

from config.story import tools


def alert(run: str, severity: str = "warning", service: str = "checkout") -> bytes:
    """What Alertmanager would post of one alert in a group of its own; the incident is called `run`."""
    labels = {"alertname": "Storm", "service": service, "severity": severity, "cluster": "eu", "run": run}
    return json.dumps(tools.alertmanager(labels, {"summary": run}, starts_at=datetime.now(UTC))).encode()


class Sender(threading.Thread):
    """Posts bodies one after another on one connection, as fast as they are answered, or so many `a_second`. `answers`
    counts them by status, `slowest` is the longest wait for one, in seconds."""

    def __init__(self, base: str, path: str, bodies: list[bytes], a_second: float = 0.0) -> None:
        super().__init__()
        parts = urlsplit(base)
        self.address = (str(parts.hostname), int(parts.port or 80))
        head = f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\nContent-Length: "
        self.requests = [f"{head}{len(body)}\r\n\r\n".encode() + body for body in bodies]
        self.pause = 1 / a_second if a_second else 0.0
        self.answers: Counter[int] = Counter()
        self.slowest = 0.0

    def run(self) -> None:
        began = perf_counter()
        with socket.create_connection(self.address) as connection:
            for number, request in enumerate(self.requests):
                if self.pause:
                    time.sleep(max(0.0, began + number * self.pause - perf_counter()))
                asked = perf_counter()
                connection.sendall(request)
                self.answers[_status(connection)] += 1
                self.slowest = max(self.slowest, perf_counter() - asked)


def _status(connection: socket.socket) -> int:
    """Read one answer to its end."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(65536)
    head, _, rest = head.partition(b"\r\n\r\n")
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(head.split(b" ", 2)[1])
