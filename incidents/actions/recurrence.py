"""What a recurrence does to the action items of the incident that came back."""

from __future__ import annotations

from django.db.models import F
from django.utils import timezone

from incidents import timeline
from incidents.actions import deadlines
from incidents.actions.trackers.outbox import touch
from incidents.models import ActionItem, Incident, ItemRecurrence
from incidents.timeline import Kind
from teams.models import User

# What was done so that it would not come back, or would be seen at once.
REOPENED = (ActionItem.Kind.PREVENT, ActionItem.Kind.DETECT)
State = ActionItem.State


def came_back(earlier: Incident, later: Incident, *, by: User | None, called: str) -> list[ActionItem]:
    """Note on each item of `earlier` that the trouble came back in `later`, which its timeline calls `called`, and open
    those again that were done to prevent or detect it; these are returned. Both incidents are locked by the caller,
    whose transaction it is. Doing so twice changes nothing."""
    known = ItemRecurrence.objects.filter(incident=later).values("item")
    items = earlier.action_items.exclude(pk__in=known).select_for_update(of=("self",)).select_related("owner")
    reopened = []
    for item in items.order_by("pk"):
        item.incident = earlier
        again = item.state == State.DONE and item.kind in REOPENED
        ItemRecurrence.objects.create(item=item, incident=later, stood=item.state, reopened=again)
        item.recurrences += 1
        if again:
            _open(item)
            reopened.append(item)
        item.save()
        touch(item)
        if again:
            timeline.record(
                earlier,
                Kind.ACTION_ITEM,
                "action_item.came_back",
                f"“{item.title}” is open again: it was done, and it came back in {called}",
                by=by,
                reason=f"It came back in {called}.",
                data={"action_item": item.pk, "incident": later.pk},
                notify=[item.owner] if item.owner and (by is None or item.owner_id != by.pk) else [],
            )
    return reopened


def _open(item: ActionItem) -> None:
    """Planned anew from today, since its old day is over: what its severity allows, or a week."""
    item.state, item.closed_at = State.OPEN, None
    today, severity = timezone.localdate(), item.incident.severity
    days = severity.action_days if severity else 5
    if item.due_on is None or item.due_on < today:
        item.due_on = deadlines.latest_day(today, days, item.priority)
    item.asked_at, item.ask_at = None, deadlines.next_question(item)
    item.remind_at = deadlines.first_notice(item)


def not_after_all(earlier: Incident, later: Incident) -> None:
    """The incidents have nothing to do with each other: nothing came back. What was opened again stays open, since
    people may work on it already. In the caller's transaction."""
    rows = ItemRecurrence.objects.filter(incident=later, item__incident=earlier)
    ActionItem.objects.filter(pk__in=rows.values("item")).update(recurrences=F("recurrences") - 1)
    rows.delete()
