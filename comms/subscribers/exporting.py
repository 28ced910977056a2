"""Subscribers as a file: written as they are read, safe to open in a spreadsheet, and good to bring back."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from comms.models import Subscriber, SubscriberImport
from comms.subscriber_files import COLUMNS, INCIDENTS, SEPARATOR, joined
from teams import downloads
from teams.audit import events
from teams.models import User

MORE = ("channel", "reached_at", "page", "created_at", "confirmed_at", "ended_at")


def export(
    found: QuerySet[Subscriber], *, by: User, request: HttpRequest, asked: dict[str, Any]
) -> StreamingHttpResponse:
    """`found` as CSV, and an access event that says so."""
    filters = {name: str(value) for name, value in asked.items() if value}
    events.note(
        "subscribers.exported", f"{by.name} exported subscribers as CSV", by=by, request=request, filters=filters
    )
    return downloads.answer(rows(found), f"watchbill-subscribers-{timezone.now():%Y%m%dT%H%M%SZ}.csv")


def report(row: SubscriberImport) -> StreamingHttpResponse:
    """The lines of an import that were not taken, each with why: to be mended and brought again."""
    return downloads.answer(problems(row), f"not-imported-{row.pk}.csv")


def rows(found: QuerySet[Subscriber]) -> Iterator[str]:
    yield downloads.line((*COLUMNS, *MORE))
    read = found.select_related("page").prefetch_related("components", "groups")
    for chunk in downloads.chunks(read.iterator(chunk_size=downloads.CHUNK)):
        yield "".join(downloads.line(_cells(each)) for each in chunk)


def problems(row: SubscriberImport) -> Iterator[str]:
    yield downloads.line((*COLUMNS, "line", "column", "problem"))
    for each in row.problems.order_by("line").iterator(chunk_size=downloads.CHUNK):
        cells = next(csv.reader([each.content]), [])[: len(COLUMNS)]
        cells += [""] * (len(COLUMNS) - len(cells))
        yield downloads.line((*cells, each.line, each.column, each.problem))


def _cells(row: Subscriber) -> tuple[Any, ...]:
    return (
        row.email,
        "" if row.all_components else joined(_names(row.components.all())),
        "" if row.all_components else joined(_names(row.groups.all())),
        row.language,
        row.time_zone,
        row.floor,
        row.state,
        "yes" if row.maintenance else "no",
        "yes" if row.ends_only else "no",
        row.digest,
        f"{row.digest_at:%H:%M}" if row.digest else "",
        *(f"{at:%H:%M}" if at else "" for at in (row.quiet_from, row.quiet_until)),
        _scope(row),
        row.channel,
        row.endpoint_shown,
        row.page.slug,
        *(at.isoformat() if at else "" for at in (row.created_at, row.confirmed_at, row.ended_at)),
    )


def _scope(row: Subscriber) -> str:
    if row.all_components:
        return "all"
    return "some" if row.components.all() or row.groups.all() else INCIDENTS


def _names(members: Iterable[Any]) -> Iterator[str]:
    """What an import finds them by: their names, or their ids where a name would be taken for two."""
    return (each.uid if SEPARATOR in each.name or each.name != each.name.strip() else each.name for each in members)
