"""What changed in a tracker becomes a change of the action item, by the actions that people use, and the timeline says
where it came from."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from incidents import timeline
from incidents.actions import action_items
from incidents.models import ActionItem, Incident, TimelineEntry, TrackerLink
from incidents.timeline import Kind
from incidents.trackers import shapes
from incidents.trackers.merging import Merge
from incidents.trackers.shapes import Issue
from teams.models import User

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
# What each verb of the timeline may have changed of an item.
CHANGES = {
    "action_item.edited": ("title", "assignee", "due_on"),
    "action_item.relevant": ("due_on",),
    "action_item.came_back": ("state", "due_on"),
    "action_item.open": ("state",),
    "action_item.done": ("state",),
    "action_item.dropped": ("state",),
}
NAMES = {"title": "title", "state": "state", "assignee": "owner", "due_on": "due date"}


def changed_here(incident: Incident, item: ActionItem) -> dict[str, datetime]:
    """When the fields of an item were last changed here."""
    rows = TimelineEntry.objects.filter(
        incident=incident, kind=Kind.ACTION_ITEM, verb__in=CHANGES, data__action_item=item.pk
    )
    found = dict.fromkeys(NAMES, LONG_AGO)
    for verb, at in rows.order_by("-pk").values_list("verb", "recorded_at")[:20]:
        for name in CHANGES[verb]:
            found[name] = max(found[name], at)
    return found


def take(link: TrackerLink, item: ActionItem, issue: Issue, pull: dict[str, Any], assignee: User | None) -> None:
    """Change the item as its issue was changed, in the caller's transaction. Raises Blocked where a guard here refuses
    to settle it."""
    state = pull.get("state")
    if state == shapes.OPEN:
        action_items.settle(item.pk, state, by=None, evidence=_says(link, issue, "reopened"))
    _take_fields(link, item, pull, assignee, is_open=state == shapes.OPEN or item.state == ActionItem.State.OPEN)
    if "assignee" in pull and assignee is None:
        who = f"assigned to {issue.assignee}, whom nobody here is" if issue.assignee else "assigned to nobody"
        _record(link, item.incident, item, f"{link.named} is {who}, in {link.tracker}; the owner here stays")
    if state in (shapes.DONE, shapes.DROPPED):
        how = "closed" if state == shapes.DONE else "closed as not planned"
        action_items.settle(item.pk, state, by=None, evidence=_says(link, issue, how))


def _take_fields(
    link: TrackerLink, item: ActionItem, pull: dict[str, Any], assignee: User | None, *, is_open: bool
) -> None:
    """What is closed here as well stays as it was: how it is called elsewhere changes nothing any more."""
    fields: dict[str, Any] = {"title": pull["title"]} if pull.get("title") else {}
    if "due_on" in pull:
        fields["due_on"] = shapes.day(pull["due_on"])
    if pull.get("assignee") and assignee is not None:
        fields["owner"] = assignee
    if fields and is_open:
        action_items.edit(item.pk, by=None, via=f"{link.tracker} ({link.named})", **fields)


def _says(link: TrackerLink, issue: Issue, what: str) -> str:
    """ "closed in GitHub as #12 by octocat" and where."""
    who = f" by {issue.closed_by}" if issue.closed_by and what != "reopened" else ""
    return f"{what} in {link.tracker.brand} as {link.named}{who} ({issue.url})"


def tell_of_lost(link: TrackerLink, incident: Incident, item: ActionItem, issue: Issue, merge: Merge) -> None:
    """Where both sides changed the same, keep on the timeline what gave way."""
    ours = {
        "title": item.title,
        "state": item.get_state_display().lower(),
        "assignee": item.owner.name if item.owner else "nobody",
        "due_on": item.due_on.isoformat() if item.due_on else "none",
    }
    theirs = {
        "title": issue.title,
        "state": issue.state,
        "assignee": issue.assignee or "nobody",
        "due_on": issue.due_on.isoformat() if issue.due_on else "none",
    }
    for name, loser in merge.lost.items():
        there = f"in {link.tracker} ({link.named})"
        gave = f"{theirs[name]} {there}" if loser == "theirs" else f"{ours[name]} here"
        newer = "here" if loser == "theirs" else there
        text = (
            f"The {NAMES[name]} of “{item.title}” was changed on both sides: {gave} gave way to what is newer {newer}"
        )
        _record(link, incident, item, text)


def _record(link: TrackerLink, incident: Incident, item: ActionItem, text: str) -> None:
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.tracked",
        text,
        by=None,
        data={"action_item": item.pk, "tracker": link.tracker_id},
    )
