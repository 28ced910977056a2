"""The moments of an incident, folded from the lines of its timeline. It needs no database.

A line that was corrected happened when its newest correction says. What was undone did not happen: after a relapse or a
reopening service is not restored until that is confirmed anew, and a postmortem that was taken back is not published.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from incidents.passage import time_in_phases
from incidents.path import ACTIVE, OPEN, Phase

COMMANDER = "incident-commander"
# By its key: what a moment is called, and the phases in which one that has not come may still come.
MOMENTS: dict[str, tuple[str, frozenset[str]]] = {
    "impact_started": ("Impact started", frozenset(ACTIVE)),
    "detected": ("Detected", frozenset()),
    "first_paged": ("First page", frozenset({Phase.DETECT})),
    "acknowledged": ("First acknowledgement", frozenset(ACTIVE)),
    "declared": ("Declared", frozenset({Phase.DETECT})),
    "commander_accepted": ("Incident Commander accepted", frozenset(ACTIVE)),
    "mitigation_started": ("Mitigation started", frozenset({Phase.DETECT, Phase.DECLARE})),
    "first_mitigation": ("First mitigation executed", frozenset({Phase.DETECT, Phase.DECLARE, Phase.MITIGATE})),
    "mitigated": ("Mitigated", frozenset({Phase.DETECT, Phase.DECLARE, Phase.MITIGATE})),
    "first_resolved": ("First resolved", frozenset(ACTIVE)),
    "resolved": ("Resolved", frozenset(ACTIVE)),
    "impact_ended": ("Impact ended", frozenset(ACTIVE)),
    "first_update": ("First stakeholder update", frozenset(ACTIVE)),
    "review_started": ("Review started", frozenset({*ACTIVE, Phase.RESOLVE})),
    "drafted": ("Postmortem drafted", frozenset(ACTIVE)),
    "published": ("Postmortem published", frozenset(OPEN)),
    "closed": ("Closed", frozenset(OPEN)),
}
COLUMNS = {key: f"{key}_at" for key in MOMENTS}
_FIRST = {
    "page.sent": "first_paged",
    "page.acknowledged": "acknowledged",
    "incident.declare": "declared",
    "incident.start_mitigation": "mitigation_started",
    "mitigation.executing": "first_mitigation",
    "incident.resolve": "first_resolved",
    "update.published": "first_update",
    "postmortem.drafted": "drafted",
}
_LAST = {
    "incident.confirm_mitigated": "mitigated",
    "incident.resolve": "resolved",
    "incident.start_review": "review_started",
    "incident.close": "closed",
    "postmortem.published": "published",
}
_UNDOES = {
    "incident.relapse": ("mitigated",),
    "incident.reopen": ("mitigated", "resolved", "review_started", "closed", "published"),
    "postmortem.draft": ("published",),
}
_OPENINGS = ("incident.opened", "alert.firing")
_SEATS = ("role.taken", "role.accepted", "role.relieved", "role.assigned")
# Whoever was paged answers by them as well as by an acknowledgement.
_ANSWERS = ("page.stopped", "role.taken", "role.accepted")
_MOVES = ("incident.uncancel", "incident.unmerge", "incident.cancel", "incident.merge")
VERBS = frozenset({*_FIRST, *_LAST, *_UNDOES, *_OPENINGS, *_SEATS, *_ANSWERS, *_MOVES})


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a timeline, as far as it tells of moments. `at` is None where nobody knows when; `corrected` that a
    correction says so."""

    verb: str
    at: datetime | None
    phase_to: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    corrected: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """When what happened, by the keys of MOMENTS, and how long each stay in a phase that is over lasted, summed up, in
    seconds."""

    at: dict[str, datetime]
    stays: dict[str, float]


def fold(
    lines: Iterable[Line],
    *,
    detected_at: datetime,
    impact_started_at: datetime | None = None,
    impact_ended_at: datetime | None = None,
) -> Told:
    """`lines` in the order in which they were recorded. When it was detected, and what is known of its impact, is the
    incident's own; the line that opened it says otherwise once that is corrected."""
    lines = list(lines)
    opening = next((line for line in lines if line.verb in _OPENINGS), None)
    own = {
        "detected": opening.at if opening and opening.corrected else detected_at,
        "impact_started": impact_started_at,
        "impact_ended": impact_ended_at,
    }
    at = {key: moment for key, moment in own.items() if moment is not None}
    moves: list[tuple[str, datetime]] = []
    for line in lines:
        for key in _UNDOES.get(line.verb, ()):
            at.pop(key, None)
        if line.at is None:
            continue
        for key in _first(line):
            at[key] = min(at.get(key, line.at), line.at)
        if last := _LAST.get(line.verb):
            at[last] = line.at
        if line.phase_to:
            moves.append((line.phase_to, line.at))
    return Told(at, _stays(moves, at.get("detected", detected_at)))


def _first(line: Line) -> Iterator[str]:
    if key := _FIRST.get(line.verb):
        yield key
    if line.verb in _ANSWERS and line.data.get("answered"):
        yield "acknowledged"
    commands = line.verb in _SEATS and line.data.get("role") == COMMANDER
    if commands and (line.verb != "role.assigned" or line.data.get("accepted")):
        yield "commander_accepted"


def _stays(moves: list[tuple[str, datetime]], began: datetime) -> dict[str, float]:
    if not moves:
        return {}
    # The stay that it is in now is not over: it ends at the last move.
    last = max(at for _, at in moves)
    spent = time_in_phases(moves, began, max(last, began))
    now = moves[-1][0]
    before = {phase for phase, _ in moves[:-1]} | {Phase.DETECT.value}
    return {phase: length.total_seconds() for phase, length in spent.items() if phase in before or phase != now}
