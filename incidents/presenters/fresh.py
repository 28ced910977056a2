"""How a page tells whether it is up to date."""

from __future__ import annotations

from datetime import datetime

from incidents.models import Incident


def state_key(incident: Incident, now: datetime) -> str:
    """What a page that is up to date knows: the number of what was recorded, and what changes with time alone."""
    soaking = incident.soak_until is not None and now < incident.soak_until
    # Of an alert that flaps the timeline isn't told each time, and so the version stays.
    recovers = int(incident.recovery_due_at.timestamp()) if incident.recovery_due_at else ""
    return f"{incident.version}-{incident.comms_track(now)}-{'s' if soaking else ''}-{recovers}"
