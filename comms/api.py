"""What stakeholders are told, and where."""

from __future__ import annotations

from functools import cached_property

from django.db import models
from django.db.models import Prefetch, Q, QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comms import ledgers
from comms.actions import approving, correcting, drafting, publishing, resending
from comms.models import Approval, Component, Correction, Delivery, PageIncident, StatusPage, StatusUpdate
from comms.serializers import (
    ApproveGiven,
    AskGiven,
    ComponentShown,
    CorrectedGiven,
    LedgerShown,
    PageIncidentShown,
    ResendGiven,
    ResendShown,
    StatusPageShown,
    UpdateFields,
    UpdateGiven,
    UpdateShown,
)
from comms.standing import pages_where
from incidents.api.base import IncidentApi, UnderIncident
from incidents.problems import Blocked
from incidents.serializers.given import Nothing, ReasonGiven
from teams import permits
from teams.api.base import Api
from teams.idempotency import HEADER, once


class UpdateFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=StatusUpdate.Status.choices)
    page = filters.CharFilter(field_name="page_incident__page__slug", label="A page's slug.")


class Updates(UnderIncident):
    verbs = {
        "list": "update.view",
        "retrieve": "update.view",
        "create": "update.write",
        "partial_update": "update.write",
        "release": "update.publish",
        "withdraw": "update.write",
        "ask": "update.write",
        "approve": "update.view",
        "send_back": "update.view",
        "bypass": "update.bypass",
        "correct": "update.publish",
    }
    filterset_class = UpdateFilter
    queryset = StatusUpdate.objects.none()

    def row(self) -> models.Model:
        """Who keeps the page may tell of any incident that they see."""
        try:
            return drafting.told_on(self.incident)
        except Blocked:
            return self.incident

    def get_queryset(self) -> QuerySet[StatusUpdate]:
        found = StatusUpdate.objects.visible_to(self.me).filter(page_incident__incident=self.incident)
        if not self.writes:
            # What executives are told is for them and for those who write it.
            audience = StatusPage.Audience.EXECUTIVES
            theirs = StatusPage.objects.filter(audience=audience).exclude(pk__in=pages_where(self.me, "page.read"))
            found = found.exclude(page_incident__page__in=theirs)
        return found.select_related("page_incident__page", "author").prefetch_related(
            Prefetch("approvals", Approval.objects.select_related("asked_by", "answered_by")),
            Prefetch("corrections", Correction.objects.select_related("by")),
        )

    @cached_property
    def writes(self) -> bool:
        """Whether the caller writes what is told of the incident, and so sees the words for every audience."""
        return permits.may(self.me, "update.write", self.row())

    def _answer(self, pk: int, status: int = 200) -> Response:
        return self.answer(UpdateShown, get_object_or_404(self.get_queryset(), pk=pk), status)

    @extend_schema(operation_id="updates_list", responses=UpdateShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What was told, is to be told, and is being written, the last written first."""
        return self.answer_page(UpdateShown, self.get_queryset())

    @extend_schema(
        operation_id="updates_create", request=UpdateGiven, responses={201: UpdateShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Tell stakeholders now, at `publish_at`, or keep a draft."""
        incident, given = self.incident, self.given(UpdateGiven)
        if given.pop("draft", False):
            given.pop("final", None)
            made = publishing.draft_update(incident, by=self.me, **given)
        else:
            made = publishing.publish_update(incident, by=self.me, body=given.pop("body", ""), **given)
        return self._answer(made.pk, 201)

    @extend_schema(operation_id="updates_retrieve", responses=UpdateShown)
    def retrieve(self, request: Request, incident_id: int, pk: int) -> Response:
        """One update."""
        return self._answer(pk)

    @extend_schema(operation_id="updates_edit", request=UpdateFields, responses=UpdateShown)
    def partial_update(self, request: Request, incident_id: int, pk: int) -> Response:
        """Change a draft or a scheduled update."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        publishing.edit_update(update.pk, by=self.me, **self.given(UpdateFields, partial=True))
        return self._answer(pk)

    @extend_schema(operation_id="updates_release", request=UpdateFields, responses=UpdateShown, parameters=[HEADER])
    @once
    def release(self, request: Request, incident_id: int, pk: int) -> Response:
        """Publish a draft or a scheduled update now, or at `publish_at`, with the last changes to it."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        publishing.release_update(update.pk, by=self.me, **self.given(UpdateFields, partial=True))
        return self._answer(pk)

    @extend_schema(operation_id="updates_withdraw", request=Nothing, responses=UpdateShown, parameters=[HEADER])
    @once
    def withdraw(self, request: Request, incident_id: int, pk: int) -> Response:
        """Take back a draft or a scheduled update before anybody reads it."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        self.given(Nothing)
        publishing.withdraw_update(update.pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="updates_ask", request=AskGiven, responses=UpdateShown, parameters=[HEADER])
    @once
    def ask(self, request: Request, incident_id: int, pk: int) -> Response:
        """Ask the page's approvers to publish a draft."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        approving.ask(update.pk, by=self.me, **self.given(AskGiven))
        return self._answer(pk)

    @extend_schema(operation_id="updates_approve", request=ApproveGiven, responses=UpdateShown, parameters=[HEADER])
    @once
    def approve(self, request: Request, incident_id: int, pk: int) -> Response:
        """Publish what somebody else asks to have published. For the page's approvers."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        approving.approve(update.pk, by=self.me, **self.given(ApproveGiven))
        return self._answer(pk)

    @extend_schema(operation_id="updates_send_back", request=ReasonGiven, responses=UpdateShown, parameters=[HEADER])
    @once
    def send_back(self, request: Request, incident_id: int, pk: int) -> Response:
        """Say what has to change before it is published. For the page's approvers."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        approving.send_back(update.pk, by=self.me, reason=self.given(ReasonGiven).get("reason", ""))
        return self._answer(pk)

    @extend_schema(operation_id="updates_bypass", request=ReasonGiven, responses=UpdateShown, parameters=[HEADER])
    @once
    def bypass(self, request: Request, incident_id: int, pk: int) -> Response:
        """Publish without the approval that the page wants. The approvers are told, and the reason is kept."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        approving.bypass(update.pk, by=self.me, reason=self.given(ReasonGiven).get("reason", ""))
        return self._answer(pk)

    @extend_schema(operation_id="updates_correct", request=CorrectedGiven, responses=UpdateShown, parameters=[HEADER])
    @once
    def correct(self, request: Request, incident_id: int, pk: int) -> Response:
        """Let a published update say something else, and mail that to those who got the wrong one."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        given = self.given(CorrectedGiven)
        correcting.correct(update.pk, by=self.me, body=given.pop("body", ""), **given)
        return self._answer(pk)


class DeliveryFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=Delivery.State.choices)
    channel = filters.MultipleChoiceFilter(choices=Delivery.Channel.choices)
    q = filters.CharFilter(field_name="address", lookup_expr="icontains", label="A part of the address.")


