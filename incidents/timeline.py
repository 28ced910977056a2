"""The one writer of history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


@dataclass(slots=True)
class Line:
    """A line of history that is still to be written, of which incident, and whom to mail about it."""

    incident: Incident
    entry: TimelineEntry
    notify: list[User]


def line(
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
) -> Line:
    """A line for `record_all`. `by` None is Watchbill itself. `occurred_at` None says that nobody knows when; left out,
    it is now. `notify` are people to be mailed about it."""
    now = timezone.now()
    entry = TimelineEntry(
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
    return Line(incident, entry, list(notify))


def record_all(lines: Sequence[Line]) -> None:
    """Write lines of one or many incidents in their order and announce them, inside the caller's transaction.

    The `version` of each incident goes up in the database and on the object, which tells every open page that there is
    something new. However many lines, the queries are the same few.
    """
    if not lines:
        return
    TimelineEntry.objects.bulk_create([each.entry for each in lines])
    per_incident = Counter(each.incident.pk for each in lines)
    for count in set(per_incident.values()):
        of = [pk for pk, lines_of in per_incident.items() if lines_of == count]
        Incident.objects.filter(pk__in=of).update(version=F("version") + count)
    for each in lines:
        each.incident.version += 1
    recorded.send(sender=TimelineEntry, lines=[(each.entry, each.notify) for each in lines])


def record(incident: Incident, kind: str, verb: str, text: str, *, by: User | None, **given: Any) -> TimelineEntry:
    """Write one line, given as `line` takes it, and announce it, inside the caller's transaction."""
    one = line(incident, kind, verb, text, by=by, **given)
    record_all([one])
    return one.entry


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
