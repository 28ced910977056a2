"""What tools sent, kept first and made something of in a moment: nothing that was accepted is lost, and however much
comes, accepting costs one row."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import connection, transaction

from incidents.actions import heartbeats, intake, outside
from incidents.actions.accepting import kept_headers
from incidents.models import Event, Integration, IntegrationKey
from incidents.sources import (
    Act,
    AlertReport,
    Closing,
    Envelope,
    InvalidEventError,
    Parsed,
    SourceError,
    registry,
)
from teams import faultpoints, moments

log = logging.getLogger(__name__)
State = Event.State

# Events and alerts of one transaction: large enough that its queries count for little, small enough that nobody who
# waits for one of its incidents waits for long.
EVENTS_AT_ONCE = 200
ALERTS_AT_ONCE = 1000
RETRY = (1, 5, 15, 60, 300)
KEPT = timedelta(days=7)


def integration_of(key: str, kind: str) -> Integration | None:
    """The integration of that kind that a key opens the door for."""
    good = IntegrationKey.objects.good(moments.now()).filter(digest=IntegrationKey.digest_of(key))
    return Integration.objects.filter(kind=kind, keys__in=good).first()


@transaction.atomic
def keep(integration: Integration, sent: Envelope) -> Event:
    """Keep a request for an integration that somebody here sends in its tool's stead: a test, or one of before."""
    from incidents.tasks import take_events

    event = Event.objects.create(
        public_id=UUID(sent.request_id),
        integration=integration,
        source=integration.kind,
        body=sent.body,
        headers=kept_headers(sent),
        query=dict(sent.query),
        path=sent.path,
    )
    take_events.delay_on_commit()
    return event


def replay(event: Event) -> Event:
    """Send a former event once more, as it came; it is read by what the integration's settings say now."""
    again = replace(envelope(event, event.integration), request_id=str(uuid4()))
    return keep(event.integration, again)


def take_due(*, budget: float = 1.0) -> tuple[int, bool]:
    """Make alerts and incidents of what waits, for about `budget` seconds, one integration after the other so that a
    noisy one holds up no other. Returns how many events were taken, and whether some may be left."""
    end = time.monotonic() + budget
    done = 0
    while keys := _waiting():
        taken = sum(_take(pk) for pk in keys)
        done += taken
        # Whoever holds the others at this moment takes them, or the next sweep does.
        if not taken:
            return done, False
        if time.monotonic() >= end:
            return done, True
    return done, False


def _waiting() -> list[int]:
    """Integrations of which something is due."""
    due = Event.objects.due(moments.now()).order_by("integration")
    return list(due.values_list("integration", flat=True).distinct())


def _take(integration_pk: int) -> int:
    """Take events of an integration in their order, what is critical first. Where they can't be taken together, each
    goes by itself, and one that fails is tried again later and holds up no other."""
    try:
        taken = _take_together(integration_pk)
        faultpoints.reached("taken")
        return taken
    except Exception:
        log.exception("events of integration %s could not be taken together; each goes by itself", integration_pk)
    keys = Event.objects.due(moments.now()).filter(integration=integration_pk).order_by("lane", "pk")
    return sum(_take_alone(pk) for pk in keys.values_list("pk", flat=True)[:EVENTS_AT_ONCE])


def _take_alone(pk: int) -> int:
    try:
        with transaction.atomic():
            event = Event.objects.due(moments.now()).select_for_update(skip_locked=True).filter(pk=pk).first()
            if event is None:
                return 0
            _patience()
            _make([event])
            return 1
    except Exception as error:
        log.exception("event %s could not be taken and will be tried again", pk)
        _try_again(pk, f"{type(error).__name__}: {error}")
        return 0


@transaction.atomic
def _try_again(pk: int, why: str) -> None:
    event = Event.objects.select_for_update().get(pk=pk)
    if event.state == State.WAITING:
        event.attempts += 1
        event.due_at = moments.now() + timedelta(seconds=RETRY[min(event.attempts, len(RETRY)) - 1])
        event.outcome = {"waits": why[:500]}
        event.save(update_fields=["attempts", "due_at", "outcome"])


