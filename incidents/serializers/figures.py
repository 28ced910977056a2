"""What the API answers of figures."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.figures.judging import State
from incidents.models import FigureDefinition, Severity
from incidents.serializers.fields import TypeField
from incidents.serializers.named import IncidentName
from teams.api.fields import Moment, ServiceField, SpanAsked, TeamField

STATES = [(state.value, state.label.capitalize()) for state in State]


class FigureAsked(SpanAsked):
    """At most ten years; left out, the last 90 days."""

    most_days = 3660

    since = Moment(required=False, help_text="Detected at or after this time. Left out: 90 days before `until`.")
    until = Moment(required=False, help_text="Detected before this time. Left out: now.")
    team = TeamField(required=False, help_text="A team's slug.")
    service = ServiceField(required=False, help_text="A service's slug.")
    severity = serializers.PrimaryKeyRelatedField(
        queryset=Severity.objects.all(), required=False, help_text="A severity's level."
    )
    type = TypeField(required=False, help_text="A type's slug.")


class FigureCells(serializers.Serializer[Any]):
    """A table with the numbers of a chart; durations are in seconds."""

    caption = serializers.CharField()
    headings = serializers.ListField(child=serializers.CharField())
    rows = serializers.SerializerMethodField()

    def get_rows(self, table: Any) -> list[list[str]]:
        return [[str(cell.text if cell.raw is None else cell.raw) for cell in row] for row in table.rows]


class FigureShown(serializers.Serializer[Any]):
    """A figure of the incidents that were asked for. Between two moments (`start`, `end`) it has how many values are in
    each state, and their median and ninetieth percentile in seconds; what is counted has tables alone."""

    slug = serializers.SlugField(source="figure.slug")
    title = serializers.CharField(source="figure.title")
    says = serializers.CharField(source="figure.says", help_text="The definition in words.")
    unit = serializers.ChoiceField(source="figure.unit", choices=FigureDefinition.Unit.choices)
    start = serializers.CharField(source="figure.start", help_text="The moment from which it counts; empty if counted.")
    end = serializers.CharField(source="figure.end", help_text="The moment until which it counts; empty if counted.")
    text = serializers.SerializerMethodField(help_text="The number as people read it.")
    recorded = serializers.IntegerField(source="summary.n", allow_null=True, default=None)
    pending = serializers.IntegerField(source="summary.pending", allow_null=True, default=None)
    not_applicable = serializers.IntegerField(source="summary.not_applicable", allow_null=True, default=None)
    invalid = serializers.IntegerField(source="summary.invalid", allow_null=True, default=None)
    median_seconds = serializers.FloatField(source="summary.median", allow_null=True, default=None)
    p90_seconds = serializers.FloatField(source="summary.p90", allow_null=True, default=None)
    tables = FigureCells(many=True)

    def get_text(self, shown: Any) -> str:
        return f"{shown.number}, {shown.said}"


class FiguresShown(serializers.Serializer[Any]):
    since = Moment()
    until = Moment()
    incidents = serializers.IntegerField(help_text="How many incidents they are of.")
    figures = FigureShown(many=True)


class FigureValueShown(serializers.Serializer[Any]):
    """What a figure is of one incident. `seconds` are negative where it is invalid, null where it is not known."""

    incident = IncidentName()
    detected_at = Moment()
    start_at = Moment(allow_null=True)
    end_at = Moment(allow_null=True)
    state = serializers.ChoiceField(choices=STATES)
    seconds = serializers.FloatField(allow_null=True)
