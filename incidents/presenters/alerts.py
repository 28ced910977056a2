"""Alerts as their list and their own page show them: what they are in, and what holds them back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from incidents.models import Alert, Incident, Maintenance, Silence
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


@dataclass(slots=True)
class Firings:
    """The firings of one alert within its incident: the newest, or the one that lasts, and how many there were since
    the first of those at hand."""

    alert: Alert
    times: int
    first: datetime

    @property
    def since(self) -> datetime:
        return self.alert.starts_at or self.alert.received_at


def firings(alerts: Iterable[Alert]) -> list[Firings]:
    """Alerts of an incident put together, in the order given; of each alert the first given stands for it."""
    found: dict[tuple[int, str], Firings] = {}
    for alert in alerts:
        known = found.setdefault((alert.integration_id, alert.fingerprint), Firings(alert, 0, alert.received_at))
        known.times += 1
        known.first = min(known.first, alert.starts_at or alert.received_at)
    return list(found.values())


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
    """All that `alert_page` shows of one. `silence`, `maintenance`: what holds or held it back, where one may know."""

    row: Row
    silence: Silence | None
    maintenance: Maintenance | None
    former: list[Row]
    may_silence: bool

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
    )
