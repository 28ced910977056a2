"""What becomes of action items: whether there are enough, what would have helped, and whether one is still relevant."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import concreteness, follow_up, hindsight
from incidents.actions import concluding, counterfactuals
from incidents.actions.counterfactuals import Answer
from incidents.api.base import UnderIncident
from incidents.models import ActionItem, Counterfactual, NoItemsDecision
from incidents.problems import refuse
from incidents.serializers.followed import (
    HindsightGiven,
    HindsightShown,
    ItemsStanding,
    NoItemsGiven,
)
from teams.idempotency import HEADER, once


class ItemsDecided(UnderIncident):
    verbs = {"retrieve": "incident.view", "decide": "review.write"}
    queryset = NoItemsDecision.objects.none()
    pagination_class = None

    def _answer(self) -> Response:
        stands = follow_up.standing(self.incident)
        kept = self.incident.action_items.exclude(state=ActionItem.State.DROPPED)
        told = {
            "concrete": stands.concrete,
            "lacking": stands.lacking,
            "remarks": concreteness.of_all(list(kept.values_list("kind", flat=True))),
            "none_needed": follow_up.decision(self.incident),
        }
        return self.answer(ItemsStanding, told)

    @extend_schema(operation_id="action_items_standing", responses=ItemsStanding)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """Whether there is a concrete action item, and which are not concrete yet."""
        return self._answer()

    @extend_schema(operation_id="action_items_none", request=NoItemsGiven, responses=ItemsStanding, parameters=[HEADER])
    @once
    def decide(self, request: Request, incident_id: int) -> Response:
        """Decide that no action item is needed, as somebody other than the postmortem's owner."""
        concluding.decide_none(self.incident.pk, by=self.me, reason=self.given(NoItemsGiven).get("reason", ""))
        return self._answer()


class InHindsight(UnderIncident):
    verbs = {"retrieve": "incident.view", "say": "review.write"}
    queryset = Counterfactual.objects.none()
    pagination_class = None

    @extend_schema(operation_id="hindsight_retrieve", responses=HindsightShown)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """Which open action items and earlier mitigations may have helped, and what was said of them."""
        return self.answer(HindsightShown, hindsight.of(self.incident, self.me))

    @extend_schema(
        operation_id="hindsight_answer", request=HindsightGiven, responses=HindsightShown, parameters=[HEADER]
    )
    @once
    def say(self, request: Request, incident_id: int) -> Response:
        """Say what would have helped, had it been done by then, or that nothing would. It is asked before the incident
        is closed."""
        given = self.given(HindsightGiven)
        answers = self._named(given.pop("answers", []))
        counterfactuals.answer(self.incident.pk, answers, by=self.me, **given)
        return self.answer(HindsightShown, hindsight.of(self.incident, self.me))

    def _named(self, given: list[dict[str, Any]]) -> list[Answer]:
        """The answers with their rows, in two queries. What the caller can't see is as unknown as what never was."""
        items, mitigations = hindsight.offered(self.incident, self.me)
        known_items = items.select_related("incident").in_bulk([each["item"] for each in given if each.get("item")])
        known_ways = mitigations.select_related("incident").in_bulk(
            [each["mitigation"] for each in given if each.get("mitigation")]
        )
        found = []
        for each in given:
            item, way = known_items.get(each.get("item") or 0), known_ways.get(each.get("mitigation") or 0)
            if (each.get("item") and item is None) or (each.get("mitigation") and way is None):
                raise refuse("answer_unknown", "That belongs to no earlier incident that you can see.", field="answers")
            found.append(Answer(each["effect"], item, way, each.get("minutes")))
        return found
