"""Following action items: who is to hear of which, and whether they are still relevant.

Each item says when it is due to be spoken of. What comes of that are notices, which go out as one letter a person a
day: see `incidents.actions.notices`.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Least
from django.utils import timezone

from incidents import timeline
from incidents.actions.deadlines import morning, next_reminder, overdue
from incidents.actions.facts import try_lock
from incidents.models import ActionItem, ActionNotice
from incidents.timeline import Kind
from teams import permits
from teams.models import User

log = logging.getLogger(__name__)
Why = ActionNotice.Why
AT_ONCE = 200
# So long a letter is gathered, so that what falls due in the same sweep is in it.
GATHER = timedelta(minutes=1)
# Whoever was asked whether an item is still relevant has so long to answer; then the team's lead is asked, each week.
ANSWER_WITHIN = timedelta(days=7)


def remind_due(now: datetime, limit: int = AT_ONCE) -> int:
    """Queue the notices of open items that are due at `now`; returns of how many items. One that fails is logged and
    keeps none of the others back, and what somebody holds at this moment comes with the next sweep."""
    due = ActionItem.objects.open().filter(Q(remind_at__lte=now) | Q(ask_at__lte=now))
    first = Least("remind_at", "ask_at")
    told = 0
    for pk in list(due.order_by(first, "pk").values_list("pk", flat=True)[:limit]):
        try:
            told += remind(pk)
        except Exception:
            log.exception("reminding of action item %s failed", pk)
    return told


@transaction.atomic
def remind(item_pk: int) -> bool:
    """Queue what is due of one item, and set when it is due next. Safe to call twice."""
    incident = try_lock(ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_pk))
    if incident is None:
        return False
    rows = ActionItem.objects.select_for_update(of=("self",), skip_locked=True).select_related("owner", "team")
    item = rows.filter(pk=item_pk, state=ActionItem.State.OPEN).first()
    if item is None:
        return False
    item.incident = incident
    now = timezone.now()
    if incident.drill:
        # Nothing of a drill leaves the house.
        item.remind_at = item.ask_at = None
        item.save(update_fields=["remind_at", "ask_at"])
        return False
    told = [step(item, now) for step in (_remind, _ask)]
    item.save(update_fields=["remind_at", "ask_at", "asked_at"])
    return any(told)


def _remind(item: ActionItem, now: datetime) -> bool:
    if item.remind_at is None or item.remind_at > now:
        return False
    owner = item.owner if item.owner is not None and item.owner.is_active else None
    if owner is None or item.due_on is None:
        item.remind_at = _in_a_week(now)
        why = Why.UNOWNED if owner is None else Why.UNDATED
        people = leads(item) if owner is None else [owner]
        says = "has no owner yet" if owner is None else "has no date yet"
    else:
        late = (timezone.localdate(now) - item.due_on).days
        item.remind_at = next_reminder(item.due_on, now)
        says = f"is {overdue(late)}" if late > 0 else f"is due {item.due_on:%d %b}"
        why, people = Why.REMINDER, [owner]
        if late > 0:
            above = [lead for lead in leads(item) if lead.pk != owner.pk]
            queue(item, Why.OVERDUE, above, now)
            people = [owner, *above]
    queue(item, why, people[:1] if why == Why.REMINDER else people, now)
    _tell(item, "action_item.reminded", says, people)
    return True


def _ask(item: ActionItem, now: datetime) -> bool:
    """Ask the owner; where they don't answer, or there is none, the lead of the team."""
    if item.ask_at is None or item.ask_at > now:
        return False
    owner = item.owner if item.owner is not None and item.owner.is_active else None
    first = item.asked_at is None
    people = [owner] if first and owner is not None else leads(item)
    queue(item, Why.RELEVANT if first and owner is not None else Why.UNANSWERED, people, now)
    item.asked_at = item.asked_at or now
    item.ask_at = morning(timezone.localdate(now + ANSWER_WITHIN))
    said = "may no longer be relevant" if first else "may no longer be relevant, and nobody has answered"
    _tell(item, "action_item.asked", said, people, of="asked")
    return True


def _in_a_week(now: datetime) -> datetime:
    return morning(timezone.localdate(now + timedelta(days=7)))


def leads(item: ActionItem) -> list[User]:
    """The managers of the item's team, else of its incident's team, who can be told."""
    for team in (item.team_id, item.incident.team_id):
        managers = User.objects.managing(team).order_by("pk") if team is not None else ()
        if found := [lead for lead in managers if _hears(lead, item)]:
            return found
    return []


def _hears(person: User, item: ActionItem) -> bool:
    """Whether a letter reaches somebody, who may see the incident that it is of."""
    return bool(person.email) and permits.may(person, "incident.view", item.incident)


def queue(item: ActionItem, why: str, people: Iterable[User], now: datetime) -> None:
    """Let these people be told in their next letter, in the caller's transaction. Who waits for it already is told
    once."""
    ActionNotice.objects.bulk_create(
        [ActionNotice(user=user, item=item, why=why, due_at=now + GATHER) for user in people], ignore_conflicts=True
    )


def _tell(item: ActionItem, verb: str, says: str, people: Iterable[User], *, of: str = "reminded") -> None:
    names = ", ".join(dict.fromkeys(person.name for person in people if _hears(person, item))) or "nobody"
    timeline.record(
        item.incident,
        Kind.ACTION_ITEM,
        verb,
        f"“{item.title}” {says}; {names} {of}",
        by=None,
        data={"action_item": item.pk},
    )
