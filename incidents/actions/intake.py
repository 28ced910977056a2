"""What tools send: alerts become incidents, changes are kept beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from incidents import grouping, timeline, urgency
from incidents.actions import escalation, flapping, lifecycle, recovery, routes
from incidents.actions.joining import Named, called, hold
from incidents.actions.routes import Route, Routing, Targets
from incidents.models import Alert, Change, EscalationRun, Incident, Integration, Page, Severity
from incidents.problems import Blocked
from incidents.sources import AlertReport, ChangeReport
from incidents.timeline import Kind, Line


@dataclass(slots=True)
class Received:
    """What became of alerts: keys of incidents opened, joined and told of a recovery, and how many alerts were repeats
    of what fires already or recoveries of nothing that does."""

    opened: list[int] = field(default_factory=list)
    attached: list[int] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)
    repeats: int = 0
    unknown: int = 0

    @property
    def told(self) -> dict[str, list[int] | int]:
        """By the names of the fields."""
        return {name: getattr(self, name) for name in self.__slots__}


def receive(integration: Integration, reports: Iterable[AlertReport]) -> Received:
    """`receive_all` for one batch."""
    (received,) = receive_all(integration, [list(reports)])
    return received


@transaction.atomic
def receive_all(integration: Integration, batches: Sequence[Sequence[AlertReport]]) -> list[Received]:
    """Take batches of alerts in their order, whole, or nothing of them; what became of each.

    At most one alert is firing for each fingerprint and one active incident open for each group: whoever takes alerts
    of an integration is alone with it until the transaction ends. A resolve for something that is not firing is
    accepted and dropped. However many alerts, the queries are the same few, and a few for each incident that they join.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, integration.pk])
    taking = _Taking(integration, batches)
    for number, batch in enumerate(batches):
        for report in batch:
            taking.take(number, report)
    taking.write()
    return taking.received


# The first of the two numbers of an integration's lock; the other is its key.
LOCK = 7_304_310


@dataclass(slots=True)
class _Group:
    """The new alerts of one group, and the incident that they join or (None) open."""

    incident: Incident | None
    route: Route
    reports: list[AlertReport] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    batches: set[int] = field(default_factory=set)
    """Numbers of the batches that they came in."""
    was_quiet: bool = False
    """Nothing of the incident was firing before one of them."""
    targets: Targets = field(init=False)
    """What the rule makes of it, once all of its reports are there."""


