"""Which mail relay letters go to now, and how many of them. How a relay does is a row, because what one worker learned
holds for all of them: several that are restarted at once ask a relay that is down no more often than one would.

A relay that failed rests. When its rest is over, one worker gives it one letter (`grant` says whose it is) while the
others keep to the next relay, so that one that hangs holds up a letter at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q

from comms.actions import alarming
from comms.models import Alarm, RelayState
from comms.relays import Relay
from comms.replies import THROTTLED
from teams import moments

log = logging.getLogger(__name__)
# Seconds, by how often it failed in a row.
RESTS = (1, 2, 4, 8, 10)
REFUSED_REST = timedelta(seconds=60)
# For how long the one letter on trial keeps the others away, should its worker be killed. About a page's lease.
TRIAL = timedelta(seconds=25)
LEAST_RATE = 0.1
# A relay that takes this many a second without complaint has no rate worth keeping to.
NO_LIMIT = 1000.0
# One burst of complaints halves the rate once. It comes back faster than a steady trickle of them could take it away.
HALVED_ONCE = timedelta(seconds=15)
GROWS_EVERY = timedelta(seconds=5)
GROWS_BY = 1.25
WINDOW = timedelta(seconds=60)
NOTE_EVERY = 5.0
WORTH_NOTING = 20
# So many tries in a row are five minutes without any relay.
LONG_AWAY = 30


def pick() -> Relay | None:
    """The first relay of the settings that does not rest, as it does now; None where all rest, until `wakes_at()`.

    What it says of rate and trial is for `grant` and `went_well`: pick anew for each batch.
    """
    relays = settings.WATCHBILL_RELAYS
    states = _states()
    now = moments.now() if any(state.rests_until for state in states.values()) else None
    for relay in relays:
        state = states.get(relay.name)
        if state is None:
            return relay
        if now is None or state.rests_until is None or state.rests_until <= now:
            return _as_it_does(relay, state)
    return None


def wakes_at() -> datetime:
    """When the first of the relays has rested; now, where one does not rest."""
    now = moments.now()
    states = _states()
    return min(
        max(now, state.rests_until or now) if (state := states.get(relay.name)) else now
        for relay in settings.WATCHBILL_RELAYS
    )


def grant(relay: Relay, wanted: int, *, urgent: bool = False) -> int:
    """How many letters, 0 to `wanted`, may go to a relay as `pick` gave it, now: as many as its rate leaves, with a
    burst of a second's worth (of one letter, where that is less). What is not sent of them is lost to everybody.

    0 of one on trial means that another worker tries it: pick again. 0 of another one: wait for `gap(relay)`. What is
    `urgent` is counted, but does not wait.
    """
    if wanted <= 0:
        return 0
    if relay.on_trial:
        return _claim_trial(relay)
    if relay.rate is None:
        return wanted
    now = moments.now()
    granted = _take(relay, wanted, now, urgent=urgent)
    if granted is None:
        _make_row(relay.name)
        granted = _take(relay, wanted, now, urgent=urgent)
    return granted or 0


def gap(relay: Relay) -> float:
    """Seconds between two letters to it."""
    return 1 / relay.rate if relay.rate else 0.0


@transaction.atomic
def unreachable(relay: Relay, why: str) -> timedelta:
    """Note that it could not be talked to, and let it rest. Returns for how long. Of several workers that lost their
    connections at once the first one counts."""
    state = _lock(relay.name)
    now = moments.now()
    if not relay.on_trial and state.rests_until is not None and state.rests_until > now:
        return state.rests_until - now
    rest = timedelta(seconds=RESTS[min(state.failures, len(RESTS) - 1)])
    state.failures += 1
    state.rests_until = now + rest
    state.reply = why[:500]
    if THROTTLED.search(why):
        _halve(state, now)
    _save(state, now)
    log.warning("mail relay %s is out of reach (%s); it rests for %d s", relay.name, why, rest.total_seconds())
    if state.failures == LONG_AWAY:
        alarming.mind(Alarm.Kind.RELAYS, "", trouble())
    return rest


@transaction.atomic
def refuses(relay: Relay, why: str) -> timedelta:
    """Note that it refuses us, whoever the reader is, and pause it; people are told where no other is left. Returns
    for how long it is paused."""
    state = _lock(relay.name)
    now = moments.now()
    if state.refuses_since is None:
        log.error("mail relay %s refuses us (%s): nothing goes out by it until that is mended", relay.name, why)
    state.refuses_since = state.refuses_since or now
    state.rests_until = now + REFUSED_REST
    state.reply = why[:500]
    _save(state, now)
    alarming.mind(Alarm.Kind.RELAYS, "", trouble())
    return REFUSED_REST


def forgo(relay: Relay) -> None:
    """Give back the trial that `grant` gave, where nothing was said to the relay after all."""
    if relay.on_trial:
        RelayState.objects.filter(name=relay.name).update(rests_until=None)


@transaction.atomic
def slower(relay: Relay) -> None:
    """Halve its rate, because it asked for that: from the rate of the settings, else from what it took lately."""
    _note(relay.name, _TAKEN.all_of(relay.name))
    state = _lock(relay.name)
    now = moments.now()
    _halve(state, now)
    _save(state, now)


def went_well(relay: Relay, count: int) -> None:
    """Note that it took `count` letters. A query every few seconds where many go, none where few do; a relay that had
    failed is as good as new."""
    if relay.failures or relay.on_trial:
        _recovered(relay)
    slowed = relay.rate is not None and relay.rate != _of_settings(relay.name)
    noted = _TAKEN.add(relay.name, count, least=1 if slowed else WORTH_NOTING)
    if noted:
        _note(relay.name, noted)


@dataclass(frozen=True, slots=True)
class Standing:
    """A relay of the settings and what is known of it; `state` is None for one that never failed."""

    relay: Relay
    state: RelayState | None

    @property
    def takes(self) -> bool:
        state = self.state
        return state is None or (state.refuses_since is None and state.failures < LONG_AWAY)

    @property
    def why_not(self) -> str:
        state = self.state
        if self.takes or state is None:
            return ""
        what = "refuses us" if state.refuses_since else "is out of reach"
        return f"{self.relay.name} {what} ({state.reply[:120]})"


def standings() -> list[Standing]:
    """How every relay of the settings does, in order. One query."""
    states = _states()
    return [Standing(relay, states.get(relay.name)) for relay in settings.WATCHBILL_RELAYS]


def trouble() -> str:
    """Why no mail goes out, in a sentence; nothing where a relay takes it, or has been away for a moment only."""
    found = standings()
    if any(each.takes for each in found):
        return ""
    return f"{'; '.join(each.why_not for each in found)}."


def _states() -> dict[str, RelayState]:
    return {state.name: state for state in RelayState.objects.all()}


def _of_settings(name: str) -> float | None:
    return next((relay.rate for relay in settings.WATCHBILL_RELAYS if relay.name == name), None)


def _as_it_does(relay: Relay, state: RelayState) -> Relay:
    rates = [rate for rate in (relay.rate, state.rate) if rate is not None]
    return replace(
        relay,
        rate=min(rates, default=None),
        failures=state.failures,
        on_trial=bool(state.failures or state.refuses_since),
    )


def _make_row(name: str) -> None:
    now = moments.now()
    row = RelayState(name=name, free_at=now, counted_since=now, updated_at=now)
    RelayState.objects.bulk_create([row], ignore_conflicts=True)


def _lock(name: str) -> RelayState:
    rows = RelayState.objects.select_for_update().filter(name=name)
    state = rows.first()
    if state is None:
        _make_row(name)
        state = rows.get()
    return state


def _save(state: RelayState, now: datetime) -> None:
    state.updated_at = now
    state.save()


def _claim_trial(relay: Relay) -> int:
    now = moments.now()
    ill = RelayState.objects.filter(Q(failures__gt=0) | Q(refuses_since__isnull=False), name=relay.name)
    rested = ill.filter(Q(rests_until=None) | Q(rests_until__lte=now))
    return rested.update(rests_until=now + TRIAL, updated_at=now)


def _take(relay: Relay, wanted: int, now: datetime, *, urgent: bool) -> int | None:
    """The generic cell rate algorithm, in one statement: whatever is granted moves `free_at` on by its share of time,
    and as much is granted as keeps it within a burst of now. None where there is no row yet."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH found AS (
                SELECT name, least(%(rate)s, rate) AS rate, greatest(free_at, %(now)s::timestamptz) AS starts
                FROM comms_relaystate WHERE name = %(name)s FOR UPDATE
            ), taken AS (
                SELECT name, rate, starts, CASE WHEN %(urgent)s THEN %(wanted)s ELSE
                    greatest(0, least(%(wanted)s, floor(
                        greatest(1.0, rate) - extract(epoch FROM starts - %(now)s::timestamptz)::float8 * rate + 1e-6
                    ))) END AS count
                FROM found
            )
            UPDATE comms_relaystate AS state
            SET free_at = taken.starts + make_interval(secs => taken.count / taken.rate)
            FROM taken WHERE state.name = taken.name
            RETURNING taken.count
            """,
            {"rate": relay.rate, "now": now, "name": relay.name, "wanted": wanted, "urgent": urgent},
        )
        row = cursor.fetchone()
    return int(row[0]) if row else None


def _halve(state: RelayState, now: datetime) -> None:
    if state.slowed_at is not None and now - state.slowed_at < HALVED_ONCE:
        return
    rate = state.rate or _of_settings(state.name) or _measured(state, now)
    # Where it complains before it has taken anything, nothing is known but that it is to be slow.
    state.rate = max(LEAST_RATE, rate / 2) if rate else 1.0
    state.rate_since = state.slowed_at = now
    state.free_at = max(state.free_at, now + timedelta(seconds=1 / state.rate))
    log.warning("mail relay %s asks us to slow down: it gets %.3g letters a second", state.name, state.rate)


def _measured(state: RelayState, now: datetime) -> float:
    seconds = (now - state.counted_since).total_seconds()
    return state.counted / max(1.0, seconds) if seconds < 2 * WINDOW.total_seconds() else 0.0


def _recovered(relay: Relay) -> None:
    ill = RelayState.objects.filter(Q(failures__gt=0) | Q(refuses_since__isnull=False), name=relay.name)
    with transaction.atomic():
        if ill.update(failures=0, refuses_since=None, rests_until=None, reply="", updated_at=moments.now()):
            log.warning("mail relay %s takes mail again", relay.name)
            alarming.mind(Alarm.Kind.RELAYS, "", trouble())


@transaction.atomic
def _note(name: str, count: int) -> None:
    """Write down what was taken, and let a rate that was halved grow."""
    if not count:
        return
    state = _lock(name)
    now = moments.now()
    if not state.counted or now - state.counted_since > WINDOW:
        state.counted, state.counted_since = 0, now - timedelta(seconds=NOTE_EVERY)
    state.counted += count
    if state.rate is not None and state.rate_since is not None and now - state.rate_since >= GROWS_EVERY:
        rate = state.rate * GROWS_BY
        most = _of_settings(name) or NO_LIMIT
        state.rate, state.rate_since = (rate, now) if rate < most else (None, None)
    _save(state, now)


class _Taken:
    """What this process gave to relays and has not written down yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._noted = 0.0

    def add(self, name: str, count: int, *, least: int) -> int:
        """Add to it; returns what is to be written down now, 0 for nothing."""
        with self._lock:
            total = self._counts.get(name, 0) + count
            self._counts[name] = total
            now = time.monotonic()
            if total < least or now - self._noted < NOTE_EVERY:
                return 0
            self._noted = now
            self._counts[name] = 0
            return total

    def all_of(self, name: str) -> int:
        with self._lock:
            return self._counts.pop(name, 0)


_TAKEN = _Taken()
