"""The replay of an incident: what was known at a moment, beside a picture of what happened when it was learned."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import prefetch_related_objects
from django.utils.dateparse import parse_datetime

from incidents import replay
from incidents.models import Incident, Promise, TimelineEntry
from incidents.phases import PATH, Phase
from incidents.replay import Known, Now
from teams.models import Role, User

SHOWN = 100
DRAWN = 400
WIDTH = 1000.0


@dataclass(slots=True)
class Told:
    """A line as it was known: `learned` long after it happened, or `fresh` at this very step."""

    entry: TimelineEntry
    learned: bool
    fresh: bool


def entries_of(incident: Incident, user: User) -> list[TimelineEntry]:
    """All lines that `user` may see, as they happened; without their files, which are read for those that are shown."""
    return list(TimelineEntry.objects.of(incident, user).prefetch_related(None))


def now_of(incident: Incident) -> Now:
    """How the incident is now, for what old lines don't tell."""
    people = {user.pk: user.name for user in User.objects.filter(assignments__incident=incident).distinct()}
    return Now(
        title=incident.title,
        impact=incident.impact,
        severity=incident.severity_id,
        people=people,
        roles=dict(Role.objects.values_list("slug", "name")),
        mitigations=dict(incident.mitigations.values_list("pk", "title")),
    )


def moment(asked: str) -> datetime | None:
    """A moment of an address, or None where it is none."""
    try:
        found = parse_datetime(asked.strip().replace(" ", "+"))
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def promise_at(incident: Incident, at: datetime) -> datetime | None:
    """For when the next update was promised, as it was known at `at`."""
    made = Promise.objects.filter(incident=incident, made_at__lte=at).exclude(ended_at__lte=at)
    return made.order_by("-made_at", "-pk").values_list("due_at", flat=True).first()


def shown(incident: Incident, user: User, asked: str, number: str = "") -> dict[str, Any]:
    """The context of the replay's page. `asked` is a moment in ISO 8601, `number` that of a step; without either it
    begins at the first step."""
    entries = entries_of(incident, user)
    steps = replay.steps(entries)
    here = _here(steps, asked, number)
    at = steps[here] if steps else incident.detected_at
    known = replay.known([e for e in entries if e.incident_id == incident.pk], at, now_of(incident))
    before = steps[here - 1] if here else None
    told = [
        Told(entry, replay.was_learned(entry), before is None or entry.recorded_at > before)
        for entry in entries
        if entry.recorded_at <= at
    ]
    newest = told[-SHOWN:][::-1]
    prefetch_related_objects([each.entry for each in newest], "attachments__uploaded_by", "attachments__removed_by")
    return {
        "incident": incident,
        "user": user,
        "at": at,
        "known": known,
        "severity_code": f"SEV{known.severity}" if known.severity else "",
        "path": _path(known),
        "attempts": known.attempts,
        "promised": promise_at(incident, at),
        "told": newest,
        "hidden": max(0, len(told) - SHOWN),
        "fresh": sum(each.fresh for each in told),
        "here": here,
        "number": here + 1,
        "steps": len(steps),
        "last": max(0, len(steps) - 1),
        "first_at": steps[0] if steps else None,
        "last_at": steps[-1] if steps else None,
        "earlier": here - 1 if here else None,
        "later": here + 1 if here + 1 < len(steps) else None,
        "picture": picture(entries, steps, at),
        "now_known": here + 1 >= len(steps),
    }


def _here(steps: list[datetime], asked: str, number: str) -> int:
    """Which step is meant; the last of those that had been at the moment that was asked for."""
    if number.isdecimal() and len(number) < 9:
        return min(int(number), max(0, len(steps) - 1))
    at = moment(asked)
    return max(0, bisect_right(steps, at) - 1) if at else 0


def _path(known: Known) -> list[dict[str, Any]]:
    """The phases with how far it was known to have come."""
    reached = dict(known.path)
    order = [phase.value for phase in PATH]
    place = order.index(known.phase) if known.phase in order else len(order)
    steps = [
        {
            "label": phase.label,
            "at": reached.get(phase.value),
            "state": "current" if n == place else "done" if phase.value in reached and n < place else "todo",
        }
        for n, phase in enumerate(PATH)
    ]
    if known.phase not in order:
        steps.append({"label": Phase(known.phase).label, "at": reached.get(known.phase), "state": "current"})
    return steps


def picture(entries: list[TimelineEntry], steps: list[datetime], at: datetime) -> dict[str, Any] | None:
    """Two rails: when things happened above, when they were recorded below, and a line from one to the other. Places
    are in thousandths of the width."""
    timed = [entry for entry in entries if entry.occurred_at is not None]
    if not timed or not steps:
        return None
    begin = min(steps[0], *(entry.occurred_at for entry in timed if entry.occurred_at))
    end = max(steps[-1], *(entry.occurred_at for entry in timed if entry.occurred_at))
    whole = max(end - begin, timedelta(seconds=1))

    def x(when: datetime) -> float:
        return round(10 + (when - begin) / whole * (WIDTH - 20), 1)

    late = [entry for entry in timed if replay.was_learned(entry)]
    drawn = (
        sorted(late, key=lambda e: e.pk)[-DRAWN // 2 :] + [e for e in timed if not replay.was_learned(e)][-DRAWN // 2 :]
    )
    longest = max((entry.recorded_at - entry.occurred_at for entry in late if entry.occurred_at), default=None)
    return {
        "lines": [
            {
                "top": x(entry.occurred_at or entry.recorded_at),
                "bottom": x(entry.recorded_at),
                "late": replay.was_learned(entry),
                "known": entry.recorded_at <= at,
            }
            for entry in drawn
        ],
        "at": x(min(max(at, begin), end)),
        "begin": begin,
        "end": end,
        "late": len(late),
        "longest": longest,
        "count": len(timed),
    }
