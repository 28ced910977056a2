"""How long an incident was in each phase. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

FIRST = "detect"


def time_in_phases(
    moves: Iterable[tuple[str, datetime]], began: datetime, until: datetime, *, first: str = FIRST
) -> dict[str, timedelta]:
    """The sum of its stays in each phase between `began` and `until`, for the phases that it was in.

    `moves` are the phases that it went into and when, as they happened; before the first of them it was in `first`.
    What somebody recorded as having happened before the move ahead of it counts from there, so that no stay is less
    than nothing.
    """
    spent: dict[str, timedelta] = {}
    here, since = first, began
    for phase, told in moves:
        at = min(max(told, since), until)
        spent[here] = spent.get(here, timedelta()) + (at - since)
        here, since = phase, at
    spent[here] = spent.get(here, timedelta()) + max(until - since, timedelta())
    return spent
