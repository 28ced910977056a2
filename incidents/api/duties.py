"""Checklists of roles, what the commander is reminded of, and the policies by which roles are filled."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import duties
from incidents.api.base import UnderIncident
from incidents.models import DutyDone, RoleAssignment, RoleDuty, RolePolicy
from incidents.models.duties import PHASES
from incidents.presenters.parts import nudges
from incidents.serializers.given import SnoozeGiven, TickGiven
from incidents.serializers.roles import DutyShown, ReminderShown, RolePolicyShown
from teams.api.base import Api
from teams.idempotency import HEADER, once


class DutyFilter(filters.FilterSet):
    role = filters.CharFilter(field_name="role__slug", label="A role's slug.")
    phase = filters.MultipleChoiceFilter(choices=PHASES, label="One or more phases.")


class Duties(UnderIncident):
    verbs = {"list": "incident.view", "tick": "incident.respond"}
    ordering = ("role__position", "phase", "position", "pk")
    filterset_class = DutyFilter
    queryset = RoleDuty.objects.none()

    def get_queryset(self) -> QuerySet[RoleDuty]:
        done = DutyDone.objects.filter(incident=self.incident).select_related("done_by")
        return RoleDuty.objects.select_related("role").prefetch_related(Prefetch("done", done, to_attr="here"))

    @extend_schema(operation_id="duties_list", responses=DutyShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """The checklists of all roles, and what of them is done."""
        page: list[Any] = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        return self.answer_rows(DutyShown, [_told(row) for row in page])

    @extend_schema(operation_id="duties_tick", request=TickGiven, responses=DutyShown, parameters=[HEADER])
    @once
    def tick(self, request: Request, incident_id: int, pk: int) -> Response:
        """Tick a duty, or take that back. What is so already stays so."""
        duty = get_object_or_404(RoleDuty.objects.select_related("role"), pk=pk)
        duties.tick(self.incident.pk, duty, by=self.me, **self.given(TickGiven))
        return self.answer(DutyShown, _told(self.get_queryset().get(pk=pk)))


def _told(duty: Any) -> Any:
    done = duty.here[0] if duty.here else None
    duty.done_at, duty.done_by = (done.done_at, done.done_by) if done else (None, None)
    return duty


class Reminders(UnderIncident):
    verbs = {"list": "incident.view", "snooze": "incident.respond"}
    queryset = RoleAssignment.objects.none()
    pagination_class = None

    @extend_schema(operation_id="reminders_list", responses=ReminderShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What the commander is reminded of now, without what was put off. A reminder never blocks anything."""
        return Response(ReminderShown(self._now(), many=True).data)

    @extend_schema(
        operation_id="reminders_snooze", request=SnoozeGiven, responses=ReminderShown(many=True), parameters=[HEADER]
    )
    @once
    def snooze(self, request: Request, incident_id: int) -> Response:
        """Put a reminder off for 15 minutes, for everybody; answers with those that are left."""
        duties.snooze(self.incident.pk, self.given(SnoozeGiven)["key"], by=self.me)
        return Response(ReminderShown(self._now(), many=True).data)

    def _now(self) -> Any:
        incident = self.incident
        if not incident.is_active or incident.declared_at is None:
            return []
        seats = incident.assignments.filter(state=RoleAssignment.State.HELD)
        incident.held_roles = list(seats.select_related("role", "user"))
        found, _ = nudges.standing(nudges.scene_of(incident, self.me))
        return found


class RolePolicyFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label="Words in the name, the role, a condition or the roster.")
    role = filters.CharFilter(field_name="role__slug", label="A role's slug.")
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    enabled = filters.BooleanFilter(label="Whether it is in use.")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)


class RolePolicies(Api):
    verbs = {"list": "team.view"}
    ordering = ("role__position", "position", "pk")
    filterset_class = RolePolicyFilter
    queryset = RolePolicy.objects.none()

    def get_queryset(self) -> QuerySet[RolePolicy]:
        return RolePolicy.objects.with_names()

    @extend_schema(operation_id="role_policies_list", responses=RolePolicyShown(many=True))
    def list(self, request: Request) -> Response:
        """From which rosters roles are filled when an incident is declared."""
        return self.answer_page(RolePolicyShown, self.get_queryset())
