"""Metrics that incidents are watched by, and those of services."""

from __future__ import annotations

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions.witness import attaching, probing
from incidents.api.base import UnderIncident
from incidents.models import MetricCheck, Witness, WitnessPoint
from incidents.serializers.witness import (
    MetricAttachGiven,
    MetricCheckGiven,
    MetricCheckShown,
    MetricGiven,
    MetricShown,
    PointShown,
    Tried,
)
from teams.api.base import Api
from teams.idempotency import HEADER, once
from teams.models import Service


class Metrics(UnderIncident):
    verbs = {
        "list": "incident.view",
        "retrieve": "incident.view",
        "create": "incident.respond",
        "remove": "incident.respond",
        "try_out": "incident.respond",
    }
    ordering = ("pk",)
    queryset = Witness.objects.select_related("attached_by")

    @extend_schema(operation_id="metrics_list", responses=MetricShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """The metrics that the incident is and was watched by."""
        return self.answer_page(MetricShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(operation_id="metrics_retrieve", responses=MetricShown)
    def retrieve(self, request: Request, incident_id: int, pk: int) -> Response:
        """How a metric stands."""
        return self.answer(MetricShown, self.mine(self.get_queryset(), pk))

    @extend_schema(
        operation_id="metrics_attach", request=MetricAttachGiven, responses={201: MetricShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Watch a metric. A Prometheus is asked for what was before the incident as well."""
        given = self.given(MetricAttachGiven)
        made = attaching.attach(self.incident.pk, by=self.me, **given)
        return self.answer(MetricShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(operation_id="metrics_remove", request=None, responses={204: None}, parameters=[HEADER])
    @once
    def remove(self, request: Request, incident_id: int, pk: int) -> Response:
        """Watch it no longer. What it showed stays."""
        attaching.remove(self.mine(self.get_queryset(), pk).pk, by=self.me)
        return Response(status=204)

    @extend_schema(operation_id="metrics_try", request=MetricGiven, responses=Tried)
    def try_out(self, request: Request, incident_id: int) -> Response:
        """What a metric gives now. Nothing is kept."""
        probe = Witness()
        probing.fill(probe, self.given(MetricGiven))
        value, error = probing.try_out(probe)
        holds = None if value is None else probe.holds_at(value)
        return self.answer(Tried, {"value": value, "holds": holds, "error": error})


class MetricPoints(UnderIncident):
    verbs = {"list": "incident.view"}
    ordering = ("-at", "-pk")
    queryset = WitnessPoint.objects.all()

    @extend_schema(operation_id="metrics_points", responses=PointShown(many=True))
    def list(self, request: Request, incident_id: int, pk: int) -> Response:
        """What was read, the newest first. What is older is kept more sparsely."""
        row = self.mine(Witness.objects.all(), pk)
        return self.answer_page(PointShown, self.get_queryset().filter(witness=row))


class ServiceMetrics(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "create": "team.change",
        "partial_update": "team.change",
        "destroy": "team.change",
    }
    ordering = ("pk",)
    queryset = MetricCheck.objects.select_related("service__team")

    @property
    def service(self) -> Service:
        return get_object_or_404(Service.objects.select_related("team"), slug=self.kwargs["slug"])

    def get_queryset(self) -> QuerySet[MetricCheck]:
        return super().get_queryset().filter(service__slug=self.kwargs["slug"])

    def _row(self, pk: int) -> MetricCheck:
        row = get_object_or_404(self.get_queryset(), pk=pk)
        self.check(row.service)
        return row

    @extend_schema(operation_id="service_metrics_list", responses=MetricCheckShown(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """The metrics of a service, which attach themselves to its incidents."""
        self.check(self.service)
        return self.answer_page(MetricCheckShown, self.get_queryset())

    @extend_schema(operation_id="service_metrics_retrieve", responses=MetricCheckShown)
    def retrieve(self, request: Request, slug: str, pk: int) -> Response:
        """One of them."""
        return self.answer(MetricCheckShown, self._row(pk))

    @extend_schema(
        operation_id="service_metrics_create",
        request=MetricCheckGiven,
        responses={201: MetricCheckShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request, slug: str) -> Response:
        """Add a metric to a service."""
        service = self.service
        self.check(service)
        made = attaching.keep(None, service, by=self.me, **self.given(MetricCheckGiven))
        return self.answer(MetricCheckShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(
        operation_id="service_metrics_partial_update",
        request=MetricCheckGiven,
        responses=MetricCheckShown,
        parameters=[HEADER],
    )
    @once
    def partial_update(self, request: Request, slug: str, pk: int) -> Response:
        """Change it. Incidents that watch it already go on as they were attached."""
        row = self._row(pk)
        attaching.keep(row, row.service, by=self.me, **self.given(MetricCheckGiven, partial=True))
        return self.answer(MetricCheckShown, self.get_queryset().get(pk=pk))

    @extend_schema(operation_id="service_metrics_destroy", request=None, responses={204: None}, parameters=[HEADER])
    @once
    def destroy(self, request: Request, slug: str, pk: int) -> Response:
        """Take it away from the service."""
        attaching.drop(self._row(pk), by=self.me)
        return Response(status=204)
