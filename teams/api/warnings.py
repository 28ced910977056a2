"""What is ahead in the rosters."""

from __future__ import annotations

from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams.api.base import Api
from teams.models import RosterWarning
from teams.serializers.warnings import RosterWarningShown


class RosterWarningFilter(filters.FilterSet):
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    kind = filters.MultipleChoiceFilter(choices=RosterWarning.Kind.choices, label="What it is.")
    open = filters.BooleanFilter(
        field_name="gone_at", lookup_expr="isnull", label="Whether it is still ahead; both where this is left out."
    )


class RosterWarnings(Api):
    verbs = {"list": "team.view"}
    filterset_class = RosterWarningFilter
    queryset = RosterWarning.objects.select_related("team", "schedule__team", "user")

    @extend_schema(operation_id="roster_warnings_list", responses=RosterWarningShown(many=True))
    def list(self, request: Request) -> Response:
        """Gaps, double duty, people who can't be reached and other trouble in the coming weeks, the last found
        first. What is over is kept for 90 days."""
        return self.answer_page(RosterWarningShown, self.get_queryset())
