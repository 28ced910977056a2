"""What tools send: alerts become incidents, changes are kept beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from incidents import grouping, timeline
from incidents.actions import escalation
from incidents.actions.facts import lock
from incidents.models import Alert, Change, EscalationRun, Incident, Integration
from incidents.phases import Phase
from incidents.sources import AlertReport, ChangeReport
from incidents.timeline import Kind
from teams.models import Service, Team


@dataclass(slots=True)
class Received:
    """What became of a batch: incidents opened and touched, and how many alerts were repeats."""

    opened: list[int] = field(default_factory=list)
    attached: list[int] = field(default_factory=list)
    resolved: list[int] = field(default_factory=list)
    repeats: int = 0
    unknown: int = 0


@transaction.atomic
def receive(integration: Integration, reports: Iterable[AlertReport]) -> Received:
    """Take a batch of alerts whole, or nothing of it: when this returns and the transaction commits, it is kept.

    At most one alert is firing for each fingerprint and one active incident open for each group, however many equal
    batches come at once: they queue up on locks of their keys. A resolve for something that is not firing is
    accepted and dropped.
    """
    batch = list(reports)
    _queue_up(integration, batch)
    firing, held = _hold(integration, batch)
    received = Received()
    groups: dict[str, list[AlertReport]] = {}
    quiet = {pk: not incident.alerts.filter(status=Alert.Status.FIRING).exists() for pk, incident in held.items()}
    for one in batch:
        known = firing.get(one.fingerprint)
        if one.status == "firing" and (known is None or _is_new(known, one)):
            if known is not None:
                # Nobody told us that the old one was over; a newer start says so.
                _resolve(firing.pop(one.fingerprint), one.starts_at, held, received)
            groups.setdefault(grouping.group_key(one), []).append(one)
        elif one.status == "firing" and known is not None:
            _repeat(known)
            received.repeats += 1
        elif known is not None:
            _resolve(firing.pop(one.fingerprint), one.ends_at, held, received)
        else:
            received.unknown += 1
    for key, fresh in groups.items():
        reports_of_group = list({r.fingerprint: r for r in fresh}.values())
        _attach(integration, key, reports_of_group, held.get(_current(integration, key) or 0), quiet, received)
    Integration.objects.filter(pk=integration.pk).update(last_used_at=timezone.now())
    return received


def _hold(integration: Integration, batch: list[AlertReport]) -> tuple[dict[str, Alert], dict[int, Incident]]:
    """The alerts that are firing, and every incident that the batch touches, locked in the order of their ids.

    While we waited for a lock an incident may have ended or gone into another, so it is asked again until nothing is
    new: what is returned is how it stands.
    """
    held: dict[int, Incident] = {}
    while True:
        firing = {
            alert.fingerprint: alert
            for alert in Alert.objects.filter(
                integration=integration,
                status=Alert.Status.FIRING,
                fingerprint__in=[r.fingerprint for r in batch],
            )
        }
        current = (_current(integration, key) for key in {grouping.group_key(r) for r in batch})
        wanted = {alert.incident_id for alert in firing.values()} | {pk for pk in current if pk is not None}
        if wanted <= held.keys():
            return firing, held
        held |= {pk: lock(pk, by=None) for pk in sorted(wanted - held.keys())}


def _is_new(known: Alert, report: AlertReport) -> bool:
    return report.starts_at is not None and (known.starts_at is None or report.starts_at > known.starts_at)


def _queue_up(integration: Integration, batch: list[AlertReport]) -> None:
    keys = {f"g{integration.pk}:{grouping.group_key(r)}" for r in batch} | {
        f"f{integration.pk}:{r.fingerprint}" for r in batch
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(k) FROM (SELECT DISTINCT hashtextextended(t, 0) AS k "
            "FROM unnest(%s::text[]) AS t ORDER BY k) AS keys",
            [sorted(keys)],
        )


def _repeat(alert: Alert) -> None:
    alert.count += 1
    alert.last_received_at = timezone.now()
    alert.save(update_fields=["count", "last_received_at"])


def _attach(
    integration: Integration,
    key: str,
    reports: list[AlertReport],
    incident: Incident | None,
    quiet: dict[int, bool],
    received: Received,
) -> None:
    now = timezone.now()
    if incident is None:
        incident = _open(integration, key, reports)
        received.opened.append(incident.pk)
    else:
        received.attached.append(incident.pk)
    alerts = Alert.objects.bulk_create(
        Alert(
            integration=integration,
            incident=incident,
            fingerprint=r.fingerprint,
            title=r.title,
            summary=r.summary,
            severity=r.severity or "",
            labels=r.labels,
            annotations=r.annotations,
            links=r.links,
            starts_at=r.starts_at,
            received_at=now,
            last_received_at=now,
        )
        for r in reports
    )
    incident.services.add(*_services(integration, reports))
    first = min((r.starts_at for r in reports if r.starts_at and r.starts_at <= now), default=now)
    timeline.record(
        incident,
        Kind.ALERT,
        "alert.firing",
        f"Alert: {grouping.title(reports)}",
        by=None,
        occurred_at=first,
        data={"alerts": [a.pk for a in alerts], "integration": integration.name},
    )
    if incident.pk in received.opened:
        escalation.start(incident, by=None)
    else:
        escalation.resume(incident, was_quiet=quiet.get(incident.pk, False))


def _current(integration: Integration, key: str) -> int | None:
    """The active incident of a group, or the active one into which it went, by however many merges."""
    same = Incident.objects.filter(integration=integration, group_key=key[:500]).exclude(group_key="")
    if (active := same.active().values_list("pk", flat=True).first()) is not None:
        return active
    seen: set[int] = set()
    step = same.filter(phase=Phase.MERGED).order_by("-pk").first()
    while step is not None and step.phase == Phase.MERGED and step.pk not in seen:
        seen.add(step.pk)
        step = step.merged_into
    return step.pk if step is not None and step.is_active else None


def _open(integration: Integration, key: str, reports: list[AlertReport]) -> Incident:
    now = timezone.now()
    _, team = concerned(integration, reports)
    return Incident.objects.create(
        title=grouping.title(reports)[:200],
        team=team,
        integration=integration,
        group_key=key[:500],
        private=integration.private,
        detected_at=min((r.starts_at for r in reports if r.starts_at and r.starts_at <= now), default=now),
    )


def concerned(integration: Integration, reports: list[AlertReport]) -> tuple[list[Service], Team]:
    """The services that reports are about, and the team that an incident of theirs is."""
    services = _services(integration, reports)
    # A private one stays with the team of its integration, which would not see another team's.
    return services, services[0].team if services and not integration.private else integration.team


def joined(integration: Integration, reports: list[AlertReport]) -> Incident | None:
    """The open incident into which the first of the reports would go at this moment, None where it opens one."""
    found = _current(integration, grouping.group_key(reports[0])) if reports else None
    return Incident.objects.filter(pk=found).first() if found is not None else None


def _services(integration: Integration, reports: list[AlertReport]) -> list[Service]:
    named = {r.service for r in reports if r.service}
    found = list(
        Service.objects.filter(Q(slug__in=named) | Q(name__in=named)).select_related("team").order_by("tier", "pk")
    )
    return found or ([integration.service] if integration.service else [])


def _resolve(alert: Alert, ends_at: datetime | None, held: dict[int, Incident], received: Received) -> None:
    now = timezone.now()
    incident = held[alert.incident_id]
    alert.status = Alert.Status.RESOLVED
    alert.ends_at = ends_at or now
    alert.last_received_at = now
    alert.save(update_fields=["status", "ends_at", "last_received_at"])
    received.resolved.append(incident.pk)
    left = incident.alerts.filter(status=Alert.Status.FIRING).count()
    timeline.record(
        incident,
        Kind.ALERT,
        "alert.resolved",
        f"Alert resolved: {alert.title}" + ("" if left else ". None is firing any more"),
        by=None,
        occurred_at=min(alert.ends_at, now),
        data={"alerts": [alert.pk], "still_firing": left},
    )
    if left == 0 and incident.runs.filter(state=EscalationRun.State.RUNNING, pages__isnull=False).exists():
        # Whoever was paged already knows of it. A run that has paged nobody yet goes on: somebody has to look.
        escalation.stop(incident, EscalationRun.State.STOPPED, "All alerts resolved by themselves", by=None, at=now)


@transaction.atomic
def receive_change(integration: Integration, report: ChangeReport) -> Change:
    """Keep a change event. It never pages anyone; incidents show it among what happened before them."""
    named = [n for n in (report.service, report.source) if n]
    service = Service.objects.filter(Q(slug__in=named) | Q(name__in=named)).order_by("tier", "pk").first()
    Integration.objects.filter(pk=integration.pk).update(last_used_at=timezone.now())
    return Change.objects.create(
        integration=integration,
        service=service or integration.service,
        summary=report.summary,
        source=report.source,
        details=report.custom_details,
        links=report.links,
        at=report.timestamp or timezone.now(),
    )
