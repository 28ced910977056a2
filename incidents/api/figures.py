"""Figures for programs: all of them, one, and the values that it is made of."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.figures import asking
from incidents.figures.asking import Asked
from incidents.figures.moments import COLUMNS
from incidents.models import FigureDefinition, Incident
from incidents.presenters.figures import page
from incidents.presenters.figures.scene import Scene
from incidents.serializers.figures import FigureAsked, FigureShown, FiguresShown, FigureValueShown
from teams import moments
from teams.api.base import Api


class Figures(Api):
    verbs = {"retrieve": "incident.view", "one": "incident.view"}
    queryset = FigureDefinition.objects.filter(shown=True)
    pagination_class = None

    def scene(self, only: FigureDefinition | None = None) -> Scene:
        return Scene(self.me, Asked(**self.asked(FigureAsked)), moments.now(), only=only)

    @extend_schema(operation_id="figures", parameters=[FigureAsked], responses=FiguresShown)
    def retrieve(self, request: Request) -> Response:
        """All figures of the incidents that you may see. Drills, and what was cancelled or merged, do not count."""
        scene = self.scene()
        figures = page.all_of(scene)
        found = {"since": scene.asked.since, "until": scene.asked.until, "incidents": scene.total}
        return self.answer(FiguresShown, {**found, "figures": figures})

    @extend_schema(operation_id="figures_retrieve", parameters=[FigureAsked], responses=FigureShown)
    def one(self, request: Request, slug: str) -> Response:
        """One figure, with the tables behind its charts: by severity, team, service and over time."""
        figure = get_object_or_404(self.queryset, slug=slug)
        return self.answer(FigureShown, page.whole(self.scene(figure), figure))


class FigureValues(Api):
    verbs = {"list": "incident.view"}
    ordering = ("-pk",)
    queryset = Incident.objects.none()

    def get_queryset(self) -> QuerySet[Incident]:
        asked = Asked(**self.asked(FigureAsked))
        return asked.incidents(self.me).filter(moments__isnull=False).select_related("moments")

    @extend_schema(operation_id="figures_values", parameters=[FigureAsked], responses=FigureValueShown(many=True))
    def list(self, request: Request, slug: str) -> Response:
        """What a figure between two moments is of each incident, the incident that was opened last first."""
        figure = get_object_or_404(FigureDefinition, slug=slug, shown=True)
        if not figure.start:
            raise NotFound("This figure is counted: it has no values of single incidents.")
        rows: list[Any] = self.paginate_queryset(self.get_queryset()) or []
        return self.answer_rows(FigureValueShown, [_value(incident, figure) for incident in rows])


def _value(incident: Incident, figure: FigureDefinition) -> dict[str, Any]:
    start, end = (getattr(incident.moments, COLUMNS[key]) for key in (figure.start, figure.end))
    state, seconds = asking.judged(start, end, incident.phase, (figure.start, figure.end))
    return {
        "incident": incident,
        "detected_at": incident.detected_at,
        "start_at": start,
        "end_at": end,
        "state": state.value,
        "seconds": seconds,
    }
