"""Digests of updates: what was held for a subscriber becomes one message, once its time has come."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from comms.models import Delivery

LOCK = 7_304_320
# Subscribers in one transaction.
AT_ONCE = 5000
GATHER = """
WITH readers AS MATERIALIZED (
    SELECT DISTINCT subscriber_id FROM comms_delivery
    WHERE state = 'held' AND subscriber_id IS NOT NULL AND due_at <= %(now)s
    LIMIT %(limit)s
), due AS MATERIALIZED (
    SELECT held.id, held.subscriber_id FROM comms_delivery held
    WHERE held.state = 'held' AND held.due_at <= %(now)s
        AND held.subscriber_id IN (SELECT subscriber_id FROM readers)
    ORDER BY held.id
    FOR UPDATE
), made AS (
    INSERT INTO comms_delivery
        (key, kind, priority, channel, address, subscriber_id, state, due_at, attempts, reply, created_at,
         place, rule, provider_id, relay)
    SELECT 'summary:' || s.id || ':' || max(due.id), 'summary', %(priority)s, s.channel,
        coalesce(nullif(s.endpoint_shown, ''), s.email), s.id, 'queued', %(now)s, 0, '', %(now)s, 0, '', '', ''
    FROM due JOIN comms_subscriber s ON s.id = due.subscriber_id
    GROUP BY s.id
    RETURNING id, subscriber_id
)
UPDATE comms_delivery SET state = 'superseded', told_in_id = made.id
FROM due JOIN made ON made.subscriber_id = due.subscriber_id
WHERE comms_delivery.id = due.id
"""


@transaction.atomic
def gather_due(now: datetime) -> int:
    """Make one delivery for each subscriber of what is held for them and due at `now`, for some thousands of them;
    returns how many updates these tell. Of several who try at once one does it."""
    from comms.tasks import call_readers_due, deliver_due

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if cursor.fetchone() != (True,):
            return 0
        priority = Delivery.PRIORITY[Delivery.Kind.SUMMARY]
        cursor.execute(GATHER, {"now": now, "limit": AT_ONCE, "priority": priority})
        told: int = cursor.rowcount
    if told:
        deliver_due.delay_on_commit()
        call_readers_due.delay_on_commit()
    return told


def told_in(summary: Delivery) -> list[Delivery]:
    """The deliveries whose updates a digest tells, with the updates and their incidents: what was held for it, and
    what gave way to that while it waited."""
    rows = Delivery.objects.select_related("update__page_incident__page")
    found = list(summary.tells.filter(update__isnull=False).select_related("update__page_incident__page"))
    known = {row.update_id for row in found}
    gave_way = list(
        rows.filter(
            subscriber=summary.subscriber_id,
            kind=Delivery.Kind.UPDATE,
            state=Delivery.State.SUPERSEDED,
            told_in=None,
            update__page_incident__in={row.update.page_incident_id for row in found if row.update},
        )
    )
    while more := [row for row in gave_way if row.superseded_by_id in known and row.update_id not in known]:
        found += more
        known |= {row.update_id for row in more}
    return _newest_first(found)


def _newest_first(rows: Iterable[Delivery]) -> list[Delivery]:
    return sorted(rows, key=lambda row: (row.update.shown_at, row.update_id) if row.update else (), reverse=True)
