"""How alerts come in and where they go: integrations and routing rules, for reading. The console changes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.models import Event, Integration, RoutingRule
from incidents.presenters import rules as shown
from incidents.serializers.setup import IntegrationShown, RoutingRuleShown
from incidents.sources.registry import SOURCES
from teams import moments
from teams.api.base import Api

LATELY = timedelta(hours=24)
NONE = {"events": 0, "rejected": 0, "troubled": 0}
KINDS = [(each.name, each.title) for each in SOURCES.values()]


class RoutingRuleFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label="Words in the name, the conditions or a target.")
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    service = filters.CharFilter(field_name="service__slug", label="A service's slug.")
    enabled = filters.BooleanFilter(label="Whether it is in use.")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)


class RoutingRules(Api):
    verbs = {"list": "routing.view"}
    # As they are asked: the default comes last whatever its position.
    ordering = ("is_default", "position", "pk")
    filterset_class = RoutingRuleFilter
    queryset = RoutingRule.objects.none()

    def get_queryset(self) -> QuerySet[RoutingRule]:
        return RoutingRule.objects.with_targets().with_matches()

    @extend_schema(operation_id="routing_rules_list", responses=RoutingRuleShown(many=True))
    def list(self, request: Request) -> Response:
        """Routing rules in the order in which they are asked: the first that matches decides."""
        page: list[Any] = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        for row, line in zip(page, shown.lines(page), strict=True):
            row.when, row.grouping, row.wrong = line.when, line.grouping, line.wrong
        return self.answer_rows(RoutingRuleShown, page)


class IntegrationFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label="Words in the name, the team or the service.")
    kind = filters.ChoiceFilter(choices=KINDS, label="What it speaks.")
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    service = filters.CharFilter(field_name="service__slug", label="A service's slug.")
    private = filters.BooleanFilter(label="Whether what it opens is private to its team.")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)


class Integrations(Api):
    verbs = {"list": "integration.change"}
    ordering = ("name", "pk")
    filterset_class = IntegrationFilter
    queryset = Integration.objects.none()

    def get_queryset(self) -> QuerySet[Integration]:
        return Integration.objects.visible_to(self.me).select_related("team", "service")

    @extend_schema(operation_id="integrations_list", responses=IntegrationShown(many=True))
    def list(self, request: Request) -> Response:
        """Integrations of the teams whose integrations you keep, by name. Their keys and secrets are never told."""
        page: list[Any] = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        counts = Event.objects.counted([each.pk for each in page], moments.now() - LATELY)
        for each in page:
            each.lately = counts.get(each.pk, NONE)
        return self.answer_rows(IntegrationShown, page)
