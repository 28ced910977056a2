"""Sending what is queued for the mail relay. Rows are claimed with a lease, most urgent first, and every letter is
looked at once more before it goes: what became pointless meanwhile isn't sent."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction

from comms import letters
from comms.actions import claiming, notifying, suppressing
from comms.actions.claiming import LEASE, PAGE_LEASE
from comms.addresses import Unwritable
from comms.models import Delivery
from comms.replies import CHANNEL_REPLY, Meaning, meaning
from comms.transports.base import Refused, Transport, Unreachable
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
RELAY_RESTS = (1, 2, 4, 8, 10)
CHANNEL_REST = 60
COMPLAINTS_SHARE = 0.02


class Pace:
    """How this process treats the relay: it leaves an unreachable one alone for a while, and takes smaller batches
    after being told to slow down."""

    def __init__(self) -> None:
        self.failures = 0
        self.quiet_until = 0.0
        self.batch = BATCH

    def resting(self) -> bool:
        return time.monotonic() < self.quiet_until

    def unreachable(self) -> timedelta:
        """Note a failed contact; returns how long everything waits."""
        rest = RELAY_RESTS[min(self.failures, len(RELAY_RESTS) - 1)]
        self.failures += 1
        return self.rest(rest)

    def rest(self, seconds: float) -> timedelta:
        self.quiet_until = time.monotonic() + seconds
        return timedelta(seconds=seconds)

    def halve(self) -> None:
        self.batch = max(1, self.batch // 2)

    def went_well(self) -> None:
        self.failures = 0
        self.batch = min(BATCH, self.batch + 1)


PACE = Pace()


def deliver_due(*, budget: float = 2.0, pace: Pace | None = None) -> tuple[int, bool]:
    """Send what is due, pages before everything else, for about `budget` seconds.

    Returns how many went out, and whether something due is left. A worker that other tasks wait for comes back soon,
    and a long list of subscribers never stands in front of a page: each round claims a small batch, and between two
    letters of it new pages go first.
    """
    pace = pace or PACE
    if pace.resting():
        return 0, False
    sent = 0
    end = time.monotonic() + budget
    with Mailer() as mailer:
        while batch := claim(moments.now(), limit=pace.batch):
            sent += _send_all(batch, mailer, pace, end)
            if pace.resting():
                return sent, False
            if time.monotonic() >= end:
                return sent, True
    return sent, False


def claim(now: datetime, *, limit: int = BATCH, pages_only: bool = False) -> list[Delivery]:
    """Take up to `limit` letters that are due."""
    due = claiming.due(now, [Delivery.Channel.EMAIL])
    return claiming.claim(due.filter(priority=0) if pages_only else due, now, limit=limit)


def _send_all(batch: list[Delivery], mailer: Transport, pace: Pace, end: float) -> int:
    sent = 0
    for position, delivery in enumerate(batch):
        urgent = delivery.priority == 0
        if not urgent and (pages := claim(moments.now(), pages_only=True)):
            sent += _send_all(pages, mailer, pace, end)
        if pace.resting() or (not urgent and time.monotonic() >= end):
            claiming.put_back(batch[position:])
            break
        sent += send(delivery, mailer, pace)
    return sent


def send(delivery: Delivery, mailer: Transport, pace: Pace | None = None) -> bool:
    """Send one claimed delivery and write down what came of it. Returns whether it went out.

    Whatever goes wrong with it is its own affair: it is tried later, for as long as anything is, and the others go on.
    """
    pace = pace or PACE
    hurried = delivery.kind in Delivery.CALLS and not pace.failures
    deadline = time.monotonic() + (PAGE_CONVERSATION if hurried else CONVERSATION)
    if not claiming.begin(delivery, PAGE_LEASE if hurried else LEASE):
        return False
    try:
        return _send(delivery, mailer, pace, deadline)
    except Exception as error:
        log.exception("delivery %s could not be sent and will be tried again", delivery.pk)
        # Nobody knows how far the conversation got.
        mailer.close()
        claiming.again(delivery, f"could not be sent: {error}")
        return False


def _send(delivery: Delivery, mailer: Transport, pace: Pace, deadline: float) -> bool:
    try:
        current = letters.reload(delivery)
        if why_not := claiming.pointless(current):
            claiming.settle(delivery, State.SUPPRESSED, why_not)
            return False
        letter = letters.write(current)
    except Unwritable as error:
        _refused(delivery, Refused(553, f"5.1.3 {error}"), pace)
        return False
    except Exception as error:
        log.exception("delivery %s could not be written and will be tried again", delivery.pk)
        claiming.again(delivery, f"could not be written: {error}")
        return False
    try:
        began = time.monotonic()
        reply = mailer.send(letter, deadline=deadline)
    except Unreachable as error:
        rest = pace.unreachable()
        log.warning("the mail relay is out of reach (%s); next try in %d s", error, rest.total_seconds())
        with transaction.atomic():
            claiming.wait(delivery, str(error), rest)
            if delivery.kind in Delivery.PASSED_ON:
                notifying.hand_over(delivery, for_good=False)
        return False
    except Refused as error:
        _refused(delivery, error, pace)
        return False
    pace.went_well()
    claiming.settle(delivery, State.SENT, reply, took=timedelta(seconds=time.monotonic() - began))
    return True


def _refused(delivery: Delivery, error: Refused, pace: Pace) -> None:
    what = meaning(error.code, error.text)
    if what is Meaning.CHANNEL:
        rest = pace.rest(CHANNEL_REST)
        log.error("the mail relay refuses us (%s): no mail goes out until that is mended", error)
        claiming.wait(delivery, str(error), rest)
        return
    if what is Meaning.SLOWER:
        pace.halve()
    if delivery.kind in Delivery.CALLS:
        with transaction.atomic():
            claiming.again(delivery, str(error))
            notifying.hand_over(delivery, for_good=what not in (Meaning.LATER, Meaning.SLOWER))
        if what not in (Meaning.LATER, Meaning.SLOWER) and delivery.attempts == 1 and delivery.page is not None:
            tell_unpaged(delivery, str(error))
        return
    later = what in (Meaning.LATER, Meaning.SLOWER)
    with transaction.atomic():
        if later:
            claiming.again(delivery, str(error))
        else:
            claiming.settle(delivery, State.FAILED, str(error))
        if delivery.kind in Delivery.PASSED_ON:
            notifying.hand_over(delivery, for_good=not later)
    if not later:
        _learn(delivery, what)


def _learn(delivery: Delivery, what: Meaning) -> None:
    """What a refusal for good says about its reader, or about us."""
    if delivery.subscriber_id and what is Meaning.NO_SUCH_READER:
        _stop_writing_to(delivery)
    elif delivery.subscriber_id and what is Meaning.FULL:
        last = Delivery.objects.filter(subscriber=delivery.subscriber_id, state__in=[State.SENT, State.FAILED])
        replies = list(last.order_by("-pk").values_list("state", "reply")[:3])
        if len(replies) == 3 and all(s == State.FAILED and _is_full(r) for s, r in replies):
            _stop_writing_to(delivery)
    elif what is Meaning.UNWANTED and delivery.update_id:
        of_update = Delivery.objects.filter(update=delivery.update_id)
        unwanted = of_update.filter(state=State.FAILED, reply__contains="5.7.1").count()
        if unwanted > COMPLAINTS_SHARE * of_update.count():
            log.error("more than 2 %% of the mail of status update %s was refused by policy", delivery.update_id)


def _is_full(reply: str) -> bool:
    code, _, text = reply.partition(" ")
    return code.isdecimal() and meaning(int(code), text) is Meaning.FULL


def _stop_writing_to(delivery: Delivery) -> None:
    said = Delivery.objects.filter(pk=delivery.pk).values_list("reply", flat=True).first() or ""
    suppressing.suppress(delivery.address, f"The mail server refused it: {said}", delivery=delivery)


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


def channel_refusal() -> str:
    """What the relay says of us where it refuses everything, as the mail that waits for it was told; else nothing."""
    waiting = Delivery.objects.filter(state=State.QUEUED, reply__regex=CHANNEL_REPLY).order_by("-due_at")
    return waiting.values_list("reply", flat=True).first() or ""


@transaction.atomic
def send_again(deliveries: Sequence[int], *, now: datetime | None = None) -> int:
    """Queue settled deliveries once more, as if they were new; returns how many. What waits already is left alone.

    They keep their Message-ID, so a reader who has it already sees it once. Mail about accounts is not kept, so it
    can't be sent again.
    """
    from comms.tasks import deliver_due as nudge

    now = now or moments.now()
    settled = Delivery.objects.filter(
        pk__in=deliveries, state__in=[State.FAILED, State.BOUNCED, State.SUPPRESSED, State.SENT]
    )
    settled = settled.filter(letter__blanked_at=None)
    count = settled.update(state=State.QUEUED, due_at=now, created_at=now, attempts=0, sent_at=None, lease_until=None)
    nudge.delay_on_commit()
    return count
