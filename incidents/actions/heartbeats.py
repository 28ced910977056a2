"""Signs of life: noted when they come, and told of as alerts when they don't."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents.actions import intake
from incidents.models import Heartbeat, Integration
from incidents.sources import AlertReport, SourceError, heartbeats
from incidents.sources import Heartbeat as Sign
from incidents.sources.reading import key
from teams import moments, permits
from teams.models import User


def beat(integration: Integration, sign: Sign, at: datetime) -> list[AlertReport]:
    """Note a sign of life, in the caller's transaction. Returns what it means for the heartbeat's alert: that it is
    over, or, of a job that says it failed, that it fires. An unknown one is kept, to be set up."""
    row, _ = Heartbeat.objects.select_for_update().get_or_create(integration=integration, name=sign.name)
    was_late = row.is_late
    row.is_late = sign.failed
    if not sign.failed:
        row.last_seen_at = at
        row.due_at = expected(row, at)
    row.save(update_fields=["last_seen_at", "due_at", "is_late"])
    if sign.failed:
        return [_report(row, at, f"{row} says that it failed")]
    return [_report(row, at, "", over=True)] if was_late else []


def expected(row: Heartbeat, last: datetime) -> datetime | None:
    """When it is late, if it was last seen, or began to be expected, at `last`; None for one that is not expected."""
    grace = timedelta(minutes=row.grace_minutes)
    if row.cron:
        try:
            return heartbeats.due(last, heartbeats.cron(row.cron, row.time_zone), grace)
        except SourceError:
            return None
    return heartbeats.due(last, timedelta(minutes=row.period_minutes), grace) if row.period_minutes else None


@transaction.atomic
def expect(integration: Integration) -> None:
    """Work out anew when each of its heartbeats is late, after somebody has set them up."""
    for row in integration.heartbeats.select_for_update():
        row.due_at = None if row.is_late else expected(row, row.last_seen_at or moments.now())
        row.save(update_fields=["due_at"])


@transaction.atomic
def keep(row: Heartbeat, *, by: User | None, **given: Any) -> Heartbeat:
    """Say how often a heartbeat has to come. ValidationError, by field, where that makes no sense."""
    permits.require(by, "integration.change", row.integration)
    found = Heartbeat.objects.select_for_update().get(pk=row.pk)
    for name, value in given.items():
        setattr(found, name, value)
    if found.cron:
        try:
            heartbeats.cron(found.cron, found.time_zone)
        except SourceError as error:
            at = {"expression": "cron", "zone": "time_zone"}.get(error.field, "cron")
            raise ValidationError({at: error.message}) from None
    if found.cron and found.period_minutes:
        raise ValidationError({"cron": "Give minutes or a cron expression, and not both."})
    found.full_clean()
    found.due_at = None if found.is_late else expected(found, found.last_seen_at or moments.now())
    found.save()
    return found


def sweep(now: datetime) -> int:
    """Let an alert fire for each heartbeat that did not come; returns how many. Each in a transaction of its own."""
    return sum(_miss(pk, now) for pk in Heartbeat.objects.due(now).order_by("due_at").values_list("pk", flat=True))


@transaction.atomic
def _miss(pk: int, now: datetime) -> bool:
    rows = Heartbeat.objects.due(now).select_for_update(of=("self",), skip_locked=True)
    row = rows.select_related("integration__team", "integration__service").filter(pk=pk).first()
    if row is None or row.due_at is None:
        return False
    last = f"last seen at {row.last_seen_at:%Y-%m-%d %H:%M} UTC" if row.last_seen_at else "never seen"
    intake.receive(row.integration, [_report(row, row.due_at, f"No sign of life from {row}: {last}")])
    row.is_late = True
    row.save(update_fields=["is_late"])
    return True


def _report(row: Heartbeat, at: datetime, summary: str, *, over: bool = False) -> AlertReport:
    name = f"heartbeat:{row.name}"
    return AlertReport(
        fingerprint=key(name, 128),
        status="resolved" if over else "firing",
        title=f"No sign of life from {row}"[:255],
        summary=summary,
        severity=row.severity,
        labels={"heartbeat": row.name},
        annotations={"summary": summary} if summary else {},
        starts_at=None if over else at,
        ends_at=at if over else None,
        group_key=key(name, 255),
    )
