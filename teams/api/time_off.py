"""Time off: one's own, and that of the people whose roster one may change."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions
from teams.api.base import Api
from teams.api.fields import MomentFilter
from teams.away import reading
from teams.idempotency import HEADER, once
from teams.models import Membership, TimeOff
from teams.serializers.swaps import CoverShown, TimeOffChange, TimeOffGiven, TimeOffShown


class TimeOffFilter(filters.FilterSet):
    user = filters.CharFilter(field_name="user__username", label="A username.")
    team = filters.CharFilter(method="of_team", label="A team's slug.")
    ends_after = MomentFilter(field_name="ends_at", lookup_expr="gt", label="Not over before this.")
    starts_before = MomentFilter(field_name="starts_at", lookup_expr="lt", label="Begun before this.")

    def of_team(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(user__in=Membership.objects.filter(team__slug=value).values("user"))


class TimesOff(Api):
    verbs = {
        "list": "self.view",
        "retrieve": "self.view",
        "cover": "self.view",
        "create": "away.change",
        "partial_update": "away.change",
        "remove": "away.change",
    }
    filterset_class = TimeOffFilter
    queryset = TimeOff.objects.all()

    def get_queryset(self) -> Any:
        return reading.seen_by(self.me)

    def _one(self, pk: int) -> TimeOff:
        found: TimeOff = get_object_or_404(self.get_queryset(), pk=pk)
        return found

    @extend_schema(operation_id="time_off_list", responses=TimeOffShown(many=True))
    def list(self, request: Request) -> Response:
        """Your time off, and that of the people whose roster you may change; the last noted first."""
        return self.answer_page(TimeOffShown, self.get_queryset())

    @extend_schema(operation_id="time_off_retrieve", responses=TimeOffShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One time off."""
        return self.answer(TimeOffShown, self._one(pk))

    @extend_schema(
        operation_id="time_off_create", request=TimeOffGiven, responses={201: TimeOffShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """Say when you are away, or somebody whose roster you may change. `cover` tells who could cover their duty."""
        given = {"user": self.me, **self.given(TimeOffGiven)}
        return self.answer(TimeOffShown, actions.add_time_off(by=self.me, **given), 201)

    @extend_schema(operation_id="time_off_update", request=TimeOffChange, responses=TimeOffShown)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change its span. Of one that has begun only the end can be changed."""
        row = self._one(pk)
        given = {"starts_at": row.starts_at, "ends_at": row.ends_at, **self.given(TimeOffChange, partial=True)}
        return self.answer(TimeOffShown, actions.change_time_off(row.pk, by=self.me, **given))

    @extend_schema(operation_id="time_off_remove", request=None, responses={200: TimeOffShown, 204: None})
    def remove(self, request: Request, pk: int) -> Response:
        """Take it back. One that has begun ends now (200); one that has not is gone (204)."""
        left = actions.remove_time_off(self._one(pk).pk, by=self.me)
        return self.answer(TimeOffShown, left) if left else Response(status=204)

    @extend_schema(operation_id="time_off_cover", responses=CoverShown(many=True))
    def cover(self, request: Request, pk: int) -> Response:
        """The duty that falls into it, and who could cover each watch, those whom it suits best first."""
        found = reading.affected(self._one(pk), timezone.now())
        return Response(CoverShown(found, many=True, context=self.get_serializer_context()).data)
