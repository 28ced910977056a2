"""What was known of an incident at a moment, from the lines that were recorded by then. The clock is an argument.

A line has two times: when it happened and when it was recorded. What is known at a moment is what was recorded by then,
however long ago it had happened. Lines of earlier versions tell less in their `data`: what they lack is taken from how
the incident is `now`, and walked back by the changes that are on record.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

# What was recorded so much later than it happened was learned, and not seen.
LEARNED = timedelta(minutes=2)
TOGETHER = timedelta(seconds=1)
OUT = ("role.left", "role.declined")
IN = ("role.taken", "role.accepted", "role.assigned", "role.passed", "role.relieved")


class Entry(Protocol):
    """A line of the timeline."""

    pk: int
    kind: str
    verb: str
    phase: str
    phase_to: str
    text: str
    data: Mapping[str, Any]
    occurred_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Now:
    """How the incident is now, for what its lines don't tell; keys of people and mitigations with their names."""

    title: str
    impact: str
    severity: int | None
    people: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    mitigations: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Seat:
    role: str
    person: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """A mitigation as it stood."""

    pk: int
    title: str
    state: str


@dataclass(slots=True)
class Known:
    """What was known at a moment. `path`: each phase with when it began; a phase may come twice."""

    title: str
    impact: str
    severity: int | None
    phase: str = "detect"
    path: list[tuple[str, datetime]] = field(default_factory=list)
    seats: list[Seat] = field(default_factory=list)
    attempts: list[Attempt] = field(default_factory=list)
    eta: datetime | None = None
    lines: int = 0


def steps(entries: Iterable[Entry]) -> list[datetime]:
    """The moments at which more was known than before: lines that were written in one go are one step."""
    found: list[datetime] = []
    for at in sorted(entry.recorded_at for entry in entries):
        if found and at - found[-1] <= TOGETHER:
            found[-1] = at
        else:
            found.append(at)
    return found


def was_learned(entry: Entry) -> bool:
    """Whether it was written down so much later than it happened that it tells something new of the past."""
    return entry.occurred_at is not None and entry.recorded_at - entry.occurred_at > LEARNED


def known(entries: Sequence[Entry], at: datetime, now: Now) -> Known:
    """What was known at `at`. `entries` are all lines of the incident, in any order."""
    ordered = sorted(entries, key=lambda entry: (entry.recorded_at, entry.pk))
    found = _before_all(ordered, now)
    seats: dict[tuple[str, int], Seat] = {}
    attempts: dict[int, Attempt] = {}
    for entry in ordered:
        if entry.recorded_at > at:
            break
        found.lines += 1
        if not found.path:
            found.path.append((entry.phase if not entry.phase_to else "detect", entry.occurred_at or entry.recorded_at))
            found.phase = found.path[0][0]
        if entry.phase_to and entry.phase_to != found.phase:
            found.phase = entry.phase_to
            found.path.append((entry.phase_to, entry.occurred_at or entry.recorded_at))
        _facts(found, entry)
        _seat(seats, entry, now)
        _attempt(attempts, entry, now)
    found.seats, found.attempts = list(seats.values()), list(attempts.values())
    return found


def _before_all(ordered: Sequence[Entry], now: Now) -> Known:
    """How it was before the first line: where a fact changed, what it was changed from, else as it is now."""
    found = Known(now.title, now.impact, now.severity)
    for entry in reversed(ordered):
        if entry.verb == "severity.changed":
            found.severity = entry.data.get("from")
        elif entry.verb == "incident.declare":
            found.severity = entry.data.get("severity_before")
            if "impact" in entry.data:
                found.impact = entry.data.get("impact_before", "")
        elif entry.verb == "incident.edited":
            found.title = _from(entry, "title", found.title)
            found.impact = _from(entry, "impact", found.impact)
    return found


def _from(entry: Entry, name: str, otherwise: str) -> str:
    change = entry.data.get(name)
    return str(change.get("from") or "") if isinstance(change, dict) else otherwise


def _facts(found: Known, entry: Entry) -> None:
    data = entry.data
    if entry.verb == "severity.changed":
        found.severity = data.get("to")
    elif entry.verb == "incident.declare":
        found.severity = data.get("severity", found.severity)
        found.impact = data.get("impact", found.impact)
    elif entry.verb == "incident.resolve":
        found.eta = None
    elif entry.verb == "incident.edited":
        changes = {name: change["to"] for name, change in data.items() if isinstance(change, dict) and "to" in change}
        found.title = changes.get("title", found.title)
        found.impact = changes.get("impact", found.impact)
        if "eta_at" in changes:
            found.eta = datetime.fromisoformat(changes["eta_at"]) if changes["eta_at"] else None


def _seat(seats: dict[tuple[str, int], Seat], entry: Entry, now: Now) -> None:
    data = entry.data
    role, user = data.get("role"), data.get("user")
    if entry.kind != "role" or not isinstance(role, str) or not isinstance(user, int):
        return
    if entry.verb in OUT:
        seats.pop((role, user), None)
    elif entry.verb in IN:
        if isinstance(before := data.get("from"), int):
            seats.pop((role, before), None)
        accepted = entry.verb not in ("role.assigned", "role.passed") or bool(data.get("accepted"))
        seats[role, user] = Seat(now.roles.get(role, role), now.people.get(user, "somebody"), accepted)


def _attempt(attempts: dict[int, Attempt], entry: Entry, now: Now) -> None:
    pk = entry.data.get("mitigation")
    # What becomes of the call of a webhook is told as well, and is not what becomes of the mitigation.
    if entry.kind != "mitigation" or not isinstance(pk, int) or entry.verb.startswith("mitigation.call"):
        return
    state = str(entry.data.get("state") or entry.verb.partition(".")[2])
    attempts[pk] = Attempt(pk, now.mitigations.get(pk, entry.text), state)
