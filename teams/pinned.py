"""HTTP with an address that somebody gave us: to where it was resolved, bounded in time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import urljoin

from teams import outward

SECONDS = 10.0
MOST_REDIRECTS = 3
_REDIRECTS = (301, 302, 303, 307, 308)


class Unreachable(Exception):
    """Nothing came back that could be used; the text says why, for people."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` have their names in lower case. `body` is empty unless it was asked for at such a status."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class Plain(http.client.HTTPConnection):
    """To the pinned address, whatever the name says by now."""

    def __init__(self, pinned: outward.Pinned, timeout: float) -> None:
        super().__init__(pinned.to.host, pinned.to.port, timeout=timeout)
        self.pinned = pinned

    def connect(self) -> None:
        self.sock = socket.create_connection((self.pinned.address, self.pinned.to.port), self.timeout)

    def hurry(self, deadline: float) -> None:
        """Wait for the other side until `deadline` (monotonic seconds) and no longer. TimeoutError when it is over."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        # The answer closes the connection's socket once it has it all.
        if self.sock is not None:
            self.sock.settimeout(left)

    def read(self, answer: http.client.HTTPResponse, most: int, deadline: float) -> bytes:
        """The answer's body, of which no more than `most` bytes are read."""
        chunks, left = [], most
        while left > 0 and (chunk := answer.read1(min(left, 8192))):
            chunks.append(chunk)
            left -= len(chunk)
            self.hurry(deadline)
        return b"".join(chunks)


class Secure(Plain):
    def connect(self) -> None:
        super().connect()
        context = ssl.create_default_context()
        self.sock = context.wrap_socket(self.sock, server_hostname=self.pinned.to.host)


def dial(pinned: outward.Pinned, timeout: float) -> Plain:
    return (Secure if pinned.to.scheme == "https" else Plain)(pinned, timeout)


def get(url: str, *, headers: Mapping[str, str], most: int, seconds: float = SECONDS) -> Answer:
    """Fetch `url` (https or http), following a few redirects, each of which is resolved and judged anew.

    Raises Unreachable when nobody answers in time, an address is none that we connect to, or more than `most` bytes
    come.
    """
    deadline = time.monotonic() + seconds
    for _ in range(MOST_REDIRECTS + 1):
        answer = _once(url, headers, most, deadline)
        if answer.status not in _REDIRECTS or not answer.headers.get("location"):
            return answer
        onward = urljoin(url, answer.headers["location"])
        if url.startswith("https:") and not onward.startswith("https:"):
            raise Unreachable("The address leads on to one that isn't encrypted. Give the one at the end yourself.")
        url = onward
    raise Unreachable("The address leads on and on. Give the one at the end.")


def _once(url: str, headers: Mapping[str, str], most: int, deadline: float) -> Answer:
    try:
        pinned = outward.pin(outward.parse(url, ("https", "http")))
    except outward.Unsafe as unsafe:
        raise Unreachable(str(unsafe)) from None
    except OSError:
        raise Unreachable("The host in the address is not known. Look for a typing error.") from None
    return ask(pinned, headers=headers, most=most, deadline=deadline)


def ask(
    pinned: outward.Pinned,
    *,
    headers: Mapping[str, str],
    most: int,
    deadline: float,
    bodies: Collection[int] = (200,),
    method: str = "GET",
    body: bytes | None = None,
) -> Answer:
    """One request, without redirects, before `deadline` (monotonic seconds). The answer's body is read at a status of
    `bodies`.

    Raises Unreachable when nobody answers in time, or more than `most` bytes come.
    """
    to = dial(pinned, max(0.1, deadline - time.monotonic()))
    try:
        to.connect()
        to.hurry(deadline)
        to.putrequest(method, pinned.to.path, skip_host=True, skip_accept_encoding=True)
        sent = {"Host": pinned.to.netloc, "User-Agent": "Watchbill", "Connection": "close", **headers}
        if body is not None:
            sent["Content-Length"] = str(len(body))
        for name, value in sent.items():
            to.putheader(name, value)
        to.endheaders(body)
        to.hurry(deadline)
        answer = to.getresponse()
        found = {name.lower(): value for name, value in answer.getheaders()}
        if answer.status not in bodies:
            return Answer(answer.status, found)
        told = to.read(answer, most + 1, deadline)
        if len(told) > most:
            raise Unreachable(f"More than {_size(most)} came back.")
        if answer.length:
            raise Unreachable("The connection broke off before all of it was there.")
        return Answer(answer.status, found, told)
    except TimeoutError:
        raise Unreachable("It did not answer in time.") from None
    except ssl.SSLError as error:
        raise Unreachable(f"Its certificate is not to be trusted: {error.reason or error}"[:200]) from None
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"It could not be reached ({type(error).__name__}).") from None
    finally:
        to.close()


def _size(most: int) -> str:
    return f"{most // 1_000_000} MB" if most >= 1_000_000 else f"{most // 1000} kB"
