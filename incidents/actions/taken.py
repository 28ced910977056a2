"""What came of one taking of alerts, written: incidents opened and joined, the timeline, paging, and what follows from
recoveries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from incidents import grouping, timeline, urgency
from incidents.actions import copying, escalation, flapping, folding, holding, lifecycle, recovery, routes
from incidents.actions.joining import hold
from incidents.actions.taking import Group, Received, Taking, firing_of
from incidents.actions.witness import attaching
from incidents.models import Alert, EscalationRun, Incident, Page, Severity
from incidents.problems import Blocked
from incidents.sources import AlertReport
from incidents.timeline import Kind, Line


def write(taking: Taking) -> list[Received]:
    """Write all that was judged, in the caller's transaction; what became of each batch."""
    Writing(taking).write()
    return taking.received


class Writing:
    """One taking, as it is written. What `taking` holds is carried on here."""

    def __init__(self, taking: Taking) -> None:
        self.integration, self.now, self.received = taking.integration, taking.now, taking.received
        self.known, self.routing, self.matched = taking.known, taking.routing, taking.matched
        self.held, self.left, self.groups = taking.held, taking.left, taking.groups
        self.ended, self.repeated, self.held_back = taking.ended, taking.repeated, taking.held_back
        self.recoveries = taking.recoveries

    def write(self) -> None:
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
        folds: dict[str, Group] = {}
        for key in folding.beyond(self.integration, levels, self.now):
            group = self.groups.pop(key)
            fold = folds.setdefault(folding.key(group.targets), Group(None, group.route, is_fold=True))
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

    def _open(self, opened: dict[str, Group]) -> None:
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

    def _incident(self, key: str, group: Group) -> Incident:
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

    def _declare(self, group: Group) -> None:
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

    def _told(self, group: Group) -> Line:
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

    def _page(self, opened: dict[str, Group]) -> None:
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
