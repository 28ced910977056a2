"""The pages that people got, for how evenly duty falls."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

from incidents.models import Incident, Page
from teams.loads import Call, calls_from


@calls_from
def pages(reader: Any, people: Collection[int], start: datetime, end: datetime) -> Iterator[Call]:
    """Of a private incident only for whoever may see it: a count, too, tells that there was one."""
    seen = Incident.objects.visible_to(reader).values("pk")
    rows = Page.objects.filter(user__in=people, created_at__gte=start, created_at__lt=end, incident__in=seen)
    for person, at, acknowledged in rows.order_by().values_list("user_id", "created_at", "acknowledged_at").iterator():
        yield Call(person, at, acknowledged is not None)
