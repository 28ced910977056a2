"""Which services alerts and changes are about, which open incident alerts would join, and what would become of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from incidents import routing
from incidents.actions import recovery
from incidents.actions.facts import lock_all
from incidents.actions.holding import Holding
from incidents.actions.routes import Route, Routing, Targets
from incidents.models import Alert, Incident, Integration, RoutingRule
from incidents.phases import ACTIVE, Phase
from incidents.sources import AlertReport
from incidents.suppression import Held
from teams.models import EscalationPolicy, Service


def firing_now(integration: Integration, reports: Iterable[AlertReport]) -> dict[str, Alert]:
    """By their fingerprints the alerts of `reports` that fire. Of many only what is judged by: what they say is
    long. Whoever takes alerts of the integration is alone with that."""
    fingerprints = {report.fingerprint for report in reports}
    found = Alert.objects.filter(integration=integration, status=Alert.Status.FIRING, fingerprint__in=fingerprints)
    return {alert.fingerprint: alert for alert in found.defer("summary", "labels", "annotations", "links")}


def hold(
    integration: Integration,
    firing: Iterable[Alert],
    groups: Mapping[str, routing.Grouping],
    now: datetime,
) -> tuple[dict[str, int], dict[int, Incident]]:
    """By its key the incident of each of `groups` that has one, and every incident of these and of what is `firing`,
    locked in the order of their keys. What was opened too long ago for its group gives it up.

    While we waited for a lock an incident may have ended or gone into another, so it is asked again until nothing is
    new: what is returned is how it stands, and each alert has its incident.
    """
    held: dict[int, Incident] = {}
    # One that is held back is of no incident.
    joined = [alert for alert in firing if alert.incident_id is not None]
    while True:
        current, over = _current(integration, groups, now)
        wanted = {alert.incident_id for alert in joined if alert.incident_id} | set(current.values()) | over
        if wanted <= held.keys():
            for alert in joined:
                alert.incident = held[alert.incident_id or 0]
            if over:
                Incident.objects.filter(pk__in=over).update(group_key="")
            return current, held
        held |= lock_all(wanted - held.keys())
        where = Alert.objects.filter(pk__in=[alert.pk for alert in joined]).order_by()
        places = dict(where.values_list("pk", "incident")) if joined else {}
        for alert in joined:
            alert.incident_id = places[alert.pk]


def _current(
    integration: Integration, groups: Mapping[str, routing.Grouping], now: datetime
) -> tuple[dict[str, int], set[int]]:
    """Of groups that have one: the active incident, or the active one into which it went, by however many merges, or
    the one that Watchbill itself ended a moment ago. And the active ones that were opened too long ago to take more."""
    if not groups:
        return {}, set()
    by_stored = {key[:500]: key for key in groups}
    same = Incident.objects.filter(integration=integration, group_key__in=by_stored)
    current: dict[str, int] = {}
    over: dict[str, int] = {}
    for key, pk, opened_at in same.filter(phase__in=ACTIVE).values_list("group_key", "pk", "created_at"):
        ended = routing.is_over(groups[by_stored[key]], opened_at, now)
        (over if ended else current)[key] = pk
    # Of several that went into others the newest counts.
    merged = same.filter(phase=Phase.MERGED).exclude(group_key__in=[*current, *over]).order_by("pk")
    for key, incident in {incident.group_key: incident for incident in merged}.items():
        if routing.is_over(groups[by_stored[key]], incident.created_at, now):
            continue
        if (target := _end_of(incident)).is_active:
            current[key] = target.pk
    missing = by_stored.keys() - current.keys() - over.keys()
    for key, incident in recovery.ended_lately(integration, missing, now).items():
        if not routing.is_over(groups[by_stored[key]], incident.created_at, now):
            current[key] = incident.pk
    return {by_stored[key]: pk for key, pk in current.items()}, set(over.values())


def _end_of(incident: Incident) -> Incident:
    seen: set[int] = set()
    while incident.phase == Phase.MERGED and incident.merged_into is not None and incident.pk not in seen:
        seen.add(incident.pk)
        incident = incident.merged_into
    return incident


def called(words: Iterable[str]) -> QuerySet[Service]:
    """The services of these names or slugs, the most important first."""
    wanted = list(words)
    return Service.objects.filter(Q(slug__in=wanted) | Q(name__in=wanted)).order_by("tier", "pk")


class Named:
    """The services that alerts name by slug or name, read once."""

    def __init__(self, integration: Integration, reports: Iterable[AlertReport]) -> None:
        self.integration = integration
        words = {report.service for report in reports if report.service}
        rows = called(words).select_related("team", "escalation_policy__team") if words else []
        self.by_word: dict[str, list[Service]] = {}
        for service in rows:
            for word in {service.slug, service.name}:
                self.by_word.setdefault(word, []).append(service)

    def of(self, reports: Iterable[AlertReport]) -> list[Service]:
        """Those that the reports are about, the most important first; the integration's own where they name none."""
        words = {report.service for report in reports if report.service}
        found = {service.pk: service for word in words for service in self.by_word.get(word, ())}
        if not found:
            return [self.integration.service] if self.integration.service else []
        return sorted(found.values(), key=lambda service: (service.tier, service.pk))


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of alerts of one group: `policy` pages, `joins` is the open incident that would take them;
    `held` is what would hold them back instead."""

    route: Route
    targets: Targets
    policy: EscalationPolicy | None
    joins: Incident | None
    held: Held | None


def foresee(
    integration: Integration,
    reports: list[AlertReport],
    at: datetime,
    rows: Iterable[RoutingRule] | None = None,
) -> Foreseen:
    """Where the first of the reports would go at `at`, with all of them, by the rules that are kept or by `rows`."""
    known, asked = Named(integration, reports), Routing(integration, at, rows)
    route = asked.route(reports[0], known.of(reports[:1]))
    found, _ = _current(integration, {route.key: route.grouping}, at)
    joins = Incident.objects.filter(pk__in=found.values()).first()
    targets = asked.targets(route, known.of(reports))
    return Foreseen(route, targets, asked.policy(targets), joins, Holding(at).why(route.case, targets))
