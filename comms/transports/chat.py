"""Chat services and push apps through the library `apprise`, which speaks to each as it wants."""

from __future__ import annotations

import logging
import time

import apprise

from comms.transports.base import Answer, Call, Destination, Refused, Unreachable
from teams import phonebook

NOT_TAKEN = 400


def send(to: Destination, call: Call, *, deadline: float) -> Answer:
    """Hand a call to the service. The library says yes or no, and its log why."""
    if problem := phonebook.reachable(to.address):
        raise Refused(NOT_TAKEN, problem)
    asset = apprise.AppriseAsset(app_id="Watchbill", app_desc="Watchbill", async_mode=False, secure_logging=True)
    service = apprise.Apprise.instantiate(to.address, asset=asset, suppress_exceptions=True)
    if service is None:
        raise Refused(NOT_TAKEN, "The address of the service can't be read. Enter it again.")
    left = max(1.0, deadline - time.monotonic())
    service.socket_connect_timeout = min(5.0, left)
    service.socket_read_timeout = min(10.0, left)
    kind = apprise.NotifyType.FAILURE if call.urgent else apprise.NotifyType.INFO
    body = f"{call.text}\n{call.url}".strip()
    with apprise.LogCapture(level=logging.WARNING) as said:  # type: ignore[no-untyped-call]
        taken = apprise.Apprise(asset=asset)
        taken.add(service)
        if taken.notify(body=body, title=call.title, notify_type=kind):
            return Answer("taken")
        raise Unreachable(_one_line(said.getvalue()) or "The service did not take it.")


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
