"""Where alerts go: the rules are read once for however many alerts, and what they say is made of rows."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from incidents import routing
from incidents.actions import escalation
from incidents.models import Integration, RoutingRule, Severity
from incidents.phases import recovery_sentence
from incidents.sources import AlertReport
from teams.models import EscalationPolicy, Service, Team

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """Which rule decides for an alert, and its group. `row` is None where the default has none."""

    case: routing.Case
    routed: routing.Routed
    row: RoutingRule | None
    key: str

    @property
    def grouping(self) -> routing.Grouping:
        return self.routed.rule.grouping


@dataclass(frozen=True, slots=True)
class Targets:
    """What an incident becomes that a rule opens. `own_policy` is the policy that the rule itself says."""

    team: Team
    services: list[Service]
    severity: Severity | None
    priority: int | None
    private: bool
    declares: bool
    own_policy: EscalationPolicy | None
    on_recovery: str = "tell"
    recovery_minutes: int = 5

    @property
    def recovery(self) -> str:
        return recovery_sentence(self.on_recovery, self.recovery_minutes)


class Routing:
    """The rules as they stand, for the alerts of one integration at one moment. `rows` are others than those that are
    kept, for trying them out."""

    def __init__(self, integration: Integration, at: datetime, rows: Iterable[RoutingRule] | None = None) -> None:
        self.integration, self.at = integration, at
        self.rows: dict[int, RoutingRule] = {}
        self.rules: list[routing.Rule] = []
        self.policies: dict[tuple[tuple[int, ...], int], EscalationPolicy | None] = {}
        for row in RoutingRule.objects.filter(enabled=True).with_targets() if rows is None else rows:
            try:
                self.rules.append(row.read())
            except routing.InvalidRuleError:
                # Alerts have to come through whatever somebody wrote into the table.
                log.exception("routing rule %s can't be read and is passed over", row.pk)
            else:
                self.rows[row.pk or 0] = row

    def route(self, report: AlertReport, services: Sequence[Service]) -> Route:
        """`services` are those that the alert is about."""
        case = routing.Case(report, self.integration.pk, tuple(service.pk for service in services))
        routed = routing.decide(self.rules, case, self.at)
        return Route(case, routed, self.rows.get(routed.rule.key), routing.group_key(routed.rule, case))

    def targets(self, route: Route, named: list[Service]) -> Targets:
        """What a rule makes of an incident whose alerts are about the services that they `named`.

        What is private stays with the team of its integration, and pages by no other team's policy for a rule's sake.
        """
        row, home = route.row, self.integration.team
        services = [row.service] if row and row.service else named
        own_team = row.own_team if row else None
        own_policy = row.own_policy if row else None
        team = own_team or (services[0].team if services else home)
        if self.integration.private:
            team = home
            if own_policy is not None and own_policy.team_id != home.pk:
                own_policy = None
        return Targets(
            team,
            services,
            row.severity if row else None,
            row.priority if row else None,
            self.integration.private or bool(row and row.private),
            bool(row and row.declares),
            own_policy,
            *((row.on_recovery, row.recovery_minutes) if row else ()),
        )

    def policy(self, found: Targets) -> EscalationPolicy | None:
        """The policy that pages. Asked once for the same services and team."""
        if found.own_policy is not None:
            return found.own_policy
        of = (tuple(service.pk for service in found.services), found.team.pk)
        if of not in self.policies:
            self.policies[of] = escalation.policy_of(found.services, found.team)
        return self.policies[of]


COUNT = """
    INSERT INTO incidents_routingmatch AS m (rule_id, integration_id, count, last_at)
    SELECT r.id, %s, v.count, %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS v (id, count)
    JOIN incidents_routingrule r ON r.id = v.id
    ON CONFLICT (rule_id, integration_id)
    DO UPDATE SET count = m.count + excluded.count, last_at = greatest(m.last_at, excluded.last_at)
"""


def count(integration: Integration, matched: Mapping[int, int], at: datetime) -> None:
    """Add to how many alerts of an integration rules (their keys) decided for. Whoever calls has the integration to
    themselves. One that was removed meanwhile is not counted."""
    if matched:
        with connection.cursor() as cursor:
            cursor.execute(COUNT, [integration.pk, at, list(matched), list(matched.values())])
