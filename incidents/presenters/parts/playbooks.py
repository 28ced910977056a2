"""Playbooks at work in the incident, and those that fit it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from incidents.models import Playbook, PlaybookRun, RunStep
from incidents.presenters.helm import Scene

SUGGESTED = 3
MOST_RUNS = 20


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`playbook_runs` with their steps as `shown_steps`, `playbooks_ended`, and `playbooks_suggested`: at most three
    that name what this incident has. At most four queries."""
    incident = scene.incident
    runs = list(incident.playbook_runs.order_by("pk")[:MOST_RUNS]) if "playbooks" in scene.there else []
    steps: dict[int, list[RunStep]] = defaultdict(list)
    if runs:
        rows = RunStep.objects.filter(run__in=runs).select_related("role", "person", "settled_by")
        for step in rows.order_by("run", "position"):
            steps[step.run_id].append(step)
    seats: dict[int, list[Any]] = defaultdict(list)
    for seat in incident.held_roles:
        seats[seat.role_id].append(seat.user)
    for run in runs:
        _fill(run, steps[run.pk], seats, scene)
    suggested = _suggested(scene, runs) if incident.is_active and may["respond"] else []
    return {
        "playbook_runs": [run for run in runs if run.ended_at is None],
        "playbooks_ended": [run for run in runs if run.ended_at is not None],
        "playbooks_suggested": [playbook for playbook in suggested if playbook.says][:SUGGESTED],  # type: ignore[attr-defined]
        "any_playbook": bool(suggested),
    }


def _suggested(scene: Scene, runs: list[PlaybookRun]) -> list[Playbook]:
    """What fits, those that name more of it first; what names nothing last."""
    known = [run.playbook_id for run in runs if run.playbook_id is not None]
    rows = Playbook.objects.kept().fitting(scene.incident).exclude(pk__in=known)
    return [playbook for playbook in rows[:50] if not playbook.phases or scene.incident.phase in playbook.phases]


def _fill(run: PlaybookRun, steps: list[RunStep], seats: Mapping[int, list[Any]], scene: Scene) -> None:
    for step in steps:
        people = seats.get(step.role_id, []) if step.role_id else [step.person] if step.person else []
        names = ", ".join(str(person) for person in people)
        role = step.role.name if step.role else ""
        step.owner = f"{role} ({names})" if role and names else role or names  # type: ignore[attr-defined]
        step.mine = any(person.pk == scene.user.pk for person in people)  # type: ignore[attr-defined]
        step.next_state = "done" if step.state == RunStep.State.OPEN else "open"  # type: ignore[attr-defined]
    run.shown_steps = steps  # type: ignore[attr-defined]
    run.all_steps = len(steps)  # type: ignore[attr-defined]
    run.settled = sum(step.state != RunStep.State.OPEN for step in steps)  # type: ignore[attr-defined]
