"""Incidents: found, reported, read, and what is known of them changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, QuerySet, Value
from django.db.models.functions import Coalesce
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import escalation, fields, lifecycle, notes
from incidents.api import reading
from incidents.api.base import IncidentApi, UnderIncident
from incidents.models import CustomField, Incident, IncidentType, Severity
from incidents.phases import Phase
from incidents.serializers.given import FactsGiven, Nothing, ReportGiven, SeverityGiven
from incidents.serializers.shown import CustomFieldShown, IncidentDetail, IncidentRow, SeverityShown, TypeShown
from teams.api.base import Api
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once

LATEST = Value(datetime(9999, 1, 1, tzinfo=UTC), output_field=DateTimeField())


class IncidentFilter(filters.FilterSet):
    phase = filters.MultipleChoiceFilter(choices=Phase.choices, label="One or more phases.")
    open = filters.BooleanFilter(method="narrow_open", label="Not closed, cancelled or merged.")
    active = filters.BooleanFilter(method="narrow_active", label="From Detect until it is resolved.")
    severity = filters.MultipleChoiceFilter(
        choices=[(n, f"SEV{n}") for n in range(1, 5)], field_name="severity_id", label="One or more levels."
    )
    team = filters.CharFilter(field_name="team__slug", label="The owning team's slug.")
    service = filters.CharFilter(method="narrow_service", label="A service's slug.")
    mine = filters.BooleanFilter(method="narrow_mine", label="You take or took part.")
    private = filters.BooleanFilter()
    q = filters.CharFilter(method="narrow_q", label="Words of title, summary and impact, or a reference (INC-42).")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gte", label="Time.")
    created_before = MomentFilter(field_name="created_at", lookup_expr="lt", label="Time.")
    declared_after = MomentFilter(field_name="declared_at", lookup_expr="gte", label="Time.")
    declared_before = MomentFilter(field_name="declared_at", lookup_expr="lt", label="Time.")

    class Meta:
        model = Incident
        fields: list[str] = []

    def narrow_open(self, rows: Any, name: str, value: bool) -> Any:
        return rows.open() if value else rows.exclude(pk__in=Incident.objects.open().values("pk"))

    def narrow_active(self, rows: Any, name: str, value: bool) -> Any:
        return rows.active() if value else rows.exclude(pk__in=Incident.objects.active().values("pk"))

    def narrow_service(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(services__slug=value)

    def narrow_mine(self, rows: Any, name: str, value: bool) -> Any:
        mine = Incident.objects.filter(participants=self.request.user).values("pk")
        return rows.filter(pk__in=mine) if value else rows.exclude(pk__in=mine)

    def narrow_q(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)


class Incidents(IncidentApi):
    verbs = {"list": "incident.view", "create": "incident.report"}
    filterset_class = IncidentFilter
    queryset = Incident.objects.none()
    orderings = {
        "-id": ("-pk",),
        "id": ("pk",),
        "-detected_at": ("-detected_at", "-pk"),
        "detected_at": ("detected_at", "pk"),
        "severity": ("severity_rank", "-pk"),
        "next_update": ("update_due", "-pk"),
    }

    def get_queryset(self) -> QuerySet[Incident]:
        return (
            self.visible()
            .with_faces()
            .annotate(severity_rank=Coalesce("severity_id", 9), update_due=Coalesce("next_update_due_at", LATEST))
        )

    @extend_schema(operation_id="incidents_list", responses=IncidentRow(many=True))
    def list(self, request: Request) -> Response:
        """Incidents that you may see, the newest first."""
        return self.answer_page(IncidentRow, self.get_queryset())

    @extend_schema(
        operation_id="incidents_report",
        request=ReportGiven,
        responses={201: IncidentDetail},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Report that something looks wrong; who owns it is paged. With a severity it is declared at once. Send an
        `Idempotency-Key`, so that a request that is sent again can't open a second incident."""
        given = self.given(ReportGiven)
        severity, own = given.pop("severity", None), given.pop("custom_fields", None)
        how = {name: given.pop(name) for name in ("commander", "reason", "override") if name in given}
        if severity is not None:
            incident = lifecycle.report_and_declare(by=self.me, severity=severity, fields=own, **how, **given)
        else:
            with transaction.atomic():
                incident = lifecycle.report(by=self.me, **given)
                if own:
                    fields.set_values(incident.pk, own, by=self.me)
        return self.answer_incident(incident.pk, 201)


class OneIncident(UnderIncident):
    verbs = {
        "retrieve": "incident.view",
        "partial_update": "incident.respond",
        "acknowledge": "incident.respond",
        "severity": "incident.respond",
    }

    @extend_schema(operation_id="incidents_retrieve", responses=IncidentDetail)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """One incident: its path, people, promises, and what can be done now."""
        return self.answer(IncidentDetail, reading.detail(self.visible(), incident_id, self.me))

    @extend_schema(operation_id="incidents_edit", request=FactsGiven, responses=IncidentDetail)
    def partial_update(self, request: Request, incident_id: int) -> Response:
        """Change what is known: title, summary, impact and its times, ETA, privacy, services."""
        given = self.given(FactsGiven, partial=True)
        own = given.pop("custom_fields", None)
        with transaction.atomic():
            notes.set_facts(self.incident.pk, by=self.me, **given)
            if own:
                fields.set_values(self.incident.pk, own, by=self.me)
        return self.answer_incident(incident_id)

    @extend_schema(operation_id="incidents_acknowledge", request=Nothing, responses=IncidentDetail, parameters=[HEADER])
    @once
    def acknowledge(self, request: Request, incident_id: int) -> Response:
        """Say "I have it": paging stops. Saying so twice changes nothing."""
        self.given(Nothing)
        page = self.incident.pages.filter(user=self.me, run__request=None, acknowledged_at=None).last()
        escalation.acknowledge(incident_id, by=self.me, page=page)
        return self.answer_incident(incident_id)

    @extend_schema(
        operation_id="incidents_severity", request=SeverityGiven, responses=IncidentDetail, parameters=[HEADER]
    )
    @once
    def severity(self, request: Request, incident_id: int) -> Response:
        """Raise or lower the severity, on the record."""
        notes.set_severity(self.incident.pk, by=self.me, **self.given(SeverityGiven))
        return self.answer_incident(incident_id)


class CustomFields(Api):
    verbs = {"list": "team.view"}
    ordering = ("position", "label", "pk")
    queryset = CustomField.objects.asked()

    @extend_schema(operation_id="custom_fields_list", responses=CustomFieldShown(many=True))
    def list(self, request: Request) -> Response:
        """What this organization wants to know of incidents, and from when on."""
        return self.answer_page(CustomFieldShown, self.get_queryset())


class Types(Api):
    verbs = {"list": "team.view"}
    ordering = ("position", "name", "pk")
    queryset = IncidentType.objects.all()

    @extend_schema(operation_id="incident_types_list", responses=TypeShown(many=True))
    def list(self, request: Request) -> Response:
        """Types of incidents."""
        return self.answer_page(TypeShown, self.get_queryset())


class Severities(Api):
    verbs = {"list": "team.view"}
    ordering = ("level",)
    queryset = Severity.objects.all()

    @extend_schema(operation_id="severities_list", responses=SeverityShown(many=True))
    def list(self, request: Request) -> Response:
        """How bad, in words, and the habits that follow."""
        return self.answer_page(SeverityShown, self.get_queryset())
