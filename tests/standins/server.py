"""An HTTP server that keeps what it is asked and answers as it is told."""

from __future__ import annotations

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs


@dataclass(frozen=True)
class Asked:
    """One request, and when it came (`time.monotonic()`)."""

    path: str
    headers: Message
    body: bytes
    at: float

    @property
    def fields(self) -> dict[str, str]:
        """Of a form, the first value of each; of JSON, each as text."""
        if "json" in self.headers.get("Content-Type", ""):
            return {name: str(value) for name, value in json.loads(self.body).items()}
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.asked.append(Asked(self.path, self.headers, body, time.monotonic()))
        with contextlib.suppress(OSError):
            self.server.answer(self)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def do_PATCH(self) -> None:
        self.do_GET()

    def reply(self, status: int, body: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


Answer = Callable[[Handler], None]


class Server(ThreadingHTTPServer):
    """`answer` may be changed between two requests; `status` is that of an answer that says nothing else."""

    daemon_threads = True

    def __init__(self, path: str = "", answer: Answer | None = None, *, status: int = 200, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.path = path
        self.answer: Answer = answer or self.usual
        self.status = status
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}{self.path}"

    def of(self, part: str) -> list[Asked]:
        """What was asked of paths with `part` in them, in order."""
        return [each for each in self.asked if part in each.path]

    def usual(self, handler: Handler) -> None:
        handler.reply(self.status)


def redirect(to: str, status: int = 302) -> Answer:
    return lambda handler: handler.reply(status, Location=to)


S = TypeVar("S", bound=Server)


@contextlib.contextmanager
def serving(server: S) -> Iterator[S]:
    """`server`, which answers until the end."""
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
