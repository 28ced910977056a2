"""Keeping an action item in step with an issue that is there already."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from incidents import timeline
from incidents.actions.trackers import alarming, outbox, syncing
from incidents.models import ActionItem, Incident, Tracker, TrackerLink
from incidents.problems import refuse
from incidents.timeline import Kind
from incidents.trackers import naming, shapes, wire
from incidents.trackers.shapes import Dialect, Issue, Refused, Trouble
from teams import moments, permits
from teams.models import User


def link(item_pk: int, given: str, *, by: User, tracker: Tracker | None = None) -> TrackerLink:
    """Keep an action item in step with the issue that `given` names: its address, or its number in `tracker`. The
    issue is read before anything is locked. Asking again answers what is there. Raises Blocked."""
    known = ActionItem.objects.select_related("incident__team").get(pk=item_pk)
    permits.require(by, outbox.VERB, known.incident)
    tracker = tracker or _tracker_of(known, given)
    outbox.require_fit(known, known.incident, tracker)
    dialect, issue = _read(tracker, given)
    with transaction.atomic():
        incident, item = outbox.locked(item_pk, tracker, by=by)
        existing = TrackerLink.objects.filter(item=item, tracker=tracker).first()
        if existing is not None:
            if existing.number == issue.number:
                return existing
            said = f"It is {existing.named} there already. Unlink that first."
            raise refuse("linked_already", said, field="issue")
        _check(item, issue, tracker, by)
        return _linked(incident, item, tracker, dialect, issue, by)


def _tracker_of(item: ActionItem, given: str) -> Tracker:
    """The tracker that an address is of; otherwise the only one there is."""
    rows = list(Tracker.objects.for_team(item.team_id or item.incident.team_id).order_by("name"))
    if naming.is_address(given):
        fit = [row for row in rows if naming.is_there(row.place, given)]
        if not fit:
            said = "No tracker of this team is the project of that issue. Whoever keeps integrations can add it."
            raise refuse("tracker_none", said, field="issue")
        return next((row for row in fit if not outbox.problem(item.incident, row)), fit[0])
    if len(rows) != 1:
        raise refuse("tracker_missing", "Choose the tracker, or give the whole address of the issue.", field="tracker")
    return rows[0]


def _read(tracker: Tracker, given: str) -> tuple[Dialect, Issue]:
    try:
        number = naming.number_of(tracker.place, given)
        dialect = wire.dialect_of(tracker)
        issue = dialect.read(number)
        if not naming.is_same(given, issue.url):
            raise Refused(f"That is an issue of another project; this tracker is {tracker.project}.")
        # A key of Jira that was moved answers with its new one.
        return dialect, issue if issue.number == number else dialect.read(naming.number_of(tracker.place, issue.number))
    except Trouble as trouble:
        raise refuse("issue_unread", str(trouble), field="issue") from None


def _check(item: ActionItem, issue: Issue, tracker: Tracker, by: User) -> None:
    # Two trackers may be one project: a team's own and everybody's.
    alike = TrackerLink.objects.filter(number=issue.number, tracker__kind=tracker.kind)
    alike = alike.filter(tracker__project__iexact=tracker.project).select_related("item__incident", "tracker")
    home = tracker.base_url.rstrip("/").lower()
    taken = next((row for row in alike if row.tracker.base_url.rstrip("/").lower() == home), None)
    if taken is not None:
        other = taken.item if TrackerLink.objects.visible_to(by).filter(pk=taken.pk).exists() else None
        whose = f"“{other.title}” of {other.incident.reference}" if other else "another action item"
        said = f"{taken.named} is kept in step with {whose} already. An issue has one action item."
        raise refuse("issue_taken", said, field="issue")
    if item.state != ActionItem.State.OPEN:
        raise refuse("item_closed", f"It is {item.get_state_display().lower()} already. Reopen it first.")
    if issue.state != shapes.OPEN:
        said = "It is closed there. Open it again first, or settle the action item with its address as the evidence."
        raise refuse("issue_closed", said, field="issue")


def _linked(
    incident: Incident, item: ActionItem, tracker: Tracker, dialect: Dialect, issue: Issue, by: User
) -> TrackerLink:
    ours, theirs = syncing.ours_of(item), syncing.theirs_of(issue)
    # What one side alone knows goes to the other. Where both say something, each keeps its own until it is changed.
    for name in ("assignee", "due_on") if dialect.has_due else ("assignee",):
        if ours[name] and not theirs[name]:
            ours[name] = None
        elif theirs[name] and not ours[name]:
            theirs[name] = "" if name == "assignee" else None
    row = TrackerLink(item=item, tracker=tracker, marker=TrackerLink.new_marker(), asked_by=by, due_at=moments.now())
    row.number, row.url, row.ours, row.theirs = issue.number, issue.url[:600], ours, theirs
    row.comments = issue.comments
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise refuse("issue_taken", f"{row.named} is kept in step with another action item.", field="issue") from None
    timeline.record(
        incident,
        Kind.ACTION_ITEM,
        "action_item.issue_linked",
        f"“{item.title}” is kept in step with {row.named} in {tracker} from now on",
        by=by,
        data={"action_item": item.pk, "tracker": tracker.pk, "url": row.url},
    )
    alarming.wake()
    return row
