"""Many states as one: the overall indicator of a page, and the state of a group."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from comms.models import Component

Status = Component.Status


class Overall(NamedTuple):
    """`indicator` is none, minor, major or critical; `tone` and `symbol` are what the pages draw it with."""

    indicator: str
    description: str
    tone: str
    symbol: str


OPERATIONAL = Overall("none", "All Systems Operational", "ok", "operational")
MAINTENANCE = Overall("none", "Service Under Maintenance", "info", "maintenance")
DEGRADED = Overall("minor", "Partially Degraded Service", "caution", "degraded")
PARTIAL = Overall("minor", "Minor Service Outage", "warn", "partial")
SOME_MAJOR = Overall("major", "Partial System Outage", "danger", "major")
ALL_MAJOR = Overall("critical", "Major System Outage", "danger", "major")

WORST_FIRST = (Status.MAJOR, Status.PARTIAL, Status.DEGRADED, Status.MAINTENANCE, Status.OPERATIONAL)


def overall(statuses: Iterable[str]) -> Overall:
    """What a page says on top, from the states of all its components."""
    found = list(statuses)
    kinds = set(found)
    if found and kinds == {Status.MAJOR}:
        return ALL_MAJOR
    if Status.MAJOR in kinds:
        return SOME_MAJOR
    if Status.PARTIAL in kinds:
        return PARTIAL
    if Status.DEGRADED in kinds:
        return DEGRADED
    return MAINTENANCE if Status.MAINTENANCE in kinds else OPERATIONAL


def worst(statuses: Iterable[str]) -> str:
    """The worst of several states; operational where there are none."""
    kinds = set(statuses)
    return next((status for status in WORST_FIRST if status in kinds), Status.OPERATIONAL)
