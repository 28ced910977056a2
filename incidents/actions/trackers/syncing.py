"""Bringing action items and their issues into step: what is due is claimed, the issue is read or opened, what changed
on either side goes to the other.

The other side is asked under a lease and outside of any transaction: what is to be asked is yielded, and whoever goes
through the steps hands back the answer. Whatever happens between two steps, the next try begins by looking how both
sides stand, so that it does nothing twice.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Value
from django.db.models.functions import Coalesce, Least

from incidents import timeline
from incidents.actions.facts import lock
from incidents.actions.trackers import alarming, inbound, outbox, people, working
from incidents.actions.trackers.working import Lost, Steps, mine
from incidents.models import ActionItem, Incident, TrackerLink
from incidents.problems import Blocked
from incidents.timeline import Kind
from incidents.trackers import merging, shapes, wire
from incidents.trackers.merging import Merge, Side
from incidents.trackers.shapes import (
    Change,
    Denied,
    Dialect,
    Draft,
    Gone,
    Issue,
    Limited,
    Refused,
    Trouble,
    Unreachable,
)
from teams import faultpoints, moments
from teams.mails import absolute

State = TrackerLink.State
# In seconds.
PAUSES = (2, 5, 15, 30, 60, 120, 300, 1200, 3600)
# One issue that fails again and again says little of the others: so long at most they wait for it.
QUIET = timedelta(seconds=60)
# What did not answer may have opened the issue all the same; so many seconds later it is found, wherever it is asked.
SETTLES = 10.0
LOOK_BACK = timedelta(minutes=10)
# An open item's issue is looked at this often, so that one that was deleted is noticed.
LOOK_AGAIN = timedelta(hours=24)


def sync_due(*, budget: float = 20.0) -> tuple[int, bool]:
    """Bring into step what is due, for about `budget` seconds; how many, and whether one may be left."""
    return working.fly(_sync, _unexpected, budget=budget)


def _unexpected(link: TrackerLink, error: Exception) -> None:
    _later(link, f"{type(error).__name__}. It is tried again.", stuck=False)


def _sync(link: TrackerLink) -> Steps[None]:
    tracker = link.tracker
    try:
        yield from _bring(link)
    except Limited as limited:
        until = moments.now() + timedelta(seconds=limited.seconds + 1)
        alarming.quiet(tracker.pk, until, str(limited))
        _later(link, str(limited), stuck=False, at=until)
    except Denied as denied:
        yield from _denied(link, denied)
    except Gone as gone:
        yield from _gone(link, gone)
    except Unreachable as error:
        _unanswered(link, error)
    except Refused as refused:
        _later(link, str(refused), stuck=True, at=moments.now() + timedelta(hours=1))
    except Blocked as blocked:
        said = "; ".join(blocker.message for blocker in blocked.blockers)
        _later(link, f"Here it can't be so: {said}", stuck=True, at=moments.now() + timedelta(hours=1))


def _bring(link: TrackerLink) -> Steps[None]:
    tracker, began = link.tracker, moments.now()
    item = ActionItem.objects.select_related("incident__team", "owner").get(pk=link.item_id)
    if why := outbox.problem(item.incident, tracker):
        _stop(link, f"{why} Nothing more is sent.")
        return
    dialect = wire.dialect_of(tracker)
    if link.number:
        issue = yield partial(dialect.read, link.number)
    else:
        issue = yield from _opened(link, item, dialect)
    yield from _in_step(link, dialect, issue)
    if tracker.error or tracker.told_at or tracker.quiet_until:
        alarming.works(tracker.pk, since=began)


def _opened(link: TrackerLink, item: ActionItem, dialect: Dialect) -> Steps[Issue]:
    """The issue of a link that has none yet: the one that a former try opened, else a new one."""
    issue: Issue | None = None
    if link.began_at is not None:
        issue = yield partial(dialect.find, link.marker, link.began_at - LOOK_BACK)
    if issue is None:
        if item.state != ActionItem.State.OPEN:
            raise Refused("It was closed here before its issue was opened. Open it again, and try again.")
        draft = yield from _draft(link, item, dialect)
        link.began_at = link.began_at or moments.now()
        # Whoever finds it without a number after that has to find an issue that was opened just before.
        working.hold(link, wire.SECONDS + SETTLES, began_at=link.began_at)
        issue = yield partial(dialect.create, draft)
        faultpoints.reached("issue opened")
    _note(link, item, issue)
    return issue


def _draft(link: TrackerLink, item: ActionItem, dialect: Dialect) -> Steps[Draft]:
    incident = item.incident
    lines = [
        shapes.Line("Follows from", f"{incident.reference} {incident.title}", absolute(incident.get_absolute_url())),
        shapes.Line("Done when", item.end_state or "not said yet"),
        shapes.Line("Due", f"{item.due_on:%Y-%m-%d}" if item.due_on else "not said yet"),
        shapes.Line("Owner", item.owner.name if item.owner else "nobody yet"),
        shapes.Line("Kind", f"{item.get_kind_display()}, priority {item.get_priority_display().lower()}"),
        shapes.Line("Kept in step", "title, state, assignee and due date; close it here and it is done there"),
    ]
    login = (yield from people.login_of(link.tracker, item.owner, dialect)) if item.owner else ""
    return Draft(link.marker, item.title, tuple(lines), login or "", item.due_on if dialect.has_due else None)


def _note(link: TrackerLink, item: ActionItem, issue: Issue) -> None:
    """Write down which issue it is, so that it is never opened again."""
    try:
        _write_down(link, item, issue)
    except IntegrityError:
        # Somebody linked it to another item, before this process could say whose it is.
        _stop(link, f"Its issue, {issue.number}, was linked to another action item. Unlink it there, and try again.")
        raise Lost from None


def _write_down(link: TrackerLink, item: ActionItem, issue: Issue) -> None:
    with transaction.atomic():
        incident = lock(item.incident_id, by=None)
        theirs = theirs_of(issue)
        # What it was opened with is known to both sides; where it took something otherwise, that is how it is there.
        known = ours_of(item)
        if not mine(link).update(number=issue.number, url=issue.url[:600], ours=known, theirs=theirs):
            raise Lost
        link.number, link.url, link.ours, link.theirs = issue.number, issue.url, known, theirs
        timeline.record(
            incident,
            Kind.ACTION_ITEM,
            "action_item.issue_opened",
            f"“{item.title}” is {link.named} in {link.tracker} now",
            by=None,
            data={"action_item": item.pk, "tracker": link.tracker_id, "url": link.url},
        )


def _in_step(link: TrackerLink, dialect: Dialect, issue: Issue) -> Steps[None]:
    found = people.by_login(link.tracker, issue.assignee)
    with transaction.atomic():
        incident, item, held = _held(link)
        merge = _merge(held, item, issue, dialect, incident)
        inbound.tell_of_lost(held, incident, item, issue, merge)
        if merge.pull:
            inbound.take(held, item, issue, merge.pull, found)
            item.refresh_from_db()
        push = merge.push
        # What is sent next is not known there yet, so it stays as it was.
        unsent = {name: value for name, value in ours_of(item).items() if name not in push}
        _keep(held, issue, {**held.ours, **unsent}, theirs_of(issue))
        link.number, link.url = issue.number, issue.url
    if link.synced_at is None and link.began_at is None:
        # An issue that somebody linked: whoever reads it there should know why it changes.
        welcome = f"Kept in step with an action item of {incident.reference} in Watchbill: "
        yield from _say_once(link, held, dialect, welcome + absolute(incident.get_absolute_url()), "welcomed")
    if not push:
        _done(link)
        return
    change = yield from _change(link, item, push, dialect)
    if change and change.note:
        yield from _say_once(link, held, dialect, change.note, "said")
    after = (yield partial(dialect.change, link.number, change)) if change else issue
    faultpoints.reached("issue changed")
    before = theirs_of(issue)
    # Only what was sent is known of the answer: what somebody changed there meanwhile is still to be taken.
    theirs = {name: value if name in push else before[name] for name, value in theirs_of(after).items()}
    with transaction.atomic():
        _, _, held = _held(link)
        known = {name: value for name, value in held.ours.items() if name != "said"}
        _keep(held, after, {**known, **push}, theirs)
        if theirs != theirs_of(after):
            outbox.due(held)
    _done(link)


def _say_once(link: TrackerLink, held: TrackerLink, dialect: Dialect, note: str, kept: str) -> Steps[None]:
    """Before the state is changed, since nothing is due any more after that; and once, however often it is refused:
    what was said is `kept` under that name."""
    if held.ours.get(kept) == note:
        return
    yield partial(dialect.say, link.number, note)
    faultpoints.reached("issue commented")
    with transaction.atomic():
        _, _, held = _held(link)
        held.ours = {**held.ours, kept: note}
        held.save(update_fields=["ours"])


def _merge(link: TrackerLink, item: ActionItem, issue: Issue, dialect: Dialect, incident: Incident) -> Merge:
    ours, theirs = ours_of(item), theirs_of(issue)
    owner = people.known_login(link.tracker, item.owner_id)
    same = {name: ours[name] == theirs[name] for name in ("title", "state", "due_on")}
    nobody = item.owner_id is None and not issue.assignee
    same["assignee"] = nobody or (bool(owner) and owner.lower() == issue.assignee.lower())
    if not dialect.has_due:
        ours.pop("due_on")
        theirs.pop("due_on")
    changed = inbound.changed_here(incident, item)
    there = dict.fromkeys(merging.FIELDS, issue.updated_at)
    if issue.state != shapes.OPEN and issue.closed_at:
        there["state"] = issue.closed_at
    # A field that was never written down is not one that changed.
    known_ours = {**ours, **link.ours}
    known_theirs = {**theirs, **link.theirs}
    return merging.merge(Side(ours, changed), Side(theirs, there), known_ours, known_theirs, same)


def _change(link: TrackerLink, item: ActionItem, push: dict[str, Any], dialect: Dialect) -> Steps[Change | None]:
    """What is sent, in the tracker's words; None where nothing of it can be said there."""
    fields: dict[str, Any] = {name: push[name] for name in ("title", "state") if name in push}
    if "due_on" in push:
        fields["due_on"] = shapes.day(push["due_on"])
    if "assignee" in push:
        login = (yield from people.login_of(link.tracker, item.owner, dialect)) if item.owner else ""
        if login is not None:
            fields["assignee"] = login
    note = ""
    if fields.get("state") in (shapes.DONE, shapes.DROPPED) and item.evidence:
        said = "Done" if fields["state"] == shapes.DONE else "Not to be done"
        note = f"{said} in Watchbill: {item.evidence}"[:2000]
    return Change(fields, note) if fields else None


