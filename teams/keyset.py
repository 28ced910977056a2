"""Pages that stay right while rows come: a page begins behind a row, not behind a count of rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet


@dataclass(frozen=True, slots=True)
class Page:
    """Rows newest first. `newer` and `older` are cursors for `?cursor=`, empty where there is nothing more."""

    rows: Sequence[Any]
    newer: str
    older: str


def page(found: QuerySet[Any], cursor: str, *, size: int) -> Page:
    """A page of rows with `at`, by time and key. A cursor that makes no sense is the first page."""
    upwards, place = _read(cursor)
    if place is None:
        rows = list(found.order_by("-at", "-pk")[: size + 1])
        return Page(rows[:size], "", _write("o", rows[size - 1]) if len(rows) > size else "")
    at, pk = place
    if upwards:
        rows = list(found.filter(Q(at__gte=at) & (Q(at__gt=at) | Q(pk__gt=pk))).order_by("at", "pk")[: size + 1])
        shown = rows[:size][::-1]
        if len(rows) <= size:
            # The top: a full page again, so that it isn't a stump.
            return page(found, "", size=size)
        return Page(shown, _write("n", shown[0]), _write("o", shown[-1]))
    rows = list(found.filter(Q(at__lte=at) & (Q(at__lt=at) | Q(pk__lt=pk))).order_by("-at", "-pk")[: size + 1])
    shown = rows[:size]
    if not shown:
        return Page([], "", "")
    return Page(shown, _write("n", shown[0]), _write("o", shown[-1]) if len(rows) > size else "")


def _write(side: str, row: Any) -> str:
    return f"{side}{row.pk}~{row.at.isoformat()}"


def _read(cursor: str) -> tuple[bool, tuple[datetime, int] | None]:
    side, rest = cursor[:1], cursor[1:]
    key, _, moment = rest.partition("~")
    if side not in ("n", "o") or not key.isascii() or not key.isdecimal() or len(key) > 18:
        return False, None
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return False, None
    return (side == "n", (at, int(key))) if at.tzinfo else (False, None)
