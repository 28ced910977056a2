"""Keeping what tools send: one row each, by one statement that also finds whose it is. In a storm this is what
everything waits for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakSet

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from psycopg import pq

from incidents import urgency
from incidents.models import IntegrationKey
from incidents.sources import AlertReport, Envelope
from incidents.sources.reading import storable

log = logging.getLogger(__name__)

# Of the headers only what protocols read is kept, and nothing that opens a door.
KEPT_HEADERS = ("content-type", "ce-", "x-github-", "x-gitlab-event", "x-sentry-", "sentry-", "x-amz-sns-message-type")
ACCEPT = """
    INSERT INTO incidents_event
        (public_id, integration_id, key_id, source, lane, body, headers, query, path, state, received_at, due_at,
         attempts, outcome)
    SELECT $1::uuid, i.id, k.id, $2, $3::smallint, $4::bytea, $5::jsonb, $6::jsonb, $7, 'waiting',
        clock_timestamp(), clock_timestamp(), 0, '{}'
    FROM incidents_integrationkey k JOIN incidents_integration i ON i.id = k.integration_id
    WHERE k.digest = $8 AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        AND ($9 = '' OR i.kind = $9)
"""
STATEMENT = b"watchbill_accept"
# The body goes as it is, everything else as text.
FORMATS = [pq.Format.BINARY if place == 4 else pq.Format.TEXT for place in range(1, 10)]
# Connections that have planned it.
_planned: WeakSet[psycopg.Connection[Any]] = WeakSet()


def accept(key: str, source: str, sent: Envelope, *, kind: str = "", lane: int = 1) -> bool:
    """Keep what a tool sent with the key of an integration, of `kind` where one is given, to be made something of by
    the next worker. False where no integration has that key. When this returns, and the caller's transaction is
    committed, it is kept for good, under the envelope's `request_id`. `lane` 0 is for what must not wait behind a
    storm, as `lane_of` says."""
    from incidents.tasks import take_events

    headers = kept_headers(sent)
    query = {storable(name): storable(value) for name, value in sent.query.items()} if sent.query else {}
    rest = (json.dumps(headers), json.dumps(query), storable(sent.path)[:500], IntegrationKey.digest_of(key), kind)
    body = without(key, sent.body)
    given = [sent.request_id.encode(), source.encode(), b"%d" % lane, body, *(each.encode() for each in rest)]
    if not _insert(given):
        return False
    take_events.delay_on_commit()
    return True


# Entries of what an integration is refused in a minute; what comes beyond is counted on the last of them.
MOST_REFUSED = 30
# So much of a key is shown.
HINT = 4
# Of a body that is refused so much is kept to be looked at.
MOST_KEPT = 64 * 1024
REFUSE = """
    INSERT INTO incidents_event
        (public_id, integration_id, key_id, source, lane, body, headers, query, path, state, received_at, due_at,
         ended_at, attempts, outcome)
    SELECT %s, i.id, k.id, %s, 1, %s, %s::jsonb, %s::jsonb, %s, 'rejected', clock_timestamp(), clock_timestamp(),
        clock_timestamp(), 0, %s::jsonb
    FROM incidents_integrationkey k JOIN incidents_integration i ON i.id = k.integration_id
    WHERE k.digest = %s AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > clock_timestamp())
        AND (SELECT count(*) FROM incidents_event e WHERE e.integration_id = i.id AND e.state = 'rejected'
             AND e.ended_at > clock_timestamp() - interval '1 minute') < %s
"""
COUNT = """
    UPDATE incidents_event
    SET outcome = jsonb_set(outcome, '{more}', to_jsonb(coalesce((outcome->>'more')::int, 0) + 1))
    WHERE id = (
        SELECT max(e.id) FROM incidents_event e JOIN incidents_integrationkey k ON k.integration_id = e.integration_id
        WHERE k.digest = %s AND e.state = 'rejected' AND e.ended_at > clock_timestamp() - interval '1 minute'
    )
"""


def refuse(key: str, source: str, sent: Envelope, problems: Sequence[tuple[str, str]]) -> None:
    """Write down what a good key's request was refused for, as (field, sentence) each, so that whoever keeps the
    integration sees it; who has no good key leaves nothing. However many come, an integration gets `MOST_REFUSED`
    entries a minute. A database that is away is no reason to answer otherwise: nothing is raised for it."""
    outcome: dict[str, Any] = {"problems": [{"field": at, "message": storable(text)[:500]} for at, text in problems]}
    if len(sent.body) > MOST_KEPT:
        outcome["cut"] = len(sent.body)
    query = {storable(name): storable(value)[:500] for name, value in sent.query.items()}
    given: list[Any] = [sent.request_id, source, without(key, sent.body)[:MOST_KEPT]]
    given += [json.dumps(kept_headers(sent)), json.dumps(query)]
    digest = IntegrationKey.digest_of(key)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(REFUSE, [*given, storable(sent.path)[:500], json.dumps(outcome), digest, MOST_REFUSED])
            if not cursor.rowcount:
                cursor.execute(COUNT, [digest])
    except (DatabaseError, InterfaceError):
        log.exception("what was refused could not be written down")


def _insert(given: list[bytes]) -> bool:
    # Django would ask the database first whether a kept connection still lives; here the statement itself finds out.
    setattr(connection, "health_check_done", True)  # noqa: B010 - the stubs do not know it
    try:
        return _execute(given)
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
    connection.close()
    return _execute(given)


def _execute(given: list[bytes]) -> bool:
    """Run the statement, planned once for each connection, by the library below the driver: a cursor takes as long to
    send it as the database to run it, and Django's have it planned anew each time."""
    connection.ensure_connection()
    raw: psycopg.Connection[Any] = connection.connection
    with connection.wrap_database_errors, raw.lock:
        if not raw.autocommit and raw.pgconn.transaction_status == pq.TransactionStatus.IDLE:
            # The driver begins a transaction with the first statement of its own.
            _sound(raw, raw.pgconn.exec_(b"BEGIN"))
        if raw not in _planned:
            _sound(raw, raw.pgconn.prepare(STATEMENT, ACCEPT.encode()))
            _planned.add(raw)
        return bool(_sound(raw, raw.pgconn.exec_prepared(STATEMENT, given, FORMATS)).command_tuples)


def _sound(raw: psycopg.Connection[Any], result: pq.abc.PGresult) -> pq.abc.PGresult:
    """The result, or what was wrong as the driver itself says it."""
    if raw.pgconn.status == pq.ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message(raw.info.encoding))
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(result, encoding=raw.info.encoding)
    return result


def without(key: str, body: bytes) -> bytes:
    """`body` with another key of the same form in the place of this one, where the protocol has it there: what is kept
    opens no door, and can still be read."""
    return body.replace(key.encode(), (key[:HINT] + "x" * (len(key) - HINT)).encode()) if len(key) > 2 * HINT else body


def lane_of(reports: Iterable[AlertReport]) -> int:
    """0 where something critical fires. An older event may be overtaken so: that is safe where every report has a
    start, by which `intake` knows old news."""
    all_of_them = list(reports)
    worst = any(r.status == "firing" and urgency.level_of([r.severity or ""]) == 1 for r in all_of_them)
    return 0 if worst and all(r.starts_at for r in all_of_them) else 1


def kept_headers(sent: Envelope) -> dict[str, str]:
    return {name.lower(): value for name, value in sent.headers.items() if name.lower().startswith(KEPT_HEADERS)}
