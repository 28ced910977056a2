"""What a drill comes to: when each step was done, by the drill's clock, and what went wrong on the way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import Min

from incidents.actions.exercises.words import words_of
from incidents.drilling import clock
from incidents.models import Exercise, Mitigation, RoleAssignment, TimelineEntry
from teams.models import Role

Kind = TimelineEntry.Kind
OUT_OF_HAND = "commander_carries_out"


def moments_of(exercise: Exercise) -> dict[str, datetime | None]:
    """When each of STEPS was done; None: not yet, or never."""
    incident = exercise.incident
    accepted = dict(
        RoleAssignment.objects.filter(incident=incident, accepted_at__isnull=False)
        .order_by()
        .values_list("role__slug")
        .annotate(first=Min("accepted_at"))
    )
    wanted = [accepted.get(slug) for slug in exercise.read_script().roles]
    updates = incident.timeline.filter(kind=Kind.UPDATE, verb="update.published")
    carried_out = incident.mitigations.filter(executed_at__isnull=False)
    return {
        "declared": incident.declared_at,
        "commander": accepted.get(Role.COMMANDER),
        "roles": max((at for at in wanted if at), default=None) if all(wanted) else None,
        "first_update": updates.aggregate(at=Min("occurred_at"))["at"],
        "first_mitigation": carried_out.aggregate(at=Min("executed_at"))["at"],
        "mitigated": incident.mitigated_at,
        "resolved": incident.first_resolved_at,
    }


def measured(exercise: Exercise) -> dict[str, int | None]:
    """When each of STEPS was done, in seconds of the story."""
    laps = exercise.laps
    return {name: None if at is None else round(clock.shows(laps, at)) for name, at in moments_of(exercise).items()}


def score(exercise: Exercise) -> dict[str, Any]:
    """What is kept of a drill once it is over. `steps`: seconds of the story, or null; `met` and `of`: how many targets
    were reached in time, of how many; promises `kept` of those `due`; mitigations that did not work; how often the
    commander carried one out; hints taken."""
    steps = measured(exercise)
    script = exercise.read_script()
    targets = script.targets
    kept, due = exercise.incident.promises_kept
    severity = exercise.incident.severity_id
    return {
        "steps": steps,
        "met": sum(is_met(steps, targets, name) for name in targets),
        "of": len(targets),
        "promises_kept": kept,
        "promises_due": due,
        "wrong_mitigations": _wrong(exercise),
        "commander_hands_on": _hands_on(exercise),
        "severity": severity,
        "severity_fits": script.severity is None or severity == script.severity,
        "hints": exercise.hints_taken,
        "lasted": round(exercise.at(exercise.ended_at)) if exercise.ended_at else None,
    }


def is_met(steps: Mapping[str, int | None], targets: Mapping[str, int], name: str) -> bool:
    done = steps.get(name)
    return done is not None and done <= targets[name]


def _wrong(exercise: Exercise) -> int:
    """Mitigations that were carried out and did not work, as the script knows or somebody judged."""
    script = exercise.read_script()
    wrong = 0
    for mitigation in exercise.incident.mitigations.filter(executed_at__isnull=False).select_related("change"):
        found = script.answer(mitigation.kind, words_of(mitigation))
        judged = mitigation.state in (Mitigation.State.NO_EFFECT, Mitigation.State.HARMFUL)
        wrong += judged or found is None or not found.works
    return wrong


def _hands_on(exercise: Exercise) -> int:
    """How often the commander carried out a mitigation."""
    return exercise.incident.timeline.filter(kind=Kind.MITIGATION, overridden__contains=[OUT_OF_HAND]).count()
