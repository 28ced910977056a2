"""Files of an incident: attached, listed, fetched and taken away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import attachments
from incidents.api.base import UnderIncident
from incidents.models import Attachment
from incidents.serializers.given import AttachGiven, ReasonGiven
from incidents.serializers.recorded import AttachmentShown, EntryShown
from incidents.views.files import MOST_BYTES, served
from teams.idempotency import HEADER, once


class Attachments(UnderIncident):
    verbs = {
        "list": "incident.view",
        "create": "incident.respond",
        "retrieve": "incident.view",
        "content": "incident.view",
        "remove": "incident.respond",
    }
    most_bytes = MOST_BYTES
    ordering = ("pk",)
    queryset = Attachment.objects.none()

    def get_parsers(self) -> list[Any]:
        """Files come as a form, everything else as JSON."""
        method = self.request.method if getattr(self, "request", None) else None
        wants = self.action_map.get((method or "").lower()) if hasattr(self, "action_map") else None
        return [MultiPartParser()] if wants == "create" else super().get_parsers()

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The content is what it is, whatever the caller would rather have."""
        return super().perform_content_negotiation(request, force or self.action == "content")

    def _rows(self) -> Any:
        return Attachment.objects.select_related("uploaded_by", "removed_by", "incident")

    @extend_schema(operation_id="attachments_list", responses=AttachmentShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """The incident's files, those that were removed as well."""
        return self.answer_page(AttachmentShown, self._rows().filter(incident=self.incident))

    @extend_schema(
        operation_id="attachments_attach",
        request={"multipart/form-data": AttachGiven},
        responses={201: EntryShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Write a note with up to five files of 10 MB: images (PNG, JPEG, WebP, GIF) and text. The bytes decide what a
        file is; images are written anew without metadata, text is kept as UTF-8."""
        given = self.given(AttachGiven)
        files = given.pop("files", [])
        entry = attachments.attach(self.incident.pk, files, by=self.me, **given)
        return self.answer(EntryShown, entry, 201)

    @extend_schema(operation_id="attachments_retrieve", responses=AttachmentShown)
    def retrieve(self, request: Request, incident_id: int, pk: int) -> Response:
        """One file, without its content."""
        return self.answer(AttachmentShown, self.mine(self._rows(), pk))

    @extend_schema(
        operation_id="attachments_content", responses={(200, "application/octet-stream"): OpenApiTypes.BINARY}
    )
    def content(self, request: Request, incident_id: int, pk: int) -> HttpResponse:
        """The file itself, with its own type: `image/png`, `image/jpeg`, `image/webp` or `text/plain`. 404 once it was
        removed."""
        return served(request._request, self.mine(self._rows().filter(removed_at=None), pk))

    @extend_schema(
        operation_id="attachments_remove", request=ReasonGiven, responses=AttachmentShown, parameters=[HEADER]
    )
    @once
    def remove(self, request: Request, incident_id: int, pk: int) -> Response:
        """Delete a file's content, with a reason: for who attached it, the commander and owners. That it was there
        stays on the timeline."""
        found = self.mine(self._rows(), pk)
        attachments.remove(found.pk, self.given(ReasonGiven)["reason"], by=self.me)
        return self.answer(AttachmentShown, self.mine(self._rows(), pk))
