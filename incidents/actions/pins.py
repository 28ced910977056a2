"""Lines of the timeline that everybody has to see stand on top of it, until somebody takes them down."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from incidents import timeline
from incidents.actions import notes
from incidents.actions.facts import lock
from incidents.models import Incident, Pin, TimelineEntry
from incidents.models.timeline import with_merged
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

LONGEST = 80


@transaction.atomic
def pin(incident_pk: int, entry_pk: int, *, by: User) -> Pin:
    """Put a line on top, one of the incident or of those merged into it; one that is there stays as it is. Raises
    Blocked where there are `Pin.MOST` already."""
    incident = lock(incident_pk, by=by)
    entry = TimelineEntry.objects.select_related("incident", "corrects__incident").get(
        pk=entry_pk, incident__in=with_merged(incident)
    )
    entry = entry.corrects or entry
    known = incident.pins.filter(entry=entry).first()
    if known is not None:
        return known
    made = _pin(incident, entry, by)
    timeline.record(
        incident, Kind.NOTE, "entry.pinned", f"{by} pinned {_quoted(incident, entry)}", by=by, data={"entry": entry.pk}
    )
    return made


@transaction.atomic
def unpin(incident_pk: int, entry_pk: int, *, by: User) -> None:
    """Take a line down. Nothing happens where somebody was faster."""
    incident = lock(incident_pk, by=by)
    known = incident.pins.filter(entry=entry_pk).select_related("entry__incident").first()
    if known is None:
        return
    known.delete()
    said = f"{by} took down {_quoted(incident, known.entry)}"
    timeline.record(incident, Kind.NOTE, "entry.unpinned", said, by=by, data={"entry": entry_pk})


@transaction.atomic
def write(incident_pk: int, text: str, *, by: User, occurred_at: datetime | None = None) -> TimelineEntry:
    """Write a note that stands on top from the begin. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    entry = notes.note(incident_pk, text, by=by, occurred_at=occurred_at)
    _pin(incident, entry, by)
    return entry


def _quoted(incident: Incident, entry: TimelineEntry) -> str:
    """How a line is named: what a private incident says that was merged into this one is its own people's."""
    told = entry.incident_id == incident.pk or not entry.incident.private
    return f"“{_begin(entry)}”" if told else "a line"


def _pin(incident: Incident, entry: TimelineEntry, by: User) -> Pin:
    if incident.pins.count() >= Pin.MOST:
        raise refuse(
            "pins_full", f"{Pin.MOST} lines are pinned, which is as many as anybody reads. Take one down first."
        )
    return Pin.objects.create(incident=incident, entry=entry, pinned_by=by)


def _begin(entry: TimelineEntry) -> str:
    line = entry.text.strip().partition("\n")[0]
    return line if len(line) <= LONGEST else line[: LONGEST - 1].rstrip() + "…"
