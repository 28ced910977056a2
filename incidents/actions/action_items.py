"""Action items: concrete, owned by a person, followed to their end."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions.deadlines import first_reminder, next_reminder
from incidents.actions.facts import lock
from incidents.actions.trackers.outbox import touch
from incidents.models import ActionItem, Incident
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

log = logging.getLogger(__name__)


@transaction.atomic
def add(incident_pk: int, *, by: User, title: str, occurred_at: datetime | None = None, **fields: Any) -> ActionItem:
    """Add an action item. `fields`: kind, priority, owner, team, due_on, end_state, tracker_url. Its owner is told."""
    incident = lock(incident_pk, by=by, verb="review.write")
    if not title.strip():
        raise refuse("title_missing", "Begin with a verb: Add, Remove, Alert, Document …", field="title")
    fields.setdefault("team", incident.team)
    item = ActionItem(incident=incident, title=title.strip(), created_by=by, **fields)
    item.remind_at = _reminder(item)
    item.save()
    if item.owner:
        incident.participants.add(item.owner)
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.added",
        f"Action item: {item.title}"
        + (f" ({item.owner}, due {item.due_on:%d %b})" if item.owner and item.due_on else ""),
        by=by,
        occurred_at=timeline.happened(occurred_at, timezone.now()),
        data={"action_item": item.pk},
        notify=[item.owner] if item.owner and item.owner.pk != by.pk else [],
    )
    return item


@transaction.atomic
def edit(item_pk: int, *, by: User | None, via: str = "", **fields: Any) -> ActionItem:
    """Change an open action item; a new owner is told and a new date sets the reminders anew. `via` names what did it
    where it was nobody here. Raises Blocked."""
    incident, item = _locked(item_pk, by=by)
    if item.state != ActionItem.State.OPEN:
        raise refuse("item_closed", f"It is {item.get_state_display().lower()} already. Reopen it first.")
    before = item.owner_id
    changed = [name for name, value in fields.items() if getattr(item, name) != value]
    if not changed:
        return item
    for name in changed:
        setattr(item, name, fields[name])
    if not item.title.strip():
        raise refuse("title_missing", "Begin with a verb: Add, Remove, Alert, Document …", field="title")
    item.remind_at = _reminder(item)
    item.save()
    if item.owner:
        incident.participants.add(item.owner)
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.edited",
        f"{by or via} changed “{item.title}”: {', '.join(name.replace('_', ' ') for name in changed)}",
        by=by,
        data={"action_item": item.pk},
        notify=[item.owner] if item.owner and item.owner_id not in (before, by.pk if by else None) else [],
    )
    touch(item)
    return item


@transaction.atomic
def settle(item_pk: int, state: str, *, by: User | None, evidence: str = "") -> ActionItem:
    """Close an item as `done` (evidence) or `dropped` (a reason), or `open` it again. Raises Blocked."""
    incident, item = _locked(item_pk, by=by)
    if state not in ActionItem.State.values:
        raise refuse("state_unknown", f"Choose one of: {', '.join(ActionItem.State.values)}.", field="state")
    if item.state == state:
        raise refuse("wrong_state", f"It is {item.get_state_display().lower()} already.")
    if state != ActionItem.State.OPEN and not evidence.strip():
        asks = "Say what shows that it is done." if state == "done" else "Say why it will not be done."
        raise refuse("evidence_missing", asks, field="evidence")
    item.state = state
    item.evidence = evidence or item.evidence
    item.closed_at = None if state == ActionItem.State.OPEN else timezone.now()
    item.remind_at = _reminder(item) if state == ActionItem.State.OPEN else None
    item.save()
    said = {"done": "is done", "dropped": "will not be done", "open": "is open again"}[state]
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        f"action_item.{state}",
        f"“{item.title}” {said}",
        by=by,
        reason=evidence,
        data={"action_item": item.pk},
    )
    touch(item)
    return item


def _locked(item_pk: int, *, by: User | None) -> tuple[Incident, ActionItem]:
    incident = lock(
        ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_pk), by=by, verb="review.write"
    )
    return incident, ActionItem.objects.select_for_update(of=("self",)).select_related("owner", "team").get(pk=item_pk)


def _reminder(item: ActionItem) -> datetime | None:
    if item.due_on is None or item.owner_id is None:
        return None
    return first_reminder(item.due_on, timezone.now())


def remind_due(now: datetime, limit: int = 200) -> int:
    """Send the reminders of open items that are due at `now`; returns how many were sent. One that fails is logged and
    keeps none of the others back."""
    waiting = ActionItem.objects.open().filter(remind_at__lte=now).values_list("pk", flat=True)[:limit]
    sent = 0
    for pk in list(waiting):
        try:
            sent += _remind(pk)
        except Exception:
            log.exception("reminding of action item %s failed", pk)
    return sent


@transaction.atomic
def _remind(item_pk: int) -> bool:
    incident, item = _locked(item_pk, by=None)
    now = timezone.now()
    if item.state != ActionItem.State.OPEN or item.remind_at is None or item.remind_at > now or item.due_on is None:
        return False
    item.remind_at = next_reminder(item.due_on, now)
    item.save(update_fields=["remind_at"])
    late = (now.date() - item.due_on).days
    state = f"is {late} day{'s' if late > 1 else ''} overdue" if late > 0 else f"is due {item.due_on:%d %b}"
    people = [item.owner] if item.owner else []
    if late >= 7 and item.team:
        people += list(User.objects.filter(memberships__team=item.team, memberships__role="manager", is_active=True))
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.reminded",
        f"“{item.title}” {state}; {', '.join(dict.fromkeys(p.name for p in people))} reminded",
        by=None,
        data={"action_item": item.pk},
        notify={p.pk: p for p in people}.values(),
    )
    return True
