"""How evenly duty falls, and the start of a rotation that evens it."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from teams import loads
from teams.api.base import Api
from teams.models import Layer, LayerMember, Schedule, Team
from teams.serializers.fairness import FairnessAsked, LayerSetup, ProposalShown, SharesShown


class Fairness(Api):
    verbs = {"of_schedule": "team.view", "of_team": "team.view", "propose": "team.view"}
    queryset = Schedule.objects.select_related("team")
    pagination_class = None

    @extend_schema(operation_id="schedules_fairness", parameters=[FairnessAsked], responses=SharesShown)
    def of_schedule(self, request: Request, pk: int) -> Response:
        """Hours, nights, weekends, public holidays and pages of each person on one schedule."""
        return self._shares([get_object_or_404(self.get_queryset(), pk=pk)])

    @extend_schema(operation_id="teams_fairness", parameters=[FairnessAsked], responses=SharesShown)
    def of_team(self, request: Request, slug: str) -> Response:
        """The same over all schedules of a team."""
        team = get_object_or_404(Team, slug=slug)
        return self._shares(list(self.get_queryset().filter(team=team).order_by("name")))

    @extend_schema(operation_id="schedules_proposed_start", request=LayerSetup, responses=ProposalShown)
    def propose(self, request: Request, pk: int) -> Response:
        """Which crew of a rotation should come first so that it is most even, together with what its people had in
        the last 90 days and have on other schedules. Changes nothing."""
        schedule = get_object_or_404(self.get_queryset(), pk=pk)
        found = loads.propose_row(schedule, self._row(schedule, self.given(LayerSetup)), timezone.now())
        return self.answer(ProposalShown, {"proposal": found})

    def _shares(self, schedules: list[Schedule]) -> Response:
        span = self.asked(FairnessAsked)
        found = loads.shares(schedules, span["start"], span["end"], reader=self.me, now=timezone.now())
        return self.answer(SharesShown, found)

    def _row(self, schedule: Schedule, setup: dict[str, Any]) -> Layer:
        """The layer in memory; it is never saved."""
        place, crews = setup.pop("layer", None), setup.pop("crews")
        row = Layer(schedule=schedule, name="Proposed")
        if place is not None:
            known = Layer.objects.newest().filter(schedule=schedule, pk=place).first()
            if known is None:
                message = "There is no such layer on this schedule. Leave it out for a new one."
                raise serializers.ValidationError({"layer": message}, code="does_not_exist")
            row.lineage, row.position = known.lineage, known.position
        else:
            row.position = 32767
        for name, value in setup.items():
            setattr(row, name, value)
        row.rota_members = [  # type: ignore[attr-defined]
            LayerMember(user=user, position=n) for n, crew in enumerate(crews) for user in dict.fromkeys(crew)
        ]
        return row
