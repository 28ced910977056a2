"""The cells of a file of subscribers: what each asks for, or why it makes no sense."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_time

from comms.models import PageIncident, Subscriber
from teams.zones import validate_zone

YES, NO = ("yes", "true", "1", "y"), ("no", "false", "0", "n")


class Refused(Exception):
    """A line that is not taken: which column, and why."""

    def __init__(self, column: str, problem: str) -> None:
        super().__init__(problem)
        self.column, self.problem = column, problem


def wishes(cells: Mapping[str, str]) -> dict[str, Any]:
    """The plain fields of a subscriber that the line says something of. Raises Refused."""
    found = {name: read(name, cells[name]) for name, read in READ.items() if cells.get(name)}
    if ("quiet_from" in found) != ("quiet_until" in found):
        raise Refused("quiet_until", "Quiet hours need both: when they begin and when they end.")
    if found.get("quiet_from") is not None and found["quiet_from"] == found["quiet_until"]:
        raise Refused("quiet_until", "Quiet hours end at another time than they begin.")
    return found


def _zone(column: str, text: str) -> str:
    try:
        validate_zone(text)
    except ValidationError as error:
        raise Refused(column, error.messages[0]) from None
    return text


def _impact(column: str, text: str) -> str:
    for value, label in PageIncident.Impact.choices:
        if text.lower() in (value, str(label).lower()):
            return value
    offered = ", ".join(PageIncident.Impact.values)
    raise Refused(column, f"{text[:40]} is no impact. Write one of {offered}, or nothing.")


def _either(column: str, text: str) -> bool:
    if text.lower() in (*YES, *NO):
        return text.lower() in YES
    raise Refused(column, f"{text[:40]} is neither yes nor no.")


def _digest(column: str, text: str) -> str:
    if text.lower() in Subscriber.Digest.values:
        return text.lower()
    raise Refused(column, f"{text[:40]} is no digest. Write hourly or daily, or nothing.")


def _time(column: str, text: str) -> time:
    try:
        found = parse_time(text)
    except ValueError:
        found = None
    if found is None:
        raise Refused(column, f"{text[:40]} is no time. Write it as 22:30.")
    return found


READ: dict[str, Callable[[str, str], Any]] = {
    "time_zone": _zone,
    "floor": _impact,
    "maintenance": _either,
    "ends_only": _either,
    "digest": _digest,
    "digest_at": _time,
    "quiet_from": _time,
    "quiet_until": _time,
}
