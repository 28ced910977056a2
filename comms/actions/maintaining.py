"""Planned maintenance: planned, changed, begun, ended and cancelled, by people and by itself. Readers see each step at
once, and those whom it concerns are mailed.

What is due is in the rows (`due_at`, `remind_at`); a sweep claims them with SKIP LOCKED, so several workers may run,
and whatever was missed while none did is made up for, except reminders, which are of no use late. `publishing` says in
which order is locked.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django_fsm import can_proceed

from comms.actions import allowed, holding, planned, snapshots, telling, windows
from comms.models import (
    Component,
    MaintenanceComponent,
    MaintenanceUpdate,
    PageMaintenance,
    StatusPage,
)
from comms.models.maintenance import usual_reminders
from comms.rollup import worst
from comms.standing import in_teams_of
from incidents.guards import Blocker
from incidents.problems import Blocked, refuse
from teams import access, moments, permits
from teams.models import User

log = logging.getLogger(__name__)
State = PageMaintenance.State
Kind = MaintenanceUpdate.Kind
Status = Component.Status


def plan(
    page: StatusPage,
    *,
    by: User | None,
    title: str,
    body: str,
    scheduled_for: datetime | None,
    scheduled_until: datetime | None,
    components: Mapping[Any, str] | None = None,
    auto_start: bool = True,
    auto_end: bool = True,
    remind_minutes: Sequence[int] | None = None,
    notify: bool = True,
    hold_back: bool = False,
    uid: str = "",
) -> PageMaintenance:
    """Plan a maintenance and tell of it. `components` maps a Component, its pk or its uid to its state meanwhile;
    `hold_back` makes a window in which alerts of their services are held back. `uid` makes a repeated submit harmless:
    the maintenance that has it already is returned as it is.

    Raises Blocked with every field that is missing or wrong, and PermissionDenied.
    """
    if uid and (known := _written(page, uid)):
        return known
    try:
        with transaction.atomic():
            made = PageMaintenance(page=page, author=by, **({"uid": uid} if uid else {}))
            given = {
                "title": title,
                "scheduled_for": scheduled_for,
                "scheduled_until": scheduled_until,
                "components": components or {},
                "auto_start": auto_start,
                "auto_end": auto_end,
                "remind_minutes": usual_reminders() if remind_minutes is None else remind_minutes,
                "notify": notify,
            }
            return _plan(made, given, body=body, by=by, hold_back=hold_back)
    except IntegrityError:
        if uid and (known := _written(page, uid)):
            return known
        raise


def _written(page: StatusPage, uid: str) -> PageMaintenance | None:
    return PageMaintenance.objects.filter(page=page, uid=uid).select_related("page").first()


def _plan(
    made: PageMaintenance, given: dict[str, Any], *, body: str, by: User | None, hold_back: bool
) -> PageMaintenance:
    now = moments.now()
    states, found = planned.check(made, given, now)
    if not body.strip():
        found.append(Blocker("body_missing", "Write what is done and what readers will notice.", field="body"))
    found += planned.too_long(body)
    _require(made, by, states)
    if found:
        raise Blocked(found)
    _fill(made, given)
    made.mail_title = made.title
    made.created_at = made.updated_at = now
    made.plan_ahead(now)
    made.save()
    _set_parts(made, states)
    if hold_back:
        windows.hold_back(made, by=by, now=now)
        made.save()
    telling.tell(made, Kind.PLANNED, body, by=by, now=now)
    _finish(made, now)
    return made


@transaction.atomic
def change(
    pk: int,
    *,
    by: User | None,
    body: str = "",
    mail: bool | None = None,
    hold_back: bool | None = None,
    **fields: Any,
) -> PageMaintenance:
    """Change one that is not over. `fields` are those of `plan`; what is left out stays. Of one that has begun only its
    end can be moved, not its beginning. Readers are told what concerns them: another time, title or component, or what
    `body` says; subscribers by mail unless `mail` is False (left out: as the maintenance says).

    Raises Blocked, PermissionDenied.
    """
    now = moments.now()
    found = _held(pk, by=by)
    if found.is_over:
        raise refuse("maintenance_over", f"It is {found.get_state_display().lower()}. Plan another one.")
    before = (found.title, found.scheduled_for, found.scheduled_until)
    parts = {part.component_id: part.status for part in found.parts.all()}
    fields.setdefault("components", {str(component): status for component, status in parts.items()})
    states, problems = planned.check(found, fields, now)
    problems += planned.too_long(body)
    if problems:
        raise Blocked(problems)
    _require(found, by, states)
    _fill(found, fields)
    moved = before[1:] != (found.scheduled_for, found.scheduled_until)
    told = moved or states != parts or found.title != before[0]
    found.plan_ahead(now)
    found.updated_at = now
    if told:
        found.sequence += 1
    found.save()
    _set_parts(found, states)
    if hold_back is None:
        # A window that somebody has ended by hand stays so.
        hold_back = found.window is not None and found.window.ends_at >= min(now, before[2])
    if hold_back:
        windows.hold_back(found, by=by, now=now)
    else:
        windows.let_through(found, now)
    found.save()
    if moved:
        telling.forget_reminders(found)
    if told or body.strip():
        kind = _kind_of_change(found, before[2], moved=moved, told=told)
        was = before[1:] if moved else (None, None)
        update = telling.tell(found, kind, body, by=by, now=now, mail=mail, was=was, also=parts.keys())
        if found.is_running and states != parts:
            _set_components(found, update, now, on=states, off={k: v for k, v in parts.items() if k not in states})
    _finish(found, now)
    return found


def _kind_of_change(found: PageMaintenance, was_until: datetime, *, moved: bool, told: bool) -> Kind:
    if moved:
        return Kind.EXTENDED if found.is_running and found.scheduled_until > was_until else Kind.MOVED
    return Kind.CHANGED if told else Kind.NOTE


def extend(pk: int, *, by: User | None, minutes: int, body: str = "", mail: bool | None = None) -> PageMaintenance:
    """Let one that has begun last `minutes` longer than planned, or than now where it should be over. Raises
    Blocked."""
    now = moments.now()
    with transaction.atomic():
        found = _held(pk, by=by)
        if not found.is_running:
            raise refuse("maintenance_not_running", "It has not begun. Move it instead.", field="minutes")
        until = max(found.scheduled_until, now) + timedelta(minutes=minutes)
        return change(pk, by=by, body=body, mail=mail, scheduled_until=until)


def start(pk: int, *, by: User | None, body: str = "", mail: bool | None = None) -> PageMaintenance:
    """Begin now: the components go into the states that were planned. Raises Blocked where it has begun already."""
    return _move_on(pk, "start", Kind.STARTED, by=by, body=body, mail=mail)


def verify(pk: int, *, by: User | None, body: str = "", mail: bool | None = None) -> PageMaintenance:
    """The work is done and is being looked over; components stay as they are. Raises Blocked."""
    return _move_on(pk, "verify", Kind.VERIFYING, by=by, body=body, mail=mail)


def complete(pk: int, *, by: User | None, body: str = "", mail: bool | None = None) -> PageMaintenance:
    """It is over: each component goes back, unless an open incident or another maintenance still holds it. Raises
    Blocked where it has not begun or is over."""
    return _move_on(pk, "complete", Kind.COMPLETED, by=by, body=body, mail=mail)


def cancel(pk: int, *, by: User | None, body: str = "", mail: bool | None = None) -> PageMaintenance:
    """Call off one that has not begun. Raises Blocked where it has."""
    return _move_on(pk, "cancel", Kind.CANCELLED, by=by, body=body, mail=mail)


REFUSALS = {
    "start": "It has begun already, or is over.",
    "verify": "Only what is in progress can be verified.",
    "complete": "It has not begun, or is over. One that is not to take place is cancelled.",
    "cancel": "Only what has not begun can be cancelled. Complete it, and say what was left undone.",
}


@transaction.atomic
def _move_on(pk: int, verb: str, kind: Kind, *, by: User | None, body: str, mail: bool | None) -> PageMaintenance:
    found = _held(pk, by=by)
    if problems := planned.too_long(body):
        raise Blocked(problems)
    if not can_proceed(getattr(found, verb)):
        raise refuse(
            f"maintenance_{found.state}",
            f"{REFUSALS[verb]} It is {found.get_state_display().lower()} now.",
        )
    now = moments.now()
    if verb == "start" and found.auto_end and found.scheduled_until <= now:
        raise refuse("maintenance_missed", "It should be over by now, and would end at once. Move it first.")
    _enter(found, verb, kind, body=body, by=by, now=now, mail=mail)
    return found


def _enter(
    found: PageMaintenance, verb: str, kind: Kind, *, body: str, by: User | None, now: datetime, mail: bool | None
) -> None:
    """Go into another state whole, in the caller's transaction, which holds the maintenance."""
    early = now < (found.scheduled_for if verb == "start" else found.scheduled_until)
    getattr(found, verb)(at=now)
    found.plan_ahead(now)
    found.updated_at = now
    if verb == "cancel" or (verb in ("start", "complete") and early):
        found.sequence += 1
    if verb == "start" and early and found.window is not None and found.window.ends_at > now:
        windows.hold_back(found, by=None, now=now)
    if found.is_over:
        windows.let_through(found, now)
    found.save()
    telling.forget_reminders(found)
    update = telling.tell(found, kind, body, by=by, now=now, mail=mail)
    parts = {part.component_id: part.status for part in found.parts.all()}
    if verb == "start":
        _set_components(found, update, now, on=parts)
    elif verb == "complete":
        _set_components(found, update, now, off=parts)
    _finish(found, now)


