"""Telling the public: an update is written, scheduled, published and withdrawn.

Locks are always taken in this order, so that nobody waits in a circle: the incident (as every action of
`incidents` does), the page's incident, the update, components by pk, the page.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from comms.actions import drafting, snapshots
from comms.models import Component, ComponentChange, Delivery, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.actions import promises
from incidents.actions.facts import lock
from teams.models import User

log = logging.getLogger(__name__)
State = PageIncident.State
Status = StatusUpdate.Status
# The faces find every verb of an update here.
About = drafting.About
WAITING = drafting.WAITING
draft_update = drafting.draft_update
edit_update = drafting.edit_update
withdraw_update = drafting.withdraw_update


@transaction.atomic
def publish_update(
    about: About,
    *,
    by: User | None,
    body: str,
    state: str = "",
    component_states: Mapping[Any, str] | None = None,
    eta_early_at: datetime | None = None,
    eta_at: datetime | None = None,
    eta_confidence: str = "",
    next_update_at: datetime | None = None,
    publish_at: datetime | None = None,
    title: str = "",
    impact: str = "",
    notify: bool = True,
    page: StatusPage | None = None,
    occurred_at: datetime | None = None,
    final: bool | None = None,
    uid: str = "",
) -> StatusUpdate:
    """Tell the public about an incident, now or at `publish_at`, and return the update.

    `about` is an Incident (told on `page`, else on the page that tells it already, else on the default page) or a
    PageIncident. The first update needs a `title` for its readers; `state` follows the incident's phase where it is
    left out. Service is expected back from `eta_early_at` to `eta_at`, or where only that is given by then, with a
    confidence of low, medium or high. `component_states` maps a Component, its pk or its uid to a state. `occurred_at`
    is for what was said earlier. `final` says that nothing more will follow (left out: true for resolved); of a
    scheduled update its state alone decides. `uid` makes a repeated submit harmless: the update that has it already is
    returned as it is.

    Raises Blocked with every field that is missing or wrong.
    """
    drafting.hold(about, page, by=by, verb="update.publish")
    if done := drafting.written(uid):
        return done
    given = {
        "state": state,
        "title": title,
        "impact": impact,
        "body": body,
        "component_states": component_states or {},
        "eta_early_at": eta_early_at,
        "eta_at": eta_at,
        "eta_confidence": eta_confidence,
        "next_update_at": next_update_at,
        "publish_at": publish_at,
        "occurred_at": occurred_at,
        "notify": notify,
    }
    update = drafting.write(about, page, given, by=by, draft=False, uid=uid)
    if publish_at is None:
        return _publish(update, by=by, now=timezone.now(), final=final)
    return drafting.schedule(update, by=by)


@transaction.atomic
def release_update(
    update_pk: int, *, by: User | None, publish_at: datetime | None = None, **fields: Any
) -> StatusUpdate:
    """Publish a draft or a scheduled update now, or schedule it for `publish_at`, with the last changes to its fields.

    Raises Blocked; of two people who publish it at once one wins and the other is told.
    """
    update = drafting.waiting(update_pk, by=by, verb="update.publish")
    drafting.may_publish_on(update.page_incident.page, by=by)
    drafting.fill(update, {**fields, "publish_at": publish_at}, draft=False)
    update.author = by or update.author
    update.save()
    if publish_at is None:
        return _publish(update, by=by, now=timezone.now())
    return drafting.schedule(update, by=by)


def publish_due(now: datetime, limit: int = 50) -> int:
    """Publish what is scheduled for `now` or earlier, oldest first; returns how many. Several may run at once."""
    due = StatusUpdate.objects.filter(status=Status.SCHEDULED, publish_at__lte=now)
    rows = list(due.order_by("publish_at", "pk").values_list("pk", "page_incident__incident_id")[:limit])
    done = 0
    for pk, incident_pk in rows:
        try:
            done += _publish_one_due(pk, incident_pk, now)
        except Exception:
            log.exception("status update %s could not be published and will be tried again", pk)
    return done


@transaction.atomic
def _publish_one_due(pk: int, incident_pk: int | None, now: datetime) -> bool:
    if incident_pk:
        lock(incident_pk, by=None)
    update = (
        StatusUpdate.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("page_incident__page", "page_incident__incident", "author")
        .filter(pk=pk, status=Status.SCHEDULED, publish_at__lte=now)
        .first()
    )
    if update is None:
        return False
    _publish(update, by=update.author, now=now)
    return True


def told_of(update: StatusUpdate) -> Any:
    """Subscribers whom this update concerns: active ones who chose a component that its incident touches, or all.
    Where the page names no component, nobody can tell whom it concerns, and everybody is told."""
    earlier = ComponentChange.objects.filter(
        update__page_incident=update.page_incident_id, update__status=Status.PUBLISHED
    )
    touched = {int(pk) for pk in update.component_states} | set(earlier.values_list("component_id", flat=True))
    subscribers = Subscriber.objects.filter(page=update.page_incident.page_id)
    return subscribers.told_of(sorted(touched)) if touched else subscribers.active()


def _publish(update: StatusUpdate, *, by: User | None, now: datetime, final: bool | None = None) -> StatusUpdate:
    """Publish whole, in the caller's transaction: page, components, promise, history and mail."""
    told = (
        PageIncident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("page", "incident")
        .get(pk=update.page_incident_id)
    )
    update.page_incident = told
    before = list(told.updates.published())
    was = told.state
    at = update.occurred_at or now
    if update.next_update_at and update.next_update_at <= now:
        # It waited for a worker longer than what it promised.
        update.next_update_at = None
    update.status, update.published_at, update.updated_at = Status.PUBLISHED, now, now
    update.save()
    if all(at >= earlier.shown_at for earlier in before):
        _tell(told, update, at, first=not before)
        _set_components(told, update, at)
    told.started_at = min(told.started_at, at)
    told.updated_at = now
    told.save()
    _queue_mail(update, now)
    StatusPage.objects.filter(pk=told.page_id).update(updated_at=now)
    if told.incident_id:
        promises.told(
            told.incident_id,
            by=by,
            text=f"{update.get_state_display()}: {_in_brief(update.body)}",
            final=update.state in PageIncident.OVER if final is None else final,
            occurred_at=update.occurred_at,
            next_update_at=update.next_update_at,
            eta_at=update.eta_at,
            eta_early_at=update.eta_early_at,
            eta_confidence=update.eta_confidence,
            service=_service(was, told.state),
            data={"status_update": update.pk, "state": update.state},
        )
    snapshots.render_soon(told.page)
    return update