def ours_of(item: ActionItem) -> dict[str, Any]:
    return {
        "title": shapes.title(item.title),
        "state": item.state,
        "assignee": item.owner_id,
        "due_on": item.due_on.isoformat() if item.due_on else None,
    }


def theirs_of(issue: Issue) -> dict[str, Any]:
    due = issue.due_on.isoformat() if issue.due_on else None
    return {"title": issue.title, "state": issue.state, "assignee": issue.assignee, "due_on": due}


def _held(link: TrackerLink) -> tuple[Incident, ActionItem, TrackerLink]:
    """The rows, locked, as long as this process has the lease."""
    incident = lock(ActionItem.objects.values_list("incident_id", flat=True).get(pk=link.item_id), by=None)
    item = ActionItem.objects.select_for_update(of=("self",)).select_related("owner").get(pk=link.item_id)
    held = mine(link).select_for_update(of=("self",)).select_related("tracker").first()
    if held is None:
        raise Lost
    return incident, item, held


def _keep(held: TrackerLink, issue: Issue, ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    held.ours, held.theirs, held.remote_at = ours, theirs, issue.updated_at
    held.number, held.url, held.comments = issue.number, issue.url[:600] or held.url, issue.comments
    held.save(update_fields=["ours", "theirs", "remote_at", "number", "url", "comments"])


def _done(link: TrackerLink) -> None:
    now = moments.now()
    still_open = ActionItem.objects.open().filter(pk=link.item_id).exists()
    again = Value(now + LOOK_AGAIN) if still_open else Value(None)
    mine(link).update(
        state=State.IN_STEP,
        synced_at=now,
        leased_until=None,
        attempts=0,
        error="",
        # What was touched meanwhile is due already.
        due_at=Coalesce(F("due_at"), again),
    )


def _later(link: TrackerLink, why: str, *, stuck: bool, at: datetime | None = None) -> None:
    at = at or moments.now() + _pause(link)
    mine(link).update(
        state=State.STUCK if stuck else State.WAITING,
        error=why[:400],
        leased_until=None,
        due_at=Least(Coalesce(F("due_at"), Value(at)), Value(at)) if stuck else Value(at),
    )


def _pause(link: TrackerLink) -> timedelta:
    return timedelta(seconds=PAUSES[min(max(link.attempts, 1), len(PAUSES)) - 1])


def _unanswered(link: TrackerLink, error: Unreachable) -> None:
    pause = _pause(link)
    # Others need not find out one after another, ten seconds each.
    alarming.quiet(link.tracker_id, moments.now() + min(pause, QUIET), str(error))
    if link.began_at is not None and not link.number:
        # It may have been opened all the same.
        pause = max(pause, timedelta(seconds=SETTLES))
    _later(link, str(error), stuck=False, at=moments.now() + pause)


def _stop(link: TrackerLink, why: str) -> None:
    """It can't go on by itself."""
    mine(link).update(state=State.STUCK, error=why[:400], leased_until=None, due_at=None)


def _denied(link: TrackerLink, denied: Denied) -> Steps[None]:
    """Nothing goes there until it lets us in. Whether reading alone still works decides who can end that."""
    reads = False
    try:
        yield wire.dialect_of(link.tracker).project
        reads = True
    except Trouble:
        pass
    alarming.pause(link.tracker_id, str(denied), by_itself=not reads)
    _later(link, str(denied), stuck=False)


def _gone(link: TrackerLink, gone: Gone) -> Steps[None]:
    """The issue is away, or the whole project is."""
    try:
        yield wire.dialect_of(link.tracker).project
    except (Gone, Denied) as wider:
        alarming.pause(link.tracker_id, f"The project can't be read: {wider}", by_itself=True)
        _later(link, str(wider), stuck=False)
        return
    except Trouble as trouble:
        _later(link, str(trouble), stuck=False)
        return
    why = f"{link.named}: {gone} Open an issue anew, or say that it is no longer kept in step."
    with transaction.atomic():
        incident, item, held = _held(link)
        if held.error != why[:400]:
            timeline.record(
                incident,
                Kind.ACTION_ITEM,
                "action_item.issue_gone",
                f"The issue of “{item.title}” is gone from {link.tracker}: {link.named}",
                by=None,
                data={"action_item": item.pk, "tracker": link.tracker_id},
                notify=[item.owner] if item.owner and item.state == ActionItem.State.OPEN else [],
            )
    _stop(link, why)
