"""Telling the public: an update is written, scheduled, published and withdrawn.

Locks are always taken in this order, so that nobody waits in a circle: the incident (as every action of
`incidents` does), the page's incident, the update, components by pk, the page. A maintenance stands in the place of the
incident and its update: the maintenance, the window that holds its alerts back, components by pk, the page.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from comms.actions import allowed, drafting, fanning, holding, snapshots, speaking
from comms.models import (
    Approval,
    Component,
    ComponentChange,
    PageIncident,
    StatusPage,
    StatusUpdate,
)
from incidents.actions import promises
from incidents.actions.facts import lock
from incidents.problems import refuse
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
    also_on: Iterable[Any] = (),
    wordings: Mapping[str, str] | None = None,
) -> StatusUpdate:
    """Tell the public about an incident, now or at `publish_at`, and return the update.

    `about` is an Incident (told on `page`, else on the page that tells it already, else on the default page) or a
    PageIncident. The first update needs a `title` for its readers; `state` follows the incident's phase where it is
    left out. Service is expected back from `eta_early_at` to `eta_at`, or where only that is given by then, with a
    confidence of low, medium or high. `component_states` maps a Component, its pk or its uid to a state. `occurred_at`
    is for what was said earlier. `final` says that nothing more will follow (left out: true for resolved); of a
    scheduled update its state alone decides. `also_on` are other pages (or their pk or slug) that say it too,
    `wordings` the texts of audiences that read other words than `body`. `uid` makes a repeated submit harmless: the
    update that has it already is returned as it is.

    Raises Blocked with every field that is missing or wrong, or where a page wants a second person to publish it.
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
        "also_on": also_on,
        "wordings": wordings or {},
    }
    update = drafting.write(about, page, given, by=by, draft=False, uid=uid)
    if publish_at is None:
        return _publish(update, by=by, now=timezone.now(), final=final)
    return drafting.schedule(update, by=by)


@transaction.atomic
def release_update(
    update_pk: int,
    *,
    by: User | None,
    publish_at: datetime | None = None,
    read: datetime | None = None,
    **fields: Any,
) -> StatusUpdate:
    """Publish a draft or a scheduled update now, or schedule it for `publish_at`, with the last changes to its fields.

    Raises Blocked, also where what was `read` (its `updated_at`) was changed since; of two people who publish it at
    once one wins and the other is told.
    """
    update = drafting.waiting(update_pk, by=by, verb="update.publish", read=read)
    drafting.fill(update, {**fields, "publish_at": publish_at}, draft=False)
    drafting.may_publish(update, by=by)
    # Whoever approves on the page and publishes it has answered whoever asked.
    Approval.objects.filter(update=update).settle(Approval.Outcome.APPROVED, by=by)
    update.author = by or update.author
    update.save()
    return release(update, by=by)


def release(update: StatusUpdate, *, by: User | None) -> StatusUpdate:
    """Publish it, or schedule it where it has a time, in the caller's transaction, which has locked it and asked who
    may. Raises Blocked for what was overtaken by the end."""
    if _overtaken(update):
        raise refuse("update_overtaken", "Readers were told meanwhile that it is over. Read it again, and change it.")
    if update.publish_at is not None and update.publish_at > timezone.now():
        return drafting.schedule(update, by=by)
    return _publish(update, by=by, now=timezone.now())


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
    if _overtaken(update):
        update.status, update.updated_at = Status.WITHDRAWN, now
        update.save(update_fields=["status", "updated_at"])
        if update.page_incident.incident is not None:
            text = "withdrew a scheduled status update: readers were told that it is over"
            drafting.note(update.page_incident.incident, "update.withdrawn", text, update, by=None)
        return True
    _publish(update, by=update.author, now=now)
    return True


def _overtaken(update: StatusUpdate) -> bool:
    """Whether readers were told that it is over after this was written, which says that it goes on."""
    told = update.page_incident
    over = told.is_over and told.resolved_at is not None and update.updated_at < told.resolved_at
    return over and update.state not in PageIncident.OVER


