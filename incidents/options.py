"""What could be tried next: at most three concrete ways to restore service, the likeliest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incidents import deck, remembering, suggesting
from incidents.deck import Held
from incidents.models import Change, Incident, Mitigation, MitigationCard
from incidents.remembering import Memory
from incidents.suggesting import Suggestion
from teams import moments
from teams.models import User

MOST = 3
Kind = Mitigation.Kind
# What can be tried where nobody has written anything down, the least drastic first.
GENERIC = (Kind.RESTART, Kind.SCALE_UP, Kind.FAIL_OVER, Kind.FEATURE_OFF, Kind.SHED_LOAD, Kind.ROLL_BACK)
GENERIC_WHY = {
    Kind.RESTART: "Quick, and clears what has piled up.",
    Kind.SCALE_UP: "Helps where there is more load than usual.",
    Kind.FAIL_OVER: "Helps where one place is broken.",
    Kind.FEATURE_OFF: "Helps where one part drags down the rest.",
    Kind.SHED_LOAD: "Keeps it up for some instead of down for all.",
    Kind.ROLL_BACK: "Helps where something was changed that nobody has recorded.",
}


@dataclass(frozen=True, slots=True)
class Option:
    """Something to try. `query` fills in the form that proposes it; `change` is to be rolled back, `waiting` is a
    proposal that has only to be carried out."""

    label: str
    why: str
    kind: str
    query: str = ""
    waiting: Mitigation | None = None
    change: Change | None = None
    card: MitigationCard | None = None


def best(
    *,
    tried: Sequence[Mitigation],
    ways: Sequence[Suggestion],
    held: Sequence[Held],
    memories: Sequence[Memory],
) -> list[Option]:
    """Options from what is at hand: `tried` are the incident's mitigations, `ways` the changes that may have done it,
    `held` its deck, and `memories` what helped in incidents like it. No query."""
    waiting = [one for one in tried if one.is_waiting]
    found = [Option(f"Carry out: {one.title}", "Proposed already.", one.kind, waiting=one) for one in reversed(waiting)]
    changes = {one.change_id for one in tried}
    found += [_of_way(way) for way in ways if way.worth_taking_back and way.change.pk not in changes][:1]
    cards = {one.card_id for one in tried}
    deck_of = [_of_card(each) for each in held if each.card.pk not in cards]
    kinds = {one.kind for one in tried} | {option.kind for option in (*found, *deck_of[:1])}
    helped = [_of_memory(memory) for memory in memories if memory.helped and memory.kind not in kinds]
    found += [*deck_of[:1], *helped[:1], *deck_of[1:]]
    kinds |= {option.kind for option in found}
    found += [Option(str(kind.label), GENERIC_WHY[kind], kind, f"kind={kind}") for kind in GENERIC if kind not in kinds]
    return _distinct(found)[:MOST]


def _distinct(options: list[Option]) -> list[Option]:
    return list({option.label.casefold(): option for option in reversed(options)}.values())[::-1]


def _of_way(way: Suggestion) -> Option:
    return Option(f"Roll back: {way.change.summary}"[:200], way.reason, Kind.ROLL_BACK, change=way.change)


def _of_card(held: Held) -> Option:
    said = str(held.record)
    where = f" on {held.card.service}, which it depends on" if held.distance else ""
    why = f"{said[:1].upper()}{said[1:]}{where}."
    return Option(held.card.title, why, held.card.kind, f"card={held.card.pk}", card=held.card)


def _of_memory(memory: Memory) -> Option:
    said = memory.said
    return Option(
        memory.label, f"{said[:1].upper()}{said[1:]} in incidents like this.", memory.kind, f"kind={memory.kind}"
    )


def of(incident: Incident, user: User | None) -> list[Option]:
    """Options of an incident of which nothing is loaded yet, from what `user` may see; without anybody, only of what is
    written down. A number of queries that does not depend on how much there is."""
    return best(
        tried=list(incident.mitigations.order_by("pk")),
        ways=suggesting.suggested(incident, user) if user else [],
        held=deck.hand(incident, user, moments.now()),
        memories=remembering.remembered(incident, user) if user else [],
    )
