"""What is missing, with the way to supply it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse

from incidents.guards import Blocker
from incidents.models import Incident
from teams.models import Role


@dataclass(frozen=True, slots=True)
class Problem:
    """A blocker as the page shows it: `fix_dialog` where its fix opens as a form."""

    code: str
    message: str
    overridable: bool
    fix_url: str = ""
    fix_label: str = ""
    fix_dialog: bool = False


def compose_url(incident: Incident) -> str:
    """Where a status update is written, or nothing where the installation has no such page."""
    try:
        return reverse("comms:compose", args=[incident.pk])
    except NoReverseMatch:
        return ""


def _items_url(incident: Incident) -> str:
    return reverse("incidents:postmortem", args=[incident.pk]) + "#action-items"


FIXES: dict[str, tuple[str, Callable[[Incident], str], bool]] = {
    "mitigation_missing": ("Propose one", lambda i: reverse("incidents:propose", args=[i.pk]), True),
    "commander_not_accepted": (
        "See the seat",
        lambda i: reverse("incidents:role", args=[i.pk, Role.COMMANDER]),
        True,
    ),
    "commander_carries_out": ("See the board", lambda i: f"{i.get_absolute_url()}#mitigations", False),
    "not_seen_to_work": ("Judge the mitigation", lambda i: f"{i.get_absolute_url()}#mitigations", False),
    "mitigation_in_flight": ("Note its outcome", lambda i: f"{i.get_absolute_url()}#mitigations", False),
    "metric_not_holding": ("See the metric", lambda i: f"{i.get_absolute_url()}#witness", False),
    "metric_unreadable": ("See the metric", lambda i: f"{i.get_absolute_url()}#witness", False),
    "metric_held_too_short": ("See the metric", lambda i: f"{i.get_absolute_url()}#witness", False),
    "recovery_not_told": ("Write an update", compose_url, False),
    "review_unfinished": (
        "Open the postmortem",
        lambda i: reverse("incidents:postmortem", args=[i.pk]),
        False,
    ),
    "action_items_missing": ("See the action items", _items_url, False),
    "action_items_lacking": ("See the action items", _items_url, False),
    "hindsight_missing": ("Say it", lambda i: reverse("incidents:hindsight", args=[i.pk]), True),
    "participants_have_not_seen": (
        "See who",
        lambda i: reverse("incidents:postmortem", args=[i.pk]) + "#seen",
        False,
    ),
    "factors_missing": ("Name them", lambda i: reverse("incidents:postmortem", args=[i.pk]) + "#factors", False),
    "sections_empty": ("Write them", lambda i: reverse("incidents:postmortem_edit", args=[i.pk]), False),
}


def problems(incident: Incident | None, blockers: Sequence[Blocker]) -> list[Problem]:
    """Blockers with their fixes. One whose fix is known here gets a better link than the page itself."""
    shown = []
    for blocker in blockers:
        label, url, dialog = "", blocker.fix_url if "#" in blocker.fix_url else "", False
        if incident is not None and blocker.code in FIXES:
            label, find, dialog = FIXES[blocker.code]
            url = find(incident)
        shown.append(Problem(blocker.code, blocker.message, blocker.overridable, url, label, dialog))
    return shown