def _publish(update: StatusUpdate, *, by: User | None, now: datetime, final: bool | None = None) -> StatusUpdate:
    """Publish whole, in the caller's transaction: on each of its pages, and then the promise and the history."""
    if update.next_update_at and update.next_update_at <= now:
        # It waited for a worker longer than what it promised.
        update.next_update_at = None
    if update.eta_at and update.eta_at <= now:
        update.eta_early_at, update.eta_at, update.eta_confidence = None, None, ""
    rows = _everywhere(update, now)
    was = update.page_incident.state
    for row in rows:
        _publish_on(row, now)
    told = update.page_incident
    if told.incident_id:
        elsewhere = f" (on {len(rows)} pages)" if len(rows) > 1 else ""
        promises.told(
            told.incident_id,
            by=by,
            text=f"{update.get_state_display()}: {_in_brief(update.body)}{elsewhere}",
            final=update.state in PageIncident.OVER if final is None else final,
            occurred_at=update.occurred_at,
            next_update_at=update.next_update_at,
            eta_at=update.eta_at,
            eta_early_at=update.eta_early_at,
            eta_confidence=update.eta_confidence,
            service=_service(was, update.page_incident.state),
            data={"status_update": update.pk, "state": update.state},
        )
    return update


def _everywhere(update: StatusUpdate, now: datetime) -> list[StatusUpdate]:
    """A row for each page that says it, the unsaved ones of other pages among them, in the order of the pages; `update`
    keeps what is its own page's, on the object."""
    about = update.page_incident
    others = allowed.pages_of(update)[1:]
    rows = [speaking.on_page(update, speaking.unsaved(page, update, about), now) for page in others]
    for row in rows:
        row.companion_of = update
    mine = speaking.on_page(update, about, now)
    update.body, update.component_states = mine.body, mine.component_states
    return sorted([update, *rows], key=lambda row: row.page_incident.page_id)


def _publish_on(update: StatusUpdate, now: datetime) -> None:
    """Publish on one page: components, what the page tells, and mail."""
    if update.page_incident._state.adding:
        update.page_incident.save()
    told = (
        PageIncident.objects.select_for_update(of=("self",), no_key=True)
        .select_related("page", "incident")
        .get(pk=update.page_incident.pk)
    )
    update.page_incident = told
    before = list(told.updates.published())
    at = update.occurred_at or now
    update.status, update.published_at, update.updated_at = Status.PUBLISHED, now, now
    update.save()
    if all(at >= earlier.shown_at for earlier in before):
        _tell(told, update, at, first=not before)
        _set_components(told, update, at)
    told.started_at = min(told.started_at, at)
    told.updated_at = now
    told.save()
    fanning.fan_out(update, now)
    StatusPage.objects.filter(pk=told.page_id).update(updated_at=now)
    snapshots.render_soon(told.page)


def _service(was: str, state: str) -> str:
    """What of the service readers were told by a change of state: it is "back", "gone" again while it was watched, or
    nothing of that."""
    if state in (State.MONITORING, *PageIncident.OVER):
        return "back"
    return "gone" if was == State.MONITORING else ""


def _in_brief(body: str, most: int = 160) -> str:
    line = " ".join(body.split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _tell(told: PageIncident, update: StatusUpdate, at: datetime, *, first: bool) -> None:
    """Bring the page's incident to what its newest update says, on the object."""
    told.title = update.title or told.title
    told.impact = update.impact or told.impact
    told.mail_title = told.mail_title or told.title
    if first:
        told.created_at, told.started_at = at, speaking.began(told, at)
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
    over = update.state in PageIncident.OVER
    touched = states.keys() | (_touched(told) if over else set())
    components = holding.locked(touched, told.page_id)
    if over:
        states = _recovered(told, touched) | states
    holding.put(components, states, at=at, now=timezone.now(), update=update)


def _touched(told: PageIncident) -> set[int]:
    return set(ComponentChange.objects.filter(update__page_incident=told).values_list("component_id", flat=True))


def _recovered(told: PageIncident, touched: Iterable[int]) -> dict[int, str]:
    """What becomes of the components that this incident broke and that no other one on the page still breaks: they are
    operational, or as a maintenance that goes on has them."""
    broken = set(touched) - holding.by_incidents(touched, told.page_id, but=told).keys()
    return dict.fromkeys(broken, Component.Status.OPERATIONAL.value) | holding.by_maintenance(broken)