def _service(was: str, state: str) -> str:
    """What of the service readers were told by a change of state: it is "back", "gone" again while it was watched, or
    nothing of that."""
    if state in (State.MONITORING, *PageIncident.OVER):
        return "back"
    return "gone" if was == State.MONITORING else ""


def _in_brief(body: str, most: int = 160) -> str:
    line = " ".join(body.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _began(told: PageIncident) -> datetime | None:
    """When the trouble began, which readers may know of an incident that isn't private."""
    incident = told.incident
    return None if incident is None or incident.private else incident.impact_started_at or incident.detected_at


def _tell(told: PageIncident, update: StatusUpdate, at: datetime, *, first: bool) -> None:
    """Bring the page's incident to what its newest update says, on the object."""
    told.title = update.title or told.title
    told.impact = update.impact or told.impact
    told.mail_title = told.mail_title or told.title
    if first:
        told.created_at, told.started_at = at, min(at, _began(told) or at)
    told.state = update.state
    told.eta_early_at, told.eta_at = update.eta_early_at, update.eta_at
    told.eta_confidence = update.eta_confidence
    told.next_update_at = update.next_update_at
    if update.state == State.MONITORING:
        told.monitoring_at = at
        told.resolved_at = None
    elif update.state in PageIncident.OVER:
        told.resolved_at = told.resolved_at or at
        told.eta_early_at = told.eta_at = None
        told.eta_confidence = ""
    else:
        told.monitoring_at = told.resolved_at = None


def _set_components(told: PageIncident, update: StatusUpdate, at: datetime) -> None:
    states = {int(pk): status for pk, status in update.component_states.items()}
    if update.state in PageIncident.OVER:
        states = dict.fromkeys(_to_recover(told), Component.Status.OPERATIONAL.value) | states
    components = Component.objects.filter(page=told.page_id, pk__in=states).order_by("pk")
    changes = []
    for component in components.select_for_update(no_key=True):
        new = states[component.pk]
        changes.append(
            ComponentChange(update=update, component=component, old_status=component.status, new_status=new, at=at)
        )
        if component.status != new:
            Component.objects.filter(pk=component.pk).update(status=new, updated_at=timezone.now())
    ComponentChange.objects.bulk_create(changes)


def _to_recover(told: PageIncident) -> set[int]:
    """Components that this incident broke and that no other one on the page still breaks."""
    mine = set(ComponentChange.objects.filter(update__page_incident=told).values_list("component_id", flat=True))
    others = ComponentChange.objects.filter(
        component_id__in=mine,
        update__page_incident__in=PageIncident.objects.active().filter(page=told.page_id).exclude(pk=told.pk),
    )
    last = dict(others.order_by("at", "pk").values_list("component_id", "new_status"))
    return mine - {pk for pk, status in last.items() if status != Component.Status.OPERATIONAL}


QUEUE = """
INSERT INTO comms_delivery
    (key, kind, priority, address, subscriber_id, update_id, state, due_at, attempts, reply, created_at,
     channel, place, rule, provider_id)
SELECT 'update:' || %s::text || ':' || s.id::text, 'update', %s, s.email, s.id, %s, 'queued', %s, 0, '', %s,
    'email', 0, '', ''
FROM ({subscribers}) s
ON CONFLICT (key) DO NOTHING
"""


def _queue_mail(update: StatusUpdate, now: datetime) -> None:
    """One Delivery for each subscriber concerned, in one statement however many there are."""
    from comms.tasks import deliver_due

    if not update.notify:
        return
    subscribers, values = told_of(update).order_by().values("id", "email").query.sql_with_params()
    priority = Delivery.PRIORITY[Delivery.Kind.UPDATE]
    with connection.cursor() as cursor:
        cursor.execute(QUEUE.format(subscribers=subscribers), [update.pk, priority, update.pk, now, now, *values])
    deliver_due.delay_on_commit()
