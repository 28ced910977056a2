"""Silences and maintenance windows in words, and what they hold back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from incidents import routing
from incidents.actions.holding import report_of
from incidents.actions.joining import Named
from incidents.models import Alert, EscalationRun, Incident, Integration, Maintenance, Silence
from incidents.phases import Phase
from teams import permits
from teams.models import Service, User

# What is looked through when somebody asks what a silence would hold back.
LOOK_BACK = timedelta(days=7)
MOST_LOOKED_AT = 2000
MOST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Line:
    """A row as its list shows it. `state`: now, later or over; `asks`: its conditions, or its services, in words."""

    row: Silence | Maintenance
    state: str
    asks: list[str]
    may_change: bool

    @property
    def name(self) -> str:
        return str(self.row)


def state(row: Silence | Maintenance, now: datetime) -> str:
    """Whether it holds alerts back `now`, `later`, or is `over`."""
    if row.ends_at <= now:
        return "over"
    return "later" if row.starts_at > now else "now"


def names(user: User) -> routing.Names:
    """What services are called, and those integrations that somebody may know of."""
    mine = permits.teams_where(user, "incident.view", private=True)
    known = Integration.objects.filter(Q(private=False) | Q(team__in=mine))
    return routing.Names(dict(Service.objects.values_list("pk", "name")), dict(known.values_list("pk", "name")))


def lines(rows: Iterable[Any], user: User, now: datetime) -> list[Line]:
    """Rows with their team and, of maintenance, their services loaded."""
    known = names(user)
    mine = set(permits.teams_where(user, "quiet.change").values_list("pk", flat=True))
    everywhere = permits.may(user, "quiet.everywhere")
    return [
        Line(row, state(row, now), asks(row, known), everywhere if row.team_id is None else row.team_id in mine)
        for row in rows
    ]


def asks(row: Silence | Maintenance, known: routing.Names) -> list[str]:
    if isinstance(row, Maintenance):
        return [service.name for service in row.services.all()]
    try:
        return [each.sentence(known) for each in row.read_conditions()]
    except routing.InvalidRuleError as error:
        return [f"can’t be read: {error}"]


def pages_on(alert: Alert | None) -> Incident | None:
    """The incident of an alert that nobody has answered: a silence of what is like it does not end its pages."""
    incident = alert.incident if alert else None
    if incident is None or incident.is_answered:
        return None
    running = incident.runs.own().filter(state=EscalationRun.State.RUNNING)
    return incident if incident.phase == Phase.DETECT or running.exists() else None


@dataclass(frozen=True, slots=True)
class Likely:
    """What a silence would hold back, were it at work: of the last alerts those that fire, and how many in all."""

    firing: list[Alert]
    more: int
    lately: int


def likely(silence: Silence, user: User, now: datetime) -> Likely:
    """What of the alerts that `user` may see a silence's conditions hold for, of the last MOST_LOOKED_AT in LOOK_BACK.
    InvalidRuleError where they can't be read."""
    conditions = silence.read_conditions()
    rows = Alert.objects.visible_to(user).filter(received_at__gt=now - LOOK_BACK)
    rows = rows.select_related("integration__service", "integration__team", "incident__team", "team")
    found = [alert for alert in rows.order_by("-received_at", "-pk")[:MOST_LOOKED_AT] if _would(alert, silence)]
    held = _asked(found, conditions, now)
    firing = [alert for alert in held if alert.status == Alert.Status.FIRING]
    return Likely(firing[:MOST_SHOWN], max(0, len(firing) - MOST_SHOWN), len(held))


def _would(alert: Alert, silence: Silence) -> bool:
    team = alert.incident.team_id if alert.incident else alert.team_id
    return silence.team_id is None or team == silence.team_id


def _asked(alerts: list[Alert], conditions: Iterable[routing.Condition], now: datetime) -> list[Alert]:
    by_integration: dict[Integration, list[Alert]] = {}
    for alert in alerts:
        by_integration.setdefault(alert.integration, []).append(alert)
    asked = list(conditions)
    held = []
    for integration, some in by_integration.items():
        reports = [report_of(alert) for alert in some]
        named = Named(integration, reports)
        for alert, report in zip(some, reports, strict=True):
            services = tuple(service.pk for service in named.of([report]))
            case = routing.Case(report, integration.pk, services)
            if all(each.holds(case, now) for each in asked):
                held.append(alert)
    return sorted(held, key=lambda alert: alert.received_at, reverse=True)
