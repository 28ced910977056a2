"""What stands in for the outside on loopback: a provider that speaks as Twilio and as a chat's webhook do, and a relay
that takes a mail and never says so."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_string, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode


@dataclass
class Asked:
    """One request: `path`, its fields, and when it came (`time.monotonic()`)."""

    path: str
    fields: dict[str, str]
    at: float


class Provider(ThreadingHTTPServer):
    """`answers`: by a part of the path, the status of the answer and the seconds until it comes."""

    daemon_threads = True

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, tuple[int, float]] = {}
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def of(self, part: str) -> list[Asked]:
        """What was asked of paths with `part` in them, in order."""
        return [each for each in self.asked if part in each.path]


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        found: dict[str, Any] = json.loads(body) if body.startswith("{") else parse_qs(body)
        fields = {name: str(*value[:1]) if isinstance(value, list) else str(value) for name, value in found.items()}
        self.server.asked.append(Asked(self.path, fields, time.monotonic()))
        status, seconds = next((s for part, s in self.server.answers.items() if part in self.path), (201, 0.0))
        time.sleep(seconds)
        answer = {"sid": f"SM{len(self.server.asked)}", "status": "queued", "message": "Refused for the test"}
        with contextlib.suppress(OSError):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@contextlib.contextmanager
def provider() -> Iterator[Provider]:
    server = Provider()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def twilio_says(base: str, token: str, path: str, form: dict[str, str]) -> str:
    """What Twilio would post to `path`, signed with `token`, and what it is answered."""
    url = f"{base}{path}"
    signed = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    mac = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
    request = urllib.request.Request(url, urlencode(form).encode(), {"X-Twilio-Signature": mac})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return str(answer.read().decode())


@dataclass
class Relay:
    """An SMTP server that takes what it is given. `silent` mails are taken without a word: it hangs instead of 250."""

    port: int
    silent: int
    taken: list[str] = field(default_factory=list)

    def of(self, part: str) -> list[EmailMessage]:
        """What was taken with `part` in its subject, in order."""
        found = [message_from_string(mail, policy=policy.default) for mail in self.taken]
        return [mail for mail in found if part in str(mail["subject"])]


@contextlib.contextmanager
def relay(*, silent: int) -> Iterator[Relay]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        found = Relay(server.getsockname()[1], silent)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=_converse, args=(server.accept()[0], found), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield found


def _converse(connection: socket.socket, found: Relay) -> None:
    with connection, contextlib.suppress(OSError):
        lines = connection.makefile("rwb")

        def say(text: str) -> None:
            lines.write(f"{text}\r\n".encode())
            lines.flush()

        say("220 relay")
        while line := lines.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                say("354 go on")
                body = b""
                while (each := lines.readline()) not in (b".\r\n", b""):
                    body += each
                found.taken.append(body.decode("utf-8", "replace"))
                if found.silent > 0:
                    found.silent -= 1
                    time.sleep(120)
                    return
                say("250 taken")
            elif verb == b"EHLO":
                say("250-relay\r\n250 8BITMIME")
            elif verb == b"QUIT":
                say("221 bye")
                return
            else:
                say("250 ok")
