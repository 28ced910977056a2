"""Drills of incidents: prepared from a scenario or a past incident, played by a sweep, and scored.

A drill is an incident like any other, and everybody works on it by the same actions. What makes it a drill is
`Incident.drill`, by which nothing of it leaves the house: no page, no mail, no webhook, no status page, no figure.
"""

from incidents.actions.exercises.playing import advance, run_due
from incidents.actions.exercises.preparing import of_incident, of_scenario, prepare
from incidents.actions.exercises.replaying import script_of, what_happened
from incidents.actions.exercises.running import (
    forward,
    hint,
    hints,
    pause,
    set_debrief,
    set_speed,
    start,
    stop,
    waiting,
)
from incidents.actions.exercises.scenarios import keep, remove, shipped, text_of
from incidents.actions.exercises.scoring import score

__all__ = [
    "advance",
    "forward",
    "hint",
    "hints",
    "keep",
    "of_incident",
    "of_scenario",
    "pause",
    "prepare",
    "remove",
    "run_due",
    "score",
    "script_of",
    "set_debrief",
    "set_speed",
    "shipped",
    "start",
    "stop",
    "text_of",
    "waiting",
    "what_happened",
]