@transaction.atomic
def tell(pk: int, *, by: User | None, body: str, mail: bool | None = None) -> PageMaintenance:
    """Say something more of one that is not over. Raises Blocked."""
    if not body.strip():
        raise refuse("body_missing", "Write what readers should know.", field="body")
    return change(pk, by=by, body=body, mail=mail)


def maintain_due(now: datetime, limit: int = 50) -> int:
    """Do what is due at `now` or earlier, the oldest first: begin, end, remind; returns how many. Several may run at
    once."""
    due = PageMaintenance.objects.due(now).order_by("due_at", "remind_at", "pk")
    done = 0
    for pk in list(due.values_list("pk", flat=True)[:limit]):
        try:
            done += _do_what_is_due(pk, now)
        except Exception:
            log.exception("planned maintenance %s could not be moved on and will be tried again", pk)
    return done


@transaction.atomic
def _do_what_is_due(pk: int, now: datetime) -> bool:
    rows = PageMaintenance.objects.select_for_update(skip_locked=True, of=("self",), no_key=True)
    found = rows.select_related("page", "window").due(now).filter(pk=pk).first()
    if found is None:
        return False
    if found.due_at is None or found.due_at > now:
        _remind(found, now)
        return True
    if found.state == State.SCHEDULED:
        # Of one that is over as well by now nobody is mailed twice.
        mail = None if found.scheduled_until > now or not found.auto_end else False
        _enter(found, "start", Kind.STARTED, body="", by=None, now=now, mail=mail)
    else:
        _enter(found, "complete", Kind.COMPLETED, body="", by=None, now=now, mail=None)
    return True


