"""What strangers read of a postmortem: the public wording that somebody gave it, or its sections where somebody said
that they are public as they are. People stand there by their roles."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from incidents.anonymous import without_names
from incidents.models import Postmortem

SAID = ~Q(public_wording="") | Q(public_as_written=True)


def worded(found: Postmortem) -> tuple[str, list[tuple[str, str]]]:
    """Its title and its parts, as (label, Markdown); the public wording is one part without a label."""
    parts = [("", found.public_wording)] if found.public_wording.strip() else []
    if not parts and found.public_as_written:
        parts = [(row.title, row.text) for row in found.sections.all() if row.text.strip()]
    title, *bodies = without_names(found.incident, [found.public_title or found.title, *(body for _, body in parts)])
    return title, [(label, body) for (label, _), body in zip(parts, bodies, strict=True)]


def address(found: Postmortem) -> str:
    return f"{settings.WATCHBILL_BASE_URL}{reverse('comms:postmortem', args=[found.public_slug])}"
