"""Sending an update again to those who missed it, and only to them.

Whoever left, and whoever's address is refused, is not written to; who got a newer update since has read in it what they
missed. What is queued again keeps its row, and so its Message-ID: a reader who has it after all sees it once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q

from comms import ledgers
from comms.actions import allowed, drafting, fanning, queueing, superseding, telling
from comms.models import Correction, Delivery, MaintenanceUpdate, StatusUpdate, Subscriber
from comms.models.delivery import DeliveryQuerySet
from comms.models.subscriber import SubscriberQuerySet
from incidents import timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.audit import events
from teams.models import User
from teams.words import listed

State = Delivery.State


class Who(models.TextChoices):
    """Who may have missed it."""

    REFUSED = "refused", "whose server refused it or sent it back"
    WITHHELD = "withheld", "who did not want it then and want it now"
    SINCE = "since", "who subscribed after it was published"


@dataclass(frozen=True, slots=True)
class Missed:
    """How many missed it, by `Who`; `newer` of them and of the others got a newer update since, and `gone` left or have
    an address that is refused. To these two nothing is sent."""

    counts: dict[str, int]
    newer: int
    gone: int

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def may_resend(told: ledgers.Told, *, by: User | None) -> bool:
    """Whoever publishes it: on a page that only approvers publish on, or that wants a second person, an approver."""
    if isinstance(told, MaintenanceUpdate):
        page = told.maintenance.page
        return permits.may(by, "maintenance.plan", told.maintenance) and allowed.plans_on(page, by=by)
    return permits.may(by, "update.publish", told) and allowed.plans_on(told.page_incident.page, by=by)


def missed(told: ledgers.Told) -> Missed:
    """Who missed it, counted."""
    settled = _settled(told)
    there = settled.filter(subscriber__in=_reached())
    newer = there.filter(_got_newer(told))
    counts = {who: _rows(told, who).count() for who in (Who.REFUSED, Who.WITHHELD)}
    return Missed(
        counts={str(who): count for who, count in counts.items()} | {str(Who.SINCE): _since(told).count()},
        newer=newer.count(),
        gone=settled.exclude(subscriber__in=_reached()).count(),
    )


@transaction.atomic
def resend(update_pk: int, who: Collection[str], *, by: User | None) -> dict[str, int]:
    """Queue a published update again for those of `who` (see `Who`) that missed it; returns how many of each. What is
    queued already is left alone, so that asking twice sends once.

    Raises Blocked for an unpublished one and for an unknown or empty `who`, PermissionDenied for whoever may not.
    """
    update = drafting.locked(update_pk, by=by, verb="update.publish")
    allowed.may_plan_on(update.page_incident.page, by=by)
    if update.status != StatusUpdate.Status.PUBLISHED:
        raise refuse("update_unpublished", "Only what was published can be sent again.")
    queued = _queue(update, _chosen(who), ("update_id", f"update:{update.pk}"))
    if any(queued.values()) and update.page_incident.incident is not None:
        text = f"sent the status update of {update.shown_at:%H:%M} UTC again to {_in_words(queued)}"
        timeline.record(
            lock(update.page_incident.incident.pk, by=None),
            Kind.UPDATE,
            "update.resent",
            f"{by or 'Watchbill'} {text}",
            by=by,
            data={"status_update": update.pk, "queued": queued},
        )
    return queued


@transaction.atomic
def resend_maintenance(update_pk: int, who: Collection[str], *, by: User | None) -> dict[str, int]:
    """The same for what was told of a maintenance. Raises Blocked for a reminder of what is not ahead any more too."""
    found = MaintenanceUpdate.objects.select_related("maintenance__page").select_for_update(of=("self",))
    update = found.get(pk=update_pk)
    permits.require(by, "maintenance.plan", update.maintenance)
    allowed.may_plan_on(update.maintenance.page, by=by)
    if update.is_outdated(moments.now()):
        raise refuse("update_outdated", MaintenanceUpdate.OUTDATED)
    queued = _queue(update, _chosen(who), ("maintenance_update_id", f"maintenance:{update.pk}"))
    if any(queued.values()):
        text = f"{by or 'Watchbill'} sent news of the maintenance {update.maintenance} again to {_in_words(queued)}"
        events.note("maintenance.resent", text, by=by, maintenance=update.maintenance.uid, queued=queued)
    return queued


def _chosen(who: Collection[str]) -> list[Who]:
    unknown = sorted(set(who) - set(Who.values))
    if unknown or not who:
        said = f"There is no “{unknown[0]}”. " if unknown else ""
        text = f"{said}Choose who gets it again: {listed(list(Who.values), 'or')}."
        raise Blocked([Blocker("who_unknown" if unknown else "who_missing", text, field="who")])
    return [each for each in Who if each in who]


def _queue(told: ledgers.Told, who: Collection[Who], row: tuple[str, str]) -> dict[str, int]:
    now = moments.now()
    queued = {str(each): _again(_rows(told, each), now) for each in who if each != Who.SINCE}
    if Who.SINCE in who:
        column, key = row
        before = ledgers.rows(told).count()
        queueing.queue({column: told.pk}, key, _since(told), now)
        queued[str(Who.SINCE)] = ledgers.rows(told).count() - before
    _nudge()
    transaction.on_commit(lambda: ledgers.forget(told))
    return queued


def _again(chosen: DeliveryQuerySet, now: datetime) -> int:
    """Queue rows as if they were new. They are locked by pk, as publishing and correcting lock them."""
    pks = list(chosen.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    return Delivery.objects.filter(pk__in=pks).update(
        state=State.QUEUED,
        due_at=now,
        created_at=now,
        attempts=0,
        sent_at=None,
        lease_until=None,
        reply="",
        relay="",
    )


def _nudge() -> None:
    from comms.tasks import call_readers_due, deliver_due

    deliver_due.delay_on_commit()
    call_readers_due.delay_on_commit()


def _in_words(queued: Mapping[str, int]) -> str:
    return listed([f"{count} {Who(who).label}" for who, count in queued.items() if count])


def _reached() -> SubscriberQuerySet:
    return Subscriber.objects.active()


def _settled(told: ledgers.Told) -> DeliveryQuerySet:
    """What did not go out. Of corrections the last one counts: it says what those before it said, and is right."""
    found = ledgers.rows(told).filter(state__in=[State.FAILED, State.BOUNCED, State.SUPPRESSED])
    if isinstance(told, MaintenanceUpdate):
        return found
    last = Correction.objects.filter(update=told).order_by("-at", "-pk").values("pk")[:1]
    return found.filter(Q(correction=None) | Q(correction__in=list(last.values_list("pk", flat=True))))


def _rows(told: ledgers.Told, who: Who) -> DeliveryQuerySet:
    states = [State.FAILED, State.BOUNCED] if who == Who.REFUSED else [State.SUPPRESSED]
    there = _settled(told).filter(state__in=states, subscriber__in=_reached())
    return there.exclude(_got_newer(told))


def _got_newer(told: ledgers.Told) -> Q:
    newer = superseding.newer(told) if isinstance(told, StatusUpdate) else []
    if not newer:
        return Q(pk__in=[])
    return Q(Exists(_newer_rows(newer, "subscriber")))


def _newer_rows(newer: Collection[int], reader: str) -> DeliveryQuerySet:
    there = [State.QUEUED, State.HELD, State.SENDING, State.SENT]
    return Delivery.objects.filter(update__in=newer, correction=None, subscriber=OuterRef(reader), state__in=there)


def _since(told: ledgers.Told) -> SubscriberQuerySet:
    """Whom it concerns who confirmed after it was published and before it was over; none where it was not to be mailed
    at all."""
    if not told.notify or told.published_at is None:
        return Subscriber.objects.filter(pk__in=[])
    if isinstance(told, MaintenanceUpdate):
        row = told.maintenance
        concerned = telling.concerned(row.page, set(row.parts.values_list("component", flat=True)))
        over_at = row.completed_at or row.cancelled_at
    else:
        concerned = fanning.told_of(told)
        over_at = told.page_incident.resolved_at if told.page_incident.is_over else None
    late = concerned.filter(confirmed_at__gt=told.published_at)
    if over_at is not None:
        late = late.filter(confirmed_at__lt=over_at)
    late = late.exclude(Exists(ledgers.rows(told).filter(subscriber=OuterRef("pk"))))
    newer = superseding.newer(told) if isinstance(told, StatusUpdate) else []
    return late.exclude(Exists(_newer_rows(newer, "pk"))) if newer else late
