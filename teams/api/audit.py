"""The audit log for programs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from teams.api.base import Api
from teams.api.fields import Asked as Parameters
from teams.api.fields import Line, Moment, Named
from teams.audit import exporting, reading, telling
from teams.models import AuditEvent, User


class AuditAsked(Parameters):
    """What the log is narrowed to."""

    person = Named(
        slug_field="username", queryset=User.objects.all(), required=False, help_text="Who did it, by username."
    )
    kind = Line(help_text="A table, such as teams.override.")
    object = serializers.RegexField(
        r"^[a-z_]+\.[a-z_]+:[\w.-]{1,64}$",
        required=False,
        help_text="One row with all that belongs to it: teams.schedule:3.",
        error_messages={"invalid": "Name a table and a key, such as teams.schedule:3."},
    )
    done = Line(help_text="insert, update, delete, access (any access event), or one kind of these: sign_in.done.")
    through = Line(help_text="console, api, admin, scim, oidc, task or cli.")
    address = serializers.IPAddressField(required=False, help_text="Where the request came from.")
    since = Moment(required=False, help_text="At or after this time.")
    until = Moment(required=False, help_text="Before this time.")
    q = Line(help_text="Beginnings of words that names and values have to hold.")


class AuditShown(serializers.Serializer[Any]):
    """One event. `text` is it in a sentence; `before` and `after` are the columns that changed."""

    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    text = serializers.CharField()
    user = serializers.IntegerField(allow_null=True)
    who = serializers.CharField(allow_null=True)
    done = serializers.CharField()
    kind = serializers.CharField()
    object = serializers.CharField()
    name = serializers.CharField()
    about = serializers.ListField(child=serializers.CharField())
    through = serializers.CharField(allow_blank=True)
    address = serializers.CharField(allow_null=True)
    context = serializers.DictField()  # type: ignore[assignment]
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class _Csv(renderers.JSONRenderer):
    """For `Accept: text/csv`; the file writes itself, and refusals stay problems in JSON."""

    media_type = "text/csv"
    format = "csv"


class _JsonLines(renderers.JSONRenderer):
    media_type = "application/jsonl"
    format = "jsonl"


class Audit(Api):
    verbs = {"list": "audit.view", "export_csv": "audit.view", "export_jsonl": "audit.view"}
    ordering = ("-at", "-pk")
    queryset = AuditEvent.objects.none()
    renderer_classes = [renderers.JSONRenderer, _Csv, _JsonLines]

    def _narrowed(self) -> tuple[Any, reading.Asked]:
        given = self.asked(AuditAsked)
        person = given.pop("person", None)
        asked = reading.Asked(person=person.pk if person else None, words=given.pop("q", ""), **given)
        return asked.narrow(reading.visible_to(self.me)), asked

    @extend_schema(operation_id="audit_list", parameters=[AuditAsked], responses=AuditShown(many=True))
    def list(self, request: Request) -> Response:
        """Who did what, newest first. Managers of teams get what concerns their teams."""
        rows = self.paginate_queryset(self._narrowed()[0])
        return self.get_paginated_response([exporting.plain(told) for told in telling.tell(rows or [])])

    @extend_schema(
        operation_id="audit_export_csv", parameters=[AuditAsked], responses={(200, "text/csv"): OpenApiTypes.STR}
    )
    def export_csv(self, request: Request) -> Any:
        """The same as a file for spreadsheets, all of it. Each export is an event of the log itself."""
        return self._export(request, "csv")

    @extend_schema(
        operation_id="audit_export_jsonl",
        parameters=[AuditAsked],
        responses={(200, "application/jsonl"): OpenApiTypes.STR},
    )
    def export_jsonl(self, request: Request) -> Any:
        """The same as a file with one JSON object a line, all of it. Each export is an event of the log itself."""
        return self._export(request, "jsonl")

    def _export(self, request: Request, form: str) -> Any:
        found, asked = self._narrowed()
        return exporting.export(found, form, by=self.me, request=request._request, asked=asdict(asked))
