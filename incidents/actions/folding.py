"""The ceiling of an integration: however many incidents its alerts would open in a minute, no more are; what comes
beyond is kept together in one, and nothing is dropped."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from incidents import routing
from incidents.actions.routes import Targets
from incidents.models import Incident, Integration

WINDOW = timedelta(minutes=1)
# An incident of what was too much takes more of it for so long: the next storm is another.
GROUPING = routing.Grouping(minutes=60)


def beyond(integration: Integration, levels: Mapping[str, int | None], now: datetime) -> list[str]:
    """Of groups that would each open an incident, given by their keys with the level of severity that their alerts
    tell, those for which there is no room in this minute. The worst have it first; None may be anything."""
    if integration.ceiling is None or not levels:
        return []
    last = integration.incidents.order_by("-pk").values_list("created_at", flat=True)[: integration.ceiling]
    room = integration.ceiling - sum(at > now - WINDOW for at in last)
    return sorted(levels, key=lambda key: levels[key] or 0)[max(0, room) :]


def key(targets: Targets) -> str:
    """The group of what is too much: each team's by itself, so that each is paged for its own."""
    return f"ceiling:{targets.team.pk}" + (":private" if targets.private else "")


def title(integration: Integration) -> str:
    return f"More than {integration.ceiling} incidents a minute from {integration}"[:200]


def is_one(incident: Incident) -> bool:
    """Whether it holds what was too much."""
    return incident.group_key.startswith("ceiling:")
