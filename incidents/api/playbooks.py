"""Playbooks, and those at work in an incident."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import playbooks
from incidents.api.base import UnderIncident
from incidents.models import Playbook, PlaybookRun, PlaybookStep, RunStep
from incidents.serializers.playbooks import (
    NewPlaybookGiven,
    PlaybookGiven,
    PlaybookRunShown,
    PlaybookShown,
    PutAwayGiven,
    StartGiven,
    StepSettledGiven,
)
from teams.api.base import Api
from teams.idempotency import HEADER, once


class PlaybookFilter(filters.FilterSet):
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    service = filters.CharFilter(field_name="services__slug", label="A service's slug.")
    kind = filters.ChoiceFilter(choices=Playbook.Kind.choices)
    retired = filters.BooleanFilter(method="is_retired", label="Left out: those that are kept.")
    q = filters.CharFilter(method="with_words", label="Words of it or of its steps.")

    def is_retired(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(retired_at__isnull=not value)

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("retired") is not None else found.filter(retired_at=None)


class Playbooks(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "create": "deck.change",
        "partial_update": "deck.change",
        "retire": "deck.change",
        "take_back": "deck.change",
    }
    ordering = ("title", "pk")
    filterset_class = PlaybookFilter
    queryset = Playbook.objects.select_related("team", "updated_by").prefetch_related(
        "services", "types", "severities", Prefetch("steps", PlaybookStep.objects.select_related("role", "person"))
    )

    def _row(self, pk: int) -> Playbook:
        row: Playbook = get_object_or_404(self.get_queryset(), pk=pk)
        return row

    @extend_schema(operation_id="playbooks_list", responses=PlaybookShown(many=True))
    def list(self, request: Request) -> Response:
        """Playbooks and runbooks with their steps."""
        return self.answer_page(PlaybookShown, self.get_queryset())

    @extend_schema(operation_id="playbooks_retrieve", responses=PlaybookShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One playbook."""
        return self.answer(PlaybookShown, self._row(pk))

    @extend_schema(
        operation_id="playbooks_create",
        request=NewPlaybookGiven,
        responses={201: PlaybookShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Write a playbook of a team."""
        given = {"steps": [], **self.given(NewPlaybookGiven)}
        return self.answer(PlaybookShown, self._row(playbooks.keep(None, by=self.me, **given).pk), 201)

    @extend_schema(
        operation_id="playbooks_partial_update", request=PlaybookGiven, responses=PlaybookShown, parameters=[HEADER]
    )
    @once
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is given. What runs in incidents stays as it was started."""
        row = self._row(pk)
        playbooks.keep(row, by=self.me, team=row.team, **self.given(PlaybookGiven, partial=True))
        return self.answer(PlaybookShown, self._row(pk))

    @extend_schema(operation_id="playbooks_retire", request=None, responses=PlaybookShown, parameters=[HEADER])
    @once
    def retire(self, request: Request, pk: int) -> Response:
        """Suggest it no more."""
        playbooks.retire(self._row(pk), by=self.me)
        return self.answer(PlaybookShown, self._row(pk))

    @extend_schema(operation_id="playbooks_take_back", request=None, responses=PlaybookShown, parameters=[HEADER])
    @once
    def take_back(self, request: Request, pk: int) -> Response:
        """Keep a retired one again."""
        playbooks.take_back(self._row(pk), by=self.me)
        return self.answer(PlaybookShown, self._row(pk))


class Runs(UnderIncident):
    verbs = {
        "list": "incident.view",
        "create": "incident.respond",
        "settle": "incident.respond",
        "put_away": "incident.respond",
    }
    ordering = ("pk",)
    queryset = PlaybookRun.objects.select_related("incident", "started_by").prefetch_related(
        Prefetch("steps", RunStep.objects.select_related("role", "person", "settled_by"))
    )

    def _answer(self, pk: int, status: int = 200) -> Response:
        return self.answer(PlaybookRunShown, self.mine(self.get_queryset(), pk), status)

    @extend_schema(operation_id="playbook_runs_list", responses=PlaybookRunShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Playbooks that were started in the incident, with who settled which step."""
        return self.answer_page(PlaybookRunShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(
        operation_id="playbook_runs_start", request=StartGiven, responses={201: PlaybookRunShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Put a playbook to work in the incident."""
        return self._answer(playbooks.start(self.incident.pk, by=self.me, **self.given(StartGiven)).pk, 201)

    @extend_schema(
        operation_id="playbook_runs_settle", request=StepSettledGiven, responses=PlaybookRunShown, parameters=[HEADER]
    )
    @once
    def settle(self, request: Request, incident_id: int, pk: int, position: int) -> Response:
        """Check a step off, skip it with a reason, or open it again."""
        run = self.mine(self.get_queryset(), pk)
        step = get_object_or_404(run.steps, position=position)
        playbooks.settle(step.pk, by=self.me, **self.given(StepSettledGiven))
        return self._answer(pk)

    @extend_schema(
        operation_id="playbook_runs_put_away", request=PutAwayGiven, responses=PlaybookRunShown, parameters=[HEADER]
    )
    @once
    def put_away(self, request: Request, incident_id: int, pk: int) -> Response:
        """End it before its last step."""
        run = self.mine(self.get_queryset(), pk)
        playbooks.put_away(run.pk, by=self.me, **{"reason": "", **self.given(PutAwayGiven)})
        return self._answer(pk)
