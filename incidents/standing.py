"""Who somebody is to an incident: by its teams, by taking part, by command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection
from django.db.models import Q

from incidents.models import (
    ActionItem,
    Alert,
    Attachment,
    EscalationRun,
    Event,
    Exercise,
    Incident,
    IncidentTask,
    Integration,
    Maintenance,
    MetricCheck,
    Mitigation,
    MitigationCard,
    Page,
    Playbook,
    PlaybookRun,
    PlaybookStep,
    Postmortem,
    RoleAssignment,
    Silence,
    TeamRequest,
    TimelineEntry,
    Tracker,
    Witness,
)
from teams import access, permits
from teams.access import Role
from teams.models import Membership
from teams.models import Role as Seat

# Asked for nearly every request and by every action: written out, since having it put together from four querysets took
# longer than the database takes to answer it.
_ROLES = """
SELECT role FROM teams_membership
WHERE user_id = %(user)s AND (team_id = %(team)s OR team_id IN (
    SELECT team_id FROM incidents_incident_shared_with WHERE incident_id = %(incident)s
))
UNION SELECT %(participant)s FROM incidents_incident_participants
WHERE incident_id = %(incident)s AND user_id = %(user)s
UNION SELECT %(participant)s FROM incidents_page
WHERE incident_id = %(incident)s AND user_id = %(user)s
UNION SELECT %(commander)s FROM incidents_roleassignment a JOIN teams_role r ON r.id = a.role_id
WHERE a.incident_id = %(incident)s AND a.user_id = %(user)s AND a.state = 'held' AND r.slug = %(seat)s
"""


@permits.roles_from(Incident, private=lambda incident: incident.private)
def _of_incident(user: Any, incident: Incident) -> Iterator[Role]:
    asked = {"user": user.pk, "team": incident.team_id, "incident": incident.pk}
    roles = {"participant": Role.PARTICIPANT.value, "commander": Role.COMMANDER.value, "seat": Seat.COMMANDER}
    with connection.cursor() as cursor:
        cursor.execute(_ROLES, asked | roles)
        found = cursor.fetchall()
    for (role,) in found:
        yield Role(role)


@permits.roles_from(
    ActionItem,
    Attachment,
    EscalationRun,
    IncidentTask,
    Exercise,
    Mitigation,
    Page,
    PlaybookRun,
    Postmortem,
    RoleAssignment,
    TeamRequest,
    TimelineEntry,
    Witness,
    private=lambda row: row.incident.private,
)
def _by_incident(user: Any, row: Any) -> Iterator[Role]:
    yield from _of_incident(user, row.incident)


@permits.roles_from(Alert, private=lambda alert: alert.incident.private if alert.incident else alert.private)
def _of_alert(user: Any, alert: Alert) -> Iterator[Role]:
    yield from _of_incident(user, alert.incident) if alert.incident else _by_team(user, alert)


@permits.roles_from(Silence, Maintenance, private=lambda row: row.private)
@permits.roles_from(Integration, Event, MetricCheck, MitigationCard, Playbook)
def _by_team(user: Any, row: Any) -> Iterator[Role]:
    yield from (Role(r) for r in Membership.objects.filter(team=row.team, user=user).values_list("role", flat=True))


@permits.roles_somewhere(*access.INCIDENT)
def _in_some_incident(user: Any) -> set[Role]:
    if Incident.objects.filter(Q(participants=user) | Q(pages__user=user)).exists():
        return {Role.PARTICIPANT, Role.COMMANDER}
    return set()


@permits.roles_from(Tracker)
def _of_tracker(user: Any, row: Tracker) -> Iterator[Role]:
    """One of all teams is kept by whoever keeps integrations everywhere."""
    yield from _by_team(user, row) if row.team_id is not None else ()


@permits.roles_from(PlaybookStep)
def _by_playbook(user: Any, row: PlaybookStep) -> Iterator[Role]:
    yield from _by_team(user, row.playbook)
