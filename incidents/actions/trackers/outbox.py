"""What is to be brought into step with a tracker: rows, written with the change that makes them due."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from incidents import timeline
from incidents.actions.facts import lock
from incidents.actions.trackers import alarming
from incidents.models import ActionItem, Incident, Postmortem, TimelineEntry, Tracker, TrackerLink
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import User

VERB = "review.write"
PARTED = "action_item.parted"
APPROVED = (Postmortem.State.APPROVED, Postmortem.State.PUBLISHED)
MOST_AT_ONCE = 100


def usable(item: ActionItem) -> list[Tracker]:
    """Trackers in which an issue of `item` may be opened, that have none of it yet."""
    team = item.team_id or item.incident.team_id
    found = Tracker.objects.for_team(team).exclude(links__item=item)
    return [row for row in found.order_by("name") if not problem(item.incident, row)]


def problem(incident: Incident, tracker: Tracker) -> str:
    """Why nothing of an incident goes to a tracker; empty where it may."""
    if incident.drill:
        return "What follows from a drill stays here."
    if incident.private and not tracker.private_allowed:
        return f"{incident.reference} is private, and {tracker} takes nothing of private incidents."
    return ""


def locked(item_pk: int, tracker: Tracker, *, by: User | None) -> tuple[Incident, ActionItem]:
    """An action item and its incident, locked in the caller's transaction, where it may go to `tracker`. Raises
    Blocked."""
    known = ActionItem.objects.values_list("incident_id", flat=True).get(pk=item_pk)
    incident = lock(known, by=by, verb=VERB)
    item = ActionItem.objects.select_for_update(of=("self",)).get(pk=item_pk)
    require_fit(item, incident, tracker)
    return incident, item


def require_fit(item: ActionItem, incident: Incident, tracker: Tracker) -> None:
    """Raises Blocked where an item may not go to `tracker`."""
    if (item.team_id or incident.team_id) != tracker.team_id and tracker.team_id is not None:
        raise refuse("tracker_of_others", f"{tracker} is for action items of {tracker.team}.", field="tracker")
    if why := problem(incident, tracker):
        raise refuse("stays_here", why, field="tracker")


@transaction.atomic
def export(item_pk: int, tracker: Tracker, *, by: User | None) -> TrackerLink:
    """Open an issue of an action item, as soon as it can be done. Asking again answers what is there. Raises
    Blocked."""
    incident, item = locked(item_pk, tracker, by=by)
    existing = TrackerLink.objects.filter(item=item, tracker=tracker).first()
    if existing is not None:
        return existing
    if item.state != ActionItem.State.OPEN:
        raise refuse("item_closed", f"It is {item.get_state_display().lower()} already. Reopen it first.")
    link = TrackerLink.objects.create(
        item=item, tracker=tracker, marker=TrackerLink.new_marker(), asked_by=by, due_at=moments.now()
    )
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.exported",
        f"An issue of “{item.title}” is to be opened in {tracker}",
        by=by,
        data={"action_item": item.pk, "tracker": tracker.pk},
    )
    alarming.wake()
    return link


def export_many(items: Iterable[ActionItem], tracker: Tracker, *, by: User) -> tuple[int, list[str]]:
    """`export` of each; how many were asked for, and why others were not."""
    done, refused = 0, []
    for item in list(items)[:MOST_AT_ONCE]:
        try:
            export(item.pk, tracker, by=by)
            done += 1
        except Blocked as blocked:
            refused.append(f"“{item.title}”: {blocked}")
    return done, refused


def export_approved(incident: Incident) -> None:
    """Open issues of an incident's open items in the trackers that want them by themselves, in the transaction that
    approves its postmortem."""
    _export_by_itself(incident, list(incident.action_items.open()))


def export_added(incident: Incident, item: ActionItem) -> None:
    """The same for one item that is added after that."""
    if Postmortem.objects.filter(incident=incident, state__in=APPROVED).exists():
        _export_by_itself(incident, [item])


def _export_by_itself(incident: Incident, items: Iterable[ActionItem]) -> None:
    """What somebody parted is theirs to open again."""
    parted = TimelineEntry.objects.filter(incident=incident, verb=PARTED).values_list("data", flat=True)
    left = {(data.get("action_item"), data.get("tracker")) for data in parted}
    trackers = [row for row in Tracker.objects.filter(exports=True).order_by("pk") if not problem(incident, row)]
    for item in items:
        for tracker in trackers:
            fits = tracker.team_id in (None, item.team_id or incident.team_id)
            if fits and (item.pk, tracker.pk) not in left:
                export(item.pk, tracker, by=None)


def touch(item: ActionItem) -> None:
    """Something of it changed: its issues are due, in the caller's transaction."""
    if TrackerLink.objects.filter(item=item).update(due_at=moments.now()):
        alarming.wake()


def due(link: TrackerLink) -> None:
    """Bring it into step again at once, in the caller's transaction."""
    TrackerLink.objects.filter(pk=link.pk).update(due_at=moments.now())
    alarming.wake()


@transaction.atomic
def again(link_pk: int, *, by: User | None) -> TrackerLink:
    """Try at once what could not be brought into step."""
    lock(_incident_of(link_pk), by=by, verb=VERB)
    link = TrackerLink.objects.select_for_update(of=("self",)).get(pk=link_pk)
    link.state, link.due_at, link.attempts, link.error = TrackerLink.State.WAITING, moments.now(), 0, ""
    link.save()
    alarming.wake()
    return link


@transaction.atomic
def part(link_pk: int, *, by: User | None) -> None:
    """Keep an action item and its issue in step no longer. The issue stays as it is."""
    incident = lock(_incident_of(link_pk), by=by, verb=VERB)
    link = TrackerLink.objects.select_for_update(of=("self",)).select_related("item", "tracker").get(pk=link_pk)
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        PARTED,
        f"“{link.item.title}” is no longer kept in step with {link.named} in {link.tracker}",
        by=by,
        data={"action_item": link.item_id, "tracker": link.tracker_id, "url": link.url},
    )
    link.delete()


def _incident_of(link_pk: int) -> int:
    return TrackerLink.objects.values_list("item__incident_id", flat=True).get(pk=link_pk)


def may_export(user: User, item: ActionItem) -> bool:
    return permits.may(user, VERB, item)
