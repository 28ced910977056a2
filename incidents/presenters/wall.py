"""What a screen in an office shows, in a number of queries that does not depend on how much goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from incidents.models import Incident
from incidents.phases import Phase
from teams import oncall
from teams.models import Organization, Schedule, Team, User

MOST_ACTIVE = 24
MOST_RECOVERED = 6
MOST_SCHEDULES = 40
# When each phase was entered; after a relapse the first time, which is the honest one for how long it has hurt.
ENTERED = {
    Phase.DETECT: "detected_at",
    Phase.DECLARE: "declared_at",
    Phase.MITIGATE: "mitigation_started_at",
    Phase.COMMUNICATE: "mitigated_at",
}


@dataclass(frozen=True, slots=True)
class Duty:
    """Who stands a watch of a team now; nobody: empty."""

    team: Team
    schedule: Schedule
    people: tuple[User, ...]


def wall(teams: Sequence[Team], organization: Organization) -> dict[str, Any]:
    """The context of the wall of `teams`, of all without any. Nothing private and no drill stands on it: whoever walks
    past may read it."""
    now = timezone.now()
    found = Incident.objects.filter(private=False, drill=False)
    if teams:
        found = found.filter(Q(team__in=teams) | Q(services__team__in=teams)).distinct()
    active = list(found.active().with_faces().order_by(F("severity_id").asc(nulls_last=True), "-pk")[: MOST_ACTIVE + 1])
    for incident in active:
        incident.entered_at = getattr(incident, ENTERED[Phase(incident.phase)])  # type: ignore[attr-defined]
    zone = ZoneInfo(organization.time_zone)
    midnight = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    recovered = _recovered(found, midnight)
    return {
        "now": now,
        "organization": organization,
        "zone": organization.time_zone,
        "teams": teams,
        "active": active[:MOST_ACTIVE],
        "more": len(active) > MOST_ACTIVE,
        "recovered": recovered[:MOST_RECOVERED],
        "recovered_more": max(0, len(recovered) - MOST_RECOVERED),
        "duties": _duties(teams, now),
    }


def _recovered(found: QuerySet[Incident], since: datetime) -> list[Incident]:
    """What was resolved since then, the last first."""
    over = (Phase.RESOLVE, Phase.REVIEW, Phase.CLOSED)
    rows = found.filter(phase__in=over, resolved_at__gte=since).select_related("severity", "team")
    recovered = list(rows.order_by("-resolved_at", "-pk")[:100])
    for incident in recovered:
        if incident.resolved_at:
            incident.lasted = incident.resolved_at - incident.detected_at  # type: ignore[attr-defined]
    return recovered


def _duties(teams: Sequence[Team], now: datetime) -> list[Duty]:
    schedules = Schedule.objects.select_related("team").order_by("team__name", "name", "pk")
    if teams:
        schedules = schedules.filter(team__in=teams)
    watches = oncall.on_call(schedules[:MOST_SCHEDULES], now)
    return [
        Duty(rota.schedule.team, rota.schedule, watch.present if watch is not None else ()) for rota, watch in watches
    ]
