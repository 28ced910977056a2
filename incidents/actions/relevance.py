"""What the owner of an action item says when asked whether it is still relevant."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import action_items, deadlines
from incidents.actions.trackers.outbox import touch
from incidents.models import ActionItem
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

ANSWERS = {"keep": "Yes, by a new day", "done": "It is done", "dropped": "No longer"}


@transaction.atomic
def answer(item_pk: int, said: str, *, by: User, due_on: date | None = None, note: str = "") -> ActionItem:
    """`keep` it with a day that is still to come (its own, where it is), say that it is `done` (`note` is the evidence)
    or that it is no longer to be done: `dropped` (`note` is the reason). Raises Blocked."""
    if said not in ANSWERS:
        raise refuse("answer_unknown", f"Choose one of: {', '.join(ANSWERS)}.", field="answer")
    if said != "keep":
        return action_items.settle(item_pk, said, by=by, evidence=note)
    incident, item = action_items.locked(item_pk, by=by)
    if item.state != ActionItem.State.OPEN:
        raise refuse("item_closed", f"It is {item.get_state_display().lower()} already.")
    day = due_on or item.due_on
    if day is None or day < timezone.localdate():
        raise refuse("due_in_past", "Give the day by which it is done, from today on.", field="due_on")
    item.due_on, item.late_reason = day, note.strip()[:300] or item.late_reason
    item.asked_at, item.ask_at = None, deadlines.next_question(item)
    item.remind_at = deadlines.first_notice(item)
    item.save()
    touch(item)
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.relevant",
        f"“{item.title}” is still relevant, due {day:%d %b %Y}",
        by=by,
        reason=note.strip(),
        data={"action_item": item.pk},
        notify=[item.owner] if item.owner and item.owner_id != by.pk else [],
    )
    return item
