"""A second person looks at an update before it is published: asked, reminded, answered, or passed over for a reason.

Locks are taken as in `comms.actions.publishing`: the incident, the update.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from comms.actions import allowed, drafting, publishing
from comms.models import Approval, PageIncident, StatusUpdate
from incidents import timeline
from incidents.actions.facts import lock
from incidents.models import Incident, RoleAssignment
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import permits
from teams.models import Role, User

log = logging.getLogger(__name__)
Status = StatusUpdate.Status
Outcome = Approval.Outcome
SHORTEST_REASON = 10


@transaction.atomic
def ask(update_pk: int, *, by: User | None, publish_at: datetime | None = None) -> StatusUpdate:
    """Ask the page's approvers to publish a draft, at `publish_at` where that is given. Asking again is harmless.

    Raises Blocked for a draft that couldn't be published as it stands.
    """
    update = drafting.waiting(update_pk, by=by)
    if update.status == Status.ASKED:
        return update
    if update.status == Status.SCHEDULED:
        raise refuse("update_settled", "It is scheduled already.")
    drafting.fill(update, {"publish_at": publish_at}, draft=False)
    update.save()
    ask_for(update, by=by)
    return update


def ask_for(update: StatusUpdate, *, by: User | None) -> None:
    """Ask the approvers about a draft that was checked, in the caller's transaction."""
    now = timezone.now()
    pages = allowed.wanting_approval(update) or allowed.pages_of(update)
    minutes = min(page.approval_minutes for page in pages)
    update.status = Status.ASKED
    update.save(update_fields=["status"])
    Approval.objects.create(
        update=update,
        asked_by=by,
        asked_at=now,
        due_at=now + timedelta(minutes=minutes),
        remind_at=now + timedelta(minutes=minutes / 2),
    )
    people = allowed.approvers(update)
    _record(
        update,
        "approval.asked",
        f"{by or 'Watchbill'} asked {allowed.names_of(people)} to approve a status update",
        by=by,
        notify=people,
    )


@transaction.atomic
def approve(update_pk: int, *, by: User | None, read: datetime | None = None) -> StatusUpdate:
    """Publish what somebody else wrote, or schedule it where it has a time. `read` is the `updated_at` of the text that
    was looked at: Blocked where it is another one by now, and for whoever wrote it or asked."""
    update = _asked(update_pk, by=by)
    allowed.may_approve(update, by=by)
    drafting.unchanged(update, read)
    _not_the_writer(update, by)
    Approval.objects.filter(update=update).settle(Outcome.APPROVED, by=by)
    _record(update, "approval.approved", f"{by or 'Watchbill'} approved the status update", by=by)
    return publishing.release(update, by=by)


@transaction.atomic
def send_back(update_pk: int, *, by: User | None, reason: str) -> StatusUpdate:
    """Say what has to change; it is a draft again, and whoever asked is told. Raises Blocked without a reason."""
    update = _asked(update_pk, by=by)
    allowed.may_approve(update, by=by)
    reason = " ".join(reason.split())
    if not reason:
        raise refuse("reason_missing", "Say what has to change.", field="reason")
    if len(reason) > 500:
        raise refuse("reason_too_long", "Say it in at most 500 characters.", field="reason")
    asked = update.approvals.open().select_related("asked_by").first()
    Approval.objects.filter(update=update).settle(Outcome.SENT_BACK, by=by, reason=reason)
    _draft_again(update)
    _record(
        update,
        "approval.sent_back",
        f"{by or 'Watchbill'} sent the status update back: {reason}",
        by=by,
        notify=_writers(update, asked),
    )
    return update


@transaction.atomic
def bypass(update_pk: int, *, by: User | None, reason: str, read: datetime | None = None) -> StatusUpdate:
    """Publish now, without the approval that a page wants, for a reason that stands on the timeline and in the audit
    log. All approvers are told. Raises Blocked for a reason that says nothing."""
    update = drafting.waiting(update_pk, by=by, verb="update.bypass", read=read)
    reason = " ".join(reason.split())
    if len(reason) < SHORTEST_REASON:
        raise refuse(
            "reason_missing",
            f"Say in a sentence why nobody can be waited for ({SHORTEST_REASON} characters).",
            field="reason",
        )
    if len(reason) > 500:
        raise refuse("reason_too_long", "Say it in at most 500 characters.", field="reason")
    if not any(page.guarded or page.second_person for page in allowed.pages_of(update)):
        raise refuse("approval_not_needed", "Nobody has to approve it. Publish it.")
    now = timezone.now()
    # What was to be by now is not said any more; nobody has the time to change it.
    passed = {name: None for name in ("next_update_at", "eta_at") if (at := getattr(update, name)) and at <= now}
    early = {"eta_early_at": None, "eta_confidence": ""} if "eta_at" in passed else {}
    drafting.fill(update, {**passed, **early, "publish_at": None}, draft=False)
    for page in allowed.pages_of(update)[1:]:
        permits.require(by, "update.bypass", PageIncident(page=page, incident=update.page_incident.incident))
    people = allowed.approvers(update)
    if not Approval.objects.filter(update=update).settle(Outcome.BYPASSED, by=by, reason=reason):
        Approval.objects.create(
            update=update,
            asked_by=by,
            asked_at=now,
            due_at=now,
            answered_by=by,
            answered_at=now,
            outcome=Outcome.BYPASSED,
            reason=reason,
        )
    _record(
        update,
        "approval.bypassed",
        f"{by or 'Watchbill'} published a status update without approval",
        by=by,
        reason=reason,
        overridden=("approval",),
        notify=people,
    )
    return publishing.release(update, by=by)


