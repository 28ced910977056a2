"""Months by which a page's history is read, in the page's zone. Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def of(at: datetime, zone: ZoneInfo) -> str:
    """`2026-11`."""
    return f"{at.astimezone(zone):%Y-%m}"


def span(month: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """When a month begins and when the next one does; None for what names no month."""
    try:
        first = date.fromisoformat(f"{month}-01")
        following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    except ValueError:
        return None
    if f"{first:%Y-%m}" != month:
        return None
    begin, end = (datetime.combine(each, time(), zone) for each in (first, following))
    return begin, end
