"""Action items: concrete, owned by a person, followed to their end."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import concreteness, timeline
from incidents.actions import deadlines
from incidents.actions.facts import lock
from incidents.actions.owning import may_own
from incidents.actions.trackers.outbox import export_added, touch
from incidents.models import ActionItem, ActionPhrase, Factor, Incident, NoItemsDecision
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User


@transaction.atomic
def add(incident_pk: int, *, by: User, title: str, occurred_at: datetime | None = None, **fields: Any) -> ActionItem:
    """Add an action item. `fields`: kind, priority, owner, team, due_on, late_reason, end_state, tracker_url, factor.
    Its owner is told, and a decision that none is needed no longer stands. Raises Blocked."""
    incident = lock(incident_pk, by=by, verb="review.write")
    _answers(incident, fields.get("factor"))
    fields.setdefault("team", incident.team)
    may_own(fields.get("owner"))
    item = ActionItem(incident=incident, title=title, created_by=by, **fields)
    _prepare(item)
    item.remind_at, item.ask_at = deadlines.first_notice(item), deadlines.next_question(item)
    item.save()
    NoItemsDecision.objects.filter(incident=incident).delete()
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
    export_added(incident, item)
    return item


@transaction.atomic
def edit(item_pk: int, *, by: User | None, via: str = "", **fields: Any) -> ActionItem:
    """Change an open action item; a new owner is told and a new date sets the reminders anew. `via` names what did it
    where it was nobody here. Raises Blocked."""
    incident, item = locked(item_pk, by=by)
    if item.state != ActionItem.State.OPEN:
        raise refuse("item_closed", f"It is {item.get_state_display().lower()} already. Reopen it first.")
    _answers(incident, fields.get("factor"))
    before = item.owner_id
    changed = [name for name, value in fields.items() if getattr(item, name) != value]
    if not changed:
        return item
    if "owner" in changed:
        may_own(fields["owner"])
    for name in changed:
        setattr(item, name, fields[name])
    _prepare(item)
    if {"due_on", "owner"} & set(changed):
        # Whoever plans it anew has said that it is still relevant.
        item.asked_at, item.ask_at = None, deadlines.next_question(item)
        item.remind_at = deadlines.first_notice(item)
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
    incident, item = locked(item_pk, by=by)
    if state not in ActionItem.State.values:
        raise refuse("state_unknown", f"Choose one of: {', '.join(ActionItem.State.values)}.", field="state")
    if item.state == state:
        raise refuse("wrong_state", f"It is {item.get_state_display().lower()} already.")
    if state != ActionItem.State.OPEN and not evidence.strip():
        asks = "Say what shows that it is done." if state == "done" else "Say why it will not be done."
        raise refuse("evidence_missing", asks, field="evidence")
    item.state = state
    item.evidence = evidence or item.evidence
    reopened = state == ActionItem.State.OPEN
    item.closed_at = None if reopened else timezone.now()
    item.remind_at = deadlines.first_notice(item) if reopened else None
    item.asked_at, item.ask_at = None, deadlines.next_question(item) if reopened else None
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


def locked(item_pk: int, *, by: User | None) -> tuple[Incident, ActionItem]:
    """An item and its incident, locked until the transaction ends, for whoever may write the review."""
    place = ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_pk)
    incident = lock(place, by=by, verb="review.write")
    item = ActionItem.objects.select_for_update(of=("self",)).select_related("owner", "team").get(pk=item_pk)
    item.incident = incident
    return incident, item


def _answers(incident: Incident, factor: Factor | None) -> None:
    """Refuse a factor that stands in the postmortem of another incident."""
    if factor is not None and factor.postmortem.incident_id != incident.pk:
        raise refuse("factor_of_another", "It answers a factor of its own incident's postmortem.", field="factor")


def _prepare(item: ActionItem) -> None:
    """Tidy what was typed, and judge how the title begins."""
    item.title, item.end_state = item.title.strip(), item.end_state.strip()
    item.late_reason = item.late_reason.strip()
    if not item.title:
        raise refuse("title_missing", "Begin with a verb: Add, Remove, Alert, Document …", field="title")
    item.wording = concreteness.wording(item.title, ActionPhrase.objects.all().language())
