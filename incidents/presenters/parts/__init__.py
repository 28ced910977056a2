"""What the parts of an incident's page beside the board need, a module each: `shown(scene, may)` gives its piece of the
context, with a number of queries that does not depend on how much there is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incidents.presenters.helm import Scene
from incidents.presenters.parts import (
    crews,
    deck,
    duties,
    exercise,
    fields,
    followers,
    glance,
    nudges,
    playbooks,
    relations,
    seen_before,
    tasks,
    ways,
    witness,
)

PARTS = (
    *(glance, nudges, duties, ways, seen_before, deck, playbooks, witness),
    *(tasks, crews, relations, followers, fields, exercise),
)


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    """The context of all parts. `may` has the keys of `board.MAY`."""
    context: dict[str, Any] = {}
    for part in PARTS:
        context |= part.shown(scene, may)
    return context
