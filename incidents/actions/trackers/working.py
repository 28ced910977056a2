"""Several links at once: trackers are asked in threads, which touch no database, and everything else happens in the
one that claims. So a tracker that is slow to answer keeps only its own links waiting.

A lease lasts little longer than one request may, and is renewed while one runs: what a killed worker held is free again
after seconds, however much there was still to ask.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Generator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Count

from incidents.models import Tracker, TrackerLink
from teams import moments

log = logging.getLogger(__name__)
T = TypeVar("T")
# What is to be asked of a tracker, and what is done with the answer.
Ask = Callable[[], Any]
Steps = Generator[Ask, Any, T]
AT_ONCE = 12
# GitHub wants to be asked one thing after another.
OF_ONE = {Tracker.Kind.GITHUB: 1}
USUAL = 3
# Each request ends after ten seconds.
LEASE = timedelta(seconds=15)
RENEW_SECONDS = 3.0


class Lost(Exception):
    """The lease went to another process, or the link was taken away: nothing more is to be done here."""


@dataclass(slots=True)
class Flight:
    """A link whose tracker is asked at this moment."""

    link: TrackerLink
    steps: Steps[None]
    renewed: float = field(default_factory=time.monotonic)
    lost: bool = False


def fly(
    start: Callable[[TrackerLink], Steps[None]], failed: Callable[[TrackerLink, Exception], None], *, budget: float
) -> tuple[int, bool]:
    """Claim what is due for about `budget` seconds, and go through the steps of each; how many, and whether more may be
    due. `failed` is told of what no step expected."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="trackers") as threads:
        flights = Flights(threads, start, failed)
        end = time.monotonic() + budget
        while time.monotonic() < end:
            flights.fill(end)
            if not flights.flying:
                return flights.begun, False
            flights.land()
        while flights.flying:
            flights.land()
        return flights.begun, True


class Flights:
    """The links that one process has at this moment, and what was asked for each of them."""

    def __init__(
        self,
        threads: ThreadPoolExecutor,
        start: Callable[[TrackerLink], Steps[None]],
        failed: Callable[[TrackerLink, Exception], None],
    ) -> None:
        self.threads, self.start, self.failed = threads, start, failed
        self.flying: dict[Future[Any], Flight] = {}
        self.begun = 0

    def fill(self, end: float) -> None:
        """Claim as many as may be asked about at once, until `end` of the monotonic clock."""
        while len(self.flying) < AT_ONCE and time.monotonic() < end:
            link = claim(moments.now())
            if link is None:
                return
            self.begun += 1
            self._go_on(Flight(link, self.start(link)), None)

    def land(self) -> None:
        """Wait for answers, go on with those that came, and keep the leases of the others."""
        ended, _ = wait(self.flying, timeout=1.0, return_when=FIRST_COMPLETED)
        for future in ended:
            self._go_on(self.flying.pop(future), future)
        for flight in self.flying.values():
            if time.monotonic() - flight.renewed >= RENEW_SECONDS:
                _renewed(flight)

    def _go_on(self, flight: Flight, answer: Future[Any] | None) -> None:
        if flight.lost:
            return
        try:
            ask = _next(flight.steps, answer)
        except (StopIteration, Lost):
            return
        except Exception as error:
            log.exception("link %s could not be brought into step; it is tried again", flight.link.pk)
            self.failed(flight.link, error)
            return
        if _renewed(flight):
            self.flying[self.threads.submit(ask)] = flight


def _next(steps: Steps[None], answer: Future[Any] | None) -> Ask:
    if answer is None:
        return next(steps)
    error = answer.exception()
    return steps.throw(error) if error is not None else steps.send(answer.result())


def _full(now: datetime) -> list[int]:
    """Trackers that are asked as much at once as they should be, by whatever process."""
    held = TrackerLink.objects.filter(leased_until__gt=now).order_by().values_list("tracker_id", "tracker__kind")
    counts = held.annotate(count=Count("pk"))
    return [pk for pk, kind, count in counts if count >= OF_ONE.get(Tracker.Kind(kind), USUAL)]


@transaction.atomic
def claim(now: datetime) -> TrackerLink | None:
    """Take one that is due for this process alone, of a tracker that may be asked more."""
    due = TrackerLink.objects.due(now).exclude(tracker__in=_full(now))
    due = due.select_for_update(skip_locked=True, of=("self",)).select_related("tracker")
    link = due.order_by("due_at", "pk").first()
    if link is not None:
        link.leased_until, link.due_at = now + LEASE, None
        link.attempts = min(link.attempts + 1, 1000)
        link.save(update_fields=["leased_until", "due_at", "attempts"])
    return link


def mine(link: TrackerLink) -> Any:
    """The row, as long as this process has its lease."""
    return TrackerLink.objects.filter(pk=link.pk, leased_until=link.leased_until)


def hold(link: TrackerLink, seconds: float, **fields: Any) -> None:
    """Have it for so long from now at least, and set `fields`. Raises Lost."""
    until = moments.now() + timedelta(seconds=seconds)
    until = max(until, link.leased_until or until)
    if not mine(link).update(leased_until=until, **fields):
        raise Lost
    link.leased_until = until


def _renewed(flight: Flight) -> bool:
    try:
        hold(flight.link, LEASE.total_seconds())
    except Lost:
        flight.lost = True
    flight.renewed = time.monotonic()
    return not flight.lost
