"""A tracker that lets us in no more is left alone, and whoever keeps it is told; so they are when it works again."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Coalesce, Greatest

from incidents.models import Tracker
from teams import mails, moments, permits
from teams.models import User

log = logging.getLogger(__name__)
# Tried by itself after so long, then after twice that, and so on.
FIRST_TRY = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=1)
TELL_AGAIN = timedelta(hours=24)


@transaction.atomic
def pause(tracker_pk: int, why: str, *, by_itself: bool) -> None:
    """Ask it nothing more for now. `by_itself`: it is tried again by reading the project; otherwise somebody has to say
    so, since reading would not show whether what failed works."""
    row = Tracker.objects.select_for_update().get(pk=tracker_pk)
    now = moments.now()
    row.paused_at, row.error = row.paused_at or now, why[:400]
    row.attempts = min(row.attempts + 1, 30)
    wait = min(FIRST_TRY * 2 ** min(row.attempts - 1, 10), LONGEST_WAIT)
    row.poll_due_at = now + wait if by_itself else None
    row.leased_until = None
    if row.told_at is None or now - row.told_at >= TELL_AGAIN:
        row.told_at = now
        _tell(row, f"{row.name} does not let Watchbill in", why, works=False)
        log.error("tracker %s is paused: %s", row.pk, why)
    row.save()


@transaction.atomic
def works(tracker_pk: int, *, looked: bool = False, since: datetime | None = None) -> None:
    """It let us in again: what waits goes there now, and it is looked through for what its webhooks did not reach us
    with meanwhile, unless it just was (`looked`). An answer to what was asked `since` says nothing of a pause that
    began later, nor of a time for which it wants to be left alone."""
    row = Tracker.objects.select_for_update().get(pk=tracker_pk)
    if since is not None and row.paused_at is not None and row.paused_at > since:
        return
    if row.quiet_until is not None and row.quiet_until > moments.now():
        return
    if row.paused_at is not None:
        row.links.filter(state="waiting").update(due_at=moments.now())
        wake()
    if row.told_at is not None:
        row.told_at = None
        _tell(row, f"{row.name} works again", "What waited goes there now.", works=True)
    row.paused_at = row.quiet_until = None
    row.attempts, row.error, row.worked_at = 0, "", moments.now()
    row.save(update_fields=["told_at", "paused_at", "quiet_until", "attempts", "error", "worked_at"])
    if not looked:
        look(row)


def look(row: Tracker) -> None:
    """Look through it now, once the transaction commits."""
    from incidents.tasks import poll_trackers

    Tracker.objects.filter(pk=row.pk).update(poll_due_at=moments.now())
    poll_trackers.delay_on_commit()


def quiet(tracker_pk: int, until: datetime, why: str) -> None:
    """Leave it alone until then: it is busy, or not there at this moment."""
    longest = Greatest(Coalesce("quiet_until", until), until)
    Tracker.objects.filter(pk=tracker_pk).update(quiet_until=longest, error=why[:400])


def wake() -> None:
    """Bring into step what is due, once the transaction commits."""
    from incidents.tasks import keep_trackers_in_step

    keep_trackers_in_step.delay_on_commit()


def _tell(row: Tracker, subject: str, text: str, *, works: bool) -> None:
    context = {
        "tracker": row,
        "subject": subject,
        "text": text,
        "works": works,
        "url": mails.absolute(row.get_absolute_url()),
    }
    people = User.objects.present().filter(permits.people_who(Tracker.VERB, row)).exclude(email="")
    for person in people.order_by("pk")[:50]:
        mails.post(person.email, subject, "incidents/mail/tracker", context, mails.AUTOMATIC)