class _Taking:
    """One call of `receive_all`: what is there is read at the beginning, every alert is judged in memory, and what came
    of it is written at the end."""

    def __init__(self, integration: Integration, batches: Sequence[Sequence[AlertReport]]) -> None:
        everything = [report for batch in batches for report in batch]
        self.integration = integration
        self.now = timezone.now()
        self.received = [Received() for _ in batches]
        self.known = Named(integration, everything)
        self.routing = Routing(integration, self.now)
        # By the identity of each report: equal ones of different batches are alerts of their own.
        self.routes = {
            id(report): self.routing.route(report, self.known.of([report]))
            for report in everything
            if report.status == "firing"
        }
        groups = {route.key: route.grouping for route in self.routes.values()}
        self.firing, self.current, self.held = hold(integration, everything, groups, self.now)
        self.matched: Counter[int] = Counter()
        counted = Alert.objects.filter(incident__in=self.held, status=Alert.Status.FIRING).order_by()
        # How many fire of each incident, by its key; of one that is still to be opened by the key of its group.
        self.left: Counter[int | str] = Counter(dict(counted.values_list("incident").annotate(Count("pk"))))
        self.places: dict[str, int | str] = {alert.fingerprint: alert.incident_id for alert in self.firing.values()}
        self.groups: dict[str, _Group] = {}
        self.repeated: dict[int, Alert] = {}
        self.ended: dict[int, Alert] = {}
        self.recoveries: list[tuple[int, Alert, int]] = []

    def take(self, number: int, report: AlertReport) -> None:
        """Judge one alert of the batch of that number."""
        known = self.firing.get(report.fingerprint)
        if report.status != "firing":
            if known is None or _is_older(report, known):
                self.received[number].unknown += 1
            else:
                self._resolve(number, known, report.ends_at)
        elif known is None:
            self._fire(number, report)
        elif _is_newer(report, known):
            # Nobody told us that the old one was over; a newer start says so.
            self._resolve(number, known, report.starts_at)
            self._fire(number, report)
        else:
            known.count += 1
            known.last_received_at = self.now
            if known.pk:
                self.repeated[known.pk] = known
            self.received[number].repeats += 1

    def _fire(self, number: int, report: AlertReport) -> None:
        route = self.routes[id(report)]
        key = route.key
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(self.held.get(self.current.get(key, 0)), route)
        if route.row is not None:
            self.matched[route.row.pk] += 1
        alert = Alert(
            integration=self.integration,
            incident=group.incident,
            fingerprint=report.fingerprint,
            title=report.title,
            summary=report.summary,
            severity=report.severity or "",
            labels=report.labels,
            annotations=report.annotations,
            links=report.links,
            starts_at=report.starts_at,
            received_at=self.now,
            last_received_at=self.now,
        )
        place = self.places[report.fingerprint] = group.incident.pk if group.incident else key
        group.was_quiet |= not self.left[place]
        self.left[place] += 1
        group.reports.append(report)
        group.alerts.append(alert)
        group.batches.add(number)
        self.firing[report.fingerprint] = alert

    def _resolve(self, number: int, alert: Alert, ends_at: datetime | None) -> None:
        del self.firing[alert.fingerprint]
        alert.status = Alert.Status.RESOLVED
        alert.ends_at = ends_at or self.now
        alert.last_received_at = self.now
        if alert.pk:
            self.ended[alert.pk] = alert
            self.repeated.pop(alert.pk, None)
        place = self.places[alert.fingerprint]
        self.left[place] -= 1
        self.recoveries.append((number, alert, self.left[place]))

    def write(self) -> None:
        """Write everything, in the caller's transaction."""
        # First what is over: of one fingerprint a single alert fires at any time.
        _update(self.ended.values())
        _update(self.repeated.values())
        for group in self.groups.values():
            group.targets = self.routing.targets(group.route, self.known.of(group.reports))
        opened = {key: group for key, group in self.groups.items() if group.incident is None}
        recovery.bring_back((group.incident for group in self.groups.values() if group.incident), self.now)
        self._open(opened)
        beginning = [alert for group in self.groups.values() for alert in group.alerts]
        flaps = flapping.recognize(self.integration, beginning, self.now)
        Alert.objects.bulk_create(beginning)
        lines = [self._told(group) for group in self.groups.values() if flaps.tells(group.alerts)]
        lines += flaps.lines()
        recovered = [(alert, self._recovered(number, alert, left)) for number, alert, left in self.recoveries]
        lines += [line for alert, line in recovered if not alert.flapping]
        timeline.record_all(lines)
        flaps.untold |= {alert.incident_id for alert, _ in recovered if alert.flapping}
        flaps.freshen(lines)
        self._page(opened)
        for group in opened.values():
            if group.targets.declares:
                self._declare(group)
        self._follow()
        routes.count(self.integration, self.matched, self.now)

    def _open(self, opened: dict[str, _Group]) -> None:
        made = Incident.objects.bulk_create(self._incident(key, group) for key, group in opened.items())
        for (key, group), incident in zip(opened.items(), made, strict=True):
            group.incident = incident
            self.left[incident.pk] = self.left[key]
            for alert in group.alerts:
                alert.incident = incident
        concerned = Incident.services.through
        concerned.objects.bulk_create(
            (
                concerned(incident_id=group.incident.pk, service_id=service.pk)
                for group in self.groups.values()
                if group.incident is not None
                for service in group.targets.services
            ),
            ignore_conflicts=True,
        )
        for key, group in self.groups.items():
            assert group.incident is not None, "those without one were just opened"
            for number in group.batches:
                # Of several batches the first opened it.
                is_new = key in opened and number == min(group.batches)
                told = self.received[number]
                (told.opened if is_new else told.attached).append(group.incident.pk)

    def _incident(self, key: str, group: _Group) -> Incident:
        found = group.targets
        return Incident(
            title=grouping.title(group.reports)[:200],
            team=found.team,
            severity=found.severity,
            priority=found.priority,
            escalation_policy=found.own_policy,
            integration=self.integration,
            group_key=key[:500],
            private=found.private,
            on_recovery=found.on_recovery,
            recovery_minutes=found.recovery_minutes,
            detected_at=_began(group.reports, self.now),
        )

    def _follow(self) -> None:
        """Let what follows from a recovery begin where all is over, and end where something fires again."""
        joined = {group.incident.pk: group.incident for group in self.groups.values() if group.incident}
        quiet = {alert.incident_id for _, alert, _ in self.recoveries if not self.left[alert.incident_id]}
        recovery.follow({**self.held, **joined}, self.now, fired=joined.keys(), quiet=quiet)

    def _declare(self, group: _Group) -> None:
        """Declare what a rule says so of, as Watchbill itself, or write down why it can't be."""
        incident = group.incident
        assert incident is not None, "it was just opened"
        # What is over already is nothing to gather people for.
        if not self.left[incident.pk]:
            return
        level = urgency.level_of(alert.severity for alert in group.alerts)
        severity = incident.severity or (Severity.objects.filter(pk=level).first() if level else None)
        try:
            with transaction.atomic():
                lifecycle.perform("declare", incident.pk, by=None, inputs={"severity": severity})
        except Blocked as refusal:
            why = " ".join(blocker.message for blocker in refusal.blockers)
            timeline.record(
                incident, Kind.NOTE, "incident.not_declared", f"Not declared by the routing rule: {why}", by=None
            )

    def _told(self, group: _Group) -> Line:
        assert group.incident is not None, "those without one were just opened"
        return timeline.line(
            group.incident,
            Kind.ALERT,
            "alert.firing",
            f"Alert: {grouping.title(group.reports)}",
            by=None,
            occurred_at=_began(group.reports, self.now),
            data={
                "alerts": [alert.pk for alert in group.alerts],
                "integration": self.integration.name,
                "rule": group.route.routed.rule.name,
            },
        )

    def _recovered(self, number: int, alert: Alert, left: int) -> Line:
        incident = alert.incident
        self.received[number].resolved.append(incident.pk)
        ended = alert.ends_at or self.now
        return timeline.line(
            incident,
            Kind.ALERT,
            "alert.resolved",
            f"Alert resolved: {alert.title}" + ("" if left else ". None is firing any more"),
            by=None,
            occurred_at=min(ended, self.now),
            data={"alerts": [alert.pk], "still_firing": left},
        )

    def _page(self, opened: dict[str, _Group]) -> None:
        """Begin to page for what was opened, page again for what is worse than it was, and stop where all is over."""
        wanted = []
        for group in opened.values():
            assert group.incident is not None, "it was just opened"
            severity = group.incident.severity_id or urgency.level_of(alert.severity for alert in group.alerts)
            wanted.append((group.incident, self.routing.policy(group.targets), severity))
        if wanted:
            escalation.begin(wanted)
        quiet = {alert.incident_id for _, alert, _ in self.recoveries if not self.left[alert.incident_id]}
        for group in self.groups.values():
            incident = group.incident
            if incident is not None and incident.pk in self.held and incident.pk not in quiet:
                flaps = all(alert.flapping for alert in group.alerts)
                escalation.resume(incident, was_quiet=group.was_quiet, flaps=flaps)
        # Whoever was paged already knows of it. Where nobody was yet, paging goes on: somebody has to look.
        paged = Exists(Page.objects.filter(incident=OuterRef("incident")))
        known = EscalationRun.objects.filter(paged, incident__in=quiet, state=EscalationRun.State.RUNNING)
        for run in known.select_related("incident").order_by("incident"):
            incident = self.held.get(run.incident_id, run.incident)
            escalation.stop(
                incident, EscalationRun.State.STOPPED, "All alerts resolved by themselves", by=None, at=self.now
            )