@transaction.atomic
def _take_together(integration_pk: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [intake.LOCK, integration_pk])
        if cursor.fetchone() != (True,):
            return 0
    _patience()
    due = Event.objects.due(moments.now()).filter(integration=integration_pk).order_by("lane", "pk")
    events = list(due.select_for_update(skip_locked=True, of=("self",))[:EVENTS_AT_ONCE])
    # What is critical does not wait for the rest of its batch to be written.
    return _make([event for event in events if event.lane == events[0].lane])


def _patience() -> None:
    """Somebody may work on an incident at this moment: what joins it comes back, and the others' alerts don't wait."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")


@dataclass(slots=True)
class _Reading:
    """An event as its protocol reads it."""

    event: Event
    parsed: Parsed = field(default_factory=Parsed)
    problems: list[dict[str, str]] = field(default_factory=list)
    rejected: bool = False
    alerts: list[AlertReport] = field(default_factory=list)

    @property
    def fingerprints(self) -> set[str]:
        return {report.fingerprint for report in self.alerts} | {act.fingerprint for act in self.parsed.acts}


def envelope(event: Event, integration: Integration) -> Envelope:
    """The request of an event, as it came."""
    return Envelope(
        bytes(event.body), event.headers, event.query, event.path, integration.settings, str(event.public_id)
    )


def _read(event: Event, integration: Integration) -> _Reading:
    source = registry.named(event.source)
    assert source is not None, "events are of sources that there are"
    try:
        parsed = source.read(envelope(event, integration))
    except (SourceError, InvalidEventError) as error:
        return _Reading(event, problems=_problems(error), rejected=True)
    return _Reading(
        event, parsed, [problem for each in parsed.problems for problem in _problems(each)], alerts=list(parsed.reports)
    )


def alerts_of(event: Event) -> list[AlertReport]:
    """The alerts that an event tells of, read as when it was taken; none where it can't be read."""
    return _read(event, event.integration).alerts


def _make(events: Sequence[Event]) -> int:
    """Make of events what they are, in the caller's transaction, or put off what has to wait for an earlier event about
    the same alert. Returns how many that were: not those at the end that would be too much at once."""
    if not events:
        return 0
    integration = Integration.objects.select_related("team", "service").get(pk=events[0].integration_id)
    taken: list[_Reading] = []
    put_off = _put_off(integration, max(event.pk for event in events))
    count = waiting = 0
    for event in events:
        if count >= ALERTS_AT_ONCE:
            break
        reading = _read(event, integration)
        if waits := [put_off[each] for each in reading.fingerprints if each in put_off]:
            put_off |= dict.fromkeys(reading.fingerprints, max(waits))
            Event.objects.filter(pk=event.pk).update(due_at=max(waits))
            waiting += 1
            continue
        count += len(reading.alerts)
        taken.append(reading)
    for together in _in_parts(taken):
        _write(integration, together)
    _note_use(integration, [reading.event for reading in taken])
    _settle([reading.event for reading in taken])
    faultpoints.reached("taking")
    return len(taken) + waiting


def _in_parts(readings: Sequence[_Reading]) -> Iterator[list[_Reading]]:
    """Cut after each event that does something to alerts, so that it meets those before it and not those after."""
    part: list[_Reading] = []
    for reading in readings:
        part.append(reading)
        if reading.parsed.acts or reading.parsed.heartbeats:
            yield part
            part = []
    if part:
        yield part


def _write(integration: Integration, readings: Sequence[_Reading]) -> None:
    signs = [(reading, sign) for reading in readings for sign in reading.parsed.heartbeats]
    for reading, sign in signs:
        reading.alerts += heartbeats.beat(integration, sign, reading.event.received_at)
    received = intake.receive_all(integration, [reading.alerts for reading in readings])
    for reading, what in zip(readings, received, strict=True):
        found: dict[str, Any] = {**what.told, "problems": reading.problems}
        found["heartbeats"] = [sign.name for sign in reading.parsed.heartbeats]
        found["changes"] = [intake.receive_change(integration, each).pk for each in reading.parsed.changes]
        found["acts"] = [_act(integration, act) for act in reading.parsed.acts]
        reading.event.state = State.REJECTED if reading.rejected else State.DONE
        reading.event.outcome = {name: value for name, value in found.items() if value}


