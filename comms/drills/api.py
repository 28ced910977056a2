"""Page drills in the API."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from comms.actions import drills
from comms.drills import report
from comms.models import Drill, DrillCall
from comms.paging.api import TriedShown
from teams.api.base import Api
from teams.api.fields import Given, Line, Moment, MomentFilter, Shown
from teams.idempotency import HEADER, once
from teams.models import Schedule
from teams.serializers import Person, ScheduleName


class DrillShown(Shown):
    schedule = ScheduleName()
    started_by = Person(allow_null=True)
    state = serializers.ChoiceField(Drill.State.choices)
    audience = serializers.ChoiceField(Drill.Audience.choices)
    repeats = serializers.ChoiceField(Drill.Repeats.choices)
    people = serializers.IntegerField(help_text="Whom it called.")
    confirmed = serializers.IntegerField(help_text="In time.")
    late = serializers.IntegerField()
    waiting = serializers.IntegerField()
    unanswered = serializers.IntegerField()
    unreachable = serializers.IntegerField()

    class Meta:
        model = Drill
        fields = [
            *("id", "schedule", "started_by", "note", "state", "audience", "repeats", "minutes"),
            *("starts_at", "began_at", "ends_at", "ended_at", "reason", "reminders"),
            *("people", "confirmed", "late", "waiting", "unanswered", "unreachable"),
        ]


class DrillRow(serializers.Serializer[report.Row]):
    person = Person()
    state = serializers.ChoiceField(DrillCall.State.choices)
    why = serializers.CharField(help_text="Why nothing reached them; empty otherwise.")
    confirmed_at = Moment(source="call.confirmed_at", allow_null=True)
    seconds = serializers.FloatField(allow_null=True, help_text="From the beginning to the confirmation.")
    reached_by = serializers.CharField(source="way", help_text="What reached them, and by what they answered.")
    tried = TriedShown(many=True)


class DrillDetail(DrillShown):
    median_seconds = serializers.SerializerMethodField(help_text="To confirm, of those in time; null without any.")
    calls = serializers.SerializerMethodField(help_text="Everybody whom it called, those first whom it did not reach.")

    class Meta(DrillShown.Meta):
        fields = [*DrillShown.Meta.fields, "median_seconds", "calls"]

    @extend_schema_field(serializers.FloatField(allow_null=True))
    def get_median_seconds(self, drill: Drill) -> float | None:
        found: report.Report = self.context["report"]
        return found.figures.median

    @extend_schema_field(DrillRow(many=True))
    def get_calls(self, drill: Drill) -> Any:
        rows: Any = self.context["report"].rows
        return DrillRow(rows, many=True).data


class DrillGiven(Given):
    schedule = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Its id.")
    starts_at = Moment(required=False, allow_null=True, help_text="At once, when it is left out.")
    audience = serializers.ChoiceField(Drill.Audience.choices, required=False)
    repeats = serializers.ChoiceField(Drill.Repeats.choices, required=False)
    minutes = serializers.IntegerField(
        required=False, min_value=Drill.SHORTEST, max_value=Drill.LONGEST, help_text="To answer; 15 when left out."
    )
    note = Line(help_text="Everybody who is called reads it.")


class DrillFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Drill.State.choices, label="Only those in this state.")
    schedule = filters.NumberFilter(field_name="schedule", label="A schedule's id.", min_value=1, max_value=2**31 - 1)
    team = filters.CharFilter(field_name="schedule__team__slug", label="A team's slug.")
    starts_after = MomentFilter(field_name="starts_at", lookup_expr="gt", label="Planned for later than this.")


class Drills(Api):
    verbs = {"list": "drill.view", "retrieve": "drill.view", "create": "drill.start", "cancel": "drill.start"}
    ordering = ("-starts_at", "-pk")
    filterset_class = DrillFilter
    queryset = Drill.objects.all()

    def get_queryset(self) -> Any:
        return report.counted(Drill.objects.visible_to(self.request.user))

    def _detail(self, pk: int, status: int = 200) -> Response:
        drill: Drill = get_object_or_404(self.get_queryset(), pk=pk)
        return self.answer(DrillDetail, drill, status, report=report.of(drill))

    @extend_schema(operation_id="drills_list", responses=DrillShown(many=True))
    def list(self, request: Request) -> Response:
        """Drills of the schedules of your teams and rotations, the latest first."""
        return self.answer_page(DrillShown, self.get_queryset())

    @extend_schema(operation_id="drills_retrieve", responses=DrillDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One drill with its report."""
        return self._detail(pk)

    @extend_schema(operation_id="drills_create", request=DrillGiven, responses={201: DrillDetail}, parameters=[HEADER])
    @once
    def create(self, request: Request) -> Response:
        """Start a drill, or plan one. Everybody is called as by a page of high urgency."""
        given = self.given(DrillGiven)
        number = given.pop("schedule")
        schedule = Schedule.objects.select_related("team").filter(pk=number).first()
        if schedule is None:
            raise serializers.ValidationError({"schedule": [f"There is no schedule {number}."]})
        self.check(schedule)
        return self._detail(drills.plan(schedule, by=self.me, **given).pk, 201)

    @extend_schema(operation_id="drills_cancel", request=None, responses=DrillDetail, parameters=[HEADER])
    @once
    def cancel(self, request: Request, pk: int) -> Response:
        """Call nobody any more. What was confirmed so far stays."""
        drills.cancel(get_object_or_404(self.get_queryset(), pk=pk), by=self.me)
        return self._detail(pk)