def sweep(now: datetime, limit: int = 50) -> int:
    """Remind of requests that wait for half their time, and let those lapse whose time is up; returns how many. Several
    may run at once, and one that fails holds up no other."""
    waiting = Approval.objects.open()
    late = waiting.filter(due_at__lte=now) | waiting.filter(remind_at__lte=now)
    done = 0
    for pk in list(late.order_by("due_at").values_list("pk", flat=True)[:limit]):
        try:
            done += _look(pk, now)
        except Exception:
            log.exception("approval %s could not be looked after and will be tried again", pk)
    return done


@transaction.atomic
def _look(pk: int, now: datetime) -> bool:
    update_pk = Approval.objects.values_list("update_id", flat=True).get(pk=pk)
    incident_pk = StatusUpdate.objects.values_list("page_incident__incident_id", flat=True).get(pk=update_pk)
    if incident_pk:
        lock(incident_pk, by=None)
    approval = (
        Approval.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("asked_by", "update__page_incident__page", "update__page_incident__incident", "update__author")
        .filter(pk=pk, outcome="")
        .first()
    )
    if approval is None:
        return False
    update = approval.update
    if approval.due_at <= now:
        Approval.objects.filter(pk=pk).settle(Outcome.LAPSED, by=None)
        _draft_again(update)
        _record(
            update,
            "approval.lapsed",
            "Nobody approved the status update in time. It is a draft again: ask again, or publish it without approval",
            by=None,
            notify=_writers(update, approval),
        )
        return True
    if approval.remind_at is None or approval.remind_at > now:
        return False
    approval.remind_at = None
    approval.save(update_fields=["remind_at"])
    people = allowed.approvers(update)
    _record(
        update,
        "approval.reminded",
        f"A status update still waits for approval; {allowed.names_of(people)} "
        f"{'were' if len(people) > 1 else 'was'} reminded",
        by=None,
        notify=people,
    )
    return True


def _asked(update_pk: int, *, by: User | None) -> StatusUpdate:
    update = drafting.waiting(update_pk, by=by, verb="update.view")
    if update.status != Status.ASKED:
        raise refuse("approval_not_asked", "Nobody asks for its approval any more.")
    return update


def _not_the_writer(update: StatusUpdate, by: User | None) -> None:
    asked_by = update.approvals.open().values_list("asked_by_id", flat=True).first()
    wants = allowed.wants_another(allowed.pages_of(update))
    if by is not None and wants and by.pk in (update.author_id, asked_by):
        raise refuse("second_person", f"You wrote it. On {wants[0]} somebody else has to approve it.")


def _draft_again(update: StatusUpdate) -> None:
    update.status = Status.DRAFT
    update.publish_at = None
    update.save(update_fields=["status", "publish_at"])


def _writers(update: StatusUpdate, approval: Approval | None) -> list[User]:
    """Who has to do something now: whoever asked or wrote it, else who speaks or commands in the incident."""
    people = {p.pk: p for p in (approval.asked_by if approval else None, update.author) if p and p.is_active}
    incident = update.page_incident.incident
    if not people and incident is not None:
        seats = incident.assignments.filter(
            state=RoleAssignment.State.HELD, role__slug__in=[Role.COMMUNICATIONS, Role.COMMANDER]
        ).select_related("user")
        people = {seat.user.pk: seat.user for seat in seats}
    return list(people.values())


def _record(
    update: StatusUpdate,
    verb: str,
    text: str,
    *,
    by: User | None,
    notify: list[User] | None = None,
    reason: str = "",
    overridden: tuple[str, ...] = (),
) -> None:
    incident: Incident | None = update.page_incident.incident
    if incident is None:
        return
    timeline.record(
        lock(incident.pk, by=None),
        Kind.UPDATE,
        verb,
        text,
        by=by,
        reason=reason,
        overridden=overridden,
        data={"status_update": update.pk},
        notify=notify or (),
    )
