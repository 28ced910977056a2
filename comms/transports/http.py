"""One POST over HTTP to where the address was resolved: no redirects, bounded in time and size."""

from __future__ import annotations

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass

from comms.transports.base import Unreachable
from teams import outward
from teams.pinned import dial

LARGEST_ANSWER = 64 * 1024


@dataclass(frozen=True, slots=True)
class Said:
    """What came back. `body` is at most `LARGEST_ANSWER` bytes of anything at all, and not fit to be repeated as is."""

    status: int
    body: bytes

    @property
    def taken(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str], *, deadline: float) -> Said:
    """Hand `body` over before `deadline`, a moment of `time.monotonic()`, and return the answer, whatever it is.

    Raises Unreachable where nobody answers in time, and outward.Unsafe for an address that we don't connect to.
    """
    try:
        pinned = outward.pin(outward.parse(url, ("https",)))
    except OSError as error:
        raise Unreachable(f"The name could not be resolved: {error}") from None
    connection = dial(pinned, max(0.1, deadline - time.monotonic()))
    try:
        connection.connect()
        connection.hurry(deadline)
        connection.putrequest("POST", pinned.to.path, skip_host=True, skip_accept_encoding=True)
        sent = {
            "Host": pinned.to.netloc,
            "User-Agent": "Watchbill",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **headers,
        }
        for name, value in sent.items():
            connection.putheader(name, value)
        connection.endheaders(body)
        connection.hurry(deadline)
        answer = connection.getresponse()
        return Said(answer.status, connection.read(answer, LARGEST_ANSWER, deadline))
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{type(error).__name__}: {error}"[:200]) from None
    finally:
        connection.close()
