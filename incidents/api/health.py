"""How services are, as far as the caller may know."""

from __future__ import annotations

from typing import Any

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.presenters.health import STATES, Healths, named
from incidents.serializers.shown import ServiceHealth
from teams.api.base import Api
from teams.models import Service


class HealthFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=STATES, method="narrow_state", label="How it is.")
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")

    def narrow_state(self, rows: Any, name: str, value: str) -> Any:
        healths = Healths(self.request.user)
        if value == "calm":
            return rows.exclude(pk__in=[*healths.incidents, *healths.exposed])
        return rows.filter(pk__in=list(healths.in_state(value)))


class ServicesHealth(Api):
    verbs = {"list": "team.view"}
    ordering = ("slug",)
    filterset_class = HealthFilter
    queryset = Service.objects.all()

    @extend_schema(operation_id="services_health", responses=ServiceHealth(many=True))
    def list(self, request: Request) -> Response:
        """What goes on with each service, and whether it depends on one in trouble. Incidents that you may not see
        do not count."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        healths = Healths(self.me)
        found = {service.pk: healths.of(service.pk) for service in page}
        sources = named({pk for health in found.values() for pk in health.sources})
        rows = [
            {
                "service": service,
                "state": found[service.pk].state,
                "severity": worst.severity_id if (worst := found[service.pk].worst) else None,
                "incidents": found[service.pk].incidents,
                "sources": [sources[pk] for pk in found[service.pk].sources if pk in sources],
            }
            for service in page
        ]
        return self.get_paginated_response(ServiceHealth(rows, many=True).data)