class UpdateDeliveries(Updates):
    """What became of an update's mail."""

    verbs = {"list_deliveries": "update.view", "resend": "update.publish"}
    filterset_class = DeliveryFilter

    @extend_schema(operation_id="update_deliveries_list", responses=LedgerShown)
    def list_deliveries(self, request: Request, incident_id: int, pk: int) -> Response:
        """Counts of an update's mail, and its deliveries, the last queued first, for who may see the page's
        subscribers."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        sees = permits.may(self.me, "subscriber.view", update.page_incident.page)
        found = ledgers.rows(update) if sees else Delivery.objects.none()
        paged = self.paginate_queryset(self.filter_queryset(found))
        around = self.get_paginated_response([]).data
        corrections = [{"correction": each, "tally": tally} for each, tally in ledgers.of_corrections(update)]
        shown = {
            "ledger": ledgers.of(update),
            "corrections": corrections,
            "next": around["next"],
            "previous": around["previous"],
            "results": paged,
        }
        return self.answer(LedgerShown, shown)

    @extend_schema(
        operation_id="update_deliveries_resend", request=ResendGiven, responses=ResendShown, parameters=[HEADER]
    )
    @once
    def resend(self, request: Request, incident_id: int, pk: int) -> Response:
        """Send a published update again to those who missed it. Whoever left, or has a newer update, gets nothing."""
        update = get_object_or_404(self.get_queryset(), pk=pk)
        queued = resending.resend(update.pk, self.given(ResendGiven).get("who", []), by=self.me)
        return self.answer(ResendShown, {str(who): queued.get(str(who), 0) for who in resending.Who})


class StatusPages(Api):
    verbs = {"list": "page.view", "retrieve": "page.view"}
    ordering = ("slug",)
    queryset = StatusPage.objects.all()

    @extend_schema(operation_id="status_pages_list", responses=StatusPageShown(many=True))
    def list(self, request: Request) -> Response:
        """What the outside reads."""
        return self.answer_page(StatusPageShown, self.get_queryset())

    @extend_schema(operation_id="status_pages_retrieve", responses=StatusPageShown)
    def retrieve(self, request: Request, slug: str) -> Response:
        """One status page."""
        return self.answer(StatusPageShown, get_object_or_404(self.get_queryset(), slug=slug))


class PageIncidentFilter(filters.FilterSet):
    page = filters.CharFilter(field_name="page__slug", label="A page's slug.")
    state = filters.MultipleChoiceFilter(choices=PageIncident.State.choices)


class PageIncidents(IncidentApi):
    verbs = {"list": "update.view"}
    filterset_class = PageIncidentFilter
    queryset = PageIncident.objects.select_related("page")

    @extend_schema(operation_id="page_incidents_list", responses=PageIncidentShown(many=True))
    def list(self, request: Request) -> Response:
        """What the pages tell, drafted ones included, of the incidents that you may see."""
        rows = self.get_queryset().filter(Q(incident=None) | Q(incident__in=self.visible()))
        return self.answer_page(PageIncidentShown, rows)


class ComponentFilter(filters.FilterSet):
    page = filters.CharFilter(field_name="page__slug", label="A page's slug.")
    service = filters.CharFilter(field_name="service__slug", label="A service's slug.")
    status = filters.MultipleChoiceFilter(choices=Component.Status.choices)


class Components(Api):
    verbs = {"list": "page.view"}
    ordering = ("pk",)
    filterset_class = ComponentFilter
    queryset = Component.objects.select_related("page", "group", "service", "team")

    @extend_schema(operation_id="components_list", responses=ComponentShown(many=True))
    def list(self, request: Request) -> Response:
        """Components of all pages. An update sets their states."""
        return self.answer_page(ComponentShown, self.get_queryset())
