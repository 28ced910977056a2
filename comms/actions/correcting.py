"""A published update turns out to be wrong: it says something else from now on, and those who were mailed the wrong
one, and only they, are mailed the right one."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from comms import wording
from comms.actions import allowed, checking, drafting, fanning, queueing, snapshots, speaking
from comms.models import Correction, Delivery, StatusPage, StatusUpdate, Subscriber
from comms.models.subscriber import SubscriberQuerySet
from incidents import timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import permits
from teams.models import User

State = Delivery.State


@transaction.atomic
def correct(
    update_pk: int, *, by: User | None, body: str, erased: bool = False, notify: bool = True
) -> list[Correction]:
    """Let a published update say `body`, and with it every page that said the same words with it. Readers see what it
    said struck through, or with `erased` only that something else stood there.

    Returns a correction for each page, that of `update_pk` first. Raises Blocked, and PermissionDenied for whoever may
    not publish there; on a page that wants a second person, an approver corrects.
    """
    update = drafting.locked(update_pk, by=by, verb="update.publish")
    if update.status != StatusUpdate.Status.PUBLISHED:
        raise refuse("update_unpublished", "Only what was published can be corrected. Change it instead.")
    body = body.strip()
    _check(update, body)
    first = update.companion_of_id or update.pk
    others = StatusUpdate.objects.select_related("page_incident__page", "page_incident__incident")
    others = others.filter(status=StatusUpdate.Status.PUBLISHED, body=update.body).exclude(pk=update.pk)
    same = others.filter(pk=first) | others.filter(companion_of_id=first)
    rows = [update, *same.select_for_update(of=("self",)).order_by("pk")]
    for row in rows:
        permits.require(by, "update.publish", row)
        _may(row, by)
    now = timezone.now()
    # Pages in the order in which publishing takes them.
    rows.sort(key=lambda row: row.page_incident.page_id)
    made = [_correct(row, body, by=by, erased=erased, notify=notify, now=now) for row in rows]
    made.sort(key=lambda correction: correction.update_id != update.pk)
    told = update.page_incident
    if told.incident is not None:
        timeline.record(
            lock(told.incident.pk, by=None),
            Kind.UPDATE,
            "update.corrected",
            f"{by or 'Watchbill'} corrected the status update of {update.shown_at:%H:%M} UTC"
            + (" and erased what it said" if erased else ""),
            by=by,
            data={"status_update": update.pk},
        )
    return made


def _check(update: StatusUpdate, body: str) -> None:
    found: list[Blocker] = []
    if not body:
        found.append(Blocker("body_missing", "Write what readers should know instead.", field="body"))
    elif body == update.body:
        found.append(Blocker("correction_same", "That is what it says already.", field="body"))
    elif len(body) > checking.LONGEST_BODY:
        found.append(Blocker("body_too_long", f"Say it in at most {checking.LONGEST_BODY} characters.", field="body"))
    if wrong := wording.unknown(body):
        found.append(Blocker("placeholder_unknown", wrong, field="body"))
    if found:
        raise Blocked(found)


def _may(update: StatusUpdate, by: User | None) -> None:
    page = update.page_incident.page
    if (page.guarded or page.second_person) and not allowed.approves_on(page, by=by):
        raise permits.refusal(by, "update.approve", page)


def _correct(
    update: StatusUpdate, body: str, *, by: User | None, erased: bool, notify: bool, now: datetime
) -> Correction:
    told = update.page_incident
    before = update.body
    update.body = wording.fill(body, speaking.values(update, told)) if wording.named(body) else body
    update.updated_at = now
    update.save(update_fields=["body", "updated_at"])
    if erased:
        # What must not be read stands in no earlier correction either.
        update.corrections.update(erased=True)
    correction = Correction.objects.create(
        update=update, by=by, at=now, before=before, after=update.body, erased=erased, notify=notify
    )
    told.updated_at = now
    told.save(update_fields=["updated_at"])
    StatusPage.objects.filter(pk=told.page_id).update(updated_at=now)
    if notify:
        _queue_mail(correction, now)
    snapshots.render_soon(told.page)
    return correction


def concerned(update: StatusUpdate) -> SubscriberQuerySet:
    """Subscribers who got it, or may be getting it at this moment. What still waits is written when it is sent, and
    says the right thing by itself."""
    by_now = [State.SENT, State.SENDING]
    got = Delivery.objects.filter(
        Q(state__in=by_now) | Q(told_in__state__in=by_now), update=update, kind=Delivery.Kind.UPDATE
    )
    return Subscriber.objects.active().filter(pk__in=got.values("subscriber"))


def _queue_mail(correction: Correction, now: datetime) -> None:
    update = correction.update
    # Nobody claims these until this is committed, or they would be written with the former text; what was claimed
    # before is mailed the right one.
    waiting = Delivery.objects.filter(update=update, state=State.QUEUED)
    list(waiting.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))
    waiting.exclude(correction=None).update(state=State.SUPPRESSED, reply="It was corrected again before it went out.")
    about = {"update_id": update.pk, "correction_id": correction.pk}
    waits = fanning.can_wait(update)
    queueing.queue(about, f"correction:{correction.pk}", concerned(update), now, can_wait=waits, for_digest=False)
