"""How a row that has a memory changes: what it said is kept as a copy, and it goes on. See ADR 0015.

Not verbs: whoever calls these holds the row's lock in a transaction.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from teams.models.schedule import Known

Row = TypeVar("Row", bound=Known)


def copied(row: Row, **changed: Any) -> Row:
    """A new row that says what `row` says, save for what is `changed`."""
    values = {f.attname: getattr(row, f.attname) for f in row._meta.concrete_fields if not f.primary_key}
    made = type(row)(**values | changed)
    made.save(force_insert=True)
    return made


def remember(row: Row, now: datetime, copy: Callable[..., Any] = copied) -> None:
    """Keep what is known of `row` until now, before it changes. The caller saves `known_from` with the rest."""
    if row.known_from < now:
        copy(row, known_until=now)
    row.known_from = now
