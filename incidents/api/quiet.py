"""What holds alerts back: silences, and maintenance windows."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import quiet
from incidents.models import Maintenance, Silence
from incidents.serializers.quiet import (
    MaintenanceGiven,
    MaintenanceShown,
    SilenceGiven,
    SilenceShown,
    completed,
)
from teams import moments
from teams.api.base import Api
from teams.idempotency import HEADER, once

STATES = [("now", "At work"), ("later", "To come"), ("over", "Over")]
VERBS = {
    "list": "incident.view",
    "retrieve": "incident.view",
    "create": "quiet.change",
    "partial_update": "quiet.change",
    "end": "quiet.change",
}


class QuietFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=STATES, method="in_state", label="Only those at work, to come, or over.")
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")

    def in_state(self, rows: Any, name: str, value: str) -> Any:
        now = moments.now()
        return {"now": rows.at_work, "later": rows.to_come, "over": rows.over}[value](now)


class Silences(Api):
    verbs = VERBS
    ordering = ("-ends_at", "-pk")
    filterset_class = QuietFilter
    queryset = Silence.objects.none()
    names = ("reason", "conditions", "team", "private", "starts_at", "ends_at")

    def get_queryset(self) -> QuerySet[Silence]:
        rows = Silence.objects.visible_to(self.request.user).with_counts()
        return rows.select_related("team", "created_by", "ended_by")

    def _row(self, pk: int) -> Silence:
        return get_object_or_404(self.get_queryset(), pk=pk)

    @extend_schema(operation_id="silences_list", responses=SilenceShown(many=True))
    def list(self, request: Request) -> Response:
        """Silences, what ends last first."""
        return self.answer_page(SilenceShown, self.get_queryset())

    @extend_schema(operation_id="silences_retrieve", responses=SilenceShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One silence."""
        return self.answer(SilenceShown, self._row(pk))

    @extend_schema(
        operation_id="silences_create", request=SilenceGiven, responses={201: SilenceShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """Hold back, for a while, alerts that the conditions hold for. They are kept, and what still fires at the end
        is taken as if it came then."""
        given = completed(self.given(SilenceGiven), None, self.names)
        return self.answer(SilenceShown, self._row(quiet.silence(None, by=self.me, **given).pk), 201)

    @extend_schema(
        operation_id="silences_partial_update", request=SilenceGiven, responses=SilenceShown, parameters=[HEADER]
    )
    @once
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a silence that is not over; what it no longer holds back is taken at once."""
        row = self._row(pk)
        given = completed(self.given(SilenceGiven, partial=True), row, self.names)
        quiet.silence(row, by=self.me, **given)
        return self.answer(SilenceShown, self._row(pk))

    @extend_schema(operation_id="silences_end", request=None, responses=SilenceShown, parameters=[HEADER])
    @once
    def end(self, request: Request, pk: int) -> Response:
        """End it now. What still fires is taken as if it came now."""
        quiet.end(self._row(pk), by=self.me)
        return self.answer(SilenceShown, self._row(pk))


class Maintenances(Api):
    verbs = VERBS
    ordering = ("-ends_at", "-pk")
    filterset_class = QuietFilter
    queryset = Maintenance.objects.none()
    names = ("title", "services", "private", "starts_at", "ends_at")

    def get_queryset(self) -> QuerySet[Maintenance]:
        rows = Maintenance.objects.visible_to(self.request.user).with_counts()
        return rows.select_related("team", "created_by", "ended_by").prefetch_related("services")

    def _row(self, pk: int) -> Maintenance:
        return get_object_or_404(self.get_queryset(), pk=pk)

    @extend_schema(operation_id="maintenance_windows_list", responses=MaintenanceShown(many=True))
    def list(self, request: Request) -> Response:
        """Maintenance windows, what ends last first."""
        return self.answer_page(MaintenanceShown, self.get_queryset())

    @extend_schema(operation_id="maintenance_windows_retrieve", responses=MaintenanceShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One window."""
        return self.answer(MaintenanceShown, self._row(pk))

    @extend_schema(
        operation_id="maintenance_windows_create",
        request=MaintenanceGiven,
        responses={201: MaintenanceShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Plan a window in which services are worked on: what is said of them meanwhile is held back."""
        given = completed(self.given(MaintenanceGiven), None, self.names)
        return self.answer(MaintenanceShown, self._row(quiet.maintain(None, by=self.me, **given).pk), 201)

    @extend_schema(
        operation_id="maintenance_windows_partial_update",
        request=MaintenanceGiven,
        responses=MaintenanceShown,
        parameters=[HEADER],
    )
    @once
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a window that is not over."""
        row = self._row(pk)
        given = completed(self.given(MaintenanceGiven, partial=True), row, self.names)
        quiet.maintain(row, by=self.me, **given)
        return self.answer(MaintenanceShown, self._row(pk))

    @extend_schema(
        operation_id="maintenance_windows_end", request=None, responses=MaintenanceShown, parameters=[HEADER]
    )
    @once
    def end(self, request: Request, pk: int) -> Response:
        """End it now. What still fires is taken as if it came now."""
        quiet.end(self._row(pk), by=self.me)
        return self.answer(MaintenanceShown, self._row(pk))
