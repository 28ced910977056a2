"""The history of an incident: read, written to, and corrected."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import commands, notes, pins
from incidents.api import reading
from incidents.api.base import UnderIncident
from incidents.models import Pin, TimelineEntry
from incidents.serializers.given import CommandGiven, CorrectionGiven, NoteGiven, PinGiven
from incidents.serializers.recorded import CommandDone, CommandShown, EntryShown, PinShown
from teams.api.fields import MomentFilter
from teams.idempotency import HEADER, once
from teams.models import Organization


class EntryFilter(filters.FilterSet):
    kind = filters.MultipleChoiceFilter(choices=TimelineEntry.Kind.choices, label="One or more kinds.")
    since = MomentFilter(field_name="recorded_at", lookup_expr="gte", label="Recorded at this time or later.")
    actor = filters.CharFilter(field_name="actor__username", label="Whose lines, by username.")
    q = filters.CharFilter(method="search", label="A part of what it says, or of its reason.")
    pinned = filters.BooleanFilter(method="with_pins", label="Whether it is pinned.")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(Q(text__icontains=value) | Q(reason__icontains=value))

    def with_pins(self, rows: Any, name: str, value: bool) -> Any:
        up = Pin.objects.filter(incident=self.request.parser_context["kwargs"]["incident_id"]).values("entry")
        return rows.filter(pk__in=up) if value else rows.exclude(pk__in=up)


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


class Pins(UnderIncident):
    verbs = {"list": "incident.view", "create": "incident.respond", "remove": "incident.respond"}
    queryset = Pin.objects.none()
    pagination_class = None

    @extend_schema(operation_id="timeline_pins", responses=PinShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What is pinned on top of the timeline, at most seven."""
        rows = self.incident.pins.filter(entry__in=reading.story(self.incident, self.me).order_by().values("pk"))
        rows = rows.select_related("pinned_by", "entry__actor", "entry__incident")
        shown = rows.prefetch_related("entry__attachments__uploaded_by", "entry__attachments__removed_by")
        return Response(PinShown(shown, many=True).data)

    @extend_schema(operation_id="timeline_pin", request=PinGiven, responses={201: PinShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Pin a line; one that is pinned stays so."""
        entry = get_object_or_404(reading.story(self.incident, self.me), pk=self.given(PinGiven)["entry"])
        return self.answer(PinShown, pins.pin(self.incident.pk, entry.pk, by=self.me), 201)

    @extend_schema(operation_id="timeline_unpin", responses={204: None})
    def remove(self, request: Request, incident_id: int, pk: int) -> Response:
        """Take a line down, by its id. One that is not pinned stays so."""
        entry = get_object_or_404(reading.story(self.incident, self.me), pk=pk)
        pins.unpin(self.incident.pk, entry.pk, by=self.me)
        return Response(status=204)


class Commands(UnderIncident):
    verbs = {"list": "incident.view", "run": "incident.respond"}
    queryset = TimelineEntry.objects.none()
    pagination_class = None

    @extend_schema(operation_id="commands_list", responses=CommandShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """The commands of the line under the timeline."""
        return Response(CommandShown(commands.OFFERED, many=True).data)

    @extend_schema(operation_id="commands_run", request=CommandGiven, responses=CommandDone, parameters=[HEADER])
    @once
    def run(self, request: Request, incident_id: int) -> Response:
        """Do what a line says, as if you had typed it under the timeline. Times without a date are in your zone; a
        refusal is about `text`."""
        zone = self.me.time_zone or Organization.current().time_zone
        with timezone.override(zone):
            done = commands.run(self.incident.pk, self.given(CommandGiven).get("text", ""), by=self.me)
        told = {
            "command": done.ask.command,
            "said": done.said,
            "entry": done.entry,
            "draft": done.ask.text if done.draft else None,
        }
        return self.answer(CommandDone, told)
