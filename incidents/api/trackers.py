"""Trackers, and the issues of action items."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions.trackers import keeping, linking, outbox
from incidents.api.base import IncidentApi
from incidents.models import ActionItem, Tracker, TrackerLink
from incidents.problems import refuse
from incidents.serializers.trackers import IssueLinkGiven, IssueLinkShown, TrackerGiven, TrackerShown, TrackerTried
from teams.api.base import Api
from teams.idempotency import HEADER, once


class TrackerFilter(filters.FilterSet):
    q = filters.CharFilter(method="search", label="Words in the name, the project, the host or the team.")
    kind = filters.MultipleChoiceFilter(choices=Tracker.Kind.choices)
    team = filters.CharFilter(field_name="team__slug", label="A team's slug.")
    paused = filters.BooleanFilter(method="narrow_paused", label="Whether it lets nobody in.")

    def search(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)

    def narrow_paused(self, rows: Any, name: str, value: bool) -> Any:
        return rows.filter(paused_at__isnull=not value)


class Trackers(Api):
    verbs = dict.fromkeys(
        ("list", "create", "retrieve", "partial_update", "remove", "try_out", "try_again"), Tracker.VERB
    )
    ordering = ("name", "pk")
    filterset_class = TrackerFilter
    queryset = Tracker.objects.none()

    def get_queryset(self) -> QuerySet[Tracker]:
        return Tracker.objects.kept_by(self.me).select_related("team")

    def _row(self, pk: int) -> Tracker:
        return get_object_or_404(self.get_queryset(), pk=pk)

    @extend_schema(operation_id="trackers_list", responses=TrackerShown(many=True))
    def list(self, request: Request) -> Response:
        """The trackers that you keep, by name."""
        return self.answer_page(TrackerShown, self.get_queryset())

    @extend_schema(
        operation_id="trackers_create", request=TrackerGiven, responses={201: TrackerShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """Add a project in which action items become issues."""
        return self.answer(TrackerShown, keeping.keep(None, by=self.me, **self.given(TrackerGiven)), 201)

    @extend_schema(operation_id="trackers_retrieve", responses=TrackerShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """How a tracker is set up and fares."""
        return self.answer(TrackerShown, self._row(pk))

    @extend_schema(operation_id="trackers_edit", request=TrackerGiven, responses=TrackerShown)
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change a tracker. One that was paused is tried again at once."""
        kept = keeping.keep(self._row(pk), by=self.me, **self.given(TrackerGiven, partial=True))
        return self.answer(TrackerShown, kept)

    @extend_schema(operation_id="trackers_remove", request=None, responses={204: None}, parameters=[HEADER])
    @once
    def remove(self, request: Request, pk: int) -> Response:
        """Keep nothing in step with it any more. Its issues stay as they are."""
        keeping.remove(self._row(pk), by=self.me)
        return Response(status=204)

    @extend_schema(operation_id="trackers_try", request=None, responses=TrackerTried)
    def try_out(self, request: Request, pk: int) -> Response:
        """Read the project now."""
        name, error = keeping.try_out(self._row(pk))
        return self.answer(TrackerTried, {"project": name, "error": error})

    @extend_schema(operation_id="trackers_try_again", request=None, responses=TrackerShown, parameters=[HEADER])
    @once
    def try_again(self, request: Request, pk: int) -> Response:
        """Ask it again at once, with all that waits for it."""
        return self.answer(TrackerShown, keeping.try_again(self._row(pk), by=self.me))


class ItemIssues(IncidentApi):
    verbs = {
        "list": "incident.view",
        "create": "review.write",
        "again": "review.write",
        "part": "review.write",
    }
    ordering = ("pk",)
    queryset = TrackerLink.objects.none()

    def _item(self, item: int) -> ActionItem:
        rows = ActionItem.objects.visible_to(self.me).select_related("incident")
        found = get_object_or_404(rows, pk=item)
        self.check(found)
        return found

    def _links(self, item: ActionItem) -> QuerySet[TrackerLink]:
        return item.tracker_links.select_related("tracker")

    @extend_schema(operation_id="item_issues_list", responses=IssueLinkShown(many=True))
    def list(self, request: Request, item: int) -> Response:
        """The issues of an action item, and whether they are in step."""
        return self.answer_page(IssueLinkShown, self._links(self._item(item)))

    @extend_schema(
        operation_id="item_issues_open", request=IssueLinkGiven, responses={201: IssueLinkShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, item: int) -> Response:
        """Open an issue of it in a tracker, in a moment; or, with `issue`, link one that is there already, which is
        read before it is answered. Asking again answers what is there."""
        found = self._item(item)
        given = self.given(IssueLinkGiven)
        tracker, issue = given.get("tracker"), given.get("issue")
        fit = Tracker.objects.for_team(found.team_id or found.incident.team_id)
        if tracker is not None and not fit.filter(pk=tracker.pk).exists():
            raise refuse("tracker_unknown", "There is no such tracker for this action item.", field="tracker")
        if issue:
            link = linking.link(found.pk, issue, by=self.me, tracker=tracker)
        elif tracker is None:
            raise refuse("tracker_missing", "Choose the tracker.", field="tracker")
        else:
            link = outbox.export(found.pk, tracker, by=self.me)
        return self.answer(IssueLinkShown, self._links(found).get(pk=link.pk), 201)

    @extend_schema(operation_id="item_issues_again", request=None, responses=IssueLinkShown, parameters=[HEADER])
    @once
    def again(self, request: Request, item: int, pk: int) -> Response:
        """Try at once to bring them into step."""
        link = get_object_or_404(self._links(self._item(item)), pk=pk)
        outbox.again(link.pk, by=self.me)
        return self.answer(IssueLinkShown, self._links(link.item).get(pk=pk))

    @extend_schema(operation_id="item_issues_part", request=None, responses={204: None}, parameters=[HEADER])
    @once
    def part(self, request: Request, item: int, pk: int) -> Response:
        """Keep them in step no longer. The issue stays as it is."""
        outbox.part(get_object_or_404(self._links(self._item(item)), pk=pk).pk, by=self.me)
        return Response(status=204)
