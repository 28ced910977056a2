"""A newer update takes the place of older ones that have not gone out yet, and its mail says what it skipped.

Of two updates of one page's incident the newer is the one that was published later and that readers do not see at an
earlier time. What says that it is over is only replaced by what says so too.

Rows are locked by pk, as a correction locks them, and after everything that publishing locks. What a worker is sending
at that moment is left to it: should it have to try again, `overtaken` tells it not to.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from django.db import connection
from django.db.models import Q

from comms.actions import claiming
from comms.models import Delivery, PageIncident, StatusUpdate

State = Delivery.State
# The newer update's row of the same subscriber is found by its key: no plan reads all of an update's rows for each of
# another's, whatever is known of a table that has just grown by a hundred thousand.
SUPERSEDE = """
WITH missed AS MATERIALIZED (
    SELECT old.id
    FROM comms_delivery old
    JOIN comms_delivery newer ON newer.key = 'update:' || %(update)s || ':' || old.subscriber_id
    WHERE old.update_id = ANY(%(older)s) AND old.state IN ('queued', 'held') AND old.kind = 'update'
        AND old.told_in_id IS NULL AND newer.update_id = %(update)s
        AND (newer.state = 'queued' OR newer.state = 'held' AND old.state = 'held')
    ORDER BY old.id
    FOR UPDATE OF old
)
UPDATE comms_delivery SET state = 'superseded', superseded_by_id = %(update)s
FROM missed WHERE comms_delivery.id = missed.id
"""
OVERTAKEN = """
SELECT DISTINCT ON (row.id) row.id, newer.id
FROM comms_delivery row
JOIN comms_statusupdate old ON old.id = row.update_id
LEFT JOIN comms_correction correction ON correction.id = row.correction_id
JOIN comms_statusupdate newer ON newer.page_incident_id = old.page_incident_id AND newer.status = 'published'
    AND (newer.published_at, newer.id) > (old.published_at, old.id)
    AND coalesce(newer.occurred_at, newer.published_at) >= coalesce(old.occurred_at, old.published_at)
    AND (correction.id IS NULL OR newer.published_at >= correction.at)
    AND (old.state != ALL(%(over)s) OR newer.state = ANY(%(over)s))
JOIN comms_delivery instead ON instead.key = 'update:' || newer.id || ':' || row.subscriber_id
WHERE row.id = ANY(%(rows)s) AND row.kind = 'update' AND instead.state IN ('queued', 'sending', 'sent')
ORDER BY row.id, newer.published_at DESC, newer.id DESC
"""
SKIPPED = """
WITH older AS MATERIALIZED (SELECT * FROM unnest(%(older)s::bigint[]) WITH ORDINALITY AS each(id, place))
SELECT reader.id, missed.updates
FROM unnest(%(subscribers)s::bigint[]) AS reader(id)
CROSS JOIN LATERAL (
    SELECT array_agg(row.update_id ORDER BY older.place) AS updates
    FROM comms_delivery row JOIN older ON older.id = row.update_id
    WHERE row.subscriber_id = reader.id AND row.state IN ('superseded', 'failed', 'bounced')
        AND older.place > coalesce((
            SELECT max(got.place)
            FROM comms_delivery mail JOIN older got ON got.id = mail.update_id
            WHERE mail.subscriber_id = reader.id AND mail.state = 'sent' AND mail.correction_id IS NULL
        ), 0)
) missed
WHERE missed.updates IS NOT NULL
"""


def supersede(update: StatusUpdate) -> int:
    """Let this update, whose rows are queued, take the place of older ones of its incident that wait for the same
    subscriber; returns how many rows will not go out. Called by publishing, in its transaction.

    One that would go at once isn't given up for one that waits for a digest.
    """
    older = StatusUpdate.objects.before(update)
    if update.state not in PageIncident.OVER:
        older = older.exclude(state__in=PageIncident.OVER)
    pks = list(older.values_list("pk", flat=True))
    if not pks:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(SUPERSEDE, {"update": update.pk, "older": pks})
        return int(cursor.rowcount)


def newer(update: StatusUpdate) -> list[int]:
    """Published updates (ids) that replace this one for whoever has them."""
    later = StatusUpdate.objects.published().filter(
        Q(published_at__gt=update.published_at) | Q(published_at=update.published_at, pk__gt=update.pk),
        page_incident=update.page_incident_id,
    )
    if update.state in PageIncident.OVER:
        later = later.filter(state__in=PageIncident.OVER)
    return [each.pk for each in later if each.shown_at >= update.shown_at]


def overtaken(pks: Sequence[int]) -> dict[int, int]:
    """Of rows that a worker has claimed, those that a newer update replaces by now: their pk to the newest such update.
    A correction is replaced only by what was published after it."""
    if not pks:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(OVERTAKEN, {"rows": list(pks), "over": [str(state) for state in PageIncident.OVER]})
        return dict(cursor.fetchall())


def give_up_overtaken(pks: Sequence[int], lease_until: datetime) -> set[int]:
    """Settle what of a worker's rows (ids), which it has claimed until `lease_until`, a newer update replaces; returns
    those that are not to be sent. A row that is another's by now is left alone."""
    newer = overtaken(pks)
    together: dict[int, list[int]] = defaultdict(list)
    for pk, by in newer.items():
        together[by].append(pk)
    for by, gone in together.items():
        claiming.held(gone, lease_until).update(state=State.SUPERSEDED, superseded_by=by, lease_until=None)
    return set(newer)


def still_to_be_sent(rows: Sequence[Delivery]) -> list[Delivery]:
    """Of rows that a worker has claimed one by one, those that no newer update replaces; the others are settled."""
    gone: set[int] = set()
    for lease_until in {row.lease_until for row in rows if row.kind == Delivery.Kind.UPDATE}:
        mine = [row.pk for row in rows if row.kind == Delivery.Kind.UPDATE and row.lease_until == lease_until]
        if lease_until is not None:
            gone |= give_up_overtaken(mine, lease_until)
    return [row for row in rows if row.pk not in gone]


def skipped(update: StatusUpdate, subscribers: Collection[int]) -> dict[int, tuple[int, ...]]:
    """What those of `subscribers` (ids) missed of the incident since the last update that they were sent, by
    subscriber: the older updates (ids), the oldest first. Whoever missed nothing is left out."""
    older = list(StatusUpdate.objects.before(update).order_by("published_at", "pk").values_list("pk", flat=True))
    if not older or not subscribers:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(SKIPPED, {"older": older, "subscribers": sorted(subscribers)})
        # A correction and what it corrects are one update.
        return {reader: tuple(dict.fromkeys(updates)) for reader, updates in cursor.fetchall()}
