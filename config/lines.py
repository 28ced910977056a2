"""A line of a timeline as HTML.

Everybody in a room reads the same lines again with all that happens, so what was made of one is kept in the process: a
`Line` is all that its template shows, so that the same one always looks the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.template.loader import get_template
from django.utils.safestring import SafeString

KEPT = 4096
# Longer ones are rendered each time, so that what is kept stays small.
KEPT_LENGTH = 4000


@dataclass(frozen=True, slots=True)
class Line:
    """What `partials/timeline_entry.html` shows.

    `text` is safe HTML; `who` is empty for Watchbill itself; `actions` names a template for buttons at the end, which
    are those of `incident`. `reference` is that of another incident from which the line comes. `zone`, `language` and
    `year` are what times are written by.
    """

    pk: Any
    kind: str
    verb: str
    tone: str
    symbol: str
    phase_label: str
    who: str
    text: SafeString
    reason: str
    occurred_at: datetime | None
    recorded_at: datetime | None
    late: bool
    corrects: int | None
    corrected: bool
    correction: int | None
    overrode: tuple[str, ...]
    fresh: bool
    actions: str
    incident: int | None
    reference: str
    may_respond: bool
    pinned: bool
    zone: str
    language: str
    year: int


def html(line: Line, own: dict[str, Any]) -> SafeString:
    """`own` is what belongs to this answer alone, such as its files and forms; with it nothing is kept."""
    if own or len(line.text) + len(line.reason) > KEPT_LENGTH:
        return _rendered(line, own)
    return _kept(line)


def _rendered(line: Line, own: dict[str, Any]) -> SafeString:
    return SafeString(get_template("partials/timeline_entry.html").render({**own, "line": line}))


@lru_cache(maxsize=KEPT)
def _kept(line: Line) -> SafeString:
    return _rendered(line, {})
