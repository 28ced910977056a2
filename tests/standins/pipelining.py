"""A mail relay that takes several commands at once (RFC 2920), and refuses whom it is told to."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage


class Relay(socketserver.ThreadingTCPServer):
    """`rcpt` and `data` map an address to a line of reply. `lenient` says 354 though nobody is left to write to, as
    some servers do. `drops_after` letters it hangs up in the middle of the next. `mails` are (recipient, message)."""

    daemon_threads = True

    def __init__(self, *, lenient: bool = False) -> None:
        self.lenient = lenient
        self.rcpt: dict[str, bytes] = {}
        self.data: dict[str, bytes] = {}
        self.drops_after: int | None = None
        self.mails: list[tuple[str, EmailMessage]] = []
        self.connections = 0
        self.packets: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def recipients(self) -> list[str]:
        return [to for to, _ in self.mails]


class _Talk(socketserver.BaseRequestHandler):
    server: Relay

    def handle(self) -> None:
        self.server.connections += 1
        self.buffer = b""
        self.to = ""
        self.request.sendall(b"220 relay\r\n")
        with contextlib.suppress(OSError, EOFError):
            while True:
                self._answer(self._until(b"\r\n"))

    def _until(self, end: bytes) -> bytes:
        while (at := self.buffer.find(end)) < 0:
            got = self.request.recv(65536)
            if not got:
                raise EOFError
            self.server.packets.append(got)
            self.buffer += got
        found, self.buffer = self.buffer[:at], self.buffer[at + len(end) :]
        return found

    def _answer(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"EHLO":
            self._say(b"250-relay\r\n250 PIPELINING")
        elif verb == b"MAIL":
            self.to = ""
            self._say(b"250 2.1.0 OK")
        elif verb == b"RCPT":
            to = line[line.find(b"<") + 1 : line.rfind(b">")].decode()
            refusal = self.server.rcpt.get(to)
            self.to = "" if refusal else to
            self._say(refusal or b"250 2.1.5 OK")
        elif verb == b"DATA" and (self.to or self.server.lenient):
            self._say(b"354 go on")
            self._take()
        elif verb == b"DATA":
            self._say(b"503 5.5.1 nobody to write to")
        elif verb == b"QUIT":
            self._say(b"221 2.0.0 bye")
            raise EOFError
        else:
            self._say(b"250 2.0.0 OK")

    def _take(self) -> None:
        if self.server.drops_after is not None and len(self.server.mails) >= self.server.drops_after:
            raise EOFError
        lines = []
        while (line := self._until(b"\r\n")) != b".":
            lines.append(line.removeprefix(b"."))
        if not self.to:
            self._say(b"554 5.5.1 nobody to write to")
            return
        if refusal := self.server.data.get(self.to):
            self._say(refusal)
            return
        message = message_from_bytes(b"\r\n".join(lines), policy=policy.default)
        self.server.mails.append((self.to, message))
        self._say(b"250 2.0.0 taken")

    def _say(self, reply: bytes) -> None:
        self.request.sendall(reply + b"\r\n")


@contextlib.contextmanager
def pipelining(*, lenient: bool = False) -> Iterator[Relay]:
    with Relay(lenient=lenient) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield relay
        finally:
            relay.shutdown()
