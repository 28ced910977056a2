"""Who somebody is to an incident: by its teams, by taking part, by command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import CharField, Q, QuerySet, Value

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


@permits.roles_from(Incident, private=lambda incident: incident.private)
def _of_incident(user: Any, incident: Incident) -> Iterator[Role]:
    """Asked for nearly every request, so in one query."""
    near = Q(team=incident.team_id) | Q(team__in=incident.shared_with.all())
    roles = Membership.objects.filter(near, user=user).order_by().values_list("role")
    part = Incident.participants.through.objects.filter(incident=incident, user=user)
    commands = incident.assignments.filter(user=user, role__slug=Seat.COMMANDER, state=RoleAssignment.State.HELD)
    found = roles.union(
        _as(Role.PARTICIPANT, part),
        _as(Role.PARTICIPANT, incident.pages.filter(user=user)),
        _as(Role.COMMANDER, commands),
    )
    for (role,) in found:
        yield Role(role)


def _as(role: Role, rows: QuerySet[Any]) -> QuerySet[Any, tuple[str]]:
    """That role for each of the rows."""
    found: QuerySet[Any, tuple[str]] = (
        rows.order_by().annotate(held_as=Value(role.value, CharField())).values_list("held_as")
    )
    return found


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
