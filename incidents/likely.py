"""Incidents that may be the same trouble as one that somebody is about to report."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Case, F, FloatField, Q, Value, When

from incidents import phases, similar
from incidents.models import Incident

LATELY = timedelta(hours=24)
# As much as half of the words: of two that touch the same service the one that sounds alike comes first.
SAME_SERVICE = 0.3


def likely(
    user: Any, title: str, services: Collection[int], now: datetime, *, but: int | None = None, most: int = 5
) -> list[Incident]:
    """Up to `most` incidents that `user` may see and that sound like `title` or touch one of `services` (their keys),
    the most alike first: those that go on, and those that were over within a day. Each has `likeness` (0 to 1.3) and
    `touches` (whether it is about one of the services)."""
    words = title.strip()
    if len(words) < 3 and not services:
        return []
    known = Incident.objects.visible_to(user).filter(drill=False)
    if but is not None:
        known = known.exclude(pk=but)
    lately = Q(phase__in=phases.ACTIVE) | Q(resolved_at__gte=now - LATELY)
    rows = similar.going_on(known.filter(lately), words, services, typed=True, where=Q(phase__in=phases.ACTIVE))
    bonus = Case(When(touches=True, then=Value(SAME_SERVICE)), default=Value(0.0), output_field=FloatField())
    found: Any = rows.annotate(likeness=F("sounds") + bonus).with_faces()
    return list(found.order_by("-likeness", "-pk")[:most])
