"""The review: the postmortem and what follows from it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import DateField, Prefetch, QuerySet, Value
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import action_items, drafting, postmortem, relevance, review_meeting
from incidents.api import reading
from incidents.api.base import IncidentApi, UnderIncident
from incidents.models import ActionItem, Incident, Postmortem
from incidents.presenters import review as document
from incidents.serializers.followed import RelevantGiven
from incidents.serializers.given import (
    ActionItemAdded,
    ActionItemGiven,
    Nothing,
    PostmortemGiven,
    PostmortemVerbGiven,
    SettleGiven,
)
from incidents.serializers.reviewed import ActionItemShown, PostmortemShown
from teams.idempotency import HEADER, once

POSTMORTEM_VERBS = postmortem.VERBS
LATEST = Value(date(9999, 1, 1), output_field=DateField())


class PostmortemApi(UnderIncident):
    verbs = {
        "retrieve": "incident.view",
        "partial_update": "review.write",
        "perform": "review.write",
        "seen": "incident.view",
        "export": "incident.view",
        "invite": "review.write",
        "call_off": "review.write",
        "redraft": "review.write",
    }
    pagination_class = None

    def _answer(self) -> Response:
        rows = Postmortem.objects.select_related("incident", "owner", "facilitator", "approved_by").prefetch_related(
            "seen_by",
            "sections",
            "participations__user",
            "approvals__user",
            "approvals__asked_by",
            Prefetch("entries", reading.story(self.incident, self.me), to_attr="shown_entries"),
        )
        return self.answer(PostmortemShown, get_object_or_404(rows, incident=self.incident))

    @extend_schema(operation_id="postmortem_retrieve", responses=PostmortemShown)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """What happened and what was learned. It is drafted when the incident is resolved; 404 before."""
        return self._answer()

    @extend_schema(operation_id="postmortem_edit", request=PostmortemGiven, responses=PostmortemShown)
    def partial_update(self, request: Request, incident_id: int) -> Response:
        """Write sections, choose the entries of the timeline, name the people. Send the `version` that you read."""
        given = self.given(PostmortemGiven, partial=True)
        sections = given.pop("sections", [])
        texts = {each["key"]: each["text"] for each in sections}
        versions = {each["key"]: each["version"] for each in sections if "version" in each}
        people, there = given.pop("participants", None), given.pop("participants_seen", None)
        seen = None if there is None else [person.pk for person in there]
        with transaction.atomic():
            postmortem.edit(self.incident.pk, by=self.me, sections=texts, versions=versions, **given)
            if people is not None:
                review_meeting.set_participants(self.incident.pk, people, by=self.me, seen=seen)
        return self._answer()

    @extend_schema(operation_id="postmortem_export", responses={(200, "text/markdown"): OpenApiTypes.STR})
    def export(self, request: Request, incident_id: int) -> HttpResponse:
        """The whole postmortem as Markdown, with what is recorded beside its text."""
        found = document.find(self.incident)
        if found is None:
            raise NotFound("The postmortem is drafted when the incident is resolved.")
        text = document.markdown(document.shown(found, self.me, timezone.now()))
        return HttpResponse(text.encode(), content_type="text/markdown; charset=utf-8")

    @extend_schema(operation_id="postmortem_invite", request=Nothing, responses=PostmortemShown, parameters=[HEADER])
    @once
    def invite(self, request: Request, incident_id: int) -> Response:
        """Mail the invitation to the meeting to everybody who takes part."""
        self.given(Nothing)
        review_meeting.invite(self.incident.pk, by=self.me)
        return self._answer()

    @extend_schema(operation_id="postmortem_call_off", responses=PostmortemShown)
    def call_off(self, request: Request, incident_id: int) -> Response:
        """Take the meeting out of everybody's calendar."""
        review_meeting.call_off(self.incident.pk, by=self.me)
        return self._answer()

    @extend_schema(operation_id="postmortem_redraft", request=Nothing, responses=PostmortemShown, parameters=[HEADER])
    @once
    def redraft(self, request: Request, incident_id: int, key: str) -> Response:
        """Draft a section anew, from what is recorded by now, that nobody has written on."""
        self.given(Nothing)
        drafting.redraft(self.incident.pk, key, by=self.me)
        return self._answer()

    def get_serializer_context(self) -> dict[str, Any]:
        context = dict(super().get_serializer_context())
        if not getattr(self, "swagger_fake_view", False):
            context["story"] = reading.story(self.incident, self.me)
        return context

    @extend_schema(
        operation_id="postmortem_perform",
        request=PostmortemVerbGiven,
        responses=PostmortemShown,
        parameters=[HEADER, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=POSTMORTEM_VERBS)],
    )
    @once
    def perform(self, request: Request, incident_id: int, verb: str) -> Response:
        """Submit for review, approve, send back with a comment, publish, take back to draft, or waive."""
        if verb not in POSTMORTEM_VERBS:
            raise NotFound(f"There is no verb “{verb}”. There are: {', '.join(POSTMORTEM_VERBS)}.")
        postmortem.move(self.incident.pk, verb, by=self.me, **self.given(PostmortemVerbGiven))
        return self._answer()

    @extend_schema(operation_id="postmortem_seen", request=Nothing, responses=PostmortemShown)
    def seen(self, request: Request, incident_id: int) -> Response:
        """Say that you have read the published postmortem."""
        self.given(Nothing)
        postmortem.seen(get_object_or_404(Postmortem, incident=self.incident), self.me)
        return self._answer()


