"""What readers are told of planned maintenance, in words of somebody's own or the usual ones, and by mail."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from comms import spans
from comms.actions import queueing
from comms.models import Delivery, MaintenanceUpdate, PageMaintenance, StatusPage, Subscriber
from comms.models.subscriber import SubscriberQuerySet
from teams.models import User
from teams.sentences import spell

Kind = MaintenanceUpdate.Kind


def concerned(page: StatusPage, components: Collection[int]) -> SubscriberQuerySet:
    """Subscribers whom a maintenance of these components concerns."""
    return Subscriber.objects.filter(page=page).told_of(components)


def tell(
    found: PageMaintenance,
    kind: Kind,
    body: str,
    *,
    by: User | None,
    now: datetime,
    mail: bool | None = None,
    was: Sequence[datetime | None] = (None, None),
    also: Collection[int] = (),
) -> MaintenanceUpdate:
    """Write down what is told, and mail it to whom it concerns, those of the components `also` among them."""
    notify = found.notify if mail is None else mail
    written = body.strip()
    update = MaintenanceUpdate.objects.create(
        maintenance=found,
        kind=kind,
        state=found.state,
        body=written or _usual_words(found, kind, was, now),
        by_itself=not written,
        scheduled_for=found.scheduled_for,
        scheduled_until=found.scheduled_until,
        was_for=was[0],
        was_until=was[1],
        sequence=found.sequence,
        notify=notify,
        author=by,
        at=now,
    )
    if notify:
        touched = set(found.parts.values_list("component", flat=True)) | set(also)
        subscribers = concerned(found.page, touched)
        queueing.queue({"maintenance_update_id": update.pk}, f"maintenance:{update.pk}", subscribers, now)
    return update


def forget_reminders(found: PageMaintenance) -> None:
    """What still waits to be sent of former reminders would say a time that is not ahead any more."""
    waiting = Delivery.objects.filter(
        maintenance_update__maintenance=found,
        maintenance_update__kind=Kind.REMINDER,
        state=Delivery.State.QUEUED,
    )
    waiting.update(state=Delivery.State.SUPPRESSED, reply=MaintenanceUpdate.OUTDATED)


def _usual_words(found: PageMaintenance, kind: Kind, was: Sequence[datetime | None], now: datetime) -> str:
    zone = found.page.time_zone
    planned = spans.in_words(found.scheduled_for, found.scheduled_until, zone)
    if kind == Kind.MOVED and was[0] and was[1]:
        return f"Moved to {planned}. It was planned for {spans.in_words(was[0], was[1], zone)}."
    if kind == Kind.REMINDER:
        minutes = round((found.scheduled_for - now).total_seconds() / 60)
        return f"It begins in {spell(max(1, minutes))}: {planned}."
    return {
        Kind.STARTED: "The maintenance has begun.",
        Kind.VERIFYING: "The work is done. We are checking that everything is as it should be.",
        Kind.COMPLETED: "The maintenance is over.",
        Kind.CANCELLED: "The maintenance will not take place.",
        Kind.EXTENDED: f"It takes longer than planned: {planned}.",
    }.get(kind, f"What is planned has changed: {planned}.")
