"""Sending what is queued for the mail relay. Rows are claimed with a lease, most urgent first, and every letter is
looked at once more before it goes: what became pointless meanwhile isn't sent."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from comms import letters
from comms.actions import claiming, draining, notifying, relaying, suppressing
from comms.actions.claiming import LEASE, PAGE_LEASE
from comms.addresses import Unwritable
from comms.models import Delivery, SubscriberEvent
from comms.relays import Relay
from comms.replies import Meaning, meaning
from comms.transports.base import Letter, Refused, Transport, Unreachable
from comms.transports.email import Mailer
from incidents import timeline
from incidents.actions.escalation import managers
from incidents.actions.facts import lock
from incidents.timeline import Kind
from teams import moments

log = logging.getLogger(__name__)
State = Delivery.State
BATCH = 50
# Seconds for one letter's conversation with the relay; it is handed over in this time or not at all. A page's is short,
# because its lease is: only where that has just failed does it take as long as other letters may.
PAGE_CONVERSATION = 18
CONVERSATION = 45
# The longest that a worker waits for a relay's rate before it lets other tasks have their turn, in seconds.
LONGEST_GAP = 0.5
# What somebody may have sent again. What a newer update replaced is not: it would be replaced again.
SETTLED = (State.FAILED, State.BOUNCED, State.SUPPRESSED, State.SENT)


class Mailers(threading.local):
    """A connection to each relay that a thread uses, opened when the first letter needs it, and kept from one task to
    the next as long as there is something to send."""

    def __init__(self) -> None:
        self._open: dict[Relay, Mailer] = {}

    def to(self, relay: Relay) -> Mailer:
        if relay not in self._open:
            self._open[relay] = Mailer(relay)
        return self._open[relay]

    def close(self) -> None:
        for mailer in self._open.values():
            mailer.close()
        self._open.clear()


MAILERS = Mailers()


def deliver_due(*, budget: float = 0.5) -> tuple[int, bool]:
    """Send what is due, pages before everything else, for about `budget` seconds.

    Returns how many went out, and whether something due is left. A worker that other tasks wait for comes back soon,
    and a long list of subscribers never stands in front of a page: what is for one person goes before it, and is looked
    for again and again while it is under way.
    """
    more = False
    try:
        sent, more = _deliver(MAILERS, time.monotonic() + budget)
    finally:
        if not more:
            MAILERS.close()
    return sent, more


def _deliver(mailers: Mailers, end: float) -> tuple[int, bool]:
    sent = 0
    while relaying.pick():
        if batch := claim(moments.now(), below=Delivery.PRIORITY[Delivery.Kind.UPDATE]):
            sent += _send_all(batch, mailers, end)
        elif (drained := _drain(mailers, end)) is not None:
            sent += drained
        elif batch := claim(moments.now(), above=Delivery.PRIORITY[Delivery.Kind.UPDATE]):
            sent += _send_all(batch, mailers, end)
        else:
            return sent, False
        if time.monotonic() >= end:
            return sent, relaying.pick() is not None
    return sent, False


def claim(now: datetime, *, limit: int = BATCH, below: int | None = None, above: int | None = None) -> list[Delivery]:
    """Take up to `limit` letters that are due, those of a priority `below` or `above` another where that is given."""
    due = claiming.due(now, [Delivery.Channel.EMAIL])
    if below is not None:
        due = due.filter(priority__lt=below)
    if above is not None:
        due = due.filter(priority__gt=above)
    return claiming.claim(due, now, limit=limit)


def _drain(mailers: Mailers, end: float) -> int | None:
    """Send a batch of what many are told; None where nothing of it is due, or others are at it."""
    if not draining.is_due(moments.now()):
        return None
    with draining.slot() as free:
        relay, granted = _granted(draining.STRIDE.size, end) if free else (None, 0)
        if not free:
            return None
        if relay is None:
            # Something waits, and the rate leaves room for it in a moment.
            return 0
        mailer = mailers.to(relay)
        way = draining.Way(
            mailer,
            end,
            relay,
            one=lambda delivery: send(delivery, mailer, relay),
            refused=lambda delivery, error: _answered(delivery, error, relay),
            urgent=lambda: _send_all(claim(moments.now(), below=1), mailers, end),
        )
        drained = draining.drain(way, granted)
        if drained is None:
            relaying.forgo(relay)
        return drained


def _send_all(batch: list[Delivery], mailers: Mailers, end: float) -> int:
    """Send a batch as far as the relays take it by `end`; what is left is put back."""
    sent = 0
    relay, granted = None, 0
    for position, delivery in enumerate(batch):
        urgent = delivery.priority == 0
        if not urgent and (pages := claim(moments.now(), below=1)):
            sent += _send_all(pages, mailers, end)
            relay = None
        if relay is None or not granted:
            relay, granted = _granted(len(batch) - position, end, urgent=urgent)
        if relay is None or (not urgent and time.monotonic() >= end):
            claiming.put_back(batch[position:])
            break
        granted -= 1
        went = send(delivery, mailers.to(relay), relay)
        sent += went
        if not went or relay.on_trial:
            # Whatever it was may have been the relay.
            relay = None
    return sent


def _granted(wanted: int, end: float, *, urgent: bool = False) -> tuple[Relay | None, int]:
    """The relay that takes letters now and how many, where one does before `end`; a page does not wait for a rate."""
    while relay := relaying.pick():
        if granted := relaying.grant(relay, 1 if urgent else wanted, urgent=urgent):
            return relay, granted
        if relay.on_trial:
            continue
        left = end - time.monotonic()
        if left <= 0:
            break
        time.sleep(min(relaying.gap(relay), LONGEST_GAP, left))
    return None, 0


def send(delivery: Delivery, mailer: Transport, relay: Relay) -> bool:
    """Send one claimed delivery and write down what came of it. Returns whether it went out.

    Whatever goes wrong with it is its own affair: it is tried later, for as long as anything is, and the others go on.
    """
    hurried = delivery.kind in Delivery.CALLS and not relay.failures
    deadline = time.monotonic() + (PAGE_CONVERSATION if hurried else CONVERSATION)
    if not claiming.begin(delivery, PAGE_LEASE if hurried else LEASE):
        relaying.forgo(relay)
        return False
    try:
        return _send(delivery, mailer, relay, deadline)
    except Exception as error:
        log.exception("delivery %s could not be sent and will be tried again", delivery.pk)
        # Nobody knows how far the conversation got.
        mailer.close()
        claiming.again(delivery, f"could not be sent: {error}")
        return False


def _send(delivery: Delivery, mailer: Transport, relay: Relay, deadline: float) -> bool:
    if (letter := _written(delivery, relay)) is None:
        relaying.forgo(relay)
        return False
    try:
        began = time.monotonic()
        reply = mailer.send(letter, deadline=deadline)
    except Unreachable as error:
        _out_of_reach(delivery, error, relay)
        return False
    except Refused as error:
        _answered(delivery, error, relay)
        return False
    relaying.went_well(relay, 1)
    claiming.settle(delivery, State.SENT, reply, took=timedelta(seconds=time.monotonic() - began), relay=relay.name)
    return True


def _written(delivery: Delivery, relay: Relay) -> Letter | None:
    """Its letter; None where it is not to be sent, or not now, which is written down."""
    try:
        current = letters.reload(delivery)
        if why_not := claiming.pointless(current):
            claiming.settle(delivery, State.SUPPRESSED, why_not)
            return None
        return letters.write(current)
    except Unwritable as error:
        _refused(delivery, Refused(553, f"5.1.3 {error}"), relay)
    except Exception as error:
        log.exception("delivery %s could not be written and will be tried again", delivery.pk)
        claiming.again(delivery, f"could not be written: {error}")
    return None


def _out_of_reach(delivery: Delivery, error: Unreachable, relay: Relay) -> None:
    """The next relay takes it at once; where there is none, it waits, and whom it calls is called by other means."""
    rest = relaying.unreachable(relay, str(error))
    others = relaying.pick() is not None
    with transaction.atomic():
        claiming.wait(delivery, str(error), timedelta() if others else rest)
        if delivery.kind in Delivery.PASSED_ON and not others:
            notifying.hand_over(delivery, for_good=False)


def _answered(delivery: Delivery, error: Refused, relay: Relay) -> bool:
    """What follows from the relay's refusal. Returns whether the next letter may go to it."""
    what = meaning(error.code, error.text)
    if what is not Meaning.CHANNEL:
        # It looked at this one letter, and so it takes ours.
        relaying.went_well(relay, 0)
    _refused(delivery, error, relay)
    return what not in (Meaning.CHANNEL, Meaning.SLOWER)


