"""Invitations to the meeting of a review, as the mail of one person carries them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from comms import wire
from incidents.actions.review_meeting import CANCEL
from incidents.models import Postmortem, TimelineEntry
from teams.ical import inviting
from teams.ical.inviting import Meeting, Person
from teams.mails import absolute
from teams.models import User


def invitation(entry: TimelineEntry, reader: User | None) -> tuple[str, str] | None:
    """The method and the text of the calendar that a line of the timeline invites by, for one reader; None for lines
    that invite to nothing, and for readers who hear of the meeting and are not meant.

    Whoever organizes it is told what they organize: a calendar takes no invitation from its own person. What is taken
    back names its reader alone.
    """
    told = entry.data.get("calendar")
    if not isinstance(told, dict) or reader is None or not is_meant(told, reader):
        return None
    people = {user.pk: user for user in User.objects.filter(pk__in=[*told["people"], told["organizer"], reader.pk])}
    found = people.get(told["organizer"])
    organizer = Person(found.name, found.email) if found is not None and found.email else _ourselves()
    cancels = told["method"] == CANCEL
    named = [reader] if cancels else [people[pk] for pk in told["people"] if pk in people]
    meeting = Meeting(
        uid=told["uid"],
        sequence=told["sequence"],
        starts_at=datetime.fromisoformat(told["starts_at"]),
        minutes=told["minutes"],
        title=f"Review of {entry.incident.reference}: {told['title']}",
        changed_at=entry.recorded_at,
        place=told["place"],
        description=f"The postmortem: {absolute(_path(entry))}",
        url=absolute(_path(entry)),
        cancelled=cancels,
        organizer=organizer,
        attendees=[Person(user.name, user.email) for user in named if user.email],
    )
    method = inviting.CANCEL if cancels else inviting.REQUEST
    if organizer.address == reader.email:
        method = inviting.PUBLISH
    return method, inviting.write(meeting, method).decode()


def _ourselves() -> Person:
    return Person("Watchbill", "@".join(wire.mailbox()))


def _path(entry: TimelineEntry) -> str:
    return Postmortem(incident_id=entry.incident_id).get_absolute_url()


def is_meant(told: dict[str, Any], reader: User | None) -> bool:
    """Whether the reader's own calendar changes by it: whoever follows the incident reads the same line."""
    return reader is not None and reader.pk in told.get("to", ())


def subject(entry: TimelineEntry, told: dict[str, Any], reader: User) -> str:
    """What the mail is called: calendars that can't read it still say it."""
    word = (
        "Called off" if told["method"] == CANCEL else "Changed" if reader.pk in told.get("again", ()) else "Invitation"
    )
    return f"{word}: review of {entry.incident.reference}, {told['title']}"
