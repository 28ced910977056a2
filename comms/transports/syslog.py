"""Lines to a syslog server: RFC 5424, over UDP (RFC 5426), TCP (RFC 6587) or TLS (RFC 5425)."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from comms.transports.base import Unreachable
from teams import outward

SECONDS = 10.0
LARGEST_DATAGRAM = 8 * 1024
# Facility 13 is the log audit; severity 5 is notice.
PRIORITY = 13 * 8 + 5
SCHEMES = ("udp", "tcp", "tls")


@dataclass(frozen=True, slots=True)
class Line:
    """One message: `ident` is how the receiver knows it again, `short` what is sent where the whole is too long."""

    at: datetime
    ident: str
    kind: str
    text: str
    short: str


def written(line: Line, *, host: str, short: bool = False) -> bytes:
    """The line as RFC 5424 has it."""
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    kind = "".join(c for c in line.kind if 33 <= ord(c) <= 126)[:32] or "-"
    text = line.short if short else line.text
    return f"<{PRIORITY}>1 {at} {host} watchbill - {kind} - {text}".encode()


def send(url: str, lines: Sequence[Line], *, host: str) -> None:
    """Hand all lines over. Raises Unreachable where it is not known that all of them arrived.

    UDP answers nothing: what is lost on the way is lost.
    """
    try:
        pinned = outward.pin(outward.parse(url, SCHEMES, port_needed=True), private=True)
    except outward.Unsafe as unsafe:
        raise Unreachable(str(unsafe)) from None
    except OSError as error:
        raise Unreachable(f"The name could not be resolved: {error}") from None
    try:
        if pinned.to.scheme == "udp":
            _datagrams(pinned, lines, host)
        else:
            _stream(pinned, lines, host)
    except OSError as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:200]) from None


def _datagrams(pinned: outward.Pinned, lines: Sequence[Line], host: str) -> None:
    family = socket.AF_INET6 if ":" in pinned.address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(SECONDS)
        # Connected, so that a machine without a receiver can tell us so.
        sock.connect((pinned.address, pinned.to.port))
        for line in lines:
            whole = written(line, host=host)
            sock.send(whole if len(whole) <= LARGEST_DATAGRAM else written(line, host=host, short=True))


def _stream(pinned: outward.Pinned, lines: Sequence[Line], host: str) -> None:
    with contextlib.ExitStack() as stack:
        sock = stack.enter_context(socket.create_connection((pinned.address, pinned.to.port), SECONDS))
        if pinned.to.scheme == "tls":
            context = ssl.create_default_context()
            sock = stack.enter_context(context.wrap_socket(sock, server_hostname=pinned.to.host))
        for line in lines:
            whole = written(line, host=host)
            sock.sendall(f"{len(whole)} ".encode() + whole)
        _wait_until_read(sock)


def _wait_until_read(sock: socket.socket) -> None:
    """Syslog says nothing back. A receiver that has read to the end closes, and one that is gone resets: only what it
    neither closed nor reset in time is taken as read."""
    if isinstance(sock, ssl.SSLSocket):
        sock = sock.unwrap()
    else:
        sock.shutdown(socket.SHUT_WR)
    with contextlib.suppress(TimeoutError):
        while sock.recv(4096):
            pass
