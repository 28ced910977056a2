"""The cards that an incident may play: of its services and of what these depend on, each with its own record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Case, Count, DurationField, F, IntegerField, Q, Value, When

from incidents.models import Incident, Mitigation, MitigationCard
from incidents.models.incident import where
from teams.models import Organization, ServiceDependency, User

MOST = 60
State = Mitigation.State
RISKS = {"low": 0.05, "medium": 0.0, "high": -0.15}
FAR = 0.15
STALE = 0.1


class Median(Aggregate):
    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()


@dataclass(frozen=True, slots=True)
class Record:
    """How often a card was tried in incidents, drills left out, and what came of it. `minutes`: the median from its
    start until it was seen to work; None where it never did."""

    tried: int = 0
    worked: int = 0
    partly: int = 0
    minutes: int | None = None

    @property
    def rate(self) -> float:
        """How likely it works, 0 to 1, from few tries as much as these allow."""
        return (self.worked + self.partly / 2 + 1) / (self.tried + 2)

    def __str__(self) -> str:
        if not self.tried:
            return "not tried in an incident yet"
        median = f", median {self.minutes} min" if self.minutes is not None else ""
        return f"worked {self.worked} of {self.tried} time{'s' if self.tried > 1 else ''}{median}"


@dataclass(frozen=True, slots=True)
class Held:
    """A card with how far its service is from the incident's (0: one of them), its record, and whether it is stale."""

    card: MitigationCard
    record: Record
    distance: int
    stale: bool

    @property
    def score(self) -> float:
        far = FAR * self.distance + (STALE if self.stale else 0)
        return self.record.rate + RISKS.get(self.card.risk, 0.0) - far


def records(cards: Sequence[MitigationCard], user: User | None) -> dict[int, Record]:
    """The record of each card, from incidents that `user` may see; of all where there is no user. One query."""
    if not cards:
        return {}
    tried = Mitigation.objects.filter(card__in=cards, state__in=Mitigation.OUTCOMES, incident__drill=False)
    if user is not None:
        tried = tried.filter(where(user, "incident.view", "incident__"))
    worked = Q(state=State.WORKED, held=True)
    found = (
        tried.order_by()
        .values("card")
        .annotate(
            n=Count("pk"),
            good=Count("pk", filter=worked),
            half=Count("pk", filter=Q(state=State.PARTLY)),
            took=Median(F("finished_at") - F("executed_at"), filter=worked),
        )
    )
    return {row["card"]: Record(row["n"], row["good"], row["half"], _minutes(row["took"])) for row in found}


def _minutes(took: Any) -> int | None:
    return max(1, round(took / timedelta(minutes=1))) if isinstance(took, timedelta) else None


def hand(incident: Incident, user: User | None, now: datetime) -> list[Held]:
    """The approved cards of the incident's services and of what these depend on, two steps far, the best first. Three
    queries."""
    mine = incident.services.through.objects.filter(incident=incident).values("service")
    near = ServiceDependency.objects.filter(service__in=mine).values("depends_on")
    far = ServiceDependency.objects.filter(service__in=near).values("depends_on")
    rows = (
        MitigationCard.objects.playable()
        .filter(Q(service__in=mine) | Q(service__in=near) | Q(service__in=far))
        .annotate(
            distance=Case(
                When(service__in=mine, then=Value(0)),
                When(service__in=near, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .select_related("service", "approved_by")
        .order_by("distance", "pk")
    )
    cards = list(rows[:MOST])
    if not cards:
        return []
    known, days = records(cards, user), Organization.current().card_stale_days
    found = [Held(card, known.get(card.pk, Record()), card.distance, card.is_stale(now, days)) for card in cards]
    return sorted(found, key=lambda held: (-held.score, held.card.minutes, held.card.pk))
