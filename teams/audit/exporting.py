"""The log as a file: CSV for spreadsheets, JSON lines for programs, both written as they are read."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from teams import downloads
from teams.audit import events, telling
from teams.models import AuditEvent, User

COLUMNS = (
    "id",
    "at",
    "who",
    "what",
    "done",
    "kind",
    "object",
    "name",
    "through",
    "address",
    "request",
    "agent",
    "before",
    "after",
)


def export(
    found: QuerySet[AuditEvent], form: str, *, by: User, request: HttpRequest, asked: dict[str, Any]
) -> StreamingHttpResponse:
    """`found` as a file of `form` (csv or jsonl), and an access event that says so."""
    events.note(
        "audit.exported",
        f"{by.name} exported the audit log as {form.upper()}",
        by=by,
        request=request,
        filters={k: str(v) for k, v in asked.items() if v},
    )
    rows = found.order_by("-at", "-pk").iterator(chunk_size=downloads.CHUNK)
    return downloads.answer(WRITERS[form](rows), f"watchbill-audit-{timezone.now():%Y%m%dT%H%M%SZ}.{form}")


def plain(told: telling.Told) -> dict[str, Any]:
    """One event for programs: what it is in words, and as it was written."""
    event = told.event
    return {
        "id": event.pk,
        "at": event.at.isoformat(),
        "text": told.text,
        "user": event.user_id,
        "who": told.who or None,
        "done": event.done,
        "kind": event.kind,
        "object": event.object,
        "name": event.label,
        "about": sorted(event.about),
        "through": event.through,
        "address": event.address,
        "context": event.context,
        "before": event.before,
        "after": event.after,
    }


def lines_json(rows: Iterator[AuditEvent]) -> Iterator[str]:
    for chunk in downloads.chunks(rows):
        yield "".join(json.dumps(plain(told), ensure_ascii=False) + "\n" for told in telling.tell(chunk))


def lines_csv(rows: Iterator[AuditEvent]) -> Iterator[str]:
    yield downloads.line(COLUMNS)
    for chunk in downloads.chunks(rows):
        yield "".join(downloads.line(_cells(told)) for told in telling.tell(chunk))


def _cells(told: telling.Told) -> tuple[Any, ...]:
    event = told.event
    return (
        event.pk,
        event.at.isoformat(),
        told.who,
        told.text,
        event.done,
        event.kind,
        event.object,
        event.label,
        event.through,
        event.address or "",
        told.request,
        event.context.get("agent", ""),
        "; ".join(f"{f.name}: {f.before}" for f in told.fields if f.before),
        "; ".join(f"{f.name}: {f.after}" for f in told.fields if f.after),
    )


WRITERS: dict[str, Callable[[Iterator[AuditEvent]], Iterator[str]]] = {"csv": lines_csv, "jsonl": lines_json}
