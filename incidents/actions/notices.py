"""Telling people of action items: what is due of one of them, of all incidents and teams, as one letter a day."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from incidents.actions.deadlines import morning, overdue
from incidents.actions.reminding import GATHER
from incidents.links import item_token
from incidents.models import ActionItem, ActionNotice
from teams import mails, permits
from teams.models import Organization, User

log = logging.getLogger(__name__)
Why, State = ActionNotice.Why, ActionNotice.State
AT_ONCE = 500
WAITED = timedelta(minutes=10)
# The same item may be in a letter for several reasons: it is named once, by the first of these.
ORDER = (Why.RELEVANT, Why.REMINDER, Why.OVERDUE, Why.UNOWNED, Why.UNDATED, Why.UNANSWERED)


@dataclass(frozen=True, slots=True)
class Line:
    """One item in a letter. `says` is why it is there, `links` where to go, each with what it says."""

    title: str
    says: str
    incident: str
    end_state: str
    links: list[tuple[str, str]]
    group: str


def send_due(now: datetime) -> int:
    """Write a letter to each of those who have notices due at `now`; returns how many. One person's letter that fails
    keeps no other back."""
    due = ActionNotice.objects.filter(state=State.WAITING, due_at__lte=now).order_by("user")
    written = 0
    for pk in list(due.values_list("user", flat=True).distinct()[:AT_ONCE]):
        try:
            written += _send(pk, now)
        except Exception:
            log.exception("the letter about action items to person %s failed; it is tried again", pk)
    return written


@transaction.atomic
def _send(user_pk: int, now: datetime) -> bool:
    """The rows are claimed and the letter put among the deliveries in one transaction: a worker that dies leaves them
    due. Whoever had one today gets the next in the morning, with what falls due then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('watchbill:action-notices'), %s)", [user_pk])
        if not cursor.fetchone()[0]:
            return False
    mine = ActionNotice.objects.filter(user=user_pk)
    today = timezone.localdate(now)
    until = max(now + GATHER, _next_letter(today))
    waiting = mine.filter(state=State.WAITING, due_at__lte=until).select_for_update(of=("self",))
    rows = list(waiting.select_related("item__incident__severity", "item__owner", "item__team"))
    if not rows:
        return False
    if mine.filter(state=State.SENT, ended_at__gte=_midnight(today)).exists():
        mine.filter(pk__in=[row.pk for row in rows]).update(due_at=_next_letter(today + timedelta(days=1)))
        return False
    reader = User.objects.get(pk=user_pk)
    reachable = reader.is_active and not reader.is_service and bool(reader.email)
    told = [row for row in rows if reachable and _still(row, reader, today)]
    mine.filter(pk__in=[row.pk for row in rows if row not in told]).update(state=State.DROPPED, ended_at=now)
    if not told:
        return False
    _write(reader, told, today)
    mine.filter(pk__in=[row.pk for row in told]).update(state=State.SENT, ended_at=now)
    return True


def _next_letter(day: date) -> datetime:
    """When what waited from the day before goes at the latest: after the reminders of that morning, whose letter takes
    it along. Before them, they would find that day's letter gone, and wait themselves, day after day."""
    return morning(day) + WAITED


def _midnight(day: date) -> datetime:
    return morning(day) - timedelta(hours=9)


def _still(row: ActionNotice, reader: User, today: date) -> bool:
    """Whether a notice is still true, and its reader may know of it."""
    item = row.item
    if item.state != ActionItem.State.OPEN or not permits.may(reader, "incident.view", item.incident):
        return False
    if row.why in (Why.REMINDER, Why.RELEVANT, Why.UNDATED) and item.owner_id != reader.pk:
        return False
    return {
        Why.REMINDER: item.due_on is not None and item.due_on <= today + timedelta(days=2),
        Why.OVERDUE: item.due_on is not None and item.due_on < today,
        Why.UNOWNED: item.owner is None or not item.owner.is_active,
        Why.UNDATED: item.due_on is None,
        Why.RELEVANT: item.asked_at is not None,
        Why.UNANSWERED: item.asked_at is not None,
    }[Why(row.why)]


def _write(reader: User, rows: list[ActionNotice], today: date) -> None:
    first = {row.item_id: row for row in sorted(rows, key=lambda row: -ORDER.index(Why(row.why)))}
    chosen = sorted(first.values(), key=lambda row: (row.item.due_on or date.max, row.item_id))
    lines = [_line(row, reader, today) for row in chosen]
    context = {
        "subject": (subject := _subject(lines)),
        "mine": [line for line in lines if line.group == "mine"],
        "asked": [line for line in lines if line.group == "asked"],
        "team": [line for line in lines if line.group == "team"],
        "url": mails.absolute(reverse("incidents:action_items") + "?owner=me"),
        "base_url": settings.WATCHBILL_BASE_URL,
        "organization": Organization.current().name,
    }
    mails.post(reader.email, subject, "incidents/mail/action_items", context, mails.AUTOMATIC)


def _subject(lines: list[Line]) -> str:
    if len(lines) == 1:
        return f"“{lines[0].title}” {lines[0].says}"
    counts = Counter(line.group for line in lines)
    words = {"mine": "of yours", "asked": "to answer for", "team": "of your team"}
    return "Action items: " + ", ".join(f"{counts[group]} {word}" for group, word in words.items() if counts[group])


def _line(row: ActionNotice, reader: User, today: date) -> Line:
    item, why = row.item, Why(row.why)
    links = [("Open it", mails.absolute(reverse("incidents:action_item", args=[item.pk])))]
    if why == Why.RELEVANT:
        url = mails.absolute(reverse("incidents:action_item_asked", args=[item_token(item)]))
        links = [("Yes", url), ("It is done", f"{url}?answer=done"), ("No longer", f"{url}?answer=dropped")]
    return Line(
        title=item.title,
        says=_says(item, why, reader, today),
        incident=f"{item.incident.reference} {item.incident.title}",
        end_state=item.end_state,
        links=links,
        group="asked" if why == Why.RELEVANT else "mine" if item.owner_id == reader.pk else "team",
    )


def _says(item: ActionItem, why: str, reader: User, today: date) -> str:
    theirs = f" ({item.owner})" if item.owner is not None and item.owner_id != reader.pk else ""
    if why in (Why.REMINDER, Why.OVERDUE) and item.due_on is not None:
        return f"is {when(item.due_on, today)}{theirs}"
    return {
        Why.UNOWNED: "has no owner",
        Why.UNDATED: "has no date",
        Why.RELEVANT: "is open for long: is it still relevant?",
        Why.UNANSWERED: f"is open for long, and nobody says whether it is still relevant{theirs}",
    }.get(Why(why), "is open")


def when(due_on: date, today: date) -> str:
    """How far a day is away, in words: “due today”, “3 days overdue”."""
    days = (due_on - today).days
    if days < 0:
        return overdue(-days)
    return {0: "due today", 1: "due tomorrow"}.get(days, f"due on {due_on.day} {due_on:%b}")
