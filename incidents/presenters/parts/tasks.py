"""Who does what until when."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.models import IncidentTask
from incidents.presenters.helm import Scene

MOST = 100


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`tasks`: those that are not done, the late ones first, then one's own, then what is due soonest. `tasks_ended`:
    the others, the latest first."""
    if "tasks" not in scene.there:
        return {"tasks": [], "tasks_ended": []}
    rows = list(scene.incident.tasks.select_related("owner").order_by("-pk")[:MOST])
    waiting = [task for task in rows if task.is_unfinished]
    for task in waiting:
        task.late = task.is_late(scene.now)  # type: ignore[attr-defined]
        task.mine = task.owner_id == scene.user.pk  # type: ignore[attr-defined]
    return {
        "tasks": sorted(waiting, key=lambda task: _rank(task, scene)),
        "tasks_ended": [task for task in rows if not task.is_unfinished],
    }


def _rank(task: IncidentTask, scene: Scene) -> tuple[bool, bool, float, int]:
    due = task.due_at.timestamp() if task.due_at else float("inf")
    return not task.is_late(scene.now), task.owner_id != scene.user.pk, due, task.pk
