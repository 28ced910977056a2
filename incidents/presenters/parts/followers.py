"""Who follows an incident, and whether the reader does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.models import Follow
from incidents.presenters.helm import Scene

MOST = 100


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`following`: the reader's own row, or None; `followers`: the rows of those who hear of anything."""
    if "follows" not in scene.there:
        return {"followers": [], "following": None}
    rows = list(scene.incident.follows.select_related("user").order_by("user__first_name", "pk")[:MOST])
    mine = next((row for row in rows if row.user_id == scene.user.pk), None)
    hears = [row for row in rows if row.level != Follow.Level.OFF]
    return {"followers": hears, "following": mine if mine in hears else None}
