"""What might have helped in an incident, had it been there: action items that were open then, and earlier mitigations.

It is asked before the incident is closed, and the answers say what it cost to leave an item open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from incidents import similar
from incidents.models import ActionItem, Counterfactual, Incident, ItemRecurrence, Mitigation, Relation
from teams.models import User

MOST_ITEMS = 12
MOST_MITIGATIONS = 6
# The key of the answer that nothing would have helped.
NOTHING = ""
# What says that another incident is of the same sort.
RELATED, OF_SERVICE, ALIKE = "related", "same service", "looked alike"
TELLING = (Relation.Kind.RECURS, Relation.Kind.RELATED, Relation.Kind.CAUSED_BY, Relation.Kind.PARENT)


@dataclass(slots=True)
class Candidate:
    """An item or a mitigation that may have helped, why it is asked about, and what was answered."""

    why: str
    item: ActionItem | None = None
    mitigation: Mitigation | None = None
    answer: Counterfactual | None = None

    @property
    def key(self) -> str:
        """How a form names it: `item-7`, `mitigation-7`."""
        return named(self.item.pk if self.item else None, self.mitigation.pk if self.mitigation else None)

    @property
    def title(self) -> str:
        return (self.item or self.mitigation).title  # type: ignore[union-attr]

    @property
    def incident(self) -> Incident:
        return (self.item or self.mitigation).incident  # type: ignore[union-attr]


@dataclass(slots=True)
class Hindsight:
    """What is asked of an incident, and the answers. `none`: that nothing would have helped."""

    candidates: list[Candidate] = field(default_factory=list)
    answers: list[Counterfactual] = field(default_factory=list)

    @property
    def none(self) -> Counterfactual | None:
        return next((each for each in self.answers if each.effect == Counterfactual.Effect.NONE), None)

    @property
    def answered(self) -> bool:
        return bool(self.answers)


def of(incident: Incident, user: User) -> Hindsight:
    """What to ask `user` of an incident, of what they may see: what was answered first, then what is related, of the
    same service, or looked alike. A handful of queries, however much there is."""
    seen = Incident.objects.visible_to(user)
    about = Q(effect=Counterfactual.Effect.NONE) | Q(item__incident__in=seen) | Q(mitigation__incident__in=seen)
    answers = list(
        incident.counterfactuals.filter(about).select_related("by", "item__incident", "mitigation__incident")
    )
    shown = {key(answer): answer for answer in answers}
    related, alike = _related(incident), {each.incident.pk for each in similar.earlier(incident, user)}
    near = Q(incident__in=related | alike) | Q(shares=True)

    def why(row: Any) -> str:
        return RELATED if row.incident_id in related else OF_SERVICE if row.shares else ALIKE

    items = _open_then(incident, user).filter(near | Q(pk__in=[a.item_id for a in answers if a.item_id]))
    found = [
        Candidate(why(item), item=item, answer=shown.get(f"item-{item.pk}"))
        for item in items.select_related("incident__severity", "owner")[: MOST_ITEMS * 2]
    ]
    worked = _worked_before(incident, user).filter(
        near | Q(pk__in=[a.mitigation_id for a in answers if a.mitigation_id])
    )
    ways: dict[tuple[str, str], Candidate] = {}
    for way in worked.select_related("incident__severity")[: MOST_MITIGATIONS * 3]:
        answer = shown.get(f"mitigation-{way.pk}")
        same = (way.kind, way.title.lower())
        if same not in ways or answer is not None:
            ways[same] = Candidate(why(way), mitigation=way, answer=answer)
    return Hindsight([*_first(found, MOST_ITEMS), *_first(ways.values(), MOST_MITIGATIONS)], answers)


def _first(found: Iterable[Candidate], most: int) -> list[Candidate]:
    reasons = (RELATED, OF_SERVICE, ALIKE)
    return sorted(found, key=lambda each: (each.answer is None, reasons.index(each.why)))[:most]


def named(item: int | None, mitigation: int | None) -> str:
    return f"item-{item}" if item else f"mitigation-{mitigation}" if mitigation else NOTHING


def key(answer: Counterfactual) -> str:
    return named(answer.item_id, answer.mitigation_id)


def unasked(incident: Incident, user: User) -> int:
    """How many open items of related incidents, or of the same services, wait to be asked about; 0 once somebody
    answered, and of a drill. At most two queries."""
    if incident.drill or incident.counterfactuals.exists():
        return 0
    related = _related(incident)
    rows = _open_then(incident, user).filter(Q(incident__in=related) | Q(shares=True))
    return int(rows.order_by().values("pk")[:MOST_ITEMS].count())


def offered(incident: Incident, user: User) -> tuple[QuerySet[ActionItem], QuerySet[Mitigation]]:
    """All that an answer may name: more than is shown, since people know better."""
    earlier = Incident.objects.visible_to(user).filter(drill=False).exclude(pk=incident.pk)
    return ActionItem.objects.filter(incident__in=earlier), Mitigation.objects.filter(incident__in=earlier)


def _earlier(incident: Incident, user: User) -> Any:
    seen = Incident.objects.visible_to(user).filter(drill=False, detected_at__lt=incident.detected_at)
    return seen.exclude(pk=incident.pk)


def _open_then(incident: Incident, user: User) -> Any:
    """Items of earlier incidents that were there and not done when this one began, or never were to be."""
    began = incident.detected_at
    back = ItemRecurrence.objects.filter(item=OuterRef("pk"), incident=incident)
    # What was opened again because of this incident was done when it began.
    still = Q(~Exists(back.filter(reopened=True)), state=ActionItem.State.OPEN)
    undone = still | Q(closed_at__gt=began) | Q(Exists(back), state=ActionItem.State.DROPPED)
    rows = ActionItem.objects.filter(undone, incident__in=_earlier(incident, user), created_at__lt=began)
    shares = Exists(_same_service(incident))
    return rows.annotate(shares=shares).order_by(F("due_on").asc(nulls_last=True), "pk")


def _worked_before(incident: Incident, user: User) -> Any:
    worked = Mitigation.objects.filter(state=Mitigation.State.WORKED, held=True)
    rows = worked.filter(incident__in=_earlier(incident, user))
    return rows.annotate(shares=Exists(_same_service(incident))).order_by("-pk")


def _same_service(incident: Incident) -> Any:
    services = Incident.services.through.objects.filter(incident=incident).values("service")
    return similar.sharing(services, "incident")


def _related(incident: Incident) -> set[int]:
    rows = Relation.objects.filter(Q(incident=incident) | Q(other=incident), kind__in=TELLING)
    pairs = rows.values_list("incident", "other")
    return {pk for pair in pairs for pk in pair} - {incident.pk}
