"""Which other teams were called in, and who came."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.models import TeamRequest
from incidents.presenters.helm import Scene
from teams.models import Membership

MOST = 50


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`crews`: those that are asked or help, what waits for one's own yes first; `crews_ended`: the others."""
    if "crews" not in scene.there:
        return {"crews": [], "crews_ended": []}
    rows = list(scene.incident.team_requests.select_related("team", "asked_by", "answered_by").order_by("-pk")[:MOST])
    standing = [row for row in rows if row.is_standing]
    if any(row.state == TeamRequest.State.ASKED for row in standing):
        mine = set(Membership.objects.filter(user=scene.user).values_list("team", flat=True))
        for row in standing:
            row.mine = row.team_id in mine  # type: ignore[attr-defined]
    return {
        "crews": sorted(standing, key=lambda row: (not getattr(row, "mine", False), row.pk)),
        "crews_ended": [row for row in rows if not row.is_standing],
    }
