"""The deck of the incident's services, what could be tried next, and what has to be judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incidents import deck, options
from incidents.actions.attempts import RUNS
from incidents.models import Mitigation
from incidents.phases import Phase
from incidents.presenters.helm import Scene

# Before service is restored; what follows is nothing to play cards in.
OFFERED = (Phase.DETECT, *RUNS)
SHOWN = 3
ASKED: dict[str, Any] = {
    "outcomes": (("worked", "Worked"), ("partly", "Partly"), ("no_effect", "No effect"), ("harmful", "Harmful")),
    "more_minutes": (5, 15),
}


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """`deck` and `deck_more`: cards that were not tried yet, the best first. `options`: what could be tried next, where
    that is asked for or the last attempt failed. `to_judge`: what runs and whose time is over. `failed`: the attempt
    that has just come to nothing. At most four queries."""
    incident = scene.incident
    to_judge = [one for one in scene.mitigations if one.is_in_flight and _is_due(one, scene)]
    if incident.phase not in OFFERED:
        return {"to_judge": to_judge if incident.is_open else [], **ASKED}
    held = deck.hand(incident, scene.user, scene.now)
    tried = {one.card_id for one in scene.mitigations}
    left = [each for each in held if each.card.pk not in tried]
    failed = _failed(scene.mitigations)
    wanted = may["respond"] and incident.phase in RUNS and (incident.attempt_asked_at or failed)
    return {
        **ASKED,
        "to_judge": to_judge,
        "failed": failed,
        "options": _options(scene, held) if wanted else [],
        "deck": left[:SHOWN],
        "deck_more": left[SHOWN:],
        "deck_services": [service for service in incident.services.all() if may["respond"]],
    }


def _options(scene: Scene, held: Sequence[deck.Held]) -> list[options.Option]:
    return options.best(tried=scene.mitigations, ways=scene.suggestions, held=held, memories=scene.memories)


def _is_due(one: Mitigation, scene: Scene) -> bool:
    return one.asked_at is not None or (one.deadline_at is not None and one.deadline_at <= scene.now)


def _failed(mitigations: Sequence[Mitigation]) -> Mitigation | None:
    """The last attempt, where it did not restore service and nothing else is tried or was seen to work."""
    if any(one.is_in_flight or (one.state == Mitigation.State.WORKED and one.held) for one in mitigations):
        return None
    ended = [one for one in mitigations if one.finished_at and one.state != Mitigation.State.DROPPED]
    return max(ended, key=lambda one: (one.finished_at, one.pk), default=None)
