"""The one writer of history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import F
from django.utils import timezone

from incidents.guards import Blocker
from incidents.models import Incident, TimelineEntry
from incidents.problems import Blocked
from incidents.signals import recorded
from teams.models import User

Kind = TimelineEntry.Kind


class _Now:
    """Stands for "it happens as it is recorded", so that None can say that nobody knows when."""


NOW: Final = _Now()
CLOCK_SKEW = timedelta(minutes=2)


def record(
    incident: Incident,
    kind: str,
    verb: str,
    text: str,
    *,
    by: User | None,
    occurred_at: datetime | _Now | None = NOW,
    phase: str = "",
    phase_from: str = "",
    phase_to: str = "",
    reason: str = "",
    overridden: Sequence[str] = (),
    data: Mapping[str, Any] | None = None,
    corrects: TimelineEntry | None = None,
    notify: Iterable[User] = (),
) -> TimelineEntry:
    """Write one line of an incident's history and announce it, inside the caller's transaction.

    `by` None is Watchbill itself. `occurred_at` None says that nobody knows when; left out, it is now. `notify` are
    people to be mailed about it. The incident's `version` goes up in the database and on the object, which tells
    every open page that there is something new.
    """
    now = timezone.now()
    entry = TimelineEntry.objects.create(
        incident=incident,
        kind=kind,
        verb=verb,
        phase=phase or incident.phase,
        phase_from=phase_from,
        phase_to=phase_to,
        text=text,
        reason=reason,
        overridden=list(overridden),
        data=dict(data or {}),
        actor=by,
        occurred_at=now if isinstance(occurred_at, _Now) else occurred_at,
        recorded_at=now,
        corrects=corrects,
    )
    Incident.objects.filter(pk=incident.pk).update(version=F("version") + 1)
    incident.version += 1
    recorded.send(sender=TimelineEntry, entry=entry, notify=list(notify))
    return entry


def happened(occurred_at: datetime | None, now: datetime, *, field: str = "occurred_at") -> datetime:
    """The time that was given, or now. Raises Blocked for a time that is still to come."""
    if occurred_at is None:
        return now
    if occurred_at > now + CLOCK_SKEW:
        raise Blocked(
            [
                Blocker(
                    "occurred_in_future",
                    "That time is still to come. Give the time it happened.",
                    field=field,
                )
            ]
        )
    return occurred_at
