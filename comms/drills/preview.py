"""Whom a drill would call and by what, and whom it could not, before anybody is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from comms.actions import drills
from teams import contacts, reach
from teams.models import Schedule, User


@dataclass(frozen=True, slots=True)
class Expected:
    """`ways` in the order of the person's rules: "SMS work phone", "E-mail after 5 min". `why`: why a drill would not
    reach them; empty for whom it should."""

    person: User
    ways: tuple[str, ...]
    why: str


def of(schedule: Schedule, audience: str, at: datetime) -> list[Expected]:
    """Everybody of a drill at `at`, those first who can't be reached. A few queries, however many they are."""
    people = drills.audience(schedule, audience, at)
    unproved, nowhere = reach.unreachable(people), reach.lost(people)
    steps = contacts.steps_of(people, "high", at)
    found = []
    for person in people:
        ways = []
        for step, method in steps[person.pk]:
            minutes = int((step.at - at).total_seconds() // 60)
            way = method.named if method else "E-mail"
            ways.append(f"{way} after {minutes} min" if minutes else way)
        if person.pk in nowhere:
            ways = []
        why = drills.unproved(person.pk in nowhere) if person.pk in unproved else ""
        found.append(Expected(person, tuple(ways), why))
    return sorted(found, key=lambda each: not each.why)
