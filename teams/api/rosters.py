"""Teams, what they own, and whom they page."""

from __future__ import annotations

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams.api.base import Api
from teams.models import EscalationPolicy, EscalationTarget, Membership, Role, Team
from teams.serializers import PolicyShown, RoleDetail, TeamDetail


class NameFilter(filters.FilterSet):
    q = filters.CharFilter(field_name="name", lookup_expr="icontains", label="A part of the name.")


class OfTeam(NameFilter):
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")


class Teams(Api):
    verbs = {"list": "team.view", "retrieve": "team.view"}
    ordering = ("slug",)
    filterset_class = NameFilter
    queryset = Team.objects.prefetch_related(
        Prefetch("memberships", Membership.objects.select_related("user")), "services"
    )

    @extend_schema(operation_id="teams_list", responses=TeamDetail(many=True))
    def list(self, request: Request) -> Response:
        """Teams with their people and services."""
        return self.answer_page(TeamDetail, self.get_queryset())

    @extend_schema(operation_id="teams_retrieve", responses=TeamDetail)
    def retrieve(self, request: Request, slug: str) -> Response:
        """One team."""
        return self.answer(TeamDetail, get_object_or_404(self.get_queryset(), slug=slug))


class Roles(Api):
    verbs = {"list": "team.view"}
    ordering = ("position", "pk")
    queryset = Role.objects.select_related("schedule__team")

    @extend_schema(operation_id="roles_list", responses=RoleDetail(many=True))
    def list(self, request: Request) -> Response:
        """The seats of an incident and their duties."""
        return self.answer_page(RoleDetail, self.get_queryset())


class Policies(Api):
    verbs = {"list": "team.view", "retrieve": "team.view"}
    ordering = ("pk",)
    filterset_class = OfTeam
    queryset = EscalationPolicy.objects.select_related("team", "fallback_user").prefetch_related(
        Prefetch(
            "steps__targets",
            EscalationTarget.objects.select_related("schedule__team", "user", "team", "webhook").order_by("pk"),
        )
    )

    @extend_schema(operation_id="escalation_policies_list", responses=PolicyShown(many=True))
    def list(self, request: Request) -> Response:
        """Whom each policy pages, in which order. They are written in the admin."""
        return self.answer_page(PolicyShown, self.get_queryset())

    @extend_schema(operation_id="escalation_policies_retrieve", responses=PolicyShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One policy."""
        return self.answer(PolicyShown, get_object_or_404(self.get_queryset(), pk=pk))
