"""Searches, saved boards and exports, as the API reads and shows them."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.boards import LONGEST_QUERY, STATES
from incidents.models import Export, SavedFilter
from incidents.searching import ORDERS, PLACES, Found
from incidents.serializers.shown import IncidentRow
from teams.api.fields import Asked, Day, Given, Line, Moment, ServiceField, Shown, TeamField
from teams.serializers import Person, TeamName


class SearchAsked(Asked):
    q = serializers.CharField(
        max_length=200,
        required=False,
        allow_blank=True,
        help_text="Words, “so exactly”, `or`, `-without`; the last may be only begun. Or INC-42.",
    )
    what = serializers.ChoiceField(PLACES, required=False, help_text="Search only there.")
    state = serializers.ChoiceField(("open", *(key for key in STATES if key)), required=False)
    severity = serializers.IntegerField(min_value=1, max_value=4, required=False)
    team = TeamField(required=False)
    service = ServiceField(required=False)
    since = Day(required=False, help_text="Detected from this day on.")
    until = Day(required=False, help_text="Detected until this day.")
    ordering = serializers.ChoiceField(("best", *(key for key in ORDERS if key)), required=False)
    page = serializers.IntegerField(min_value=1, max_value=200, required=False, help_text="From 1.")


class HitShown(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(PLACES)
    entry = serializers.IntegerField(allow_null=True, help_text="The line of the timeline.")
    at = Moment(allow_null=True, help_text="When that happened.")
    text = serializers.CharField(help_text="An excerpt, plain.")
    html = serializers.CharField(help_text="The same as HTML, what was found in <mark>.")
    url = serializers.CharField(help_text="Where it stands in the console.")


class FoundShown(serializers.Serializer[Any]):
    """An incident in which the words stand, and where."""

    incident = IncidentRow()
    title_html = serializers.CharField(help_text="Its title as HTML, what was found in <mark>.")
    kinds = serializers.SerializerMethodField()
    lines = serializers.IntegerField(help_text="How many lines of its timeline fit.")
    hits = HitShown(many=True)

    @extend_schema_field(serializers.ListField(child=serializers.ChoiceField(PLACES)))
    def get_kinds(self, found: Found) -> list[str]:
        return sorted(found.kinds)


class SearchShown(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="Incidents found.")
    pages = serializers.IntegerField()
    results = FoundShown(many=True)


class SavedFilterShown(Shown):
    owner = Person()
    team = TeamName(allow_null=True)
    url = serializers.SerializerMethodField(help_text="What it is shared by.")

    class Meta:
        model = SavedFilter
        fields = ["uid", "name", "query", "shared", "owner", "team", "created_at", "url"]

    @extend_schema_field(serializers.CharField())
    def get_url(self, saved: SavedFilter) -> str:
        return saved.get_absolute_url()


class SavedFilterGiven(Given):
    name = Line(max_length=80)
    query = Line(max_length=LONGEST_QUERY, help_text="As in the address of the list: `severity=1&state=active`.")
    shared = serializers.ChoiceField(SavedFilter.Shared.choices, required=False)
    team = TeamField(required=False, allow_null=True, help_text="A team of yours, where it is shared with one.")


class ExportShown(Shown):
    percent = serializers.IntegerField(help_text="How much is written, 0 to 100.")
    file_name = serializers.CharField()
    url = serializers.SerializerMethodField(help_text="Where the file is, once it is done.")

    class Meta:
        model = Export
        fields = [
            "uid",
            "form",
            "timelines",
            "query",
            "state",
            "problem",
            "total",
            "written",
            "percent",
            "size",
            "file_name",
            "created_at",
            "ended_at",
            "expires_at",
            "url",
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_url(self, export: Export) -> str | None:
        done = export.state == Export.State.DONE
        return reverse("api:export_file", args=[export.uid]) if done else None


class ExportGiven(Given):
    query = Line(max_length=LONGEST_QUERY, help_text="As in the address of the list: `state=all&team=3`.")
    form = serializers.ChoiceField(Export.Form.choices, required=False)
    timelines = serializers.BooleanField(required=False, help_text="With the lines of each timeline; JSON only.")
