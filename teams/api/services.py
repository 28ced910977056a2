"""Services: what can break, who answers for it, and what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions
from teams.actions.services import dependencies
from teams.api.base import Api
from teams.api.rosters import OfTeam
from teams.catalogue import exporting, graph, importing
from teams.catalogue.entries import Remark
from teams.idempotency import HEADER, once
from teams.models import Service, Team
from teams.serializers.services import (
    DependenciesShown,
    ImportGiven,
    PlanShown,
    ServiceChanged,
    ServiceDetail,
    ServiceGiven,
)


class _Yaml(renderers.JSONRenderer):
    """For `Accept: application/yaml`; the file writes itself, and refusals stay problems in JSON."""

    media_type = "application/yaml"
    format = "yaml"


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
    queryset = Service.objects.select_related("team", "rollback_webhook").prefetch_related(
        "links", "depends_on", "dependents"
    )

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
        team = given.pop("team")
        made = actions.make_service(team, by=self.me, **_hooked(given, team))
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
        given = self.given(ServiceChanged, partial=True)
        actions.change_service(service, by=self.me, **_hooked(given, given.get("team", service.team)))
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


class ServiceFiles(Api):
    verbs = {"bring_in": "team.change", "export": "team.view"}
    queryset = Service.objects.none()
    pagination_class = None
    renderer_classes = [renderers.JSONRenderer, _Yaml]

    @extend_schema(
        operation_id="services_import", request=ImportGiven, responses=PlanShown, parameters=[HEADER], filters=False
    )
    @once
    def bring_in(self, request: Request) -> Response:
        """Create and change services as a file says: all of it, or where there is a problem nothing (400, with each
        line). Sent again it changes nothing more. With `dry_run`, say what it would do, problems included."""
        given = self.given(ImportGiven)
        act = importing.look if given["dry_run"] else importing.bring_in
        plan = act(given["text"], by=self.me, fallback=given.get("fallback"))
        if plan.problems and not given["dry_run"]:
            raise serializers.ValidationError({"text": [_problem(remark) for remark in plan.problems]}, code="invalid")
        return self.answer(PlanShown, plan)

    @extend_schema(operation_id="services_export", responses={(200, "application/yaml"): OpenApiTypes.OBJECT})
    def export(self, request: Request) -> Any:
        """All services as a file that can be brought in again."""
        return HttpResponse(exporting.text(), content_type="application/yaml")


def _hooked(given: dict[str, Any], team: Team) -> dict[str, Any]:
    """What was given, with the webhook that it names of `team`."""
    if name := given.get("rollback_webhook"):
        hook = team.webhooks.filter(name=name).first()
        if hook is None:
            raise serializers.ValidationError({"rollback_webhook": [f"{team} has no webhook “{name}”."]})
        return {**given, "rollback_webhook": hook}
    return {**given, "rollback_webhook": None} if "rollback_webhook" in given else given


def _problem(remark: Remark) -> str:
    where = [f"line {remark.line}" if remark.line else "", remark.of, remark.field]
    return f"{', '.join(filter(None, where)) or 'the file'}: {remark.text}"


def _reached(found: Mapping[int, int], rows: Mapping[int, Service]) -> list[dict[str, Any]]:
    return [{"service": rows[pk], "steps": steps} for pk, steps in found.items() if pk in rows]
