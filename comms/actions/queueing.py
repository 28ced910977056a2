"""What many are told becomes a row for each of them, in one statement however many there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from comms.models import Delivery
from comms.models.subscriber import SubscriberQuerySet

QUEUE = """
INSERT INTO comms_delivery
    (key, kind, priority, channel, address, subscriber_id, {about}, state, due_at, attempts, reply, created_at,
     place, rule, provider_id, relay)
SELECT %s::text || ':' || s.id::text, 'update', %s, s.channel, coalesce(nullif(s.endpoint_shown, ''), s.email), s.id,
    {values}, 'queued', %s, 0, '', %s, 0, '', '', ''
FROM ({subscribers}) s
ON CONFLICT (key) DO NOTHING
"""


def queue(about: Mapping[str, int], key: str, subscribers: SubscriberQuerySet, now: datetime) -> None:
    """One Delivery for each of `subscribers`, by their channel. `about` are the columns that say what is told, with
    what they hold; `key` with the subscriber's id is queued once."""
    from comms.tasks import call_due, deliver_due

    columns = ("id", "email", "channel", "endpoint_shown")
    chosen, values = subscribers.order_by().values(*columns).query.sql_with_params()
    statement = QUEUE.format(about=", ".join(about), values=", ".join(["%s"] * len(about)), subscribers=chosen)
    priority = Delivery.PRIORITY[Delivery.Kind.UPDATE]
    with connection.cursor() as cursor:
        cursor.execute(statement, [key, priority, *about.values(), now, now, *values])
    deliver_due.delay_on_commit()
    call_due.delay_on_commit()