def _refused(delivery: Delivery, error: Refused, relay: Relay) -> None:
    what = meaning(error.code, error.text)
    if what is Meaning.CHANNEL:
        rest = relaying.refuses(relay, str(error))
        claiming.wait(delivery, str(error), timedelta() if relaying.pick() else rest)
        return
    if what is Meaning.SLOWER:
        relaying.slower(relay)
    later = what in (Meaning.LATER, Meaning.SLOWER)
    if delivery.kind in Delivery.CALLS:
        with transaction.atomic():
            claiming.again(delivery, str(error))
            notifying.hand_over(delivery, for_good=not later)
        if not later and delivery.attempts == 1 and delivery.page is not None:
            tell_unpaged(delivery, str(error))
        return
    with transaction.atomic():
        if later:
            claiming.again(delivery, str(error))
        else:
            claiming.settle(delivery, State.FAILED, str(error))
            _learn(delivery, error, what)
        if delivery.kind in Delivery.PASSED_ON:
            notifying.hand_over(delivery, for_good=not later)


def _learn(delivery: Delivery, error: Refused, what: Meaning) -> None:
    """What a refusal for good says about its reader, in the transaction that wrote it down."""
    if what is Meaning.NO_SUCH_READER:
        suppressing.suppress(delivery.address, f"The mail server refused it: {error}", delivery=delivery)
    elif what is Meaning.FULL and delivery.subscriber_id:
        suppressing.note(delivery.subscriber_id, SubscriberEvent.Kind.BOUNCED, str(error), delivery=delivery)
        if suppressing.is_full(delivery):
            why = f"The mailbox was full {suppressing.MOST_FULL} times: {error}"
            suppressing.suppress(delivery.address, why, delivery=delivery)


