"""Alerts as their list and their own page show them: what they are in, and what holds them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.models import Alert, Incident, Maintenance, Silence
from incidents.presenters import flips
from teams import permits

MOST_LABELS = 4
MOST_FORMER = 20
# What title and severity say already.
SAID = ("alertname", "severity")


@dataclass(frozen=True, slots=True)
class Row:
    """An alert in a list. `upstream`: the incident that it waits for, where one may know of it."""

    alert: Alert
    upstream: Incident | None
    labels: list[tuple[str, str]]
    more_labels: int

    @property
    def since(self) -> datetime:
        return self.alert.starts_at or self.alert.received_at

    @property
    def lasted(self) -> Any:
        """How long it fired; None while it does, or where its tool's times make no sense."""
        if self.alert.status == Alert.Status.FIRING:
            return None
        until = self.alert.ends_at or self.alert.last_received_at
        return until - self.since if until >= self.since else None

    @property
    def private(self) -> bool:
        return self.alert.incident.private if self.alert.incident else self.alert.private


def rows(alerts: Iterable[Alert], user: Any) -> list[Row]:
    """Alerts with their integration and incident loaded; one query more where some wait for another incident."""
    found = list(alerts)
    waited = {alert.upstream_id for alert in found if alert.upstream_id}
    known = Incident.objects.visible_to(user).in_bulk(waited) if waited else {}
    return [_row(alert, known.get(alert.upstream_id or 0)) for alert in found]


def _row(alert: Alert, upstream: Incident | None) -> Row:
    labels = [(name, value) for name, value in alert.labels.items() if name not in SAID]
    return Row(alert, upstream, labels[:MOST_LABELS], max(0, len(labels) - MOST_LABELS))


@dataclass(frozen=True, slots=True)
class Whole:
    """All that `alert_page` shows of one. `silence`, `maintenance`: what holds or held it back, where one may know.
    `fired`: how often it fired in its incident."""

    row: Row
    silence: Silence | None
    maintenance: Maintenance | None
    former: list[Row]
    may_silence: bool
    fired: flips.Fired | None

    @property
    def is_cut(self) -> bool:
        return len(self.former) == MOST_FORMER


def whole(alert: Alert, user: Any) -> Whole:
    """An alert with its integration, incident and team loaded."""
    others = Alert.objects.visible_to(user).filter(integration=alert.integration_id, fingerprint=alert.fingerprint)
    others = others.exclude(pk=alert.pk).select_related("integration", "incident").order_by("-received_at", "-pk")
    row, *former = rows([alert, *others[:MOST_FORMER]], user)
    return Whole(
        row,
        Silence.objects.visible_to(user).filter(pk=alert.silence_id).first() if alert.silence_id else None,
        Maintenance.objects.visible_to(user).filter(pk=alert.maintenance_id).first() if alert.maintenance_id else None,
        former,
        permits.may(user, "quiet.change", alert),
        flips.fired(alert.incident, [alert])[0] if alert.incident else None,
    )
