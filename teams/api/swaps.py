"""Swaps of duty."""

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
from teams.idempotency import HEADER, once
from teams.models import Schedule, Swap
from teams.serializers.swaps import SwapAccepted, SwapDeclined, SwapGiven, SwapShown
from teams.swaps import reading


class SwapFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Swap.State.choices, method="in_state", label="Only those in this state.")
    team = filters.CharFilter(field_name="schedule__team__slug", label="A team's slug.")
    schedule = filters.NumberFilter(field_name="schedule", label="A schedule's id.", min_value=1, max_value=2**31 - 1)
    user = filters.CharFilter(field_name="user__username", label="Who asks: a username.")
    asked = filters.CharFilter(field_name="asked__username", label="Who was asked: a username.")
    to_answer = filters.BooleanFilter(method="waiting", label="True: only those that wait for your answer.")
    ends_after = MomentFilter(field_name="ends_at", lookup_expr="gt", label="Not over before this.")

    def in_state(self, rows: Any, name: str, value: str) -> Any:
        return rows.in_state(value, timezone.now())

    def waiting(self, rows: Any, name: str, value: bool) -> Any:
        mine = reading.to_answer(self.request.user, timezone.now()).values("pk")
        return rows.filter(pk__in=mine) if value else rows.exclude(pk__in=mine)


class Swaps(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "create": "override.add",
        "accept": "override.add",
        "decline": "override.add",
        "withdraw": "override.add",
        "undo": "override.add",
    }
    filterset_class = SwapFilter
    queryset = Swap.objects.all()

    def get_queryset(self) -> Any:
        return reading.shown()

    def _one(self, pk: int) -> Swap:
        found: Swap = get_object_or_404(self.get_queryset(), pk=pk)
        return found

    @extend_schema(operation_id="swaps_list", responses=SwapShown(many=True))
    def list(self, request: Request) -> Response:
        """Swaps of all schedules, the last asked first."""
        return self.answer_page(SwapShown, self.get_queryset())

    @extend_schema(operation_id="swaps_retrieve", responses=SwapShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One swap."""
        return self.answer(SwapShown, self._one(pk))

    @extend_schema(operation_id="swaps_create", request=SwapGiven, responses={201: SwapShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, schedule_id: int) -> Response:
        """Ask a colleague, or anyone, to cover duty of your own that is to come."""
        schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=schedule_id)
        self.check(schedule)
        made = actions.ask_swap(schedule, by=self.me, **self.given(SwapGiven))
        return self.answer(SwapShown, self._one(made.pk), 201)

    @extend_schema(operation_id="swaps_accept", request=None, responses=SwapAccepted, parameters=[HEADER])
    @once
    def accept(self, request: Request, pk: int) -> Response:
        """Stand in. Of several who accept at once the first does."""
        done = actions.accept_swap(self._one(pk).pk, by=self.me)
        return self.answer(SwapAccepted, self._one(pk), warnings=done.warnings)

    @extend_schema(operation_id="swaps_decline", request=SwapDeclined, responses=SwapShown, parameters=[HEADER])
    @once
    def decline(self, request: Request, pk: int) -> Response:
        """Say no, as the one who was asked."""
        actions.decline_swap(self._one(pk).pk, by=self.me, **self.given(SwapDeclined))
        return self.answer(SwapShown, self._one(pk))

    @extend_schema(operation_id="swaps_withdraw", request=None, responses=SwapShown, parameters=[HEADER])
    @once
    def withdraw(self, request: Request, pk: int) -> Response:
        """Take the question back: who asked, or a manager of the team."""
        actions.withdraw_swap(self._one(pk).pk, by=self.me)
        return self.answer(SwapShown, self._one(pk))

    @extend_schema(operation_id="swaps_undo", request=None, responses=SwapShown, parameters=[HEADER])
    @once
    def undo(self, request: Request, pk: int) -> Response:
        """Take back what an accepted swap made, both ways: either of the two, or a manager of the team."""
        actions.undo_swap(self._one(pk).pk, by=self.me)
        return self.answer(SwapShown, self._one(pk))