class ActionItemFilter(filters.FilterSet):
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    owner = filters.CharFilter(field_name="owner__username", label="A username.")
    mine = filters.BooleanFilter(method="narrow_mine", label="You own it.")
    state = filters.MultipleChoiceFilter(choices=ActionItem.State.choices)
    kind = filters.MultipleChoiceFilter(choices=ActionItem.Kind.choices)
    priority = filters.MultipleChoiceFilter(choices=ActionItem.Priority.choices)
    overdue = filters.BooleanFilter(method="narrow_overdue", label="Open and past its day.")
    lacking = filters.BooleanFilter(method="narrow_lacking", label="Open and not concrete.")
    came_back = filters.BooleanFilter(method="narrow_came_back", label="The trouble that it is about came back.")
    severity = filters.NumberFilter(
        field_name="incident__severity", min_value=1, max_value=4, decimal_places=0, label="A level, 1 to 4."
    )
    service = filters.CharFilter(method="narrow_service", label="A service's slug.")
    incident = filters.NumberFilter(
        field_name="incident_id", min_value=1, max_value=2**62, decimal_places=0, label="A number."
    )
    q = filters.CharFilter(field_name="title", lookup_expr="icontains", label="A part of the title.")

    def narrow_lacking(self, rows: Any, name: str, value: bool) -> Any:
        lacking = ActionItem.objects.lacking().values("pk")
        return rows.filter(pk__in=lacking) if value else rows.exclude(pk__in=lacking)

    def narrow_came_back(self, rows: Any, name: str, value: bool) -> Any:
        return rows.that_came_back(self.request.user, wanted=value)

    def narrow_service(self, rows: Any, name: str, value: str) -> Any:
        return rows.filter(incident__in=Incident.objects.filter(services__slug=value))

    def narrow_mine(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(owner=self.request.user) if value else rows.exclude(owner=self.request.user)

    def narrow_overdue(self, rows: Any, name: str, value: bool) -> Any:
        overdue = ActionItem.objects.overdue(timezone.now().date()).values("pk")
        return rows.filter(pk__in=overdue) if value else rows.exclude(pk__in=overdue)


class ActionItems(IncidentApi):
    verbs = {
        "list": "incident.view",
        "retrieve": "incident.view",
        "partial_update": "review.write",
        "settle": "review.write",
        "relevant": "review.write",
    }
    filterset_class = ActionItemFilter
    queryset = ActionItem.objects.none()
    orderings = {
        "due_on": ("due", "pk"),
        "-due_on": ("-due", "-pk"),
        "id": ("pk",),
        "-id": ("-pk",),
        "-cost": ("-cost_minutes", "-cost_incidents", "-times_back", "-pk"),
    }

    def get_queryset(self) -> QuerySet[ActionItem]:
        return (
            ActionItem.objects.visible_to(self.me)
            .with_cost(self.me)
            .select_related("incident__severity", "owner", "team")
            .annotate(due=Coalesce("due_on", LATEST))
        )

    @extend_schema(operation_id="action_items_list", responses=ActionItemShown(many=True))
    def list(self, request: Request) -> Response:
        """What follows from the incidents that you may see, the soonest due first."""
        return self.answer_page(ActionItemShown, self.get_queryset())

    def _answer(self, pk: int, status: int = 200) -> Response:
        return self.answer(ActionItemShown, get_object_or_404(self.get_queryset(), pk=pk), status)

    @extend_schema(operation_id="action_items_retrieve", responses=ActionItemShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One action item."""
        return self._answer(pk)

    @extend_schema(operation_id="action_items_edit", request=ActionItemGiven, responses=ActionItemShown)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change an open action item."""
        item = get_object_or_404(self.get_queryset(), pk=pk)
        action_items.edit(item.pk, by=self.me, **self.given(ActionItemGiven, partial=True))
        return self._answer(pk)

    @extend_schema(
        operation_id="action_items_settle",
        request=SettleGiven,
        responses=ActionItemShown,
        parameters=[HEADER],
    )
    @once
    def settle(self, request: Request, pk: int) -> Response:
        """Close it as done or dropped, or open it again."""
        item = get_object_or_404(self.get_queryset(), pk=pk)
        given = self.given(SettleGiven)
        action_items.settle(item.pk, given.pop("state"), by=self.me, **given)
        return self._answer(pk)

    @extend_schema(
        operation_id="action_items_relevant",
        request=RelevantGiven,
        responses=ActionItemShown,
        parameters=[HEADER],
    )
    @once
    def relevant(self, request: Request, pk: int) -> Response:
        """Say whether it is still relevant: keep it with a day, or it is done, or it is not to be done."""
        item = get_object_or_404(self.get_queryset(), pk=pk)
        given = self.given(RelevantGiven)
        relevance.answer(item.pk, given.pop("answer"), by=self.me, **given)
        return self._answer(pk)


class IncidentActionItems(UnderIncident):
    verbs = {"list": "incident.view", "create": "review.write"}
    orderings = ActionItems.orderings
    filterset_class = ActionItemFilter
    queryset = ActionItem.objects.none()

    def get_queryset(self) -> QuerySet[ActionItem]:
        return (
            ActionItem.objects.filter(incident=self.incident)
            .with_cost(self.me)
            .select_related("incident__severity", "owner", "team")
            .annotate(due=Coalesce("due_on", LATEST))
        )

    @extend_schema(operation_id="incident_action_items_list", responses=ActionItemShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What follows from this incident."""
        return self.answer_page(ActionItemShown, self.get_queryset())

    @extend_schema(
        operation_id="incident_action_items_add",
        request=ActionItemAdded,
        responses={201: ActionItemShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Add an action item; its owner is told."""
        given = self.given(ActionItemAdded)
        made = action_items.add(self.incident.pk, by=self.me, title=given.pop("title", ""), **given)
        return self.answer(ActionItemShown, self.get_queryset().get(pk=made.pk), 201)
