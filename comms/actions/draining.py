"""Mail of an update to many: rows are claimed by the hundred, letters are filled in and not written anew, and what was
sent is written down while the next letter goes out.

Only what goes well is done here. A reader who left, a refusal, a relay that is away: those rows go the way of every
single letter (`delivering`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakSet

import psycopg
from django.db import connection
from psycopg import pq

from comms import casting
from comms.actions import claiming, relaying, superseding
from comms.addresses import Unwritable
from comms.casting import Addressee, Cast, Told
from comms.models import Correction, Delivery, MaintenanceUpdate, StatusUpdate, Subscriber
from comms.models.delivery import DeliveryQuerySet
from comms.relays import Relay
from comms.transports.base import Letter, Refused, Transport, Unreachable
from teams import moments

log = logging.getLogger(__name__)
# So many tasks of all workers do this at once; what else is due finds a worker that is free in a moment.
SLOTS = 2
SLOT_LOCK = 7_304_310
# A batch takes about as long as a person who is called may wait.
BATCH_SECONDS = 0.5
LEAST, MOST = 100, 500
# Seconds between two looks for pages, and after which the lease of what is left is made longer. A letter is handed over
# within CONVERSATION or not at all, so that no other worker has its row by then.
LOOK_EVERY = 0.5
RENEW_AFTER = 8.0
CONVERSATION = 40.0
FRESH, BEHIND = timedelta(seconds=30), timedelta(minutes=10)

CLAIM = """
WITH due AS MATERIALIZED (
    SELECT id FROM comms_delivery
    WHERE channel = 'email' AND kind = 'update' AND state IN ('queued', 'sending')
        AND (state = 'queued' AND due_at <= %(now)s OR state = 'sending' AND lease_until <= %(now)s)
    ORDER BY priority, due_at, id LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
UPDATE comms_delivery AS d SET state = 'sending', lease_until = %(lease)s FROM due WHERE d.id = due.id
RETURNING d.id, d.key, d.subscriber_id, d.address, d.update_id, d.correction_id, d.maintenance_update_id, d.created_at
"""
SENT = b"""
UPDATE comms_delivery SET state = 'sent', sent_at = clock_timestamp(), lease_until = NULL, attempts = attempts + 1,
    reply = $3, relay = $4
WHERE id = $1 AND state = 'sending' AND lease_until = $2
"""
STATEMENT = b"watchbill_sent"
_prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()


@dataclass(frozen=True, slots=True)
class Row:
    """One claimed delivery."""

    to: Addressee
    update: int | None
    correction: int | None
    maintenance_update: int | None
    created_at: datetime


@dataclass(slots=True)
class Stride:
    """How many letters a batch has, by how fast they went last."""

    size: int = LEAST

    def after(self, letters: int, seconds: float) -> None:
        wanted = int(letters / max(seconds, 0.001) * BATCH_SECONDS)
        self.size = max(LEAST, min(MOST, wanted, self.size * 2))


STRIDE = Stride()


class Marks:
    """Writes down what was sent, and does not wait for the database: it works while the next letter goes out. One is
    under way at most, and the database has got it before another letter begins: a process that is killed leaves one
    letter behind of which nobody knows."""

    def __init__(self, lease: datetime, relay: str) -> None:
        connection.ensure_connection()
        self.pg: pq.abc.PGconn = connection.connection.pgconn
        if connection.connection not in _prepared:
            # Planning it takes as long as doing it.
            _done(self.pg.prepare(STATEMENT, SENT))
            _prepared.add(connection.connection)
        self.relay = relay.encode()
        self.waiting = False
        self.until(lease)

    def until(self, lease: datetime) -> None:
        """The rows are leased until then."""
        self.lease = lease.isoformat().encode()

    def sent(self, pk: int, reply: str) -> None:
        self.settled()
        said = reply[:500].replace("\0", "").encode()
        with connection.wrap_database_errors:
            self.pg.send_query_prepared(STATEMENT, [str(pk).encode(), self.lease, said, self.relay])
            self.pg.flush()
        self.waiting = True

    def settled(self) -> None:
        """Wait until the last one is written. Raises DatabaseError where it can't be."""
        if not self.waiting:
            return
        self.waiting = False
        while (result := self.pg.get_result()) is not None:
            _done(result)


def _done(result: pq.abc.PGresult) -> None:
    if result.status != pq.ExecStatus.COMMAND_OK:
        with connection.wrap_database_errors:
            raise psycopg.OperationalError((result.error_message or b"unknown").decode(errors="replace"))


@dataclass
class Way:
    """What a batch needs of the one who sends: the connection, when it has to give way, and what becomes of rows that
    are not plain. `one` sends a row as any letter; `refused` is told of a refusal, and says whether the relay takes
    another letter; `urgent` sends the pages that are due."""

    mailer: Transport
    end: float
    relay: Relay
    one: Callable[[Delivery], bool]
    refused: Callable[[Delivery, Refused], bool]
    urgent: Callable[[], int]


def is_due(now: datetime) -> bool:
    """Whether something waits that many are told."""
    found = Delivery.objects.claimable(now).filter(channel="email", kind=Delivery.Kind.UPDATE)
    return found.filter(priority=Delivery.PRIORITY[Delivery.Kind.UPDATE]).exists()


def slot() -> contextlib.AbstractContextManager[bool]:
    """One of those who may do this at the same time; whether it is free."""
    return claiming.slot(SLOT_LOCK, SLOTS)


def drain(way: Way, most: int) -> int | None:
    """Send a batch of at most so many letters, from a `slot`. Returns how many of any kind went out, and None where
    nothing was due."""
    now = moments.now()
    rows = _claim(now, most)
    if not rows:
        return None
    with _lightly():
        return Batch(rows, now, way).send()


@contextlib.contextmanager
def _lightly() -> Iterator[None]:
    """Commits that don't wait for the disk: should the database's machine lose its power, the letters of its last
    moment go out twice."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")


def _claim(now: datetime, most: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"now": now, "lease": now + claiming.LEASE, "most": most})
        return [Row(Addressee(*found[:4]), *found[4:]) for found in cursor.fetchall()]


class Batch:
    """Rows that are this worker's until the lease runs out."""

    def __init__(self, rows: list[Row], now: datetime, way: Way) -> None:
        self.way = way
        # Letters that the relay took, and others that were sent on the way; whether it was spoken to at all.
        self.went = self.others = 0
        self.asked = False
        self.leased = self.looked = time.monotonic()
        self.lease = now + claiming.LEASE
        self.marks = Marks(self.lease, way.relay.name)
        gone = superseding.give_up_overtaken([row.to.delivery for row in rows if row.update], self.lease)
        self.rows = rows = [row for row in rows if row.to.delivery not in gone]
        self.told = _told(rows)
        self.skipped = self._skipped()
        readers = Subscriber.objects.active().filter(pk__in={row.to.subscriber for row in rows})
        self.readers: dict[int, tuple[str, str]] = {
            pk: (language, zone) for pk, language, zone in readers.values_list("pk", "language", "time_zone")
        }
        self.casts: dict[Any, Cast] = {}

    def _skipped(self) -> dict[int, dict[int, tuple[int, ...]]]:
        """By update and subscriber, what the letter has to say that they missed."""
        readers: dict[int, set[int]] = {}
        for row in self.rows:
            if row.update is not None and row.correction is None:
                readers.setdefault(row.update, set()).add(row.to.subscriber)
        updates = {told.update.pk: told.update for told in self.told.values() if told.update is not None}
        return {pk: superseding.skipped(updates[pk], who) for pk, who in readers.items() if pk in updates}

    def send(self) -> int:
        """Send them one after the other, and put back what the time is too short for. Returns how many letters of any
        kind went out."""
        began = time.monotonic()
        ahead: Letter | None = None
        tried = 0
        try:
            for position, row in enumerate(self.rows):
                if ahead is None and not self._ready(position):
                    break
                tried += 1
                letter = ahead or self._letter(row)
                if letter is None:
                    self.others += self._as_any(row)
                    continue
                ahead = self._next(position)
                if (sent := self._one(position, letter, ahead)) is None:
                    break
                ahead = ahead if sent else None
        finally:
            self.marks.settled()
            if self.went:
                relaying.went_well(self.way.relay, self.went)
            elif not self.asked:
                relaying.forgo(self.way.relay)
        STRIDE.after(tried, time.monotonic() - began)
        return self.went + self.others

    def _ready(self, position: int) -> bool:
        """Send the pages that came meanwhile. Returns whether there is time for another letter, and the rows from here
        on are still ours."""
        if time.monotonic() >= self.way.end:
            self._put_back(self.rows[position:])
            return False
        if time.monotonic() - self.looked >= LOOK_EVERY:
            self.marks.settled()
            self.others += self.way.urgent()
            self.looked = time.monotonic()
        return self._keep(self.rows[position:])

    def _one(self, position: int, letter: Letter, ahead: Letter | None) -> bool | None:
        """Hand a letter over. Returns whether the relay took it, and None where it gets no other for now."""
        row = self.rows[position]
        self.asked = True
        try:
            reply = self.way.mailer.send(letter, deadline=time.monotonic() + CONVERSATION, then=ahead)
        except Unreachable as error:
            self.marks.settled()
            self._put_back(self.rows[position + 1 :])
            self._put_behind(row, error)
            return None
        except Refused as error:
            if self._refused(row, error):
                return False
            self._put_back(self.rows[position + 1 :])
            return None
        self.marks.sent(row.to.delivery, reply)
        self.went += 1
        return True

    def _next(self, position: int) -> Letter | None:
        """The letter that goes out right after this one; None where something else is to be done first."""
        if position + 1 == len(self.rows) or time.monotonic() >= self.pause:
            return None
        return self._letter(self.rows[position + 1])

    @property
    def pause(self) -> float:
        return min(self.way.end, self.looked + LOOK_EVERY, self.leased + RENEW_AFTER)

    def _keep(self, left: list[Row]) -> bool:
        """Make the lease longer where it would not last for another letter. Returns whether the rows are still ours."""
        if time.monotonic() - self.leased < RENEW_AFTER:
            return True
        self.marks.settled()
        leased = time.monotonic()
        lease = moments.now() + claiming.LEASE
        kept = self._mine(left).update(lease_until=lease)
        self.leased, self.lease = leased, lease
        self.marks.until(lease)
        if kept < len(left):
            log.warning("%d letters took so long that others have them by now", len(left) - kept)
        return kept == len(left)

    def _cast(self, row: Row) -> Cast | None:
        """What to fill in for this reader; None for a row that is not plain."""
        reader = self.readers.get(row.to.subscriber)
        told = self.told.get((row.update, row.correction, row.maintenance_update))
        if reader is None or told is None:
            return None
        skipped: tuple[int, ...] = ()
        if row.update is not None and row.correction is None:
            skipped = self.skipped[row.update].get(row.to.subscriber, ())
        key = (row.update, row.correction, row.maintenance_update, row.created_at, reader, skipped)
        found = self.casts.get(key)
        if found is None:
            language, zone = reader
            page = told.page
            speaks = language if language in page.languages else page.language
            # It asks the database, which may be at work on the last mark.
            self.marks.settled()
            try:
                found = self.casts[key] = casting.cast(told, speaks, zone, row.created_at, skipped)
            except Exception:
                # Whatever it is, the single letter says so of each.
                log.exception("mail about %s could not be written", told)
                return None
        return found

    def _letter(self, row: Row) -> Letter | None:
        """What this reader is sent; None for a row that is not plain."""
        cast = self._cast(row)
        if cast is None:
            return None
        try:
            return cast.fill(row.to)
        except Unwritable:
            return None

    def _refused(self, row: Row, error: Refused) -> bool:
        delivery = self._row(row)
        if delivery is None or not claiming.begin(delivery, claiming.LEASE):
            return True
        return self.way.refused(delivery, error)

    def _as_any(self, row: Row) -> int:
        delivery = self._row(row)
        if delivery is None:
            return 0
        # Whether the relay was spoken to is known there.
        self.asked = True
        return int(self.way.one(delivery))

    def _row(self, row: Row) -> Delivery | None:
        self.marks.settled()
        return self._mine([row]).first()

    def _mine(self, rows: list[Row]) -> DeliveryQuerySet:
        return claiming.held([row.to.delivery for row in rows], self.lease)

    def _put_back(self, rows: list[Row], **fields: Any) -> None:
        """Without a try being charged."""
        if rows:
            self.marks.settled()
            self._mine(rows).update(state=Delivery.State.QUEUED, lease_until=None, **fields)

    def _put_behind(self, row: Row, error: Unreachable) -> None:
        """Give the letter at which the relay fell silent to the next relay. Where there is none, or it has been tried
        for a while, it waits: it may be what relays can't bear, and the others are not to wait for it."""
        rest = relaying.unreachable(self.way.relay, str(error))
        now = moments.now()
        age = now - row.created_at
        if age > FRESH or relaying.pick() is None:
            now += max(rest, min(age / 10, BEHIND))
        self._put_back([row], reply=str(error)[:500], due_at=now)


def _told(rows: list[Row]) -> dict[tuple[int | None, int | None, int | None], Told]:
    """What the rows are about, as it stands; what is nothing to be told any more is left out."""
    wanted = {(row.update, row.correction, row.maintenance_update) for row in rows}
    about = StatusUpdate.objects.select_related("page_incident__page")
    updates = about.filter(status=StatusUpdate.Status.PUBLISHED).in_bulk([u for u, _, _ in wanted if u])
    corrections = Correction.objects.in_bulk([c for _, c, _ in wanted if c])
    planned = MaintenanceUpdate.objects.select_related("maintenance__page").in_bulk([m for _, _, m in wanted if m])
    now = moments.now() if planned else None
    found = {}
    for update, correction, maintenance in wanted:
        told = Told(updates.get(update or 0), corrections.get(correction or 0), planned.get(maintenance or 0))
        news = told.maintenance_update
        if (told.update or news) and not (news and now and news.is_outdated(now)):
            found[update, correction, maintenance] = told
    return found
