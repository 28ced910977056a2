"""Sending the audit log on as it is written. A line is a row that a trigger wrote with its event; it is claimed with
a lease, sent, and marked. Whoever dies between sending and marking makes it go out twice, with the same id."""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from comms.transports import syslog, webhook
from comms.transports.base import Refused, Unreachable
from teams.audit import events, exporting, telling
from teams.models import AuditLine, AuditStream

log = logging.getLogger(__name__)
BATCH = 100
# Longer than a conversation may take: name, connection and answer.
LEASE = timedelta(seconds=60)
PAUSES = (5, 10, 30, 60, 120, 300)
# So many failures in a row are told to people, once.
TELL_AFTER = 10


def stream_due(*, budget: float = 2.0) -> int:
    """Send what is due to every stream, for about `budget` seconds each; returns how many lines went out."""
    now = timezone.now()
    ready = AuditStream.objects.filter(Q(retry_at=None) | Q(retry_at__lte=now), active=True)
    return sum(_drain(stream, budget) for stream in ready)


def _drain(stream: AuditStream, budget: float) -> int:
    sent = 0
    end = time.monotonic() + budget
    while lines := claim(stream, timezone.now()):
        if not send(stream, lines):
            break
        sent += len(lines)
        if time.monotonic() >= end:
            break
    return sent


def claim(stream: AuditStream, now: datetime, *, limit: int = BATCH) -> list[AuditLine]:
    """Take up to `limit` lines of `stream` that are due, committed before anything is sent."""
    with transaction.atomic():
        due = AuditLine.objects.claimable(now).filter(stream=stream).select_related("event").order_by("pk")
        lines = list(due.select_for_update(skip_locked=True, of=("self",))[:limit])
        for line in lines:
            line.lease_until = now + LEASE
            line.attempts += 1
        AuditLine.objects.bulk_update(lines, ["lease_until", "attempts"])
    return lines


def send(stream: AuditStream, lines: Sequence[AuditLine]) -> bool:
    """Send claimed lines and write down what came of it. Returns whether they went out."""
    try:
        _hand_over(stream, lines)
    except (Unreachable, Refused) as error:
        _failed(stream, lines, str(error))
        return False
    except Exception as error:
        log.exception("audit stream %s could not be sent to and will be tried again", stream.pk)
        _failed(stream, lines, f"{type(error).__name__}: {error}")
        return False
    now = timezone.now()
    _mine(lines).update(sent_at=now, lease_until=None)
    AuditStream.objects.filter(pk=stream.pk).update(last_sent_at=now, failures=0, retry_at=None, last_error="")
    return True


def _mine(lines: Sequence[AuditLine]) -> Any:
    """The rows as this worker claimed them: what another took after the lease is no longer ours to mark."""
    return AuditLine.objects.filter(
        pk__in=[line.pk for line in lines], lease_until=lines[0].lease_until if lines else None
    )


def _failed(stream: AuditStream, lines: Sequence[AuditLine], error: str) -> None:
    now = timezone.now()
    rest = timedelta(seconds=PAUSES[min(stream.failures, len(PAUSES) - 1)])
    _mine(lines).update(lease_until=None, due_at=now + rest)
    AuditStream.objects.filter(pk=stream.pk).update(
        failures=F("failures") + 1, retry_at=now + rest, last_error=error[:300], last_error_at=now
    )
    log.warning("audit stream %s is out of reach (%s); next try in %d s", stream, error, rest.total_seconds())
    if stream.failures + 1 == TELL_AFTER:
        text = f"The audit log does not reach {stream.name}: {error}"
        events.note("audit.stream_failing", text, through="task", stream=stream.pk)


def _hand_over(stream: AuditStream, lines: Sequence[AuditLine]) -> None:
    told = [exporting.plain(told) for told in telling.tell(line.event for line in lines)]
    for row in told:
        row["source"] = settings.WATCHBILL_BASE_URL
    if stream.kind == AuditStream.Kind.SYSLOG:
        host = socket.gethostname().encode("ascii", "ignore").decode()[:255] or "-"
        written = [_syslog(line, row) for line, row in zip(lines, told, strict=True)]
        syslog.send(stream.url, written, host=host)
        return
    body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in told).encode()
    ident = f"audit-{stream.pk}-{lines[0].event_id}-{lines[-1].event_id}-{len(lines)}"
    webhook.post(
        stream.url,
        body,
        ident=ident,
        secrets=[stream.secret, stream.former_secret],
        headers={"Content-Type": "application/jsonl"},
    )


def _syslog(line: AuditLine, row: dict[str, Any]) -> syslog.Line:
    short = {k: v for k, v in row.items() if k not in ("before", "after", "context", "about")} | {"cut": True}
    short["text"], short["name"] = str(row["text"])[:500], str(row["name"])[:200]
    return syslog.Line(
        at=line.event.at,
        ident=str(line.event_id),
        kind=line.event.kind,
        text=json.dumps(row, ensure_ascii=False),
        short=json.dumps(short, ensure_ascii=False),
    )
