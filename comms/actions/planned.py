"""What stands in the way of planning a maintenance so, all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from comms.actions.checking import LONGEST_BODY, state_of_components
from comms.models import PageMaintenance
from incidents.guards import Blocker

# Whoever plans something for right now fills in a form meanwhile.
GRACE = timedelta(minutes=5)
LONGEST = timedelta(days=92)
FARTHEST = timedelta(days=3 * 366)
MOST_REMINDERS = 5
EARLIEST_REMINDER = 60 * 24 * 60


def check(found: PageMaintenance, given: Mapping[str, Any], now: datetime) -> tuple[dict[int, str], list[Blocker]]:
    """The components' states of `given` by their pk, and all that is wrong with it."""
    problems: list[Blocker] = []

    def say(code: str, message: str, field: str) -> None:
        problems.append(Blocker(code, message, field=field))

    states = state_of_components([found.page], given.get("components"), problems)
    problems = [
        Blocker(each.code, each.message, field="components") if each.field == "component_states" else each
        for each in problems
    ]
    title = given.get("title", found.title)
    if not title.strip():
        say("title_missing", "Give it a title in the words of its readers.", "title")
    if len(title) > 200:
        say("title_too_long", "A title has at most 200 characters.", "title")
    _check_times(found, given, now, say)
    reminders = given.get("remind_minutes", found.remind_minutes)
    if len(set(reminders)) > MOST_REMINDERS:
        say("reminders_too_many", f"Choose at most {MOST_REMINDERS} reminders.", "remind_minutes")
    if any(not 5 <= minutes <= EARLIEST_REMINDER for minutes in reminders):
        say("reminder_out_of_range", "Remind 5 minutes to 60 days before it begins.", "remind_minutes")
    return {int(pk): status for pk, status in states.items()}, problems


def _check_times(found: PageMaintenance, given: Mapping[str, Any], now: datetime, say: Callable[..., None]) -> None:
    begins = given.get("scheduled_for", found.scheduled_for)
    ends = given.get("scheduled_until", found.scheduled_until)
    if begins is None:
        say("begin_missing", "Say when it begins.", "scheduled_for")
    if ends is None:
        say("end_missing", "Say when it is to be over.", "scheduled_until")
    if begins is None or ends is None:
        return
    moved = begins != found.scheduled_for
    if moved and found.is_running:
        say("begun", "It has begun. Only its end can be moved.", "scheduled_for")
    elif moved and begins < now - GRACE:
        say("begin_in_past", "Give a time to come.", "scheduled_for")
    elif begins > now + FARTHEST:
        say("begin_too_far", "Give a time within the next three years.", "scheduled_for")
    if ends <= begins:
        say("end_before_begin", "Give a time after its beginning.", "scheduled_until")
    elif ends != found.scheduled_until and ends <= now:
        say("end_in_past", "Give a time to come.", "scheduled_until")
    elif ends - begins > LONGEST:
        say("too_long", f"Plan at most {LONGEST.days} days.", "scheduled_until")


def too_long(body: str) -> list[Blocker]:
    if len(body) <= LONGEST_BODY:
        return []
    return [Blocker("body_too_long", f"Say it in at most {LONGEST_BODY} characters.", field="body")]
