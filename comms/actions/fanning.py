"""Whom a published update concerns becomes rows: with the publication where they are few, and by a worker a moment
later where they are many, so that nobody waits for a hundred thousand of them, nor holds locks meanwhile.

Until it is done the update says so by `fan_out_at`: a worker that is killed leaves it to the next.
"""

from __future__ import annotations

import logging
from datetime import datetime

from django.db import transaction

from comms.actions import queueing, superseding
from comms.models import ComponentChange, PageIncident, StatusUpdate, Subscriber
from comms.models.subscriber import SubscriberQuerySet, Telling
from comms.models.update import StatusUpdateQuerySet

log = logging.getLogger(__name__)
# Readers of a page that publishing waits for: they take a tenth of a second.
FEW = 5000


def fan_out(update: StatusUpdate, now: datetime) -> None:
    """Queue what `update`, just published, is to be sent to, in the caller's transaction, or leave it to a worker."""
    from comms.tasks import fan_out_due as nudge

    if not update.notify:
        return
    readers = Subscriber.objects.filter(page=update.page_incident.page_id, state=Subscriber.State.ACTIVE)
    if readers[: FEW + 1].count() <= FEW:
        _queue(update, now)
        return
    update.fan_out_at = now
    update.save(update_fields=["fan_out_at"])
    nudge.delay_on_commit()


def fan_out_due(now: datetime) -> int:
    """Make the rows of the updates that wait for that, the oldest first; returns of how many. Several may run at
    once."""
    due = StatusUpdate.objects.filter(fan_out_at__lte=now).order_by("published_at", "pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)):
        try:
            done += _fan_out_one(pk, now)
        except Exception:
            log.exception("whom status update %s concerns could not be written down and will be tried again", pk)
    return done


@transaction.atomic
def _fan_out_one(pk: int, now: datetime) -> bool:
    rows = StatusUpdate.objects.select_for_update(skip_locked=True, of=("self",)).select_related("page_incident__page")
    update = rows.filter(pk=pk, fan_out_at__lte=now).first()
    if update is None:
        return False
    _queue(update, now)
    update.fan_out_at = None
    update.save(update_fields=["fan_out_at"])
    return True


def _queue(update: StatusUpdate, now: datetime) -> None:
    waits = can_wait(update)
    queueing.queue({"update_id": update.pk}, f"update:{update.pk}", told_of(update), now, can_wait=waits)
    if not waits:
        queueing.release(_before(update).values_list("pk", flat=True), now)
    superseding.supersede(update)


def told_of(update: StatusUpdate) -> SubscriberQuerySet:
    """Subscribers whom this update concerns, for what it or an earlier one of its incident touches."""
    earlier = ComponentChange.objects.filter(
        update__page_incident=update.page_incident_id, update__status=StatusUpdate.Status.PUBLISHED
    )
    touched = {int(pk) for pk in update.component_states} | set(earlier.values_list("component_id", flat=True))
    return Subscriber.objects.filter(page=update.page_incident.page_id).told_of(touched, _telling(update))


def _telling(update: StatusUpdate) -> Telling:
    told = update.page_incident
    return Telling(
        incident=told.pk,
        impact=update.impact or told.impact,
        over=update.state in PageIncident.OVER,
        earlier=list(_before(update).values_list("pk", flat=True)),
    )


def _before(update: StatusUpdate) -> StatusUpdateQuerySet:
    """What was published of the same incident before it."""
    about = update.page_incident
    if about._state.adding:
        return StatusUpdate.objects.none()
    found = StatusUpdate.objects.published().filter(page_incident=about).exclude(pk=update.pk)
    # Of many readers the rows are made a moment later, when more may have been said.
    return found.filter(published_at__lte=update.published_at) if update.published_at else found


def can_wait(update: StatusUpdate) -> bool:
    """Whether it may wait for the end of quiet hours and for a digest: the incident's impact is low, and readers were
    never told that it is more. Who heard of a great one at once hears of its end at once."""
    impacts = {update.impact or update.page_incident.impact, *_before(update).values_list("impact", flat=True)} - {""}
    return impacts <= set(Subscriber.LOW)
