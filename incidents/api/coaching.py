"""The blameless coach, and contributing factors."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import coach
from incidents.actions import factors
from incidents.api.base import UnderIncident
from incidents.models import ActionPhrase, CoachPhrase, Factor, FactorTag
from incidents.serializers.coached import (
    ActionPhraseShown,
    CoachedShown,
    CoachGiven,
    CoachPhraseShown,
    FactorChanged,
    FactorGiven,
    FactorShown,
    FactorTagShown,
)
from teams import permits
from teams.api.base import Api
from teams.idempotency import HEADER, once


class CoachPhraseFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=CoachPhrase._meta.get_field("kind").choices)
    language = filters.ChoiceFilter(choices=CoachPhrase._meta.get_field("language").choices)
    active = filters.BooleanFilter(label="The coach marks it, or not.")
    q = filters.CharFilter(field_name="pattern", lookup_expr="icontains", label="A part of the pattern.")


class CoachPhrases(Api):
    verbs = {"list": "incident.view"}
    ordering = ("language", "kind", "slug")
    filterset_class = CoachPhraseFilter
    queryset = CoachPhrase.objects.all()

    @extend_schema(operation_id="coach_phrases_list", responses=CoachPhraseShown(many=True))
    def list(self, request: Request) -> Response:
        """The phrases that the coach knows. They are kept in the administration."""
        return self.answer_page(CoachPhraseShown, self.get_queryset())


class ActionPhraseFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=ActionPhrase.Kind.choices)
    q = filters.CharFilter(field_name="words", lookup_expr="icontains", label="A part of the words.")


class ActionPhrases(Api):
    verbs = {"list": "incident.view"}
    ordering = ("words",)
    filterset_class = ActionPhraseFilter
    queryset = ActionPhrase.objects.all()

    @extend_schema(operation_id="action_phrases_list", responses=ActionPhraseShown(many=True))
    def list(self, request: Request) -> Response:
        """How action items may begin in this organization, or may not, beside what comes with Watchbill. They are kept
        in the administration."""
        return self.answer_page(ActionPhraseShown, self.get_queryset())


class PostmortemCoach(Api):
    verbs = {"look": "incident.view"}
    pagination_class = None
    queryset = CoachPhrase.objects.none()

    @extend_schema(operation_id="postmortem_coach", request=CoachGiven, responses=CoachedShown)
    def look(self, request: Request) -> Response:
        """Have a text looked at: phrases that blame, why, and how to ask instead. Nothing is kept."""
        given = self.given(CoachGiven)
        incident = given.get("incident")
        if incident is not None:
            permits.require(self.me, "incident.view", incident)
        _, remarks = coach.read(given["text"], incident, given["language"])
        return self.answer(CoachedShown, {"remarks": remarks})


class FactorTags(Api):
    verbs = {"list": "incident.view"}
    ordering = ("position", "name")
    queryset = FactorTag.objects.all()

    @extend_schema(operation_id="factor_tags_list", responses=FactorTagShown(many=True))
    def list(self, request: Request) -> Response:
        """Kinds of contributing factors. They are kept in the administration."""
        return self.answer_page(FactorTagShown, self.get_queryset())


class Factors(UnderIncident):
    verbs = {
        "list": "incident.view",
        "create": "review.write",
        "partial_update": "review.write",
        "destroy": "review.write",
    }
    ordering = ("position", "pk")
    queryset = Factor.objects.prefetch_related("tags")

    def _rows(self) -> QuerySet[Factor]:
        return self.get_queryset().filter(postmortem__incident=self.incident)

    def _answer(self, pk: int, status: int = 200) -> Response:
        return self.answer(FactorShown, get_object_or_404(self._rows(), pk=pk), status)

    @extend_schema(operation_id="factors_list", responses=FactorShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What contributed, in the order of the postmortem."""
        return self.answer_page(FactorShown, self._rows())

    @extend_schema(operation_id="factors_add", request=FactorGiven, responses={201: FactorShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Add a contributing factor after the others."""
        given: dict[str, Any] = self.given(FactorGiven)
        made = factors.add(self.incident.pk, by=self.me, text=given.get("text", ""), tags=given.get("tags", []))
        return self._answer(made.pk, 201)

    @extend_schema(operation_id="factors_edit", request=FactorChanged, responses=FactorShown)
    def partial_update(self, request: Request, incident_id: int, pk: int) -> Response:
        """Write it anew, tag it anew, or give it another place."""
        row = get_object_or_404(self._rows(), pk=pk)
        factors.edit(row.pk, by=self.me, **self.given(FactorChanged, partial=True))
        return self._answer(pk)

    @extend_schema(operation_id="factors_remove", responses={204: None})
    def destroy(self, request: Request, incident_id: int, pk: int) -> Response:
        """Remove it. Action items that answer it stay."""
        factors.remove(get_object_or_404(self._rows(), pk=pk).pk, by=self.me)
        return Response(status=204)
