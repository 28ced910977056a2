"""The log as a file: CSV for spreadsheets, JSON lines for programs, both written as they are read."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone

from teams.audit import events, telling
from teams.models import AuditEvent, User

CHUNK = 500
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
# A spreadsheet runs what begins so as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl; charset=utf-8"}


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
    write: Callable[[Iterator[AuditEvent]], Iterator[str]] = {"csv": lines_csv, "jsonl": lines_json}[form]
    rows = found.order_by("-at", "-pk").iterator(chunk_size=CHUNK)
    response = StreamingHttpResponse(write(rows), content_type=TYPES[form])
    name = f"watchbill-audit-{timezone.now():%Y%m%dT%H%M%SZ}.{form}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


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
    for chunk in _chunks(rows):
        yield "".join(json.dumps(plain(told), ensure_ascii=False) + "\n" for told in telling.tell(chunk))


class _Echo:
    def write(self, text: str) -> str:
        return text


def lines_csv(rows: Iterator[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for chunk in _chunks(rows):
        yield "".join(writer.writerow([safe(cell) for cell in _cells(told)]) for told in telling.tell(chunk))


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


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell


def _chunks(rows: Iterator[AuditEvent]) -> Iterator[list[AuditEvent]]:
    while chunk := list(islice(rows, CHUNK)):
        yield chunk
