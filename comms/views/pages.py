"""Finding the page that an address means."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import get_object_or_404

from comms.models import StatusPage


def page_or_404(slug: str = "") -> StatusPage:
    """The page named `slug`, or the default one where none is named."""
    if slug:
        return get_object_or_404(StatusPage, slug=slug)
    page = StatusPage.objects.default()
    if page is None:
        raise Http404("There is no status page yet.")
    return page
