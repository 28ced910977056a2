"""Where mail comes in: what becomes alerts, and what comes back of our own. An SMTP server that sends nothing on.

Every mistake of a sender's is bounded: how large a mail and its lines are, how many recipients and commands, how long a
conversation may stand still, how many there are at once. What a mail is told is `incidents.ingest_mail`'s,
and of what comes back `comms.actions.returning`'s.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import ssl
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from django.db import close_old_connections

from comms import tokens
from comms.actions import returning
from config import limits
from incidents import ingest_mail

logger = logging.getLogger(__name__)

MOST_CONNECTIONS = 60
# Of one address. A mail server in front has one for all.
MOST_FROM_ONE = 30
MOST_RECIPIENTS = 10
# Of each command in one conversation; the last three are what a mail server does over and over.
MOST_COMMANDS = {"*": 20, "RSET": 1000, "MAIL": 1000, "RCPT": 1000, "DATA": 1000}
# A line has at most 998 characters, which many tools do not know.
LONGEST_LINE = 16 * 1024
# Of bytes without an end of a line, until whoever sends them is left alone.
MOST_ENDLESS = 1024 * 1024
THREADS = 8
GOODBYE_SECONDS = 5.0

SILENT = b"421 4.4.2 Too long without a word. Come back later.\r\n"
FULL = b"421 4.3.2 Too many conversations at once. Come back later.\r\n"
NO_RELAY = "550 5.7.1 No mail is sent on from here. An integration's page says its address."
TOO_MANY = "452 4.5.3 Too many recipients. Send it to the others in a mail of its own."
FORGED = "550 5.1.1 No letter of ours has this return address."
TOO_FAST = "451 4.7.1 Too many at once. Send it again."
TOO_LARGE = "552 5.3.4 A mail has at most 512 KB."
NOT_UNDERSTOOD = "500 5.5.2 It can't be understood."
# What aiosmtpd says by itself, with the codes that mail servers read.
BETTER = {
    "552 Error: message size exceeds fixed maximum message size": TOO_LARGE,
    "552 Error: Too much mail data": TOO_LARGE,
    "500 Line too long (see RFC5321 4.5.3.1.6)": "500 5.6.0 A line of a mail has at most 998 characters.",
}


class Hall:
    """Who is here, by address."""

    def __init__(self) -> None:
        self.here: Counter[str] = Counter()

    def enter(self, peer: str) -> bool:
        if self.here.total() >= MOST_CONNECTIONS or self.here[peer] >= MOST_FROM_ONE:
            return False
        self.here[peer] += 1
        return True

    def leave(self, peer: str) -> None:
        self.here[peer] -= 1
        if self.here[peer] <= 0:
            del self.here[peer]


class Conversation(SMTP):
    """One connection."""

    line_length_limit = LONGEST_LINE

    def __init__(self, hall: Hall, handler: Handler, **given: Any) -> None:
        super().__init__(handler, **given)
        self.hall = hall
        self.peer = ""
        self.is_seated = False
        self.endless = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # After STARTTLS it is made once more.
        if self._original_transport is None:
            self.peer = str((transport.get_extra_info("peername") or ("",))[0])
            self.is_seated = self.hall.enter(self.peer)
            if not self.is_seated:
                assert isinstance(transport, asyncio.Transport)
                transport.write(FULL)
                transport.close()
                return
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if not self.is_seated:
            return
        end = data.rfind(b"\n")
        self.endless = self.endless + len(data) if end < 0 else len(data) - end
        if self.endless > MOST_ENDLESS and isinstance(self.transport, asyncio.Transport):
            logger.warning("%s sent a line without an end and was left alone", self.peer)
            self.transport.abort()
            return
        super().data_received(data)

    def eof_received(self) -> bool | None:
        return super().eof_received() if self.is_seated else False

    def connection_lost(self, error: Exception | None) -> None:
        if self.is_seated:
            self.is_seated = False
            self.hall.leave(self.peer)
            super().connection_lost(error)

    def _timeout_cb(self) -> None:
        # As RFC 5321 wants it; aiosmtpd merely hangs up.
        if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
            self.transport.write(SILENT)
        super()._timeout_cb()  # type: ignore[no-untyped-call]

    async def push(self, status: str | bytes) -> None:
        if isinstance(status, str):
            await super().push(BETTER.get(status, status))
        else:
            await super().push(status)


class Handler:
    """What is said to whom. The database is asked in threads: all of this process's conversations share one loop."""

    def __init__(self, threads: ThreadPoolExecutor) -> None:
        self.threads = threads
        self.at_work = 0
        self.idle = asyncio.Event()
        self.idle.set()

    async def handle_EHLO(  # noqa: N802
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        # Nobody has a password here.
        return [each for each in responses if not each.startswith("250-AUTH")]

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if (returned := tokens.returned_to(address)) is not None:
            return await self._take_back(envelope, address, returned)
        key = ingest_mail.key_of(address)
        if key is None:
            return NO_RELAY
        if _returned(envelope) is not None:
            return TOO_MANY
        if len(envelope.rcpt_tos) >= MOST_RECIPIENTS:
            return TOO_MANY
        said = await self._ask(partial(_welcome, key))
        if said.startswith("250") and key not in envelope.rcpt_tos:
            envelope.rcpt_tos.append(key)
        return said

    async def _take_back(self, envelope: Envelope, address: str, returned: tokens.Returned) -> str:
        """What comes back comes by itself: it is one letter's, or one reader's."""
        if envelope.rcpt_tos:
            return TOO_MANY
        said = await self._ask(partial(_welcome_back, returned))
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        raw = envelope.original_content or b""
        if (returned := _returned(envelope)) is not None:
            return await self._ask(partial(_take_back, returned, raw))
        return await self._ask(partial(ingest_mail.take, list(envelope.rcpt_tos), raw))

    async def handle_VRFY(self, *_: Any) -> str:  # noqa: N802
        return "252 2.5.2 It is known when mail is sent."

    async def handle_exception(self, error: Exception) -> str:
        logger.warning("a command could not be understood (%s)", type(error).__name__)
        return NOT_UNDERSTOOD

    async def _ask(self, question: Callable[[], str]) -> str:
        self.at_work += 1
        self.idle.clear()
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, question)
        except Exception:
            logger.exception("a mail could not be taken; the sender was asked to try again")
            return ingest_mail.LATER
        finally:
            self.at_work -= 1
            if not self.at_work:
                self.idle.set()