def _act(integration: Integration, act: Act) -> dict[str, str]:
    """Do what somebody does to an alert from outside; what was done, and to which incident."""
    did = {"did": type(act).__name__.lower()}
    alert = outside.find(integration, act)
    if alert is None:
        return did | {"unknown": act.fingerprint}
    outside.perform(integration, alert, act)
    if isinstance(act, Closing):
        intake.receive(integration, [AlertReport(alert.fingerprint, "resolved", alert.title)])
    return did | ({"incident": alert.incident.reference} if alert.incident else {"suppressed": alert.suppression})


def _note_use(integration: Integration, events: Sequence[Event]) -> None:
    now = moments.now()
    used = {event.key_id for event in events if event.key_id is not None}
    IntegrationKey.objects.filter(pk__in=used).update(last_used_at=now)
    Integration.objects.filter(pk=integration.pk).update(last_used_at=now)


def _settle(events: Sequence[Event]) -> None:
    """Write down what became of events. One statement with arrays: Django's own would be a case of each row."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE incidents_event SET state = v.state, outcome = v.outcome::jsonb, ended_at = clock_timestamp() "
            "FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS v (id, state, outcome) "
            "WHERE incidents_event.id = v.id",
            [[e.pk for e in events], [str(e.state) for e in events], [json.dumps(e.outcome) for e in events]],
        )


def _put_off(integration: Integration, until: int) -> dict[str, datetime]:
    """When alerts are tried again whose earlier events could not be taken: what is told of them later waits as long,
    lest a recovery overtakes its alert. What has failed often waits alone."""
    waiting = Event.objects.filter(
        integration=integration, state=State.WAITING, due_at__gt=moments.now(), pk__lt=until, attempts__lte=len(RETRY)
    )
    found: dict[str, datetime] = {}
    for event in waiting.order_by("pk"):
        # One that even its reader fails at says nothing of what it is about.
        with contextlib.suppress(Exception):
            found |= dict.fromkeys(_read(event, integration).fingerprints, event.due_at)
    return found


def problems_of(error: SourceError | InvalidEventError) -> list[tuple[str, str]]:
    """What was wrong with a request, as (field, sentence) each."""
    if isinstance(error, SourceError):
        return [(error.field, error.message)]
    return [("", message) for message in error.errors]


def _problems(error: SourceError | InvalidEventError) -> list[dict[str, str]]:
    return [{"field": field, "message": message} for field, message in problems_of(error)]


def forget(limit: int = 10_000) -> int:
    """Drop events that ended `KEPT` ago, at most `limit`; returns how many."""
    old = Event.objects.exclude(state=State.WAITING).filter(ended_at__lt=moments.now() - KEPT)
    deleted, _ = Event.objects.filter(pk__in=old.order_by("ended_at").values("pk")[:limit]).delete()
    return deleted


def told(event: Event) -> dict[str, Any]:
    """What became of an event, as its sender is told: `state`, references of incidents, counts, problems by field."""
    outcome = event.outcome
    said: dict[str, Any] = {"id": str(event.public_id), "state": event.state}
    said |= {name: [f"INC-{pk}" for pk in outcome.get(name, ())] for name in ("opened", "attached")}
    said |= {"resolved": len(outcome.get("resolved", ())), "repeats": outcome.get("repeats", 0)}
    said |= {"suppressed": sum(each["count"] for each in outcome.get("suppressed", ()))}
    said |= {name: outcome[name] for name in ("acts", "heartbeats", "waits", "folded") if outcome.get(name)}
    return said | {"problems": outcome.get("problems", [])}
