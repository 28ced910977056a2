"""What time it is for work that several machines share: the database's clock, which all of them ask."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import connection
from django.utils import timezone


def now() -> datetime:
    """This moment, aware. A machine whose clock is wrong neither claims too early nor keeps a lease for too long."""
    if not settings.WATCHBILL_DATABASE_CLOCK:
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        (found,) = cursor.fetchone()
    return found  # type: ignore[no-any-return]
