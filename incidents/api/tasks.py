"""Tasks that people have while an incident lasts."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import tasks
from incidents.api.base import UnderIncident
from incidents.models import IncidentTask
from incidents.serializers.together import (
    AnyTaskShown,
    TaskGiven,
    TaskShown,
    TaskVerbGiven,
)
from teams.api.base import Api
from teams.idempotency import HEADER, once


class Tasks(UnderIncident):
    verbs = {"list": "incident.view", "create": "incident.respond", "perform": "incident.respond"}
    ordering = ("pk",)
    queryset = IncidentTask.objects.select_related("incident", "owner", "created_by")

    @extend_schema(operation_id="tasks_list", responses=TaskShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Who does what until when, in the order in which it was given."""
        return self.answer_page(TaskShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(operation_id="tasks_add", request=TaskGiven, responses={201: TaskShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Give a task to one person, who is told and has to say yes."""
        made = tasks.add(self.incident.pk, by=self.me, **self.given(TaskGiven))
        return self.answer(TaskShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(
        operation_id="tasks_perform",
        request=TaskVerbGiven,
        responses=TaskShown,
        parameters=[HEADER, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=tasks.VERBS)],
    )
    @once
    def perform(self, request: Request, incident_id: int, pk: int, verb: str) -> Response:
        """Accept a task, end it as `done` or (with a note) by `drop`, or `reassign` it: what is left out stays."""
        row: IncidentTask = self.mine(self.get_queryset(), pk)
        if verb not in tasks.VERBS:
            raise NotFound(f"There is no verb “{verb}”. There are: {', '.join(tasks.VERBS)}.")
        given = self.given(TaskVerbGiven)
        if verb == "accept":
            tasks.accept(row.pk, by=self.me)
        elif verb == "reassign":
            owner, due_at = given.get("owner", row.owner), given.get("due_at", row.due_at)
            tasks.reassign(row.pk, by=self.me, owner=owner, due_at=due_at)
        else:
            getattr(tasks, verb)(row.pk, by=self.me, note=given.get("note", ""))
        return self.answer(TaskShown, self.get_queryset().get(pk=pk))


class TaskFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=IncidentTask.State.choices, label="One or more states.")
    owner = filters.CharFilter(field_name="owner__username", label="A username.")
    mine = filters.BooleanFilter(method="narrow_mine", label="Yours, or not.")
    incident = filters.NumberFilter(field_name="incident", min_value=1, max_value=2**31 - 1, label="An incident.")
    q = filters.CharFilter(field_name="title", lookup_expr="icontains", label="A part of the title.")

    def narrow_mine(self, rows: Any, name: str, value: bool) -> Any:
        mine = {"owner": self.request.user}
        return rows.filter(**mine) if value else rows.exclude(**mine)


class AllTasks(Api):
    verbs = {"list": "incident.view"}
    ordering = ("-pk",)
    filterset_class = TaskFilter
    queryset = IncidentTask.objects.none()

    def get_queryset(self) -> QuerySet[IncidentTask]:
        rows = IncidentTask.objects.visible_to(self.request.user)
        return rows.select_related("incident", "owner", "created_by")

    @extend_schema(operation_id="all_tasks_list", responses=AnyTaskShown(many=True))
    def list(self, request: Request) -> Response:
        """Tasks of all incidents that you may see, the newest first."""
        return self.answer_page(AnyTaskShown, self.get_queryset())
