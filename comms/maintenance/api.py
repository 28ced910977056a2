"""Planned maintenance in the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from comms.actions import maintaining, planned
from comms.models import Component, MaintenanceComponent, MaintenanceUpdate, PageMaintenance, StatusPage
from comms.serializers import PageName
from teams.api.base import Api
from teams.api.fields import Given, Line, Moment, MomentFilter, Named, Shown, Text
from teams.idempotency import HEADER, once
from teams.serializers import Person

LONGEST_MINUTES = planned.LONGEST // timedelta(minutes=1)


class PartShown(Shown):
    uid = serializers.CharField(source="component.uid")
    name = serializers.CharField(source="component.name")

    class Meta:
        model = MaintenanceComponent
        fields = ["uid", "name", "status"]


class MaintenanceUpdateShown(Shown):
    author = Person(allow_null=True)
    kind = serializers.ChoiceField(MaintenanceUpdate.Kind.choices)
    state = serializers.ChoiceField(PageMaintenance.State.choices)

    class Meta:
        model = MaintenanceUpdate
        fields = [
            *("uid", "kind", "state", "body", "scheduled_for", "scheduled_until", "was_for", "was_until"),
            *("notify", "author", "at"),
        ]


class PlannedShown(Shown):
    page = PageName()
    author = Person(allow_null=True)
    state = serializers.ChoiceField(PageMaintenance.State.choices)
    components = PartShown(source="parts", many=True)
    holds_back = serializers.SerializerMethodField(help_text="Alerts of its components' services, meanwhile.")
    remind_minutes = serializers.ListField(child=serializers.IntegerField())
    url = serializers.SerializerMethodField(help_text="Where everybody reads it.")

    class Meta:
        model = PageMaintenance
        fields = [
            *("uid", "page", "title", "state", "scheduled_for", "scheduled_until", "components"),
            *("auto_start", "auto_end", "notify", "remind_minutes", "holds_back"),
            *("started_at", "verifying_at", "completed_at", "cancelled_at"),
            *("author", "created_at", "updated_at", "url"),
        ]

    def get_holds_back(self, row: PageMaintenance) -> bool:
        return row.window_id is not None

    def get_url(self, row: PageMaintenance) -> str:
        return str(self.context["request"].build_absolute_uri(row.get_absolute_url()))


class PlannedDetail(PlannedShown):
    updates = MaintenanceUpdateShown(many=True)

    class Meta(PlannedShown.Meta):
        fields = [*PlannedShown.Meta.fields, "updates"]


class PlannedChanged(Given):
    """What is to be another way. Readers are told of another time, title or component, and of what `body` says."""

    title = Line(help_text="In the words of its readers.")
    body = Text(help_text="What readers should know.")
    scheduled_for = Moment(required=False)
    scheduled_until = Moment(required=False)
    components = serializers.DictField(
        child=serializers.ChoiceField(choices=Component.Status.choices),
        required=False,
        help_text="A component's uid or number to its state meanwhile.",
    )
    auto_start = serializers.BooleanField(required=False, help_text="It begins by itself; yes unless told.")
    auto_end = serializers.BooleanField(required=False, help_text="It ends by itself; yes unless told.")
    notify = serializers.BooleanField(required=False, help_text="Subscribers are mailed; yes unless told.")
    remind_minutes = serializers.ListField(
        child=serializers.IntegerField(min_value=5, max_value=planned.EARLIEST_REMINDER),
        required=False,
        max_length=planned.MOST_REMINDERS,
        help_text="How many minutes before its beginning subscribers are reminded; a day and an hour unless told.",
    )
    hold_back = serializers.BooleanField(
        required=False, help_text="Hold back alerts of its components' services meanwhile; no unless told."
    )


class PlannedGiven(PlannedChanged):
    page = Named(slug_field="slug", queryset=StatusPage.objects.all(), help_text="A page's slug.")


class Step(Given):
    body = Text(help_text="Words for readers; left out, they are told what happens.")
    mail = serializers.BooleanField(required=False, help_text="Mail it; as the maintenance says unless told.")


class Extension(Step):
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MINUTES, help_text="How much longer it takes.")


class PlannedFilter(filters.FilterSet):
    page = filters.CharFilter(field_name="page__slug", label="A page's slug.")
    state = filters.MultipleChoiceFilter(choices=PageMaintenance.State.choices)
    q = filters.CharFilter(field_name="title", lookup_expr="icontains", label="A part of the title.")
    since = MomentFilter(field_name="scheduled_until", lookup_expr="gte", label="Ends at this time or later.")
    until = MomentFilter(field_name="scheduled_for", lookup_expr="lt", label="Begins before this time.")


class PlannedMaintenances(Api):
    verbs = {
        "list": "maintenance.view",
        "retrieve": "maintenance.view",
        **dict.fromkeys(
            ("create", "partial_update", "start", "verify", "complete", "cancel", "extend", "tell"), "maintenance.plan"
        ),
    }
    ordering = ("-scheduled_for", "-pk")
    filterset_class = PlannedFilter
    queryset = PageMaintenance.objects.none()

    def get_queryset(self) -> QuerySet[PageMaintenance]:
        rows = PageMaintenance.objects.visible_to(self.request.user)
        return rows.select_related("page", "author").prefetch_related("parts__component")

    def _row(self, uid: str) -> PageMaintenance:
        return get_object_or_404(self.get_queryset(), uid=uid)

    def _answer(self, uid: str, status: int = 200) -> Response:
        rows = self.get_queryset().prefetch_related("updates__author")
        return self.answer(PlannedDetail, get_object_or_404(rows, uid=uid), status)

    def _do(self, verb: Any, uid: str, given: type[Given] = Step) -> Response:
        verb(self._row(uid).pk, by=self.me, **self.given(given))
        return self._answer(uid)

    @extend_schema(operation_id="planned_maintenance_list", responses=PlannedShown(many=True))
    def list(self, request: Request) -> Response:
        """What status pages tell of planned maintenance, the latest first."""
        return self.answer_page(PlannedShown, self.get_queryset())

    @extend_schema(operation_id="planned_maintenance_retrieve", responses=PlannedDetail)
    def retrieve(self, request: Request, uid: str) -> Response:
        """One, with all that was told of it, newest first."""
        return self._answer(uid)

    @extend_schema(
        operation_id="planned_maintenance_create",
        request=PlannedGiven,
        responses={201: PlannedDetail},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Plan a maintenance. The page tells of it at once, and it begins and ends by itself."""
        given: dict[str, Any] = {"title": "", "body": "", "scheduled_for": None, "scheduled_until": None}
        given |= self.given(PlannedGiven)
        return self._answer(maintaining.plan(given.pop("page"), by=self.me, **given).uid, 201)

    @extend_schema(
        operation_id="planned_maintenance_partial_update",
        request=PlannedChanged,
        responses=PlannedDetail,
        parameters=[HEADER],
    )
    @once
    def partial_update(self, request: Request, uid: str) -> Response:
        """Move or change one that is not over. Of one that has begun only the end can be moved."""
        maintaining.change(self._row(uid).pk, by=self.me, **self.given(PlannedChanged, partial=True))
        return self._answer(uid)

    @extend_schema(operation_id="planned_maintenance_start", request=Step, responses=PlannedDetail, parameters=[HEADER])
    @once
    def start(self, request: Request, uid: str) -> Response:
        """Begin now."""
        return self._do(maintaining.start, uid)

    @extend_schema(
        operation_id="planned_maintenance_verify", request=Step, responses=PlannedDetail, parameters=[HEADER]
    )
    @once
    def verify(self, request: Request, uid: str) -> Response:
        """The work is done and is being looked over."""
        return self._do(maintaining.verify, uid)

    @extend_schema(
        operation_id="planned_maintenance_complete", request=Step, responses=PlannedDetail, parameters=[HEADER]
    )
    @once
    def complete(self, request: Request, uid: str) -> Response:
        """It is over, and its components are back."""
        return self._do(maintaining.complete, uid)

    @extend_schema(
        operation_id="planned_maintenance_cancel", request=Step, responses=PlannedDetail, parameters=[HEADER]
    )
    @once
    def cancel(self, request: Request, uid: str) -> Response:
        """Call off one that has not begun."""
        return self._do(maintaining.cancel, uid)

    @extend_schema(
        operation_id="planned_maintenance_extend", request=Extension, responses=PlannedDetail, parameters=[HEADER]
    )
    @once
    def extend(self, request: Request, uid: str) -> Response:
        """Let one that goes on last longer."""
        return self._do(maintaining.extend, uid, Extension)

    @extend_schema(operation_id="planned_maintenance_tell", request=Step, responses=PlannedDetail, parameters=[HEADER])
    @once
    def tell(self, request: Request, uid: str) -> Response:
        """Say something more of one that is not over."""
        given = {"body": "", **self.given(Step)}
        maintaining.tell(self._row(uid).pk, by=self.me, **given)
        return self._answer(uid)
