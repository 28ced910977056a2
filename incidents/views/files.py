"""Attached files as a browser gets them, and how one is taken away."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_http_methods, require_safe

from incidents.actions import attachments
from incidents.files import names
from incidents.files.contents import LARGEST, PER_NOTE
from incidents.files.images import PREVIEW_TYPE
from incidents.forms import RemovalForm
from incidents.models import Attachment, AttachmentContent, Incident
from incidents.views.acting import Act, run
from incidents.views.common import Request, console, find
from teams import permits

# A note with all its files, and what the form puts around them.
MOST_BYTES = PER_NOTE * LARGEST + 500_000
# No script, no frame, no request comes from a file, whatever a browser takes it for.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


@require_safe
@console("incident.view")
def content(request: Request, uid: str, name: str) -> HttpResponse:
    """The file: a picture in the browser, a text as a download. `?download` saves a picture as well."""
    found = _find(request, uid, name)
    return served(request, found, inline=found.is_image and "download" not in request.GET)


@require_safe
@console("incident.view")
def preview(request: Request, uid: str, name: str) -> HttpResponse:
    """A small picture for the timeline."""
    found = _find(request, uid, name)
    if not found.is_image:
        raise Http404
    return served(request, found, inline=True, small=True)


def _find(request: Request, uid: str, name: str) -> Attachment:
    """The attachment of this address, or 404: unknown, of an incident that this person may not see, or removed."""
    if "\x00" in uid + name:
        raise Http404
    seen = Incident.objects.visible_to(request.user)
    rows = Attachment.objects.filter(incident__in=seen, removed_at=None).select_related("incident")
    found = get_object_or_404(rows, uid=uid, name=name)
    permits.require(request.user, request.verb, found.incident)
    return found


def served(request: HttpRequest, found: Attachment, *, inline: bool = False, small: bool = False) -> HttpResponse:
    """The bytes of an attachment that the caller may see, or 304 for those who have them."""
    etag = f'"{found.sha256}{"-small" if small else ""}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        field = "preview" if small else "data"
        data = get_object_or_404(AttachmentContent.objects.values_list(field, flat=True), attachment=found)
        response = HttpResponse(bytes(data), content_type=PREVIEW_TYPE if small else found.content_type)
    response["ETag"] = etag
    response["Content-Disposition"] = names.disposition(found.name, inline=inline)
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = SANDBOX
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    # Whoever lost access, or a file that was removed, is not served from a cache.
    patch_cache_control(response, private=True, no_cache=True)
    return response


@require_http_methods(["GET", "POST"])
@console("incident.respond")
def remove(request: Request, pk: int, attachment: int) -> HttpResponse:
    """Take a file away, with a reason."""
    incident = find(request, pk)
    found = get_object_or_404(Attachment.objects.select_related("incident"), pk=attachment, incident=incident)
    if not attachments.may_remove(found, request.user):
        raise permits.refusal(request.user, "attachment.remove", incident)

    def call(given: dict[str, Any], _override: bool) -> str:
        attachments.remove(attachment, given["reason"], by=request.user)
        return f"Removed “{found.name}”."

    act = Act(
        f"Remove “{found.name}”",
        "Remove it",
        f"{incident.get_absolute_url()}#timeline",
        "Its content is deleted for good. That it was here, and why it went, stays on the timeline.",
        danger=True,
    )
    return run(request, incident, act, RemovalForm, call)
