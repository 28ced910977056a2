"""What a subscriber wants to hear of, and when; and how their history says it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time
from typing import TypedDict

from django.db import models

from comms.models import Component, ComponentGroup, PageIncident, Subscriber


class Choice(TypedDict, total=False):
    """What somebody wants to hear of, and when; what is left out is as it was, or as it usually is.

    `components` None with no `groups` and no `incidents` is all of the page.
    """

    components: Sequence[Component] | None
    groups: Sequence[ComponentGroup]
    incidents: Sequence[PageIncident]
    floor: str
    maintenance: bool
    ends_only: bool
    quiet_from: time | None
    quiet_until: time | None
    digest: str
    digest_at: time
    time_zone: str
    language: str


PLAIN = ("floor", "maintenance", "ends_only", "quiet_from", "quiet_until", "digest", "digest_at")
LISTS: dict[str, type[models.Model]] = {"components": Component, "groups": ComponentGroup, "incidents": PageIncident}


def names(choice: Choice) -> list[str]:
    return [str(row) for name in LISTS for row in choice.get(name) or ()]  # type: ignore[attr-defined]


def names_of(subscriber: Subscriber) -> list[str]:
    """What they chose instead of everything."""
    return [str(row) for name in LISTS for row in getattr(subscriber, name).all()]


def described(subscriber: Subscriber, names: Sequence[str]) -> dict[str, str]:
    """What is chosen, by what it is about, in words for whoever reads the history."""
    quiet = ""
    if subscriber.quiet_from and subscriber.quiet_until:
        quiet = f"{subscriber.quiet_from:%H:%M} to {subscriber.quiet_until:%H:%M}"
    digest = {"": "at once", "hourly": "hourly", "daily": f"daily at {subscriber.digest_at:%H:%M}"}
    return {
        "hears of": "everything" if subscriber.all_components else ", ".join(names) or "nothing",
        "impact": {"none": "any", "critical": "critical"}.get(subscriber.floor, f"{subscriber.floor} or worse"),
        "maintenance": "yes" if subscriber.maintenance else "no",
        "updates": "first and last" if subscriber.ends_only else "all",
        "quiet hours": quiet or "none",
        "low impact": digest[subscriber.digest],
        "time zone": subscriber.time_zone,
        "language": subscriber.language or "the page's",
        "to": subscriber.reached_at,
    }


def in_words(subscriber: Subscriber, names: Sequence[str]) -> str:
    return "; ".join(f"{about}: {what}" for about, what in described(subscriber, names).items())


def changed(before: dict[str, str], after: dict[str, str]) -> str:
    return "; ".join(f"{about}: {before[about]} → {what}" for about, what in after.items() if before[about] != what)
