"""Two sides of one thing, each of which may have changed since they were last in step: what goes where. PURE.

For each side the last value that both knew is kept in that side's own words (`ours`, `theirs`), so that a tracker that
drops what it does not know is not asked for it again and again, and what comes back as an echo changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

FIELDS = ("title", "state", "assignee", "due_on")


@dataclass(frozen=True, slots=True)
class Side:
    """How one side stands: its fields, and when each of them was changed there."""

    fields: Mapping[str, Any]
    changed_at: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class Merge:
    """`push` goes to the tracker and `pull` comes from it, in the words of the side that it comes from. `lost` are
    fields that both changed, with the side whose value gave way."""

    push: dict[str, Any] = field(default_factory=dict)
    pull: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


def merge(
    ours: Side, theirs: Side, known_ours: Mapping[str, Any], known_theirs: Mapping[str, Any], same: Mapping[str, bool]
) -> Merge:
    """What has to move. `same` says of each field whether both sides mean the same by now. A field that one side does
    not have is in neither's `fields`. Where both changed, the newer wins."""
    found = Merge()
    for name in FIELDS:
        if name not in ours.fields or name not in theirs.fields or same.get(name):
            continue
        here = ours.fields[name] != known_ours.get(name)
        there = theirs.fields[name] != known_theirs.get(name)
        if here and there:
            here_wins = ours.changed_at[name] >= theirs.changed_at[name]
            found.lost[name] = "theirs" if here_wins else "ours"
        else:
            here_wins = here
        if here_wins:
            found.push[name] = ours.fields[name]
        elif there:
            found.pull[name] = theirs.fields[name]
    return found
