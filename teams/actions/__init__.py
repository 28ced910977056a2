"""Verbs on teams and rosters. Refusals are ValidationErrors that name the field and the way out; somebody who may
not do a thing at all gets PermissionDenied."""

from teams.actions.digests import tell_of_warnings
from teams.actions.overrides import add_override, may_remove, removable, remove_override, take_back
from teams.actions.policies import drop_policy, set_targets, use_policy
from teams.actions.rosters import (
    LayerChange,
    LayerRefused,
    change_roster,
    earliest,
    end_layer,
    move_schedule,
    preview_of,
    set_rota,
    trial,
    withdraw_change,
)
from teams.actions.schedules import change_schedule, make_schedule, remove_schedule
from teams.actions.services import change_service, check_dependencies, lock_dependencies, make_service, remove_service
from teams.actions.swaps import accept_swap, ask_swap, decline_swap, undo_swap, withdraw_swap
from teams.actions.time_off import add_time_off, change_time_off, remove_time_off
from teams.actions.warnings import look_ahead, look_soon

__all__ = [
    "LayerChange",
    "LayerRefused",
    "accept_swap",
    "add_override",
    "add_time_off",
    "ask_swap",
    "change_roster",
    "change_schedule",
    "change_service",
    "change_time_off",
    "check_dependencies",
    "decline_swap",
    "drop_policy",
    "earliest",
    "end_layer",
    "lock_dependencies",
    "look_ahead",
    "look_soon",
    "make_schedule",
    "make_service",
    "may_remove",
    "move_schedule",
    "preview_of",
    "removable",
    "remove_override",
    "remove_schedule",
    "remove_service",
    "remove_time_off",
    "set_rota",
    "set_targets",
    "take_back",
    "tell_of_warnings",
    "trial",
    "undo_swap",
    "use_policy",
    "withdraw_change",
    "withdraw_swap",
]
