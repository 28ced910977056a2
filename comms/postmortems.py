"""What strangers read of a postmortem: the public wording that somebody gave it, or its sections where somebody said
that they are public as they are. People stand there by their roles."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from incidents.anonymous import without_names
from incidents.models import Postmortem
from incidents.postmortem_markdown import plain

FACTORS = "Contributing factors"
SAID = ~Q(public_wording="") | Q(public_as_written=True)


def worded(found: Postmortem) -> tuple[str, list[tuple[str, str]]]:
    """Its title and its parts, as (label, Markdown); the public wording is one part without a label."""
    parts = [("", found.public_wording)] if found.public_wording.strip() else []
    factors = []
    if not parts and found.public_as_written:
        parts = [(row.title, row.text) for row in found.sections.all() if row.text.strip()]
        factors = [factor.text for factor in found.factors.all()]
    texts = [found.public_title or found.title, *(body for _, body in parts), *factors]
    title, *told = without_names(found.incident, texts)
    worded = [(label, body) for (label, _), body in zip(parts, told, strict=False)]
    # Marks in a factor are no Markdown; escaped before, names in it would not be found.
    listed = "\n".join(f"- {plain(factor)}" for factor in told[len(parts) :])
    if not listed:
        return title, worded
    for place, (label, body) in enumerate(worded):
        if label == FACTORS:
            worded[place] = (label, f"{body}\n\n{listed}")
            return title, worded
    return title, [*worded, (FACTORS, listed)]


def address(found: Postmortem) -> str:
    return f"{settings.WATCHBILL_BASE_URL}{reverse('comms:postmortem', args=[found.public_slug])}"
