"""Drills of incidents in the API. What responders do in one goes by the incident's own addresses."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import exercises
from incidents.models import Exercise, Incident, Scenario
from incidents.problems import refuse
from incidents.serializers.exercises import (
    DebriefGiven,
    ExerciseDetail,
    ExerciseGiven,
    ExerciseShown,
    ScenarioShown,
    SpeedGiven,
)
from incidents.serializers.given import ReasonGiven
from teams.api.base import Api
from teams.idempotency import HEADER, once


class ExerciseFilter(filters.FilterSet):
    state = filters.ChoiceFilter(choices=Exercise.State.choices, label="Only those in this state.")
    scenario = filters.CharFilter(label="A scenario's slug.")
    team = filters.CharFilter(field_name="incident__team__slug", label="A team's slug.")


class Exercises(Api):
    verbs = {
        "list": "incident.view",
        "retrieve": "incident.view",
        "create": "exercise.run",
        "start": "exercise.run",
        "pause": "exercise.run",
        "forward": "exercise.run",
        "speed": "exercise.run",
        "stop": "exercise.run",
        "debrief": "incident.respond",
    }
    ordering = ("-pk",)
    filterset_class = ExerciseFilter
    queryset = Exercise.objects.none()

    def get_queryset(self) -> QuerySet[Exercise]:
        return Exercise.objects.visible_to(self.request.user).select_related("incident__team", "facilitator")

    def _row(self, pk: int) -> Exercise:
        found: Exercise = get_object_or_404(self.get_queryset(), pk=pk)
        self.check(found)
        return found

    def _seen(self, rows: Iterable[Exercise]) -> set[int]:
        past = {row.past_id for row in rows if row.past_id is not None}
        return set(Incident.objects.visible_to(self.me).filter(pk__in=past).values_list("pk", flat=True))

    def _answer(self, pk: int, status: int = 200) -> Response:
        row = self.get_queryset().get(pk=pk)
        return self.answer(ExerciseDetail, row, status, seen=self._seen([row]))

    @extend_schema(operation_id="exercises_list", responses=ExerciseShown(many=True))
    def list(self, request: Request) -> Response:
        """Drills of incidents, the latest first. Their steps and scores stand on each."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset())) or []
        context = {**self.get_serializer_context(), "seen": self._seen(page)}
        return self.get_paginated_response(ExerciseShown(page, many=True, context=context).data)

    @extend_schema(operation_id="exercises_retrieve", responses=ExerciseDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        """A drill with its score."""
        self._row(pk)
        return self._answer(pk)

    @extend_schema(
        operation_id="exercises_create", request=ExerciseGiven, responses={201: ExerciseDetail}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """Prepare a drill, and with `start` let it go. Nobody is called, and nothing of it leaves the house."""
        given = self.given(ExerciseGiven)
        slug, past, team = given.pop("scenario"), given.pop("past", None), given.pop("team", None)
        begins, service = given.pop("start", False), given.pop("service", None)
        with transaction.atomic():
            if past is not None and not slug:
                made = exercises.of_incident(past, by=self.me, team=team, **given)
            elif not slug or past is not None:
                raise refuse("scenario_missing", "Name a scenario or a past incident, one of them.", field="scenario")
            elif team is None:
                raise refuse("team_missing", "Say which team drills.", field="team")
            else:
                made = exercises.of_scenario(slug, by=self.me, team=team, service=service, **given)
            if begins:
                exercises.start(made.pk, by=self.me)
        return self._answer(made.pk, 201)

    @extend_schema(operation_id="exercises_start", request=None, responses=ExerciseDetail, parameters=[HEADER])
    @once
    def start(self, request: Request, pk: int) -> Response:
        """Let its clock go, also after a pause."""
        exercises.start(self._row(pk).pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="exercises_pause", request=None, responses=ExerciseDetail, parameters=[HEADER])
    @once
    def pause(self, request: Request, pk: int) -> Response:
        """Let its clock stand."""
        exercises.pause(self._row(pk).pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="exercises_forward", request=None, responses=ExerciseDetail, parameters=[HEADER])
    @once
    def forward(self, request: Request, pk: int) -> Response:
        """Put its clock forward to what happens next."""
        exercises.forward(self._row(pk).pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="exercises_speed", request=SpeedGiven, responses=ExerciseDetail, parameters=[HEADER])
    @once
    def speed(self, request: Request, pk: int) -> Response:
        """Let its clock go 1, 2 or 5 times as fast."""
        row = self._row(pk)
        exercises.set_speed(row.pk, by=self.me, **self.given(SpeedGiven))
        return self._answer(pk)

    @extend_schema(operation_id="exercises_stop", request=ReasonGiven, responses=ExerciseDetail, parameters=[HEADER])
    @once
    def stop(self, request: Request, pk: int) -> Response:
        """End it now, and keep its score."""
        row = self._row(pk)
        exercises.stop(row.pk, by=self.me, **self.given(ReasonGiven))
        return self._answer(pk)

    @extend_schema(
        operation_id="exercises_debrief", request=DebriefGiven, responses=ExerciseDetail, parameters=[HEADER]
    )
    @once
    def debrief(self, request: Request, pk: int) -> Response:
        """Write down what was learned."""
        row = self._row(pk)
        exercises.set_debrief(row.pk, self.given(DebriefGiven).get("debrief", ""), by=self.me)
        return self._answer(pk)


class Scenarios(Api):
    verbs = {"list": "incident.view"}
    pagination_class = None
    filter_backends = ()
    queryset = Scenario.objects.none()

    @extend_schema(operation_id="scenarios_list", responses=ScenarioShown(many=True))
    def list(self, request: Request) -> Response:
        """Scenarios for drills, those of the organization and those that come with Watchbill."""
        own: list[Any] = [
            {"slug": slug, "title": title, "own": True}
            for slug, title in Scenario.objects.order_by("title").values_list("slug", "title")
        ]
        shipped = [{"slug": each.slug, "title": each.title, "own": False} for each in exercises.shipped().values()]
        return Response(ScenarioShown([*own, *shipped], many=True).data)
