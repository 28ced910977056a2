"""Routing rules in words, and what they would make of an alert."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents import routing
from incidents.actions import joining
from incidents.actions.routes import Targets
from incidents.models import Incident, Integration, Maintenance, RoutingRule, Silence
from incidents.sources import AlertReport
from incidents.suppression import Held
from teams.models import EscalationPolicy, Service, User

# Alerts of one body that are shown.
MOST_TRIED = 10


@dataclass(frozen=True, slots=True)
class Line:
    """A rule as the list shows it. `wrong`: why it can't be read, empty where it can."""

    row: RoutingRule
    when: list[str]
    grouping: str
    wrong: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A rule that was asked and does not match; each of `why` says what it asks for and what was found instead."""

    name: str
    why: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Tried:
    """What would become of one alert. `joins`: the open incident that would take it, for who may see it; `hidden`: one
    that they may not see would. `held`: what would hold it back instead, in words; empty for nothing."""

    report: AlertReport
    rule: routing.Rule
    row: RoutingRule | None
    edited: bool
    passed: list[Passed]
    targets: Targets
    policy: EscalationPolicy | None
    grouping: str
    joins: Incident | None
    hidden: bool
    held: str


def names() -> routing.Names:
    return routing.Names(
        dict(Service.objects.values_list("pk", "name")), dict(Integration.objects.values_list("pk", "name"))
    )


def lines(rows: Iterable[RoutingRule]) -> list[Line]:
    known = names()
    told = []
    for row in rows:
        try:
            rule = row.read()
        except routing.InvalidRuleError as error:
            told.append(Line(row, [], "", str(error)))
        else:
            told.append(Line(row, [each.sentence(known) for each in rule.conditions], rule.grouping.sentence))
    return told


def with_edited(edited: RoutingRule | None) -> list[RoutingRule]:
    """The rules that are in use, in order, with one as somebody is editing it: in its place, or as the last of them."""
    rows = list(RoutingRule.objects.filter(enabled=True).with_targets())
    if edited is None:
        return rows
    kept = [row for row in rows if row.pk != edited.pk]
    if not edited.enabled:
        return kept
    before = [row for row in kept if not row.is_default]
    default = [row for row in kept if row.is_default]
    if edited.is_default:
        return [*before, edited]
    return [*sorted([*before, edited], key=lambda row: row.position), *default]


def tried(
    reports: Sequence[AlertReport],
    integration: Integration,
    at: datetime,
    *,
    user: User,
    edited: RoutingRule | None = None,
) -> list[Tried]:
    """What would become of the first MOST_TRIED alerts at `at`, each by itself."""
    rows, known = with_edited(edited), names()
    return [_tried(report, integration, at, rows, known, user, edited) for report in reports[:MOST_TRIED]]


def _tried(
    report: AlertReport,
    integration: Integration,
    at: datetime,
    rows: list[RoutingRule],
    known: routing.Names,
    user: Any,
    edited: RoutingRule | None,
) -> Tried:
    seen = joining.foresee(integration, [report], at, rows)
    routed, case = seen.route.routed, seen.route.case
    passed = [
        Passed(rule.name, [(each.sentence(known), each.found(case, at, known)) for each in rule.misses(case, at)])
        for rule in routed.passed
    ]
    joins = Incident.objects.visible_to(user).filter(pk=seen.joins.pk).first() if seen.joins else None
    return Tried(
        report,
        routed.rule,
        seen.route.row,
        edited is not None and seen.route.row is edited,
        passed,
        seen.targets,
        seen.policy,
        routed.rule.grouping.sentence,
        joins,
        seen.joins is not None and joins is None,
        _held(seen.held, user) if seen.held else "",
    )


def _held(held: Held, user: Any) -> str:
    """What holds an alert back, named as far as somebody may know of it."""
    kinds: dict[str, Any] = {"silence": Silence, "maintenance": Maintenance, "dependency": Incident}
    row = kinds[held.by].objects.visible_to(user).filter(pk=held.key).first()
    said = {"silence": "a silence", "maintenance": "a maintenance window", "dependency": "an incident of what it needs"}
    return f"{said[held.by]}, “{row}”" if row else said[held.by]
