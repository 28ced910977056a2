"""Verbs on teams and rosters. Refusals are ValidationErrors that name the field and the way out; somebody who may
not do a thing at all gets PermissionDenied."""

from teams.actions.overrides import add_override, may_remove, remember, remove_override, take_back
from teams.actions.policies import drop_policy, set_targets, use_policy
from teams.actions.rosters import LayerChange, change_roster, earliest, end_layer, move_schedule, set_rota

__all__ = [
    "LayerChange",
    "add_override",
    "change_roster",
    "drop_policy",
    "earliest",
    "end_layer",
    "may_remove",
    "move_schedule",
    "remember",
    "remove_override",
    "set_rota",
    "set_targets",
    "take_back",
    "use_policy",
]
