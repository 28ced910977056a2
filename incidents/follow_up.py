"""How the action items of an incident stand, read for guards, pages and programs."""

from __future__ import annotations

from dataclasses import dataclass

from incidents import concreteness
from incidents.models import ActionItem, Incident, NoItemsDecision


@dataclass(frozen=True, slots=True)
class Standing:
    """How the items of an incident stand: `concrete` of them count, `lacking` names the open ones that don't, with what
    each lacks. `none_needed`: somebody decided that nothing follows."""

    concrete: int
    lacking: str
    none_needed: bool

    @property
    def enough(self) -> bool:
        return self.concrete > 0 or self.none_needed


def standing(incident: Incident) -> Standing:
    """Two queries."""
    items = list(incident.action_items.exclude(state=ActionItem.State.DROPPED).select_related("owner"))
    lacks = [(item.title, item.missing()) for item in items]
    named = [(t, m) for item, (t, m) in zip(items, lacks, strict=True) if m and item.state == ActionItem.State.OPEN]
    concrete = sum(not missing for _, missing in lacks)
    return Standing(concrete, concreteness.named(named), decision(incident) is not None)


def decision(incident: Incident) -> NoItemsDecision | None:
    """That none is needed, where that was decided since the trouble was last over."""
    found = NoItemsDecision.objects.filter(incident=incident).select_related("by").first()
    stale = found is not None and incident.resolved_at is not None and found.at < incident.resolved_at
    return None if stale else found
