"""How long the log is kept: the one place, beside a person's erasure, that lifts its protection."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.db import transaction
from django.db.models import QuerySet

from teams.models import AccessEvent, AuditEvent, AuditLine, Organization

BATCH = 5_000
SENT_LINES_KEPT = timedelta(days=7)


@contextmanager
def unprotected() -> Iterator[None]:
    """Let the log be changed until the end of this transaction."""
    with transaction.atomic(), pgtrigger.ignore("teams.AuditEvent:append_only", "teams.AccessEvent:append_only"):
        yield


def forget(now: datetime, *, budget: float = 20.0, batch: int = BATCH) -> int:
    """Delete what is older than the organization keeps, in batches, and lines that streams got; returns how many
    events went. What is left after `budget` seconds waits for the next run."""
    end = time.monotonic() + budget
    _drain(AuditLine.objects.filter(sent_at__lt=now - SENT_LINES_KEPT), end, batch)
    days = Organization.current().audit_days
    if not days:
        return 0
    before = now - timedelta(days=days)
    _drain(AuditLine.objects.filter(event__at__lt=before), end, batch)
    gone = _drain(AuditEvent.objects.filter(at__lt=before), end, batch)
    _drain(AccessEvent.objects.filter(at__lt=before), end, batch)
    return gone


def _drain(rows: QuerySet[Any], end: float, batch: int) -> int:
    gone = 0
    while time.monotonic() < end:
        keys = list(rows.order_by("pk").values_list("pk", flat=True)[:batch])
        if not keys:
            break
        with unprotected():
            gone += rows.model._base_manager.filter(pk__in=keys)._raw_delete("default")
        if len(keys) < batch:
            break
    return gone
