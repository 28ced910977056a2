"""Schedules and their layers: read, written, tried before they are written, and as they were."""

from __future__ import annotations

from typing import Any

from django.db.models import F, Prefetch
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from teams import actions, oncall
from teams.actions.rosters import SETUP
from teams.api.base import Api
from teams.api.rosters import OfTeam
from teams.idempotency import HEADER, once
from teams.models import Layer, Schedule
from teams.serializers import (
    At,
    KnownAt,
    KnownSpan,
    LayerShown,
    OnCallShown,
    ScheduleDetail,
    ScheduleShown,
    ShiftsShown,
)
from teams.serializers.rosters import (
    EffectAsked,
    LayerChanged,
    LayerGiven,
    PreviewGiven,
    ScheduleChanged,
    ScheduleGiven,
    VersionShown,
)

NEWEST = Prefetch("layers", Layer.objects.newest().order_by("position", "pk"))


class Schedules(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "shifts": "team.view",
        "who": "team.view",
        "create": "roster.change",
        "partial_update": "roster.change",
        "destroy": "roster.change",
        "preview": "roster.change",
    }
    ordering: tuple[str, ...] = ("pk",)
    filterset_class: Any = OfTeam
    queryset: Any = Schedule.objects.select_related("team")

    def _one(self, pk: int) -> Schedule:
        schedule: Schedule = get_object_or_404(self.get_queryset(), pk=pk)
        return schedule

    def _detail(self, pk: int, status: int = 200) -> Response:
        schedules = self.get_queryset().prefetch_related(NEWEST, "layers__rota__user")
        return self.answer(ScheduleDetail, get_object_or_404(schedules, pk=pk), status)

    @extend_schema(operation_id="schedules_list", responses=ScheduleShown(many=True))
    def list(self, request: Request) -> Response:
        """Schedules of all teams."""
        return self.answer_page(ScheduleShown, self.get_queryset())

    @extend_schema(operation_id="schedules_retrieve", responses=ScheduleDetail)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One schedule with its layers, lowest first."""
        return self._detail(pk)

    @extend_schema(
        operation_id="schedules_create", request=ScheduleGiven, responses={201: ScheduleDetail}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """A schedule without layers; they are added to it one by one."""
        given = self.given(ScheduleGiven)
        made = actions.make_schedule(given.pop("team"), by=self.me, **given)
        return self._detail(made.pk, 201)

    @extend_schema(operation_id="schedules_update", request=ScheduleChanged, responses=ScheduleDetail)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Another name, zone or country. The running shifts end as they began."""
        schedule = self._one(pk)
        self.check(schedule)
        actions.change_schedule(schedule, by=self.me, **self.given(ScheduleChanged, partial=True))
        return self._detail(pk)

    @extend_schema(operation_id="schedules_remove", request=None, responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Delete a schedule with its layers, overrides and history. To keep what was, end its layers instead."""
        actions.remove_schedule(self._one(pk), by=self.me)
        return Response(status=204)

    @extend_schema(operation_id="schedules_shifts", parameters=[KnownSpan], responses=ShiftsShown)
    def shifts(self, request: Request, pk: int) -> Response:
        """The final schedule in a span, overrides included, and the gaps in it."""
        schedule, span = self._one(pk), self.asked(KnownSpan)
        rota = oncall.load([schedule], since=span["start"], known_at=span["known_at"])[0]
        return self.answer(ShiftsShown, _shifts(rota, span))

    @extend_schema(operation_id="schedules_who", parameters=[At], responses=OnCallShown)
    def who(self, request: Request, pk: int) -> Response:
        """Whose watch it is at a moment."""
        schedule, asked = self._one(pk), self.asked(At)
        ((rota, watch),) = oncall.on_call([schedule], asked["at"], known_at=asked["known_at"])
        return self.answer(OnCallShown, _on_call(rota, watch, asked["at"]))

    @extend_schema(operation_id="schedules_preview", request=PreviewGiven, responses=ShiftsShown)
    def preview(self, request: Request, pk: int) -> Response:
        """What would come of a change of layers, with what it would be refused for. Nothing is saved."""
        schedule = self._one(pk)
        self.check(schedule)
        given = self.given(PreviewGiven)
        mine = {layer.pk: layer for layer in Layer.objects.newest().filter(schedule=schedule)}
        changes = [_tried(mine, number, each) for number, each in enumerate(given["layers"])]
        try:
            rota = actions.preview_of(schedule, changes, by=self.me, effective_at=given["effective_at"])
        except actions.LayerRefused as refusal:
            said = refusal.message_dict
            if "effective_at" in said:
                raise
            raise serializers.ValidationError({"layers": {str(refusal.number): said}}) from refusal
        return self.answer(ShiftsShown, _shifts(rota, given))


class Versions(Api):
    verbs = {"list": "team.view"}
    queryset = Layer.history.select_related("changed_by").prefetch_related("rota__user")
    pagination_class = None

    @extend_schema(operation_id="schedules_versions", parameters=[KnownAt], responses=VersionShown(many=True))
    def list(self, request: Request, schedule_id: int) -> Response:
        """What each layer said, says and is to say: lowest layer first, each in the order in which they count."""
        schedule, known_at = get_object_or_404(Schedule, pk=schedule_id), self.asked(KnownAt).get("known_at")
        order = ("position", "lineage", F("starts_at").asc(nulls_first=True), "pk")
        found: Any = self.get_queryset()
        rows = found.known_at(known_at).filter(schedule=schedule).order_by(*order)
        return Response(VersionShown(rows, many=True, context={"known_at": known_at}).data)


class Layers(Api):
    verbs = {
        "list": "team.view",
        "create": "roster.change",
        "retrieve": "team.view",
        "partial_update": "roster.change",
        "destroy": "roster.change",
        "withdraw": "roster.change",
    }
    ordering = ("position", "pk")
    queryset = Layer.objects.newest().select_related("schedule__team").prefetch_related("rota__user")

    def _one(self, schedule_id: int, pk: int) -> Layer:
        layer: Layer = get_object_or_404(self.get_queryset().filter(schedule=schedule_id), pk=pk)
        return layer

    def _left(self, schedule_id: int, layer: Layer | None) -> Response:
        return Response(status=204) if layer is None else self.answer(LayerShown, self._one(schedule_id, layer.pk))

    @extend_schema(operation_id="layers_list", responses=LayerShown(many=True))
    def list(self, request: Request, schedule_id: int) -> Response:
        """The layers of a schedule as they are edited, lowest first: a pending change is what they say."""
        schedule = get_object_or_404(Schedule, pk=schedule_id)
        return self.answer_page(LayerShown, self.get_queryset().filter(schedule=schedule))

    @extend_schema(operation_id="layers_create", request=LayerGiven, responses={201: LayerShown}, parameters=[HEADER])
    @once
    def create(self, request: Request, schedule_id: int) -> Response:
        """Add a layer. It counts as soon as the running shift of the schedule ends, or from `effective_at`."""
        schedule = get_object_or_404(Schedule.objects.select_related("team"), pk=schedule_id)
        self.check(schedule)
        given = self.given(LayerGiven)
        effective_at = given.pop("effective_at", None)
        change = actions.LayerChange(None, _values(given), given.get("people", []))
        (made,) = actions.change_roster(schedule, [change], by=self.me, effective_at=effective_at)
        return self.answer(LayerShown, self._one(schedule_id, made.pk), 201)

    @extend_schema(operation_id="layers_retrieve", responses=LayerShown)
    def retrieve(self, request: Request, schedule_id: int, pk: int) -> Response:
        """One layer."""
        return self.answer(LayerShown, self._one(schedule_id, pk))

    @extend_schema(operation_id="layers_update", request=LayerChanged, responses=LayerShown)
    def partial_update(self, request: Request, schedule_id: int, pk: int) -> Response:
        """Change what is given, as soon as the running shift ends or from `effective_at`. The past stays as it was."""
        layer = self._one(schedule_id, pk)
        self.check(layer)
        given = self.given(LayerChanged, partial=True)
        effective_at = given.pop("effective_at", None)
        change = actions.LayerChange(layer, _values(given), given.get("people"))
        actions.change_roster(layer.schedule, [change], by=self.me, effective_at=effective_at)
        return self.answer(LayerShown, self._one(schedule_id, pk))

    @extend_schema(
        operation_id="layers_remove", request=None, parameters=[EffectAsked], responses={200: LayerShown, 204: None}
    )
    def destroy(self, request: Request, schedule_id: int, pk: int) -> Response:
        """Let a layer end with its running shift, or at `effective_at` (200). One that has not begun is gone (204)."""
        layer = self._one(schedule_id, pk)
        effective_at = self.asked(EffectAsked).get("effective_at")
        return self._left(schedule_id, actions.end_layer(layer, by=self.me, effective_at=effective_at))

    @extend_schema(operation_id="layers_withdraw", request=None, responses={200: LayerShown, 204: None})
    def withdraw(self, request: Request, schedule_id: int, pk: int) -> Response:
        """Take a pending change back: the version in effect goes on (200). A layer that has not begun is gone (204)."""
        return self._left(schedule_id, actions.withdraw_change(self._one(schedule_id, pk), by=self.me))


class OnCall(Api):
    verbs = {"list": "team.view"}
    ordering = ("pk",)
    filterset_class = OfTeam
    queryset = Schedule.objects.select_related("team")

    @extend_schema(operation_id="on_call", parameters=[At], responses=OnCallShown(many=True))
    def list(self, request: Request) -> Response:
        """Whose watch it is at a moment, on every schedule."""
        asked = self.asked(At)
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        found = oncall.on_call(page or [], asked["at"], known_at=asked["known_at"])
        rows = [_on_call(rota, watch, asked["at"]) for rota, watch in found]
        return self.get_paginated_response(OnCallShown(rows, many=True).data)


def _on_call(rota: oncall.Rota, watch: oncall.Watch | None, at: Any) -> dict[str, object]:
    return {"schedule": rota.schedule, "watch": watch, "next_handoff": rota.next_handoff(at)}


def _shifts(rota: oncall.Rota, span: dict[str, Any]) -> dict[str, object]:
    start, end = span["start"], span["end"]
    gaps = [{"start": a, "end": b} for a, b in rota.gaps(start, end)]
    return {"start": start, "end": end, "shifts": rota.watches(start, end), "gaps": gaps}


def _values(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name in SETUP or name == "name"}


def _tried(mine: dict[int, Layer], number: int, given: dict[str, Any]) -> actions.LayerChange:
    if "id" not in given:
        return actions.LayerChange(None, _values(given), given.get("people", []))
    if given["id"] not in mine:
        said = {"id": "This schedule has no such layer. Its layers are at /layers/."}
        raise serializers.ValidationError({"layers": {str(number): said}}, code="does_not_exist")
    return actions.LayerChange(mine[given["id"]], _values(given), given.get("people"), given["gone"])
