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


@dataclass(frozen=True)
class Taken:
    """A letter that a faulty relay took, and when by its own clock (of `time.monotonic()`)."""

    at: float
    recipient: str
    message: EmailMessage


class FaultyRelay(socketserver.ThreadingTCPServer):
    """A relay that does as `fault` says: one of FAULTS, or "" for none. What concerns a single letter it does only to
    readers with `bad` in their address; AUTH is offered, and taken whoever it is.

    It listens once it is told to, and until then connections are refused. `tls_fails` offers STARTTLS and then talks
    nonsense.
    """

    daemon_threads = True
    allow_reuse_address = True
    # What is said and to what: the greeting, AUTH, RCPT or the end of DATA. Empty: nothing, and it hangs or hangs up.
    FAULTS = {
        "421 at once": ("greeting", "421 4.3.2 shutting down"),
        "450": ("rcpt", "450 4.2.0 greylisted"),
        "451 in DATA": ("end", "451 4.3.0 disk full"),
        "454": ("rcpt", "454 4.7.0 too much mail"),
        "535": ("auth", "535 5.7.8 no such user or password"),
        "550 5.1.1": ("rcpt", "550 5.1.1 no such user"),
        "552 5.2.2": ("rcpt", "552 5.2.2 mailbox full"),
        "554 5.7.1": ("end", "554 5.7.1 we think this is spam"),
        "550 5.7.26": ("end", "550 5.7.26 not authenticated"),
        "hang": ("hang", ""),
        "drop in DATA": ("drop", ""),
        "slow": ("slow", ""),
    }
    SLOW = 0.3

    def __init__(self, *, tls_fails: bool = False) -> None:
        super().__init__(("127.0.0.1", 0), _FaultyTalk, bind_and_activate=False)
        self.server_bind()
        self.fault = ""
        self.listens = False
        self.tls_fails = tls_fails
        self.connections = 0
        self.taken: list[Taken] = []
        self.released = threading.Event()

    def listen(self) -> None:
        self.server_activate()
        self.listens = True
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.released.set()
        if self.listens:
            self.shutdown()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        return f"smtp://us:secret@127.0.0.1:{self.port}?tls={'starttls' if self.tls_fails else 'none'}"

    def to(self, part: str) -> list[Taken]:
        """What it took for readers with `part` in their address, in order."""
        return [each for each in list(self.taken) if part in each.recipient]


class _FaultyTalk(socketserver.StreamRequestHandler):
    server: FaultyRelay

    def handle(self) -> None:
        self.server.connections += 1
        self.recipient = ""
        with contextlib.suppress(OSError):
            self._say(self._fault("greeting") or "220 relay")
            if not self._fault("greeting"):
                for line in self.rfile:
                    if not self._answer(line.decode(errors="replace").strip()):
                        return

    def _fault(self, stage: str) -> str:
        """What is said at this stage, or nothing where all goes well."""
        where, reply = self.server.FAULTS.get(self.server.fault, ("", ""))
        hit = stage in ("greeting", "auth", "hang", "drop", "slow") or "bad" in self.recipient
        return (reply or where) if where == stage and hit else ""

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())

    def _answer(self, line: str) -> bool:
        verb = line[:4].upper()
        if self._fault("slow"):
            self.server.released.wait(self.server.SLOW)
        if verb == "EHLO":
            offer = "250-STARTTLS\r\n" if self.server.tls_fails else ""
            self._say(f"250-relay\r\n{offer}250 AUTH PLAIN")
        elif verb == "STAR":
            self._say("220 go on")
            self._say("this is no handshake")
            return False
        elif verb == "AUTH":
            self._say(self._fault("auth") or "235 2.7.0 welcome")
        elif verb == "RCPT":
            self.recipient = line.partition("<")[2].partition(">")[0]
            self._say(self._fault("rcpt") or "250 2.1.5 OK")
        elif verb == "DATA":
            return self._take()
        elif verb == "QUIT":
            self._say("221 bye")
            return False
        else:
            self._say("250 OK")
        return True

    def _take(self) -> bool:
        if self._fault("hang"):
            self.server.released.wait(120)
            return False
        self._say("354 go on")
        if self._fault("drop"):
            self.rfile.readline()
            return False
        body = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            body.append(line)
        refusal = self._fault("end")
        if not refusal:
            self.server.taken.append(Taken(time.monotonic(), self.recipient, _read(b"".join(body))))
        self._say(refusal or "250 2.0.0 queued")
        return True


@contextlib.contextmanager
def failing(*, listens: bool = True, tls_fails: bool = False) -> Iterator[FaultyRelay]:
    with FaultyRelay(tls_fails=tls_fails) as relay:
        if listens:
            relay.listen()
        try:
            yield relay
        finally:
            relay.stop()
