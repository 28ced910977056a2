"""Who stands in on a schedule."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions
from teams.api.base import Api
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once
from teams.models import Override, Schedule
from teams.serializers import OverrideGiven, OverrideShown


class OverrideFilter(filters.FilterSet):
    ends_after = MomentFilter(field_name="ends_at", lookup_expr="gt", label="Not over before this.")
    user = filters.CharFilter(field_name="user__username", label="A username.")


class Overrides(Api):
    verbs = {"list": "team.view", "create": "override.add", "remove": "override.add"}
    filterset_class = OverrideFilter
    queryset = Override.objects.select_related("user", "replaces", "created_by")

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
