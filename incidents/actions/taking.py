"""One taking of alerts: what is there is read, every alert is judged in memory, and what came of it is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from incidents import grouping, timeline, urgency
from incidents.actions import copying, escalation, flapping, folding, holding, lifecycle, recovery, routes
from incidents.actions.holding import Holding
from incidents.actions.joining import Named, firing_now, hold
from incidents.actions.routes import Route, Routing, Targets
from incidents.actions.witness import attaching
from incidents.models import Alert, EscalationRun, Incident, Integration, Page, Severity
from incidents.problems import Blocked
from incidents.sources import AlertReport
from incidents.suppression import Held
from incidents.timeline import Kind, Line


@dataclass(slots=True)
class Received:
    """What became of alerts: keys of incidents opened, joined and told of a recovery; how many alerts were repeats of
    what fires already, recoveries of nothing that does, and folded into one incident above the ceiling; and how many
    each silence, maintenance window or incident (the reason and its key) holds back."""

    opened: list[int] = field(default_factory=list)
    attached: list[int] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)
    repeats: int = 0
    unknown: int = 0
    folded: int = 0
    held: Counter[tuple[str, int]] = field(default_factory=Counter)

    @property
    def told(self) -> dict[str, Any]:
        """By the names of the fields, fit for JSON."""
        told: dict[str, Any] = {name: getattr(self, name) for name in self.__slots__ if name != "held"}
        return told | {"suppressed": [{"by": by, "key": key, "count": n} for (by, key), n in self.held.items()]}


@dataclass(slots=True)
class _Group:
    """The new alerts of one group, and the incident that they join or (None) open."""

    incident: Incident | None
    route: Route
    reports: list[AlertReport] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    released: list[Alert] = field(default_factory=list)
    """Of its alerts those that were held back before."""
    batches: Counter[int] = field(default_factory=Counter)
    """How many of them came in the batch of each number."""
    is_fold: bool = False
    """Of what was more than the integration's ceiling."""
    was_quiet: bool = False
    """Nothing of the incident was firing before one of them."""
    targets: Targets = field(init=False)
    """What the rule makes of it, once all of its reports are there."""


