"""What told us, what changed before, and who was called."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import alerts, marks, recovery
from incidents.api.base import IncidentApi, UnderIncident
from incidents.models import Alert, Change, ChangeMark, EscalationRun, Incident, Page, TimelineEntry
from incidents.models.alert import label_of
from incidents.serializers.detected import AlertShown, ChangeBefore, ChangeShown, MyPage, PageShown, RunShown
from incidents.serializers.given import Hours, MoveGiven, SuspectGiven, UndoGiven
from incidents.serializers.recorded import EntryShown
from incidents.serializers.shown import IncidentDetail
from teams.api.base import Api
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once


class AlertFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Alert.Status.choices)
    suppression = filters.ChoiceFilter(choices=Alert.Suppression.choices, label="Why it is held back.")
    flapping = filters.BooleanFilter(label="Whether it came and went often.")
    integration = filters.CharFilter(field_name="integration__name", label="An integration's name.")
    label = filters.CharFilter(method="with_label", label="A label, as name=value.")
    q = filters.CharFilter(method="search", label="A part of title, summary or fingerprint, or a label as name=value.")
    after = MomentFilter(field_name="received_at", lookup_expr="gte", label="Time.")
    before = MomentFilter(field_name="received_at", lookup_expr="lt", label="Time.")

    def with_label(self, rows: Any, name: str, value: str) -> Any:
        label = label_of(value)
        if label is None:
            raise ValidationError({name: ["Write it as name=value, such as env=prod."]}, code="invalid")
        return rows.filter(labels__contains=label)

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)


class AllAlertsFilter(AlertFilter):
    incident = filters.NumberFilter(field_name="incident", label="An incident's id.", min_value=1, max_value=2**31 - 1)


class AllAlerts(Api):
    verbs = {"list": "incident.view", "retrieve": "incident.view"}
    filterset_class = AllAlertsFilter
    queryset = Alert.objects.none()

    def get_queryset(self) -> QuerySet[Alert]:
        return Alert.objects.visible_to(self.me).select_related("integration")

    @extend_schema(operation_id="alerts_search", responses=AlertShown(many=True))
    def list(self, request: Request) -> Response:
        """Alerts of all incidents that you may see, and those that are held back, the newest first."""
        return self.answer_page(AlertShown, self.get_queryset())

    @extend_schema(operation_id="alerts_retrieve", responses=AlertShown)
    def retrieve(self, request: Request, public_id: UUID) -> Response:
        """One alert."""
        return self.answer(AlertShown, get_object_or_404(self.get_queryset(), public_id=public_id))


class Alerts(UnderIncident):
    verbs = {"list": "incident.view", "move": "incident.respond", "undo": "incident.respond"}
    filterset_class = AlertFilter
    queryset = Alert.objects.select_related("integration")

    @extend_schema(operation_id="alerts_list", responses=AlertShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Alerts of this incident, the newest first."""
        return self.answer_page(AlertShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(operation_id="alerts_move", request=MoveGiven, responses=EntryShown, parameters=[HEADER])
    @once
    def move(self, request: Request, incident_id: int) -> Response:
        """Move alerts to another incident, or to a new one; the line that tells of it, by which it can be undone."""
        given = self.given(MoveGiven)
        to = given["target"]
        if to is not None and not self.visible().filter(pk=to).exists():
            raise serializers.ValidationError({"target": [f"There is no incident {to}."]})
        entry = alerts.move(self.incident.pk, given["alerts"], to=to, by=self.me, reason=given.get("reason", ""))
        return self.answer(EntryShown, entry)

    @extend_schema(operation_id="alerts_undo_move", request=UndoGiven, responses=EntryShown, parameters=[HEADER])
    @once
    def undo(self, request: Request, incident_id: int) -> Response:
        """Put back what a move took."""
        entry = self.mine(TimelineEntry.objects.all(), self.given(UndoGiven)["entry"])
        return self.answer(EntryShown, alerts.undo_move(entry.pk, by=self.me))


class Recovery(UnderIncident):
    verbs = {"accept": "incident.respond", "decline": "incident.respond"}
    queryset = Incident.objects.none()

    @extend_schema(operation_id="recovery_accept", request=None, responses=IncidentDetail, parameters=[HEADER])
    @once
    def accept(self, request: Request, incident_id: int) -> Response:
        """Do what Watchbill proposes once all alerts are over."""
        recovery.accept(self.incident.pk, by=self.me)
        return self.answer_incident(incident_id)

    @extend_schema(operation_id="recovery_decline", request=None, responses=IncidentDetail, parameters=[HEADER])
    @once
    def decline(self, request: Request, incident_id: int) -> Response:
        """Keep the incident open, before or after it is proposed; nothing is proposed or ended by itself again until it
        fires and is over once more."""
        recovery.decline(self.incident.pk, by=self.me)
        return self.answer_incident(incident_id)


class ChangesBefore(UnderIncident):
    verbs = {"list": "incident.view", "identify": "incident.respond"}
    queryset = Change.objects.none()
    ordering = ("-concerned", "-at", "-pk")

    @extend_schema(operation_id="incidents_changes", parameters=[Hours], responses=ChangeBefore(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What was changed before it began: on its services first, the nearest first."""
        rows = Change.objects.before(self.incident, **self.asked(Hours)).select_related("service")
        return self.answer_page(ChangeBefore, rows)

    def get_serializer_context(self) -> dict[str, object]:
        blamed: set[int] = set()
        if not getattr(self, "swagger_fake_view", False):
            rows = self.incident.marks.filter(state__in=ChangeMark.BLAMED)
            blamed = set(rows.values_list("change", flat=True))
        return {**super().get_serializer_context(), "blamed": blamed}

    @extend_schema(
        operation_id="incidents_identify_change",
        request=SuspectGiven,
        responses=IncidentDetail,
        parameters=[HEADER],
    )
    @once
    def identify(self, request: Request, incident_id: int) -> Response:
        """Point at the change that is suspected, or take it back."""
        marks.identify_change(self.incident.pk, by=self.me, **self.given(SuspectGiven))
        return self.answer_incident(incident_id)


class ChangeFilter(filters.FilterSet):
    service = filters.CharFilter(field_name="service__slug", label="A service's slug.")
    after = MomentFilter(field_name="at", lookup_expr="gte", label="Time.")
    before = MomentFilter(field_name="at", lookup_expr="lt", label="Time.")
    q = filters.CharFilter(field_name="summary", lookup_expr="icontains", label="A part of the summary.")


class Changes(Api):
    verbs = {"list": "change.view"}
    ordering = ("-at", "-pk")
    filterset_class = ChangeFilter
    queryset = Change.objects.select_related("service")

    @extend_schema(operation_id="changes_list", responses=ChangeShown(many=True))
    def list(self, request: Request) -> Response:
        """Deploys and other changes, the newest first."""
        return self.answer_page(ChangeShown, Change.objects.visible_to(self.me).select_related("service"))


class Pages(UnderIncident):
    verbs = {"list": "incident.view"}
    queryset = Page.objects.select_related("user")

    @extend_schema(operation_id="pages_list", responses=PageShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Who was called for this incident, why, and whether they answered."""
        return self.answer_page(PageShown, self.get_queryset().filter(incident=self.incident))


class Runs(UnderIncident):
    verbs = {"list": "incident.view"}
    queryset = EscalationRun.objects.select_related("policy__team")

    @extend_schema(operation_id="escalation_runs_list", responses=RunShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Each walk through a policy, and whom it calls next when."""
        return self.answer_page(RunShown, self.get_queryset().filter(incident=self.incident))


class MyPageFilter(filters.FilterSet):
    answered = filters.BooleanFilter(
        field_name="acknowledged_at", lookup_expr="isnull", exclude=True, label="Acknowledged or not."
    )


class MyPages(IncidentApi):
    verbs = {"list": "self.view"}
    filterset_class = MyPageFilter
    queryset = Page.objects.select_related("user", "incident")

    @extend_schema(operation_id="me_pages", responses=MyPage(many=True))
    def list(self, request: Request) -> Response:
        """When you were called, the last first."""
        rows = self.get_queryset().filter(user=self.me, incident__in=self.visible())
        return self.answer_page(MyPage, rows)