def _welcome(key: str) -> str:
    spent = limits.spend("event", limits.of_key(key))
    return ingest_mail.welcome(key) if spent is None or spent.allowed else TOO_FAST


def _returned(envelope: Envelope) -> tokens.Returned | None:
    """What the mail comes back to; None where it is for integrations, whose keys are no addresses."""
    return tokens.returned_to(envelope.rcpt_tos[0]) if envelope.rcpt_tos else None


def _welcome_back(returned: tokens.Returned) -> str:
    if returned.purpose != tokens.COMPLAINTS and returned.pk is None:
        return FORGED
    spent = limits.spend("event", limits.of_key(f"{returned.purpose}-{returned.pk}"))
    return "250 2.1.5 It is known." if spent is None or spent.allowed else TOO_FAST


def _take_back(returned: tokens.Returned, raw: bytes) -> str:
    close_old_connections()
    try:
        returning.take(returned, raw)
    finally:
        close_old_connections()
    return "250 2.0.0 It is kept."


@dataclass
class Certificate:
    """For STARTTLS, read anew when its file has changed, as it does every few weeks."""

    path: Path
    key: Path | None
    context: ssl.SSLContext
    changed: float

    @classmethod
    def read(cls, path: Path, key: Path | None) -> Certificate:
        """Raises OSError (ssl.SSLError is one) for files that are none."""
        return cls(path, key, _context(path, key), path.stat().st_mtime)

    def current(self) -> ssl.SSLContext:
        try:
            if (changed := self.path.stat().st_mtime) != self.changed:
                self.changed = changed
                self.context = _context(self.path, self.key)
        except OSError as error:
            logger.warning("The certificate in %s can't be read (%s); the former goes on.", self.path, error)
        return self.context


def _context(path: Path, key: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, key)
    return context


def serve(
    host: str,
    port: int,
    domain: str,
    certificate: Certificate | None,
    ready: Callable[[], None],
    *,
    patience: float,
) -> None:
    """Take mail for `domain` until SIGTERM or SIGINT; `ready` is called once it is taken. `patience`: seconds from one
    command to the next, the mail itself included. Raises OSError where nobody can listen there."""
    asyncio.run(_serve(host, port, domain, certificate, ready, patience))


async def _serve(
    host: str,
    port: int,
    domain: str,
    certificate: Certificate | None,
    ready: Callable[[], None],
    patience: float,
) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    hall = Hall()
    with ThreadPoolExecutor(THREADS, "mail") as threads:
        handler = Handler(threads)

        def conversation() -> Conversation:
            return Conversation(
                hall,
                handler,
                data_size_limit=ingest_mail.MOST_BYTES,
                enable_SMTPUTF8=True,
                hostname=domain,
                ident="ESMTP Watchbill",
                tls_context=certificate.current() if certificate else None,
                timeout=patience,
                command_call_limit=MOST_COMMANDS,
                loop=loop,
            )

        server = await loop.create_server(conversation, host=host, port=port)
        logger.info("Mail for %s is taken on %s:%d%s", domain, host, port, " with STARTTLS" if certificate else "")
        ready()
        await ended.wait()
        server.close()
        # Whoever waits for an answer gets it: else the mail would come a second time.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await handler.idle.wait()
                await asyncio.sleep(0.05)
