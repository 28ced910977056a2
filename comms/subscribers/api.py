"""Subscribers in the API: who they are, what happened to each, and files of them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import renderers, serializers
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from comms.actions import importing, keeping, subscribing
from comms.models import (
    Component,
    Delivery,
    PageIncident,
    StatusPage,
    Subscriber,
    SubscriberEvent,
    SubscriberImport,
    SubscriberImportProblem,
)
from comms.models.page import LANGUAGES
from comms.models.subscriber import SubscriberQuerySet
from comms.serializers import PageName, SubscriberShown
from comms.standing import pages_where
from comms.subscriber_files import MOST_BYTES, joined
from comms.subscribers import exporting
from incidents.serializers.given import Nothing
from teams.api.base import Api
from teams.api.fields import Given, Line, MomentFilter, Named, Shown
from teams.idempotency import HEADER, once
from teams.serializers import Person

MOST_MEMBERS = 200


class SubscriberEventShown(Shown):
    kind = serializers.ChoiceField(SubscriberEvent.Kind.choices)
    by = Person(allow_null=True)
    delivery = serializers.IntegerField(source="delivery_id", allow_null=True, help_text="The delivery it is about.")

    class Meta:
        model = SubscriberEvent
        fields = ["id", "kind", "at", "text", "by", "delivery"]


class SubscriberDeliveryShown(Shown):
    kind = serializers.ChoiceField(Delivery.Kind.choices)
    state = serializers.ChoiceField(Delivery.State.choices)
    channel = serializers.ChoiceField(Delivery.Channel.choices)
    update = serializers.CharField(  # type: ignore[assignment]
        source="update.uid", default=None, allow_null=True, help_text="A status update's."
    )
    maintenance = serializers.CharField(
        source="maintenance_update.maintenance.uid", default=None, allow_null=True, help_text="A planned maintenance's."
    )
    superseded_by = serializers.CharField(
        source="superseded_by.uid", default=None, allow_null=True, help_text="The newer update that was sent instead."
    )
    told_in = serializers.IntegerField(source="told_in_id", allow_null=True, help_text="The digest that tells it.")

    class Meta:
        model = Delivery
        fields = [
            *("id", "kind", "channel", "address", "state", "reply", "update", "maintenance", "superseded_by"),
            *("told_in", "attempts", "created_at", "due_at", "sent_at"),
        ]


class Consenting(Given):
    asks = serializers.BooleanField(
        default=True, help_text="Ask by mail whether they want it; they are told once they confirm."
    )
    consent = Line(help_text="Where they agreed, if they are not asked. Kept with each of them.")


class SubscriberGiven(Consenting):
    page = Named(slug_field="slug", queryset=StatusPage.objects.all(), help_text="A page's slug.")
    email = serializers.CharField(max_length=254)
    components = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=MOST_MEMBERS,
        help_text="Names or uids; everything where it is left out.",
    )
    groups = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        max_length=MOST_MEMBERS,
        help_text="Names or uids of groups, with what joins them later.",
    )
    floor = serializers.ChoiceField(PageIncident.Impact.choices, required=False)
    language = serializers.ChoiceField(LANGUAGES, required=False)
    time_zone = serializers.CharField(max_length=64, required=False)


class SubscriberImportGiven(Consenting):
    page = Named(slug_field="slug", queryset=StatusPage.objects.all(), help_text="A page's slug.")
    file = serializers.FileField(required=False, help_text="CSV, at most 5 MB, in a multipart form.")
    text = serializers.CharField(
        required=False, trim_whitespace=False, max_length=1_000_000, help_text="Or what would be in it."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("file")) == bool(attrs.get("text")):
            raise serializers.ValidationError({"file": "Send a “file” or its “text”, one of them."}, code="file")
        return attrs


class SubscriberImportShown(Shown):
    page = PageName()
    by = Person(allow_null=True)
    state = serializers.ChoiceField(SubscriberImport.State.choices)

    class Meta:
        model = SubscriberImport
        fields = [
            *("id", "page", "by", "name", "asks", "consent", "state", "problem", "lines", "read", "added", "changed"),
            *("same", "refused", "created_at", "ended_at"),
        ]


class SubscriberImportProblemShown(Shown):
    class Meta:
        model = SubscriberImportProblem
        fields = ["line", "column", "problem", "content"]


class SubscriberFilter(filters.FilterSet):
    page = filters.CharFilter(field_name="page__slug", label="A page's slug.")
    state = filters.MultipleChoiceFilter(choices=Subscriber.State.choices)
    channel = filters.MultipleChoiceFilter(choices=Subscriber.Channel.choices)
    component = filters.CharFilter(
        method="hears_of", label="A component's uid: who hears of it, by itself, by its group or by everything."
    )
    language = filters.ChoiceFilter(choices=LANGUAGES, label="What they chose themselves.")
    q = filters.CharFilter(field_name="email", lookup_expr="icontains", label="A part of the address.")
    created_after = MomentFilter(field_name="created_at", lookup_expr="gt", label="Asked later than this.")

    def hears_of(self, rows: SubscriberQuerySet, _name: str, uid: str) -> SubscriberQuerySet:
        component = Component.objects.filter(uid=uid).first()
        return rows.none() if component is None else rows.hearing_of(component)


class _Csv(renderers.JSONRenderer):
    """For `Accept: text/csv`; the file writes itself, and refusals stay problems in JSON."""

    media_type = "text/csv"
    format = "csv"


class Subscribers(Api):
    verbs = {
        "list": "subscriber.view",
        "retrieve": "subscriber.view",
        "events": "subscriber.view",
        "deliveries": "subscriber.view",
        "export_csv": "subscriber.view",
        "create": "subscriber.change",
        "ask": "subscriber.change",
        "unsubscribe": "subscriber.change",
        "destroy": "subscriber.change",
    }
    ordering = ("pk",)
    filterset_class = SubscriberFilter
    queryset = Subscriber.objects.select_related("page").prefetch_related("components", "groups")
    renderer_classes = [renderers.JSONRenderer, _Csv]

    def filter_queryset(self, queryset: Any) -> Any:
        """The filters are the list's: a history has none."""
        return super().filter_queryset(queryset) if self.action in ("list", "export_csv") else queryset

    def _mine(self) -> QuerySet[Subscriber]:
        """Those of pages on which the caller may do this."""
        return self.get_queryset().filter(page__in=pages_where(self.me, self.verbs[self.action]))

    def _one(self, pk: int) -> Subscriber:
        found: Subscriber = get_object_or_404(self._mine(), pk=pk)
        return found

    def _answer(self, pk: int, status: int = 200) -> Response:
        return self.answer(SubscriberShown, self.get_queryset().get(pk=pk), status)

    @extend_schema(operation_id="subscribers_list", responses=SubscriberShown(many=True))
    def list(self, request: Request) -> Response:
        """Who asked to be told. For administrators, and for editors those of their pages."""
        return self.answer_page(SubscriberShown, self._mine())

    @extend_schema(
        operation_id="subscribers_create",
        request=SubscriberGiven,
        responses={200: SubscriberShown, 201: SubscriberShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Subscribe somebody (201). Who is a subscriber already has the choice that is given (200); who unsubscribed is
        refused."""
        given = self.given(SubscriberGiven)
        page = given["page"]
        self.check(page)
        cells = {name: given.get(name, "") for name in ("email", "floor", "language", "time_zone")}
        cells |= {name: joined(given.get(name, ())) for name in ("components", "groups")}
        made, outcome = keeping.add(page, by=self.me, cells=cells, asks=given["asks"], consent=given.get("consent", ""))
        return self._answer(made.pk, 201 if outcome == "added" else 200)

    @extend_schema(operation_id="subscribers_retrieve", responses=SubscriberShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One subscriber."""
        return self.answer(SubscriberShown, self._one(pk))

    @extend_schema(operation_id="subscribers_events", filters=False, responses=SubscriberEventShown(many=True))
    def events(self, request: Request, pk: int) -> Response:
        """What they and others did, and what was learned of the address, in order."""
        rows = SubscriberEvent.objects.filter(subscriber=self._one(pk)).select_related("by")
        return self.answer_page(SubscriberEventShown, rows)

    @extend_schema(operation_id="subscribers_deliveries", filters=False, responses=SubscriberDeliveryShown(many=True))
    def deliveries(self, request: Request, pk: int) -> Response:
        """What was sent to them, or was to be, in order."""
        rows = Delivery.objects.filter(subscriber=self._one(pk))
        needed = ("update", "superseded_by", "maintenance_update__maintenance")
        return self.answer_page(SubscriberDeliveryShown, rows.select_related(*needed))

    @extend_schema(operation_id="subscribers_export_csv", responses={(200, "text/csv"): OpenApiTypes.STR})
    def export_csv(self, request: Request) -> Any:
        """The list as a file for spreadsheets, all of it, which can be imported again. Each export is in the audit
        log."""
        found = self.filter_queryset(self._mine()).order_by("pk")
        asked = request.query_params.dict()
        return exporting.export(found, by=self.me, request=request._request, asked=asked)

    @extend_schema(operation_id="subscribers_unsubscribe", request=Nothing, responses=SubscriberShown)
    def unsubscribe(self, request: Request, pk: int) -> Response:
        """Stop telling somebody who asks to hear no more. For administrators and the page's editors."""
        self.given(Nothing)
        subscribing.unsubscribe(self._one(pk).pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="subscribers_ask", request=Nothing, responses=SubscriberShown, parameters=[HEADER])
    @once
    def ask(self, request: Request, pk: int) -> Response:
        """Send the mail that asks them to confirm once more; an address that was refused is tried again by it."""
        self.given(Nothing)
        keeping.ask_again(self._one(pk).pk, by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="subscribers_erase", responses={204: None})
    def destroy(self, request: Request, pk: int) -> Response:
        """Erase the address with its history from all pages that you keep."""
        row = self._one(pk)
        pages = pages_where(self.me, "subscriber.change").values_list("pk", flat=True)
        keeping.erase(row.pk, by=self.me, pages=[*pages])
        return Response(status=204)


class ImportFilter(filters.FilterSet):
    page = filters.CharFilter(field_name="page__slug", label="A page's slug.")
    state = filters.MultipleChoiceFilter(choices=SubscriberImport.State.choices)


class SubscriberImports(Api):
    verbs = dict.fromkeys(("list", "create", "retrieve", "problems"), "subscriber.change")
    ordering = ("-pk",)
    filterset_class = ImportFilter
    queryset = SubscriberImport.objects.select_related("page", "by").defer("text")
    # Fields beside the file included.
    most_bytes = MOST_BYTES + 100_000
    parser_classes = [JSONParser, MultiPartParser]

    def filter_queryset(self, queryset: Any) -> Any:
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def _mine(self) -> QuerySet[SubscriberImport]:
        return self.get_queryset().filter(page__in=pages_where(self.me, "subscriber.change"))

    @extend_schema(operation_id="subscriber_imports_list", responses=SubscriberImportShown(many=True))
    def list(self, request: Request) -> Response:
        """Files of subscribers that were brought to your pages, the latest first."""
        return self.answer_page(SubscriberImportShown, self._mine())

    @extend_schema(
        operation_id="subscriber_imports_create",
        request={"multipart/form-data": SubscriberImportGiven, "application/json": SubscriberImportGiven},
        responses={201: SubscriberImportShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Bring a file of subscribers. It is read by a worker: ask again until its state is “done”."""
        given = self.given(SubscriberImportGiven)
        page, file = given["page"], given.get("file")
        self.check(page)
        made = importing.begin(
            page,
            by=self.me,
            name=file.name if file else "Sent lines",
            raw=file.read() if file else given["text"],
            asks=given["asks"],
            consent=given.get("consent", ""),
        )
        return self.answer(SubscriberImportShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(operation_id="subscriber_imports_retrieve", responses=SubscriberImportShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """How far one is."""
        return self.answer(SubscriberImportShown, get_object_or_404(self._mine(), pk=pk))

    @extend_schema(
        operation_id="subscriber_imports_problems", filters=False, responses=SubscriberImportProblemShown(many=True)
    )
    def problems(self, request: Request, pk: int) -> Response:
        """The lines that were not taken, and why."""
        row = get_object_or_404(self._mine(), pk=pk)
        self.ordering = ("line",)
        return self.answer_page(SubscriberImportProblemShown, row.problems.all())
