"""Saved boards, and the search over incidents."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import searching
from incidents.actions import boards, exports
from incidents.api.base import IncidentApi
from incidents.models import Export, Incident, SavedFilter
from incidents.searching import SearchForm
from incidents.serializers.boards import (
    ExportGiven,
    ExportShown,
    SavedFilterGiven,
    SavedFilterShown,
    SearchAsked,
    SearchShown,
)
from teams import downloads
from teams.api.base import Api
from teams.idempotency import HEADER, once

PER_PAGE = 25


class Search(IncidentApi):
    verbs = {"find": "incident.view"}
    queryset = Incident.objects.none()
    pagination_class = None

    @extend_schema(operation_id="search", parameters=[SearchAsked], responses=SearchShown)
    def find(self, request: Request) -> Response:
        """Incidents whose title, impact, timeline or postmortem has these words, the best first, with excerpts."""
        asked = self.asked(SearchAsked)
        given = QueryDict(mutable=True)
        for name, value in asked.items():
            given[name] = str(getattr(value, "pk", value))
        given["sort"] = "newest" if asked.get("ordering") == "newest" else ""
        form = SearchForm(given)
        found = searching.search(form, self.me)
        pages = Paginator(found, PER_PAGE)
        wanted = asked.get("page", 1)
        rows = pages.page(wanted).object_list if wanted <= pages.num_pages else []
        shown = searching.complete(rows, form, self.me) if rows else []
        return self.answer(SearchShown, {"count": pages.count, "pages": pages.num_pages, "results": shown})


class SavedFilters(Api):
    verbs = {
        "list": "incident.view",
        "create": "board.change",
        "partial_update": "board.change",
        "destroy": "board.change",
    }
    queryset = SavedFilter.objects.none()

    def _one(self, uid: str) -> Any:
        return get_object_or_404(SavedFilter.objects.visible_to(self.me), uid=uid[:40])

    @extend_schema(operation_id="saved_filters_list", responses=SavedFilterShown(many=True))
    def list(self, request: Request) -> Response:
        """Boards that you may open: yours, those of your teams, and those for everybody."""
        return self.answer_page(
            SavedFilterShown, SavedFilter.objects.visible_to(self.me).select_related("owner", "team")
        )

    @extend_schema(
        operation_id="saved_filters_create",
        request=SavedFilterGiven,
        responses={201: SavedFilterShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Keep the filters of a board under a name. What it has that makes no sense is left out."""
        given = {"name": "", "query": "", **self.given(SavedFilterGiven)}
        return self.answer(SavedFilterShown, boards.save(by=self.me, **given), 201)

    @extend_schema(operation_id="saved_filters_edit", request=SavedFilterGiven, responses=SavedFilterShown)
    def partial_update(self, request: Request, uid: str) -> Response:
        """Rename a board of yours, share it otherwise, or give it other filters."""
        row = self._one(uid)
        return self.answer(
            SavedFilterShown, boards.edit(row.pk, by=self.me, **self.given(SavedFilterGiven, partial=True))
        )

    @extend_schema(operation_id="saved_filters_remove", request=None, responses={204: None})
    def destroy(self, request: Request, uid: str) -> Response:
        """Remove a board: yours, or as an administrator one that is shared."""
        boards.remove(self._one(uid).pk, by=self.me)
        return Response(status=204)


class Exports(Api):
    verbs = {
        "list": "incident.export",
        "create": "incident.export",
        "retrieve": "incident.export",
        "file": "incident.export",
        "cancel": "incident.export",
    }
    queryset = Export.objects.none()

    def _one(self, uid: str) -> Any:
        return get_object_or_404(Export.objects.filter(user=self.me), uid=uid[:40])

    @extend_schema(operation_id="exports_list", responses=ExportShown(many=True))
    def list(self, request: Request) -> Response:
        """Files of incidents that you asked for. They are kept for a day."""
        return self.answer_page(ExportShown, Export.objects.filter(user=self.me))

    @extend_schema(
        operation_id="exports_create", request=ExportGiven, responses={202: ExportShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request) -> Response:
        """Ask for a file of the incidents of a board, as far as you may see them. Poll it until it is `done`."""
        made = exports.begin(by=self.me, **{"query": "", **self.given(ExportGiven)})
        return self.answer(ExportShown, made, 202)

    @extend_schema(operation_id="exports_retrieve", responses=ExportShown)
    def retrieve(self, request: Request, uid: str) -> Response:
        """How far it is."""
        return self.answer(ExportShown, self._one(uid))

    @extend_schema(operation_id="exports_file", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def file(self, request: Request, uid: str) -> HttpResponseBase:
        """The file itself, CSV or JSON as it was asked for; 404 until it is done."""
        row = self._one(uid)
        if row.state != Export.State.DONE:
            raise NotFound("It is not written yet.")
        return downloads.answer((part.decode() for part in exports.bytes_of(row)), row.file_name)

    @extend_schema(operation_id="exports_cancel", request=None, responses=ExportShown)
    def cancel(self, request: Request, uid: str) -> Response:
        """Stop writing it, or drop it once it is written."""
        return self.answer(ExportShown, exports.cancel(self._one(uid).pk, by=self.me))
