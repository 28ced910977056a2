"""Planned maintenance as calendar programs read it: one event for good, each change of which is counted."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q

from comms.models import MaintenanceUpdate, PageMaintenance, StatusPage
from teams.ical import writing
from teams.mails import absolute

PRODUCT = "-//Watchbill//Maintenance calendar//EN"
BACK, AHEAD = timedelta(days=15), timedelta(days=180)


def of_page(page: StatusPage, now: datetime) -> bytes:
    """What a page plans, did lately and cancelled: what ends at most 15 days ago and begins in at most 180."""
    near = Q(scheduled_until__gte=now - BACK, scheduled_for__lte=now + AHEAD)
    rows = PageMaintenance.objects.filter(near, page=page).with_story().order_by("pk")
    return writing.calendar(f"Maintenance: {page.name}", map(_entry, rows), product=PRODUCT)


def told(update: MaintenanceUpdate) -> bytes:
    """The event as of one update of it, for a mail; the same on every retry."""
    row = update.maintenance
    names = row.parts.order_by("component__position", "component__name").values_list("component__name", flat=True)
    entry = writing.Entry(
        uid=_uid(row),
        sequence=update.sequence,
        start=update.scheduled_for,
        end=update.scheduled_until,
        summary=_summary(row),
        description=_description(names, "" if update.by_itself else update.body),
        url=absolute(row.get_absolute_url()),
        changed=update.at,
        cancelled=update.state == PageMaintenance.State.CANCELLED,
    )
    return writing.calendar(f"Maintenance: {row.page.name}", [entry], product=PRODUCT)


def _entry(row: PageMaintenance) -> writing.Entry:
    begins, ends = row.span
    return writing.Entry(
        uid=_uid(row),
        sequence=row.sequence,
        start=begins,
        end=ends,
        summary=_summary(row),
        description=_description((part.name for part in row.affected), row.story[0].body if row.story else ""),
        url=absolute(row.get_absolute_url()),
        changed=row.updated_at,
        cancelled=row.state == PageMaintenance.State.CANCELLED,
    )


def _uid(row: PageMaintenance) -> str:
    # As with on-call calendars, the installation's address is no part of it: it may move.
    return f"maintenance-{row.uid}@watchbill"


def _summary(row: PageMaintenance) -> str:
    return f"Maintenance: {row.title}"


def _description(names: Iterable[str], said: str) -> str:
    affected = ", ".join(names)
    return "\n\n".join(filter(None, [said, f"Affects {affected}." if affected else ""]))
