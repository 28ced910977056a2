"""Chat services and push apps through the library `apprise`, which speaks to each as it wants, in a process of its own
(`comms.transports.speaking`): it has none of our secrets, and is ended when its time is over."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

from django.conf import settings

from comms.transports.base import Answer, Call, Destination, Refused, Unreachable
from teams import chats

NOT_TAKEN = 400
# Of our environment, what the process needs to run and to trust certificates.
HANDED_DOWN = ("PATH", "LANG", "LC_ALL", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "SYSTEMROOT")


def send(to: Destination, call: Call, *, deadline: float) -> Answer:
    """Hand a call to the service. The library says yes or no, and its log why."""
    if problem := chats.problem(to.address, to.kind):
        raise Refused(NOT_TAKEN, problem)
    asked = {
        "address": to.address,
        "title": call.title,
        "body": f"{call.text}\n{call.url}".strip(),
        "urgent": call.urgent,
        "private": chats.private(to.address) and not to.stranger,
        "loopback": settings.WATCHBILL_OUTBOUND_LOOPBACK,
    }
    said = _spoken(asked, max(1.0, deadline - time.monotonic()))
    if said.get("taken") is True:
        return Answer("taken")
    text = str(said.get("said") or "The service did not take it.")
    if said.get("unreadable"):
        raise Refused(NOT_TAKEN, text)
    raise Unreachable(text)


def _spoken(asked: dict[str, object], seconds: float) -> dict[str, object]:
    """What the process answers. The address goes in by its input, where no list of processes shows it."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "comms.transports.speaking"],
            input=json.dumps(asked).encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in HANDED_DOWN if name in os.environ},
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Unreachable("The service did not answer in time.") from None
    except OSError as error:
        raise Unreachable(f"The process that speaks to it could not be started: {error}") from None
    try:
        said = json.loads(done.stdout)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unreachable(f"The process that speaks to it ended with {done.returncode}.")
    return said
