"""What a first update starts from: public words and states for what is known inside, never the incident's own words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from comms.models import Component, PageIncident, StatusPage
from comms.rollup import worst
from incidents.models import Incident, Severity
from teams.words import listed

Impact = PageIncident.Impact
Status = Component.Status
IMPACTS = {1: Impact.CRITICAL, 2: Impact.MAJOR, 3: Impact.MINOR, 4: Impact.NONE}
STATES = {1: Status.MAJOR, 2: Status.PARTIAL, 3: Status.DEGRADED}


def components_of(incident: Incident, page: StatusPage) -> list[Component]:
    """What readers know the incident's services as. Which services a private incident is about stays private."""
    if incident.private:
        return []
    return list(page.components.filter(service__incidents=incident).distinct())


def title_of(components: Sequence[Component]) -> str:
    """A title where nobody has written one, made of what the page shows anyway; empty where that is nothing."""
    names = [component.name for component in components]
    if not names:
        return ""
    if len(names) > 3:
        names = [*names[:2], f"{len(names) - 2} more"]
    return f"Problems with {listed(names)}"


def impact_of(severity: Severity | None) -> Impact:
    """The impact that a severity means for readers; minor as long as nobody has said how bad it is."""
    return IMPACTS.get(severity.level, Impact.MINOR) if severity else Impact.MINOR


def expected_of(told: PageIncident | None, now: datetime) -> dict[str, Any]:
    """What readers were told last of when service is back, as far as it still lies ahead: fields of an update."""
    if told is None or told.eta_at is None or told.eta_at <= now:
        return {"eta_early_at": None, "eta_at": None, "eta_confidence": ""}
    early = told.eta_early_at
    return {
        "eta_early_at": early if early and early > now else None,
        "eta_at": told.eta_at,
        "eta_confidence": told.eta_confidence,
    }


def states_of(components: Iterable[Component], severity: Severity | None) -> dict[int, Status]:
    """Component pk to the state that fits `severity`, without those that the page calls as bad already. Empty for a
    severity that nobody outside notices."""
    state = STATES.get(severity.level) if severity else Status.DEGRADED
    if state is None:
        return {}
    return {c.pk: state for c in components if worst((c.status, state)) != c.status}
