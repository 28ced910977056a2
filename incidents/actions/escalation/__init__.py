"""Paging: a run walks its policy until somebody answers. Its row is the whole plan, so that whatever crashes, the
next sweep goes on from it."""

from incidents.actions.escalation.advancing import advance, advance_due, due, hurry
from incidents.actions.escalation.runs import (
    acknowledge,
    answers_for,
    begin,
    call_in,
    end,
    managers,
    policy_for,
    policy_of,
    resume,
    severity_of,
    snapshot,
    start,
    stop,
    take_back,
    urgency_of,
)
from incidents.actions.escalation.targets import Turns, name_of, resolve

__all__ = [
    "Turns",
    "acknowledge",
    "advance",
    "advance_due",
    "answers_for",
    "begin",
    "call_in",
    "due",
    "end",
    "hurry",
    "managers",
    "name_of",
    "policy_for",
    "policy_of",
    "resolve",
    "resume",
    "severity_of",
    "snapshot",
    "start",
    "stop",
    "take_back",
    "urgency_of",
]
