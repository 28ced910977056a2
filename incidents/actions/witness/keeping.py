"""What is kept of what was read: every reading for some hours, then one for each minute, and never without an end."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import connection, transaction

from incidents.models import Witness
from teams import moments

EVERY = timedelta(hours=1)
# Younger than this every reading is kept while the incident goes on; older, one for each minute.
WHOLE = timedelta(hours=6)
# So long after its end an incident keeps one for each five minutes.
SPARSE_AFTER = timedelta(days=30)
MOST_POINTS = 6000
AT_ONCE = 100
# Of each span of time the reading that is furthest from good is kept, so that no peak is lost.
_THIN = """
    DELETE FROM incidents_witnesspoint p USING (
        SELECT id, row_number() OVER (
            PARTITION BY floor(extract(epoch FROM at) / %(seconds)s) ORDER BY value * %(sign)s DESC, id
        ) AS place
        FROM incidents_witnesspoint WHERE witness_id = %(pk)s AND at < %(before)s
    ) ranked
    WHERE p.id = ranked.id AND ranked.place > 1
"""
_BOUND = """
    DELETE FROM incidents_witnesspoint WHERE witness_id = %s AND id IN (
        SELECT id FROM incidents_witnesspoint WHERE witness_id = %s ORDER BY at DESC OFFSET %s
    )
"""


def tidy_due() -> int:
    """Thin out the points of the metrics whose time has come; returns of how many."""
    now, done = moments.now(), 0
    while done < 10 * AT_ONCE and _tidy_next(now):
        done += 1
    return done


@transaction.atomic
def _tidy_next(now: datetime) -> bool:
    rows = Witness.objects.filter(tidy_at__lte=now).select_for_update(skip_locked=True, of=("self",))
    row = rows.select_related("incident").order_by("tidy_at", "pk").first()
    if row is None:
        return False
    ended = row.removed_at or row.incident.over_at if row.due_at is None else None
    sign = 1 if row.comparison == Witness.Comparison.BELOW else -1
    sparse = ended is not None and now - ended >= SPARSE_AFTER
    with connection.cursor() as cursor:
        cursor.execute(_THIN, {"pk": row.pk, "before": now - WHOLE, "seconds": 60, "sign": sign})
        if sparse:
            cursor.execute(_THIN, {"pk": row.pk, "before": now, "seconds": 300, "sign": sign})
        cursor.execute(_BOUND, [row.pk, row.pk, MOST_POINTS])
    row.tidy_at = None if sparse else now + EVERY if ended is None else _next(ended, now)
    row.save(update_fields=["tidy_at"])
    return True


def _next(ended: datetime, now: datetime) -> datetime:
    """Once more when all of it is old, and then when it becomes sparse."""
    return ended + WHOLE + EVERY if now < ended + WHOLE + EVERY else ended + SPARSE_AFTER
