"""The history of an incident: read, written to, and corrected."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import notes
from incidents.api import reading
from incidents.api.base import UnderIncident
from incidents.models import TimelineEntry
from incidents.serializers.given import CorrectionGiven, NoteGiven
from incidents.serializers.recorded import EntryShown
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once


class EntryFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=TimelineEntry.Kind.choices, label="One or more kinds.")
    since = MomentFilter(field_name="recorded_at", lookup_expr="gte", label="Recorded at this time or later.")


class Timeline(UnderIncident):
    verbs = {"list": "incident.view", "create": "incident.respond", "correct": "incident.respond"}
    filterset_class = EntryFilter
    queryset = TimelineEntry.objects.none()
    orderings = {"happened_at": ("happened_at", "pk"), "-happened_at": ("-happened_at", "-pk")}

    @extend_schema(operation_id="timeline_list", responses=EntryShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What happened, in its order; what has no known time stands where it was recorded."""
        return self.answer_page(EntryShown, reading.story(self.incident, self.me))

    @extend_schema(operation_id="timeline_write", request=NoteGiven, responses={201: EntryShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Write a note or a decision."""
        given = self.given(NoteGiven)
        entry = notes.note(self.incident.pk, given.pop("text", ""), by=self.me, **given)
        return self._answer(entry)

    @extend_schema(
        operation_id="timeline_correct",
        request=CorrectionGiven,
        responses={201: EntryShown},
        parameters=[HEADER],
    )
    @once
    def correct(self, request: Request, incident_id: int, pk: int) -> Response:
        """Correct an entry by a new one that points to it."""
        wrong = get_object_or_404(reading.story(self.incident, self.me), pk=pk)
        given = self.given(CorrectionGiven)
        entry = notes.correct(wrong.pk, given.pop("text", ""), by=self.me, **given)
        return self._answer(entry)

    def _answer(self, entry: Any) -> Response:
        return self.answer(EntryShown, entry, 201)
