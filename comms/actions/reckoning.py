"""How long mail to many readers takes, as this installation's own relay has shown."""

from __future__ import annotations

from datetime import timedelta
from math import ceil

from django.db.models import Count, F, Max, Min

from comms.models import Delivery
from teams import moments

# Letters a second where nothing was measured yet.
UNMEASURED = 5.0
ENOUGH = 20
LOOK_BACK = timedelta(days=90)


def rate() -> float:
    """Letters a second that went out of the last update that went to many, without those that waited for the end of
    somebody's quiet hours or for a second try."""
    sent = Delivery.objects.filter(
        kind=Delivery.Kind.UPDATE,
        state=Delivery.State.SENT,
        sent_at__gte=moments.now() - LOOK_BACK,
        due_at__lte=F("created_at"),
    )
    last = (
        sent.order_by()
        .values("update")
        .annotate(count=Count("pk"), began=Min("created_at"), ended=Max("sent_at"))
        .filter(count__gte=ENOUGH)
        .order_by("-ended")
        .first()
    )
    if last is None:
        return UNMEASURED
    took: float = (last["ended"] - last["began"]).total_seconds()
    count: int = last["count"]
    return count / max(took, 1.0)


def minutes_for(count: int) -> int:
    """Whole minutes, at least 1, that mail to `count` readers takes; 0 for none."""
    return max(1, ceil(count / rate() / 60)) if count else 0
