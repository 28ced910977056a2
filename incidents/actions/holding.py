"""What holds alerts back at a moment, and an alert's being held back and let go of."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import connection

from incidents import routing, suppression
from incidents.actions.routes import Targets
from incidents.models import Alert, Maintenance, Silence
from incidents.phases import Phase
from incidents.sources import AlertReport
from incidents.suppression import Held, Quiet, Window

log = logging.getLogger(__name__)

# While an incident is in one of these its services count as down: nobody has said yet that they work again.
DOWN = (Phase.DETECT, Phase.DECLARE, Phase.MITIGATE)
# Services that wait for another, over however many steps, and an incident of that one.
WAITING = """
    WITH RECURSIVE waiting (service_id, incident_id) AS (
        SELECT d.service_id, i.id
        FROM teams_servicedependency d
        JOIN incidents_incident_services s ON s.service_id = d.depends_on_id
        JOIN incidents_incident i ON i.id = s.incident_id
        WHERE d.suppresses AND i.phase = ANY(%s) AND NOT i.drill
        UNION
        SELECT d.service_id, w.incident_id
        FROM waiting w JOIN teams_servicedependency d ON d.depends_on_id = w.service_id AND d.suppresses
    )
    SELECT service_id, min(incident_id) FROM waiting GROUP BY service_id
"""


class Holding:
    """What holds alerts back at one moment, read once for however many alerts."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self.silences = list(_silences(at))
        through = Maintenance.services.through.objects.filter(maintenance__in=Maintenance.objects.at_work(at))
        services: dict[tuple[int, datetime], set[int]] = {}
        for key, until, service in through.values_list("maintenance", "maintenance__ends_at", "service"):
            services.setdefault((key, until), set()).add(service)
        self.windows = [Window(key, frozenset(found), until) for (key, until), found in services.items()]
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [[phase.value for phase in DOWN]])
            self.down: dict[int, int] = dict(cursor.fetchall())

    def __bool__(self) -> bool:
        """Whether it may hold back anything."""
        return bool(self.silences or self.windows or self.down)

    def why(self, case: routing.Case, targets: Targets) -> Held | None:
        """What holds back an alert that would become what `targets` say."""
        return suppression.why(
            case,
            targets.team.pk,
            self.at,
            private=targets.private,
            silences=self.silences,
            windows=self.windows,
            down=self.down,
        )


def _silences(at: datetime) -> Sequence[Quiet]:
    found = []
    for row in Silence.objects.at_work(at):
        try:
            private = None if row.private_teams is None else frozenset(row.private_teams)
            found.append(Quiet(row.pk, row.read_conditions(), row.team_id, row.ends_at, private))
        except routing.InvalidRuleError:
            # Alerts have to come through whatever somebody wrote into the table.
            log.exception("silence %s can't be read and holds nothing back", row.pk)
    return found


def put(alert: Alert, held: Held, targets: Targets) -> None:
    """Hold an alert back, not yet saved: it is of no incident, and whose that would be is kept instead."""
    alert.incident = None
    alert.suppression = held.by
    alert.silence_id = held.key if held.by == "silence" else None
    alert.maintenance_id = held.key if held.by == "maintenance" else None
    alert.upstream_id = held.key if held.by == "dependency" else None
    alert.quiet_until = held.until
    alert.team, alert.private = targets.team, targets.private


def release(alert: Alert) -> None:
    """Let go of an alert that was held back, not yet saved. By what it was stays written on it."""
    alert.suppression, alert.quiet_until = "", None
    alert.team, alert.private = None, False


def report_of(alert: Alert) -> AlertReport:
    """A kept alert as its tool told of it."""
    return AlertReport(
        fingerprint=alert.fingerprint,
        status="firing",
        title=alert.title,
        summary=alert.summary,
        severity=alert.severity or None,
        service=alert.service or None,
        labels=alert.labels,
        annotations=alert.annotations,
        starts_at=alert.starts_at,
        group_key=alert.group_key,
        links=alert.links,
    )


def reason(alert: Alert) -> tuple[str, int]:
    """By what an alert is held back: one of `Alert.Suppression`, and the key of the row."""
    key = alert.silence_id or alert.maintenance_id or alert.upstream_id
    return str(alert.suppression), key or 0


def is_news(alert: Alert, held: Held, now: datetime) -> bool:
    """Whether it changes anything: the reason is another, or its time is."""
    if reason(alert) != (held.by, held.key) or alert.quiet_until is None:
        return True
    # What waits for a service is asked about again and again; the same answer is written down when it is due.
    return alert.quiet_until <= now if held.by == "dependency" else alert.quiet_until != held.until


SAVED = ("incident", "suppression", "silence", "maintenance", "upstream", "quiet_until", "team", "private", "flapping")


def save(alerts: Sequence[Alert]) -> None:
    """Write down what of kept alerts was held back or let go of."""
    Alert.objects.bulk_update(alerts, SAVED, batch_size=500)
