"""Files that people take away: written as they are read, and safe to open in a spreadsheet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from io import StringIO
from itertools import islice
from typing import Any, TypeVar

from django.http import StreamingHttpResponse

# Rows that are read at once.
CHUNK = 500
# A spreadsheet runs what begins so as a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/jsonl; charset=utf-8",
}
Row = TypeVar("Row")


def answer(lines: Iterator[str], name: str) -> StreamingHttpResponse:
    """A file that is called `name`, whose end says what it is (see TYPES)."""
    response = StreamingHttpResponse(lines, content_type=TYPES[name.rpartition(".")[2]])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


def line(cells: Iterable[Any]) -> str:
    """A line of a CSV."""
    text = StringIO()
    csv.writer(text).writerow([safe(cell) for cell in cells])
    return text.getvalue()


def safe(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.lstrip(" ").startswith(FORMULA) else cell


def chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    """`rows` by CHUNK."""
    waiting = iter(rows)
    while chunk := list(islice(waiting, CHUNK)):
        yield chunk
