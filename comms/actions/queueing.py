"""What many are told becomes a row for each of them, in one statement however many there are."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from django.db import connection

from comms.models import Delivery
from comms.models.subscriber import SubscriberQuerySet

QUEUE = """
INSERT INTO comms_delivery
    (key, kind, priority, channel, address, subscriber_id, {about}, state, due_at, attempts, reply, created_at,
     place, rule, provider_id, relay)
SELECT %(key)s::text || ':' || s.id::text, 'update', %(priority)s, s.channel,
    coalesce(nullif(s.endpoint_shown, ''), s.email), s.id, {values}, {state}, {due_at}, 0, '', %(now)s, 0, '', '', ''
FROM ({subscribers}) s {when}
ON CONFLICT (key) DO NOTHING
"""
# When each of them gets what can wait, on their own clock. A webhook is read by a program, which sleeps at no time.
# `zone` is one that the database knows: should it not, nobody else's update is to fail for it.
WHEN = """
CROSS JOIN LATERAL (
    SELECT CASE WHEN s.time_zone = ANY(%(zones)s::text[]) THEN s.time_zone ELSE 'UTC' END AS zone,
        CASE WHEN s.channel = 'webhook' OR NOT %(digest)s::boolean THEN '' ELSE s.digest END AS digest,
        CASE WHEN s.channel = 'webhook' THEN NULL ELSE s.quiet_from END AS quiet_from
) wish
CROSS JOIN LATERAL (
    SELECT CASE wish.digest
        WHEN 'hourly' THEN date_trunc('hour', %(now)s::timestamptz) + interval '1 hour'
        WHEN 'daily' THEN (
            date_trunc('day', %(now)s::timestamptz AT TIME ZONE wish.zone) + s.digest_at
            + CASE WHEN (%(now)s::timestamptz AT TIME ZONE wish.zone)::time >= s.digest_at
                THEN interval '1 day' ELSE interval '0' END
        ) AT TIME ZONE wish.zone
        ELSE %(now)s::timestamptz
    END AS at
) planned
CROSS JOIN LATERAL (SELECT planned.at AT TIME ZONE wish.zone AS clock) theirs
CROSS JOIN LATERAL (
    SELECT CASE
        WHEN wish.quiet_from IS NULL OR wish.digest = 'daily' THEN planned.at
        WHEN CASE WHEN s.quiet_from < s.quiet_until
            THEN theirs.clock::time >= s.quiet_from AND theirs.clock::time < s.quiet_until
            ELSE theirs.clock::time >= s.quiet_from OR theirs.clock::time < s.quiet_until
        END THEN greatest(planned.at, (
            date_trunc('day', theirs.clock) + s.quiet_until
            + CASE WHEN theirs.clock::time < s.quiet_until THEN interval '0' ELSE interval '1 day' END
        ) AT TIME ZONE wish.zone)
        ELSE planned.at
    END AS due_at
) waits
"""
# Locked in the order in which everything else locks them.
RELEASE = """
WITH waiting AS (
    SELECT id FROM comms_delivery
    WHERE update_id = ANY(%(updates)s::bigint[]) AND kind = 'update' AND subscriber_id IS NOT NULL
        AND (state = 'held' OR state = 'queued' AND attempts = 0 AND due_at > %(now)s)
    ORDER BY id
    FOR UPDATE
)
UPDATE comms_delivery SET state = 'queued', due_at = %(now)s FROM waiting WHERE comms_delivery.id = waiting.id
"""
ASKED = ("id", "email", "channel", "endpoint_shown")
ASKED_OF_TIME = ("time_zone", "quiet_from", "quiet_until", "digest", "digest_at")


def queue(
    about: Mapping[str, int],
    key: str,
    subscribers: SubscriberQuerySet,
    now: datetime,
    *,
    can_wait: bool = False,
    for_digest: bool = True,
) -> None:
    """One Delivery for each of `subscribers`, by their channel. `about` are the columns that say what is told, with
    what they hold; `key` with the subscriber's id is queued once.

    What `can_wait` does so until the end of each one's quiet hours, and where they want a digest it is held for that,
    unless it is not `for_digest`.
    """
    from comms.tasks import call_readers_due, deliver_due

    columns = (*ASKED, *(ASKED_OF_TIME if can_wait else ()))
    chosen, values = _named(*subscribers.order_by().values(*columns).query.sql_with_params())
    statement = QUEUE.format(
        about=", ".join(about),
        values=", ".join(f"%(about_{name})s" for name in about),
        subscribers=chosen,
        state="CASE WHEN wish.digest = '' THEN 'queued' ELSE 'held' END" if can_wait else "'queued'",
        due_at="waits.due_at" if can_wait else "%(now)s",
        when=WHEN if can_wait else "",
    )
    given: dict[str, Any] = {
        "key": key,
        "priority": Delivery.PRIORITY[Delivery.Kind.UPDATE],
        "now": now,
        **{f"about_{name}": value for name, value in about.items()},
        **values,
        **({"zones": _zones(), "digest": for_digest} if can_wait else {}),
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
    deliver_due.delay_on_commit()
    call_readers_due.delay_on_commit()


def _named(sql: str, values: tuple[object, ...]) -> tuple[str, dict[str, object]]:
    """A statement with its values by name, so that it can stand in another that has some."""
    names = [f"chosen_{place}" for place in range(len(values))]
    return sql.replace("%%", "%%%%") % tuple(f"%({name})s" for name in names), dict(zip(names, values, strict=True))


@cache
def _zones() -> list[str]:
    """The time zones that the database knows. Its list may be another than ours."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names ORDER BY name")
        return [name for (name,) in cursor.fetchall()]


def release(updates: Collection[int], now: datetime) -> None:
    """Let what waits of these updates go now: for a digest, or for the end of quiet hours."""
    with connection.cursor() as cursor:
        cursor.execute(RELEASE, {"updates": list(updates), "now": now})