def _is_newer(report: AlertReport, known: Alert) -> bool:
    return report.starts_at is not None and (known.starts_at is None or report.starts_at > known.starts_at)


def _is_older(report: AlertReport, known: Alert) -> bool:
    """Whether it tells of a time before the one that fires: news that was overtaken."""
    return bool(report.starts_at and known.starts_at and report.starts_at < known.starts_at)


def _update(alerts: Iterable[Alert]) -> None:
    """Write down what may have changed of alerts that are there. One statement with arrays: Django's own would be a
    case of each row."""
    rows = [(a.pk, str(a.status), a.ends_at, a.last_received_at, a.count) for a in alerts]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE incidents_alert SET status = v.status, ends_at = v.ends_at, "
                "last_received_at = v.last_received_at, count = v.count "
                "FROM unnest(%s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::int[]) "
                "AS v (id, status, ends_at, last_received_at, count) WHERE incidents_alert.id = v.id",
                [list(column) for column in zip(*rows, strict=True)],
            )


def _began(reports: Sequence[AlertReport], now: datetime) -> datetime:
    return min((r.starts_at for r in reports if r.starts_at and r.starts_at <= now), default=now)


@transaction.atomic
def receive_change(integration: Integration, report: ChangeReport) -> Change:
    """Keep a change event. It never pages anyone; incidents show it among what happened before them."""
    service = called(word for word in (report.service, report.source) if word).first()
    return Change.objects.create(
        integration=integration,
        service=service or integration.service,
        summary=report.summary,
        source=report.source,
        details=report.custom_details,
        links=report.links,
        at=report.timestamp or timezone.now(),
    )
