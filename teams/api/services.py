"""Services: what can break, who answers for it, and what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions
from teams.actions.services import dependencies
from teams.api.base import Api
from teams.api.rosters import OfTeam
from teams.catalogue import graph
from teams.idempotency import HEADER, once
from teams.models import Service
from teams.serializers.services import DependenciesShown, ServiceChanged, ServiceDetail, ServiceGiven


class ServiceFilter(OfTeam):
    tier = filters.TypedMultipleChoiceFilter(choices=Service.Tier.choices, coerce=int)
    lifecycle = filters.MultipleChoiceFilter(choices=Service.Lifecycle.choices)
    depends_on = filters.CharFilter(field_name="depends_on__slug", label="The slug of a service that it needs.")


class Services(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "dependencies": "team.view",
        "create": "team.change",
        "partial_update": "team.change",
        "destroy": "team.change",
    }
    ordering = ("slug",)
    filterset_class = ServiceFilter
    queryset = Service.objects.select_related("team").prefetch_related("links", "depends_on", "dependents")

    def _one(self, slug: str) -> Service:
        service: Service = get_object_or_404(Service.objects.select_related("team"), slug=slug)
        return service

    def _detail(self, pk: int, status: int = 200) -> Response:
        return self.answer(ServiceDetail, get_object_or_404(self.get_queryset(), pk=pk), status)

    @extend_schema(operation_id="services_list", responses=ServiceDetail(many=True))
    def list(self, request: Request) -> Response:
        """What can break, which team answers for it, and what it depends on."""
        return self.answer_page(ServiceDetail, self.get_queryset())

    @extend_schema(
        operation_id="services_create", request=ServiceGiven, responses={201: ServiceDetail}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """A new service of a team. Dependencies that would go round in a circle are refused, with their way."""
        given = self.given(ServiceGiven)
        made = actions.make_service(given.pop("team"), by=self.me, **given)
        return self._detail(made.pk, 201)

    @extend_schema(operation_id="services_retrieve", responses=ServiceDetail)
    def retrieve(self, request: Request, slug: str) -> Response:
        """One service."""
        return self._detail(self._one(slug).pk)

    @extend_schema(operation_id="services_update", request=ServiceChanged, responses=ServiceDetail)
    def partial_update(self, request: Request, slug: str) -> Response:
        """Change what is given; `links` and `depends_on` are replaced as a whole."""
        service = self._one(slug)
        self.check(service)
        actions.change_service(service, by=self.me, **self.given(ServiceChanged, partial=True))
        return self._detail(service.pk)

    @extend_schema(operation_id="services_remove", request=None, responses={204: None})
    def destroy(self, request: Request, slug: str) -> Response:
        """Delete a service. Incidents and changes stay, without its name."""
        actions.remove_service(self._one(slug), by=self.me)
        return Response(status=204)

    @extend_schema(operation_id="services_dependencies", responses=DependenciesShown)
    def dependencies(self, request: Request, slug: str) -> Response:
        """Everything that it depends on and that depends on it, however indirectly."""
        service, known = self._one(slug), dependencies()
        up, down = graph.reach(known, [service.pk]), graph.reach(graph.turned(known), [service.pk])
        rows = Service.objects.in_bulk([*up, *down])
        told = {"upstream": _reached(up, rows), "downstream": _reached(down, rows)}
        return self.answer(DependenciesShown, told)


def _reached(found: Mapping[int, int], rows: Mapping[int, Service]) -> list[dict[str, Any]]:
    return [{"service": rows[pk], "steps": steps} for pk, steps in found.items() if pk in rows]
