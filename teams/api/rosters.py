"""Teams, what they own, and who is on call."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions, oncall
from teams.api.base import Api
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once
from teams.models import EscalationPolicy, EscalationTarget, Layer, Membership, Override, Role, Schedule, Service, Team
from teams.serializers import (
    At,
    OnCallShown,
    OverrideGiven,
    OverrideShown,
    PolicyShown,
    RoleDetail,
    ScheduleDetail,
    ScheduleShown,
    ServiceDetail,
    ShiftsShown,
    Span,
    TeamDetail,
)


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


class ServiceFilter(OfTeam):
    tier = filters.TypedMultipleChoiceFilter(choices=Service.Tier.choices, coerce=int)


class Services(Api):
    verbs = {"list": "team.view", "retrieve": "team.view"}
    ordering = ("slug",)
    filterset_class = ServiceFilter
    queryset = Service.objects.select_related("team")

    @extend_schema(operation_id="services_list", responses=ServiceDetail(many=True))
    def list(self, request: Request) -> Response:
        """What can break, and which team answers for it."""
        return self.answer_page(ServiceDetail, self.get_queryset())

    @extend_schema(operation_id="services_retrieve", responses=ServiceDetail)
    def retrieve(self, request: Request, slug: str) -> Response:
        """One service."""
        return self.answer(ServiceDetail, get_object_or_404(self.get_queryset(), slug=slug))


class Roles(Api):
    verbs = {"list": "team.view"}
    ordering = ("position", "pk")
    queryset = Role.objects.select_related("schedule__team")

    @extend_schema(operation_id="roles_list", responses=RoleDetail(many=True))
    def list(self, request: Request) -> Response:
        """The seats of an incident and their duties."""
        return self.answer_page(RoleDetail, self.get_queryset())


class Schedules(Api):
    verbs = {"list": "team.view", "retrieve": "team.view", "shifts": "team.view", "who": "team.view"}
    ordering = ("pk",)
    filterset_class = OfTeam
    queryset = Schedule.objects.select_related("team")

    @extend_schema(operation_id="schedules_list", responses=ScheduleShown(many=True))
    def list(self, request: Request) -> Response:
        """Schedules of all teams."""
        return self.answer_page(ScheduleShown, self.get_queryset())

    @extend_schema(operation_id="schedules_retrieve", responses=ScheduleDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One schedule with its layers, lowest first."""
        schedules = self.get_queryset().prefetch_related(
            Prefetch("layers", Layer.objects.newest().order_by("position", "pk")), "layers__rota__user"
        )
        return self.answer(ScheduleDetail, get_object_or_404(schedules, pk=pk))

    @extend_schema(operation_id="schedules_shifts", parameters=[Span], responses=ShiftsShown)
    def shifts(self, request: Request, pk: int) -> Response:
        """The final schedule in a span, overrides included, and the gaps in it."""
        schedule, span = get_object_or_404(self.get_queryset(), pk=pk), self.asked(Span)
        rota = oncall.load([schedule], since=span["start"])[0]
        start, end = span["start"], span["end"]
        gaps = [{"start": a, "end": b} for a, b in rota.gaps(start, end)]
        return self.answer(ShiftsShown, {"start": start, "end": end, "shifts": rota.watches(start, end), "gaps": gaps})

    @extend_schema(operation_id="schedules_who", parameters=[At], responses=OnCallShown)
    def who(self, request: Request, pk: int) -> Response:
        """Whose watch it is at a moment."""
        schedule, at = get_object_or_404(self.get_queryset(), pk=pk), self.asked(At)["at"]
        return self.answer(OnCallShown, _on_call(oncall.load([schedule], since=at)[0], at))


def _on_call(rota: oncall.Rota, at: datetime) -> dict[str, object]:
    return {"schedule": rota.schedule, "watch": rota.who(at), "next_handoff": rota.next_handoff(at)}


class OnCall(Api):
    verbs = {"list": "team.view"}
    ordering = ("pk",)
    filterset_class = OfTeam
    queryset = Schedule.objects.select_related("team")

    @extend_schema(operation_id="on_call", parameters=[At], responses=OnCallShown(many=True))
    def list(self, request: Request) -> Response:
        """Whose watch it is at a moment, on every schedule."""
        at = self.asked(At)["at"]
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        rows = [_on_call(rota, at) for rota in oncall.load(page or [], since=at)]
        return self.get_paginated_response(OnCallShown(rows, many=True).data)


class OverrideFilter(filters.FilterSet):
    ends_after = MomentFilter(field_name="ends_at", lookup_expr="gt", label="Not over before this.")
    user = filters.CharFilter(field_name="user__username", label="A username.")


class Overrides(Api):
    verbs = {"list": "team.view", "create": "override.add", "remove": "override.add"}
    filterset_class = OverrideFilter
    queryset = Override.objects.select_related("user", "created_by")

    def _of(self, schedule_id: int) -> tuple[Schedule, QuerySet[Override]]:
        schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=schedule_id)
        return schedule, self.get_queryset().filter(schedule=schedule)

    @extend_schema(operation_id="overrides_list", responses=OverrideShown(many=True))
    def list(self, request: Request, schedule_id: int) -> Response:
        """Who stands in on a schedule, the last made first."""
        return self.answer_page(OverrideShown, self._of(schedule_id)[1])

    @extend_schema(
        operation_id="overrides_create", request=OverrideGiven, responses={201: OverrideShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, schedule_id: int) -> Response:
        """Let somebody stand in: managers for anybody, others for themselves or for their own duty."""
        schedule, _ = self._of(schedule_id)
        made = actions.add_override(schedule, by=self.me, **self.given(OverrideGiven))
        return self.answer(OverrideShown, made, 201)

    @extend_schema(operation_id="overrides_remove", request=None, responses={200: OverrideShown, 204: None})
    def remove(self, request: Request, schedule_id: int, pk: int) -> Response:
        """Take an override back. One that has begun ends now (200); one that has not is gone (204)."""
        override = get_object_or_404(self._of(schedule_id)[1], pk=pk)
        ended = actions.remove_override(override.pk, by=self.me)
        return self.answer(OverrideShown, ended) if ended else Response(status=204)


class Policies(Api):
    verbs = {"list": "team.view", "retrieve": "team.view"}
    ordering = ("pk",)
    filterset_class = OfTeam
    queryset = EscalationPolicy.objects.select_related("team", "fallback_user").prefetch_related(
        Prefetch(
            "steps__targets",
            EscalationTarget.objects.select_related("schedule__team", "user", "team").order_by("pk"),
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
