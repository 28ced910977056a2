"""Mail relays: one that keeps to SMTP and refuses whom it is told to, and one that takes its time."""

from __future__ import annotations

import contextlib
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class Mail:
    sender: str
    recipient: str
    message: EmailMessage

    def part(self, subtype: str) -> str:
        body = self.message.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


@dataclass
class Postbox:
    """What the server took, and what it is to answer: `rcpt` and `data` map an address to a line of reply."""

    mails: list[Mail] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    on_mail: Callable[[Mail], None] | None = None
    port: int = 0

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.recipient == address]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop:
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        for address in envelope.rcpt_tos:
            if address in self.data:
                return self.data[address]
        assert isinstance(envelope.content, bytes)
        mail = Mail(str(envelope.mail_from), envelope.rcpt_tos[0], _read(envelope.content))
        self.mails.append(mail)
        if self.on_mail:
            self.on_mail(mail)
        return "250 2.0.0 queued"


def _read(content: bytes) -> EmailMessage:
    parsed = message_from_bytes(content, policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


class _FreePort(Controller):
    """Listens on a port of the system's choice, and knows which."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextlib.contextmanager
def posting() -> Iterator[Postbox]:
    box = Postbox()
    controller = _FreePort(box, hostname="127.0.0.1", port=0, ready_timeout=10)
    controller.start()
    box.port = controller.port
    try:
        yield box
    finally:
        controller.stop(no_assert=True)


class Relay(socketserver.ThreadingTCPServer):
    """Takes what it is given, with `pause` seconds before each answer. Of the next `silent` mails it never says that it
    has them. `hung_up` is set once somebody left."""

    daemon_threads = True
    HANGS = 120.0

    def __init__(self, *, pause: float = 0.0, silent: int = 0) -> None:
        self.pause = pause
        self.silent = silent
        self.taken: list[EmailMessage] = []
        self.hung_up = threading.Event()
        super().__init__(("127.0.0.1", 0), _Talk)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def of(self, part: str) -> list[EmailMessage]:
        """What was taken with `part` in its subject, in order."""
        return [mail for mail in self.taken if part in str(mail["subject"])]


class _Talk(socketserver.StreamRequestHandler):
    server: Relay

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(b"220 relay\r\n")
            for line in self.rfile:
                self._answer(line[:4].upper())
        self.server.hung_up.set()

    def _answer(self, verb: bytes) -> None:
        time.sleep(self.server.pause)
        if verb == b"DATA":
            self.wfile.write(b"354 go on\r\n")
            self._take()
        elif verb == b"EHLO":
            self.wfile.write(b"250-relay\r\n250 8BITMIME\r\n")
        elif verb == b"QUIT":
            self.wfile.write(b"221 bye\r\n")
        else:
            self.wfile.write(b"250 OK\r\n")

    def _take(self) -> None:
        body = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            body.append(line)
        time.sleep(self.server.pause)
        self.server.taken.append(_read(b"".join(body)))
        if self.server.silent:
            self.server.silent -= 1
            time.sleep(self.server.HANGS)
        else:
            self.wfile.write(b"250 OK\r\n")


@contextlib.contextmanager
def relaying(*, pause: float = 0.0, silent: int = 0) -> Iterator[Relay]:
    with Relay(pause=pause, silent=silent) as relay:
        threading.Thread(target=relay.serve_forever, daemon=True).start()
        try:
            yield relay
        finally:
            relay.shutdown()
