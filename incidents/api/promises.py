"""Promised updates and estimates for programs, and how well they are kept."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import metrics
from incidents.models import Estimate, Promise
from incidents.serializers.kept import EstimateShown, PromiseShown, ScoreAsked, ScoreShown
from teams.api.base import Api
from teams.api.fields import MomentFilter


class _Of(filters.FilterSet):
    incident = filters.NumberFilter(field_name="incident", min_value=1, max_value=2**31 - 1, label="An incident.")
    team = filters.CharFilter(field_name="incident__team__slug", label="A team's slug.")
    severity = filters.NumberFilter(
        field_name="incident__severity", min_value=1, max_value=4, label="A severity's level."
    )


class PromiseFilter(_Of):
    outcome = filters.MultipleChoiceFilter(choices=Promise.Outcome.choices)
    due_after = MomentFilter(field_name="due_at", lookup_expr="gte", label="Due at or after this time.")
    due_before = MomentFilter(field_name="due_at", lookup_expr="lt", label="Due before this time.")


class EstimateFilter(_Of):
    outcome = filters.MultipleChoiceFilter(choices=Estimate.Outcome.choices)


class Promises(Api):
    verbs = {"list": "incident.view"}
    ordering = ("-due_at", "-pk")
    filterset_class = PromiseFilter
    queryset = Promise.objects.none()

    def get_queryset(self) -> QuerySet[Promise]:
        return Promise.objects.visible_to(self.request.user).select_related("incident", "made_by")

    @extend_schema(operation_id="promises_list", responses=PromiseShown(many=True))
    def list(self, request: Request) -> Response:
        """Promised updates and what became of each, the last due first."""
        return self.answer_page(PromiseShown, self.get_queryset())


class Estimates(Api):
    verbs = {"list": "incident.view"}
    ordering = ("-made_at", "-pk")
    filterset_class = EstimateFilter
    queryset = Estimate.objects.none()

    def get_queryset(self) -> QuerySet[Estimate]:
        return Estimate.objects.visible_to(self.request.user).select_related("incident", "made_by")

    @extend_schema(operation_id="estimates_list", responses=EstimateShown(many=True))
    def list(self, request: Request) -> Response:
        """When service was expected back, as readers were told, and when it was; the last given first."""
        return self.answer_page(EstimateShown, self.get_queryset())


class Score(Api):
    verbs = {"retrieve": "incident.view"}
    queryset = Promise.objects.none()
    pagination_class = None

    @extend_schema(operation_id="promises_score", parameters=[ScoreAsked], responses=ScoreShown)
    def retrieve(self, request: Request) -> Response:
        """How many promised updates came on time and how many estimates came true, by team, severity and confidence.
        Incidents that you may not see, and drills, do not count."""
        given: dict[str, Any] = self.asked(ScoreAsked)
        asked = metrics.Asked(words=given.pop("q", ""), **given)
        score = {
            "since": asked.since,
            "until": asked.until,
            "promises": metrics.promise_score(asked.promises(self.me), asked),
            "estimates": metrics.estimate_score(asked.estimates(self.me)),
        }
        return self.answer(ScoreShown, score)