@transaction.atomic
def tell_unpaged(delivery: Delivery, reason: str) -> None:
    """A page that can't reach its person is the team's business at once; paging goes on meanwhile."""
    assert delivery.page is not None, "only pages come here"
    incident = lock(delivery.page.incident_id, by=None)
    timeline.record(
        incident,
        Kind.PAGE,
        "page.undeliverable",
        f"The page to {delivery.page.user.name} could not be delivered: the mail server refused the address.",
        by=None,
        reason=reason[:300],
        data={"page": delivery.page_id},
        notify=[person for person in managers(incident) if person.pk != delivery.page.user_id],
    )


@transaction.atomic
def send_again(deliveries: Sequence[int], *, now: datetime | None = None) -> int:
    """Queue settled deliveries once more, as if they were new; returns how many. What waits already is left alone.

    They keep their Message-ID, so a reader who has it already sees it once. Mail about accounts is not kept, so it
    can't be sent again.
    """
    from comms.tasks import deliver_due as nudge

    now = now or moments.now()
    settled = Delivery.objects.filter(pk__in=deliveries, state__in=SETTLED)
    settled = settled.filter(letter__blanked_at=None)
    count = settled.update(state=State.QUEUED, due_at=now, created_at=now, attempts=0, sent_at=None, lease_until=None)
    nudge.delay_on_commit()
    return count
