"""The starts that even new and changed rotations, offered beside the preview of a schedule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from teams import loads, rotation
from teams.models import Layer
from teams.oncall import Rota


@dataclass(frozen=True, slots=True)
class Offer:
    """`rows` is the id of the list of people in the form, `before` how many of its people come before who should be
    first."""

    name: str
    proposed: loads.Proposed
    rows: str
    before: int

    @property
    def starts(self) -> str:
        return " and ".join(user.name for user in self.proposed.starts)


def offers(rota: Rota, asked: Iterable[tuple[str, Layer]], now: datetime) -> list[Offer]:
    """What is proposed for `asked`, (prefix of its form, layer), as `rota` would have them. A layer that is new there
    is found by its position."""
    found = []
    for prefix, row in asked:
        layer = _newest(rota, row)
        proposed = loads.propose(rota, layer, now) if layer else None
        if layer and proposed:
            before = sum(len(crew) for crew in layer.crews[: proposed.crew - 1])
            found.append(Offer(rota.names[layer.key].name, proposed, f"id_{prefix}-rota", before))
    return found


def _newest(rota: Rota, row: Layer) -> rotation.Layer | None:
    layers = [each for each in rota.layers if isinstance(each, rotation.Layer)]
    same = [each for each in layers if rota.names[each.key].lineage == row.lineage]
    same = same or [each for each in layers if rota.names[each.key].position == row.position]
    return max(same, key=lambda each: (each.starts is not None, each.starts), default=None)