class Taking:
    """One call of `receive_all`: what is there is read at the beginning, every alert is judged in memory, and what came
    of it is written at the end."""

    def __init__(
        self, integration: Integration, batches: Sequence[Sequence[AlertReport]], *, at: datetime | None = None
    ) -> None:
        everything = [report for batch in batches for report in batch]
        self.integration = integration
        self.now = at or timezone.now()
        self.received = [Received() for _ in batches]
        self.known = Named(integration, everything)
        self.routing = Routing(integration, self.now)
        self.firing = firing_now(integration, everything)
        # By the identity of each report: equal ones of different batches are alerts of their own.
        self.routes = {
            id(report): self.routing.route(report, self.known.of([report])) for report in self._to_route(everything)
        }
        self.holding = Holding(self.now)
        groups = {route.key: route.grouping for route in self.routes.values()}
        self.current, self.held = hold(integration, self.firing.values(), groups, self.now)
        self.matched: Counter[int] = Counter()
        # How many fire of each incident, by its key; of one that is still to be opened by the key of its group.
        self.left: Counter[int | str] = Counter(firing_of(self.held))
        self.places: dict[str, int | str] = {
            alert.fingerprint: alert.incident_id for alert in self.firing.values() if alert.incident_id
        }
        self.groups: dict[str, _Group] = {}
        self.repeated: dict[int, Alert] = {}
        self.ended: dict[int, Alert] = {}
        # Held back, by their identity: new ones, and others whose reason is another now.
        self.held_back: dict[int, Alert] = {}
        self.recoveries: list[tuple[int, Alert, int]] = []

    def _to_route(self, reports: Sequence[AlertReport]) -> Iterator[AlertReport]:
        """Those of which something may become: not what repeats what fires already."""
        over = {report.fingerprint for report in reports if report.status != "firing"}
        for report in reports:
            if report.status == "firing":
                known = self.firing.get(report.fingerprint)
                if known is None or known.suppression or _is_newer(report, known) or report.fingerprint in over:
                    yield report

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
            if known.suppression:
                self._judge_again(number, report, known)

    def let_go(self, report: AlertReport) -> None:
        """Judge again an alert that is held back, of which nothing new was told."""
        known = self.firing.get(report.fingerprint)
        if known is not None and known.suppression:
            self._judge_again(0, report, known)

    def _judge_again(self, number: int, report: AlertReport, known: Alert) -> None:
        held, targets = self._why(report)
        if held is None:
            # What began long ago is known of from now on.
            self._join(number, replace(report, starts_at=None), self.routes[id(report)], known)
        else:
            self._hold(number, known, held, targets)

    def _why(self, report: AlertReport) -> tuple[Held | None, Targets | None]:
        """What holds back an alert, and whose it would be; both None where nothing holds back anything."""
        if not self.holding:
            return None, None
        route = self.routes[id(report)]
        targets = self.routing.targets(route, self.known.of([report]))
        return self.holding.why(route.case, targets), targets

    def _hold(self, number: int, alert: Alert, held: Held, targets: Targets | None) -> None:
        assert targets is not None, "whatever holds something back knows whose it is"
        self.received[number].held[held.by, held.key] += 1
        self.firing[alert.fingerprint] = alert
        if holding.is_news(alert, held, self.now):
            holding.put(alert, held, targets)
            self.held_back[id(alert)] = alert

    def _fire(self, number: int, report: AlertReport) -> None:
        route = self.routes[id(report)]
        if route.row is not None:
            self.matched[route.row.pk] += 1
        alert = Alert(
            integration=self.integration,
            fingerprint=report.fingerprint,
            title=report.title,
            summary=report.summary,
            severity=report.severity or "",
            service=report.service or "",
            group_key=report.group_key,
            labels=report.labels,
            annotations=report.annotations,
            links=report.links,
            starts_at=report.starts_at,
            received_at=self.now,
            last_received_at=self.now,
        )
        held, targets = self._why(report)
        if held is None:
            self._join(number, report, route, alert)
        else:
            self._hold(number, alert, held, targets)

    def _join(self, number: int, report: AlertReport, route: Route, alert: Alert) -> None:
        """Let an alert join the incident of its group, or the one that will be opened for that."""
        key = route.key
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = _Group(self.held.get(self.current.get(key, 0)), route)
        place = self.places[report.fingerprint] = group.incident.pk if group.incident else key
        group.was_quiet |= not self.left[place]
        self.left[place] += 1
        group.reports.append(report)
        group.alerts.append(alert)
        group.batches[number] += 1
        alert.incident = group.incident
        if alert.pk:
            holding.release(alert)
            group.released.append(alert)
        self.firing[report.fingerprint] = alert

    def _resolve(self, number: int, alert: Alert, ends_at: datetime | None) -> None:
        del self.firing[alert.fingerprint]
        alert.status = Alert.Status.RESOLVED
        alert.ends_at = ends_at or self.now
        alert.last_received_at = self.now
        if alert.pk:
            self.ended[alert.pk] = alert
            self.repeated.pop(alert.pk, None)
        if alert.suppression:
            self.received[number].held[holding.reason(alert)] += 1
            return
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
        self._fold()
        opened = {key: group for key, group in self.groups.items() if group.incident is None}
        recovery.bring_back((group.incident for group in self.groups.values() if group.incident), self.now)
        self._open(opened)
        beginning = [alert for group in self.groups.values() for alert in group.alerts]
        flaps = flapping.recognize(self.integration, beginning, self.now)
        made = [*beginning, *self.held_back.values()]
        holding.save([alert for alert in made if alert.pk])
        copying.insert(alert for alert in made if not alert.pk)
        lines = [self._told(group) for group in self.groups.values() if flaps.tells(group.alerts)]
        lines += flaps.lines()
        recovered = [(alert, self._recovered(number, alert, left)) for number, alert, left in self.recoveries]
        lines += [line for alert, line in recovered if not alert.flapping]
        timeline.record_all(lines)
        flaps.untold |= {alert.incident_id for alert, _ in recovered if alert.flapping and alert.incident_id}
        flaps.freshen(lines)
        attaching.attach_themselves([group.incident for group in opened.values() if group.incident])
        self._page(opened)
        for group in opened.values():
            if group.targets.declares or any(report.declares for report in group.reports):
                self._declare(group)
        self._follow()
        routes.count(self.integration, self.matched, self.now)

    def _fold(self) -> None:
        """Put together what would open more incidents in a minute than the integration may."""
        levels = {
            key: urgency.level_of(alert.severity for alert in group.alerts)
            for key, group in self.groups.items()
            if group.incident is None
        }
        folds: dict[str, _Group] = {}
        for key in folding.beyond(self.integration, levels, self.now):
            group = self.groups.pop(key)
            fold = folds.setdefault(folding.key(group.targets), _Group(None, group.route, is_fold=True))
            if not fold.alerts:
                # The worst comes first: all are treated as it is.
                fold.targets = group.targets
            fold.reports += group.reports
            fold.alerts += group.alerts
            fold.batches += group.batches
            self.left[folding.key(group.targets)] += self.left[key]
            for number, count in group.batches.items():
                self.received[number].folded += count
        if not folds:
            return
        current, held = hold(self.integration, [], dict.fromkeys(folds, folding.GROUPING), self.now)
        firing = firing_of(held)
        for key, fold in folds.items():
            if key in current:
                fold.incident = held[current[key]]
                fold.was_quiet = not firing[fold.incident.pk]
                self.left[fold.incident.pk] = firing[fold.incident.pk] + self.left[key]
                for alert in fold.alerts:
                    alert.incident = fold.incident
        self.held |= held
        self.groups |= folds

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
            title=folding.title(self.integration) if group.is_fold else grouping.title(group.reports)[:200],
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
        recovery.follow({**self.held, **joined}, self.now, fired=joined.keys(), quiet=self._quiet())

    def _quiet(self) -> set[int]:
        """Keys of incidents of which the last alert is over."""
        ended = {alert.incident_id for _, alert, _ in self.recoveries if alert.incident_id is not None}
        return {pk for pk in ended if not self.left[pk]}

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
            f"{'Above the ceiling' if group.is_fold else 'Alert'}: {grouping.title(group.reports)}",
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
        assert incident is not None, "what was held back tells nobody that it is over"
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
        quiet = self._quiet()
        for group in self.groups.values():
            incident = group.incident
            if incident is not None and incident.pk in self.held and incident.pk not in quiet:
                flaps = all(alert.flapping for alert in group.alerts)
                escalation.resume(incident, was_quiet=group.was_quiet, flaps=flaps)
        # Whoever was paged already knows of it. Where nobody was yet, paging goes on: somebody has to look.
        paged = Exists(Page.objects.filter(incident=OuterRef("incident")))
        known = EscalationRun.objects.own().filter(paged, incident__in=quiet, state=EscalationRun.State.RUNNING)
        for run in known.select_related("incident").order_by("incident"):
            incident = self.held.get(run.incident_id, run.incident)
            escalation.stop(
                incident, EscalationRun.State.STOPPED, "All alerts resolved by themselves", by=None, at=self.now
            )


def firing_of(incidents: Iterable[int]) -> Counter[int]:
    """How many alerts of each incident fire, by its key."""
    found = Alert.objects.filter(incident__in=incidents, status=Alert.Status.FIRING).order_by()
    return Counter(dict(found.values_list("incident").annotate(Count("pk"))))


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
