"""When a review's deadlines and reminders fall."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone

from incidents.models import ActionItem


def workdays_after(day: date, days: int) -> date:
    """The day that lies `days` working days after `day`; weekends are skipped."""
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5
    return day


def latest_day(began: date, days: int, priority: int) -> date:
    """By when an action item is done that was written on `began`, where its severity allows `days` working days: half
    as many for high priority, twice as many for low."""
    return workdays_after(began, {1: (days + 1) // 2, 3: days * 2}.get(priority, days))


def workdays_before(day: date, days: int) -> date:
    """The day that lies `days` working days before `day`; weekends are skipped."""
    while days > 0:
        day -= timedelta(days=1)
        days -= day.weekday() < 5
    return day


def overdue(days: int) -> str:
    """So many days late, in words: “3 days overdue”."""
    return f"{days} day{'s' if days > 1 else ''} overdue"


def morning(day: date) -> datetime:
    """Nine o'clock of a day, in the installation's zone: when reminders go out."""
    return datetime.combine(day, datetime.min.time(), tzinfo=timezone.get_default_timezone()) + timedelta(hours=9)


def first_reminder(due_on: date, now: datetime) -> datetime:
    """Two days before it is due; on the day itself where that has passed, and never at once."""
    early = morning(due_on - timedelta(days=2))
    return early if early > now else max(morning(due_on), now + timedelta(hours=1))


def next_reminder(due_on: date, now: datetime) -> datetime:
    """After two days before: on the day, a day after it, and then each week."""
    for day in (due_on, due_on + timedelta(days=1)):
        if morning(day) > now:
            return morning(day)
    return now + timedelta(days=7)


def latest_of(item: ActionItem) -> date | None:
    """The day that the severity of its incident, which is loaded with it, and its priority allow; None without one."""
    severity = item.incident.severity
    if severity is None:
        return None
    return latest_day(timezone.localdate(item.created_at), severity.action_days, item.priority)


def first_notice(item: ActionItem) -> datetime:
    """When somebody hears of an open item first: before it is due, or where nobody has it or it has no day, once the
    time to assign it is over."""
    now = timezone.now()
    if item.owner_id is not None and item.due_on is not None:
        return first_reminder(item.due_on, now)
    severity = item.incident.severity
    days = severity.assign_days if severity else 3
    return max(morning(workdays_after(timezone.localdate(item.created_at), days)), now + timedelta(hours=1))


def next_question(item: ActionItem) -> datetime | None:
    """When the owner of an open item is asked next whether it is still relevant; None for never."""
    severity = item.incident.severity
    days = severity.relevance_days if severity else 90
    return morning(timezone.localdate() + timedelta(days=days)) if days else None


def reminder_of(days: Iterable[date | None], now: datetime, *, first: bool = False) -> datetime | None:
    """When the next of several deadlines is reminded of: two days before it, on its day, a day after it, and then each
    week. `first`: nobody was reminded yet, so that what is late already is reminded of within the hour."""
    return min((_next(day, now, first) for day in days if day is not None), default=None)


def _next(day: date, now: datetime, first: bool) -> datetime:
    if first:
        return first_reminder(day, now)
    early = morning(day - timedelta(days=2))
    return early if early > now else next_reminder(day, now)