def _remind(found: PageMaintenance, now: datetime) -> None:
    """Remind of what lies ahead; of several reminders that are due the last one says it all."""
    found.plan_ahead(now)
    found.save(update_fields=["due_at", "remind_at"])
    if found.scheduled_for > now:
        telling.tell(found, Kind.REMINDER, "", by=None, now=now)
        _finish(found, now)


def may_plan(page: StatusPage, *, by: User | None, components: Collection[int] = ()) -> bool:
    """Whether `by` may plan a maintenance of these components on a page: who keeps the page may, and whoever belongs to
    the teams of all of them. Where only approvers publish, they have to be one."""
    if not allowed.plans_on(page, by=by):
        return False
    if permits.may(by, "maintenance.plan", PageMaintenance(page=page)):
        return True
    roles = in_teams_of(by, Component.objects.filter(page=page, pk__in=components))
    return access.allows("maintenance.plan", roles, scopes=permits.scopes_of(by))


def _require(found: PageMaintenance, by: User | None, components: Collection[int]) -> None:
    allowed.may_plan_on(found.page, by=by)
    if not may_plan(found.page, by=by, components=components):
        raise permits.refusal(by, "maintenance.plan", found)


def _held(pk: int, *, by: User | None) -> PageMaintenance:
    rows = PageMaintenance.objects.select_for_update(of=("self",), no_key=True)
    found = rows.select_related("page", "window").get(pk=pk)
    permits.require(by, "maintenance.plan", found)
    allowed.may_plan_on(found.page, by=by)
    return found


def _fill(found: PageMaintenance, given: Mapping[str, Any]) -> None:
    for name in ("scheduled_for", "scheduled_until", "auto_start", "auto_end", "notify"):
        if name in given:
            setattr(found, name, given[name])
    if "title" in given:
        found.title = given["title"].strip()
    if "remind_minutes" in given:
        found.remind_minutes = sorted(set(given["remind_minutes"]), reverse=True)


def _set_parts(found: PageMaintenance, states: Mapping[int, str]) -> None:
    found.parts.exclude(component__in=states).delete()
    MaintenanceComponent.objects.bulk_create(
        [MaintenanceComponent(maintenance=found, component_id=pk, status=status) for pk, status in states.items()],
        update_conflicts=True,
        unique_fields=["maintenance", "component"],
        update_fields=["status"],
    )


def _finish(found: PageMaintenance, now: datetime) -> None:
    """Whatever else is locked is locked before the page."""
    StatusPage.objects.filter(pk=found.page_id).update(updated_at=now)
    snapshots.render_soon(found.page)


def _set_components(
    found: PageMaintenance,
    update: MaintenanceUpdate,
    at: datetime,
    *,
    on: Mapping[int, str] | None = None,
    off: Mapping[int, str] | None = None,
) -> None:
    """Put the components of `on` into their states, and bring those of `off` back from theirs. What is worse stands,
    and what somebody has said otherwise of a component since is left alone."""
    on, off = on or {}, off or {}
    pks = [*on, *off]
    locked = holding.locked(pks, found.page_id)
    broken = holding.by_incidents(pks, found.page_id)
    worked_on = holding.by_maintenance(pks, but=found)
    states = {}
    for component in locked:
        held = worst([broken.get(component.pk, Status.OPERATIONAL), worked_on.get(component.pk, Status.OPERATIONAL)])
        if component.pk in on:
            states[component.pk] = worst([on[component.pk], held])
        elif component.status == worst([off[component.pk], held]):
            states[component.pk] = held
        else:
            states[component.pk] = component.status
    holding.put(locked, states, at=at, now=at, maintenance_update=update)
