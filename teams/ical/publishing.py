"""What calendar programs are told of schedules: each shift under one UID for good, with each change counted.

The rows are kept in step when a feed is read. They belong to schedules and not to links, so that everybody who
subscribes sees the same events, and somebody's own feed the same as the schedule's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import cast

from django.db import transaction

from teams import oncall
from teams.ical.writing import Changes, Published, Wanted, reconcile
from teams.models import PublishedShift, Schedule, User

BEHIND, AHEAD = timedelta(days=15), timedelta(days=180)
# How far before the window a shift's true start is looked for.
LOOK_BACK = timedelta(days=45)
FORGOTTEN = timedelta(days=60)


def brought_up(schedules: Iterable[Schedule], now: datetime, *, of: User | None = None) -> list[PublishedShift]:
    """The published shifts of `schedules` from 15 days back to 180 ahead, cancelled ones included, brought in step with
    the rosters first; with `of` only that person's."""
    found: list[PublishedShift] = []
    for rota in oncall.load(schedules, since=_edges(now)[0]):
        rows, changes = _compared(rota, now)
        if any((changes.insert, changes.update, changes.cancel, changes.revive)):
            rows = _write(rota.schedule, now)
        found += [row for row in rows if of is None or row.user_id == of.pk]
    return found


@transaction.atomic
def _write(schedule: Schedule, now: datetime) -> list[PublishedShift]:
    """Compare again with nobody else doing the same, and write what is different."""
    Schedule.objects.select_for_update(no_key=True).get(pk=schedule.pk)
    rows, changes = _compared(oncall.load([schedule], since=_edges(now)[0])[0], now)
    known = {(row.user_id, row.starts_at): row for row in rows}
    PublishedShift.objects.filter(schedule=schedule, ends_at__lt=now - FORGOTTEN).delete()
    PublishedShift.objects.bulk_create(
        PublishedShift(
            schedule=schedule, user_id=cast(int, each.person), starts_at=each.start, ends_at=each.end, changed_at=now
        )
        for each in changes.insert
    )
    changed = []
    for said in (*changes.update, *changes.cancel, *changes.revive):
        row = known[cast(int, said.person), said.start]
        row.ends_at, row.sequence, row.cancelled, row.changed_at = said.end, said.sequence, said.cancelled, said.changed
        changed.append(row)
    PublishedShift.objects.bulk_update(changed, ["ends_at", "sequence", "cancelled", "changed_at"])
    return _rows(schedule, now)


def _compared(rota: oncall.Rota, now: datetime) -> tuple[list[PublishedShift], Changes]:
    rows = _rows(rota.schedule, now)
    published = [
        Published(
            row.schedule_id,
            row.user_id,
            row.starts_at,
            row.ends_at,
            str(row.uid),
            row.sequence,
            row.cancelled,
            row.changed_at,
        )
        for row in rows
    ]
    return rows, reconcile(published, _wanted(rota, rows, now), now)


def _rows(schedule: Schedule, now: datetime) -> list[PublishedShift]:
    _, start, end = _edges(now)
    found = PublishedShift.objects.filter(schedule=schedule, ends_at__gt=start, starts_at__lt=end)
    return list(found.select_related("user", "schedule__team"))


def _wanted(rota: oncall.Rota, rows: Iterable[PublishedShift], now: datetime) -> list[Wanted]:
    """Whoever is on call in the window. A shift that began before anybody looked keeps the start that it was published
    with; else it would be another one each day."""
    looked, start, end = _edges(now)
    running = {row.user_id: row.starts_at for row in rows if row.starts_at < looked and not row.cancelled}
    return [
        Wanted(
            rota.schedule.pk,
            user.pk,
            running.get(user.pk, watch.start) if watch.start <= looked else watch.start,
            watch.end,
        )
        for watch in rota.watches(looked, end)
        if watch.end > start
        for user in watch.present
    ]


def _edges(now: datetime) -> tuple[datetime, datetime, datetime]:
    """From where shifts are looked at, and from when to when they are told. The first and the last stay for a month,
    so that a shift which is cut there does not change with every hour."""
    start = now - BEHIND
    return _month(start - LOOK_BACK), start, _month(_month(now + AHEAD) + timedelta(days=32))


def _month(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
