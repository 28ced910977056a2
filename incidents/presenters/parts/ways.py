"""Ways to stop the bleeding that what is known suggests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.models import ChangeMark
from incidents.presenters.helm import Scene

SHOWN = 3
# More than these are on the list of changes, which can be searched.
MOST = 20
# What can be said of a change, in the order in which it is asked.
MARKS = (
    (ChangeMark.State.SUSPECT, "Suspect it"),
    (ChangeMark.State.CAUSED, "It caused this"),
    (ChangeMark.State.FIXED, "It fixed this"),
    (ChangeMark.State.DISMISSED, "Not this one"),
)


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """The best ways and the rest, which is folded. No query."""
    ways = scene.suggestions[:MOST]
    helped = [memory for memory in scene.memories if memory.helped]
    return {
        "ways": ways[:SHOWN],
        "more_ways": ways[SHOWN:],
        "marks": [(state.value, label) for state, label in MARKS],
        "memories": helped[:SHOWN],
        "more_memories": [*helped[SHOWN:], *(memory for memory in scene.memories if not memory.helped)],
        "suspect": next((way.change for way in ways if way.mark in ChangeMark.BLAMED), None),
    }
