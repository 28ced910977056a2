"""What this room keeps of a person, for their file."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet

from incidents.models import (
    ActionItem,
    Attachment,
    ChangeMark,
    Counterfactual,
    DefaultBoard,
    DutyDone,
    Estimate,
    Exercise,
    Follow,
    FollowRule,
    Incident,
    IncidentTask,
    Mitigation,
    NoItemsDecision,
    Page,
    PlaybookStep,
    Postmortem,
    PostmortemChange,
    Promise,
    Relation,
    ReviewApproval,
    ReviewParticipant,
    RoleAssignment,
    RunStep,
    SavedFilter,
    Scenario,
    SectionComment,
    SectionRevision,
    TeamRequest,
    TimelineEntry,
    TrackerPerson,
    Witness,
)
from teams.dossier import Rows, section
from teams.erasure import on_erase
from teams.models import User


def _seen(by: User, user: User, path: str = "incident") -> Q:
    """Their own is theirs; of anybody else's only what stands in incidents that whoever asks may see."""
    return Q() if by.pk == user.pk else Q(**{f"{path}__in": Incident.objects.visible_to(by).values("pk")})


@section("pages")
def _pages(user: User, by: User) -> Rows:
    rows = Page.objects.filter(_seen(by, user), user=user).select_related("incident")
    return (
        {"incident": p.incident.reference, "at": p.created_at, "why": p.why, "acknowledged_at": p.acknowledged_at}
        for p in rows.iterator(chunk_size=500)
    )


@section("seats")
def _seats(user: User, by: User) -> Rows:
    rows = RoleAssignment.objects.filter(_seen(by, user), user=user).select_related("incident", "role")
    return (
        {
            "incident": s.incident.reference,
            "seat": s.role.name,
            "state": s.state,
            "from": s.held_at,
            "until": s.ended_at,
            "read_back": s.read_back,
        }
        for s in rows
    )


@section("duties")
def _duties(user: User, by: User) -> Rows:
    rows = DutyDone.objects.filter(_seen(by, user), done_by=user).select_related("incident", "duty__role")
    return (
        {"incident": d.incident.reference, "seat": d.duty.role.name, "duty": d.duty.text, "at": d.done_at} for d in rows
    )


@section("promises")
def _promises(user: User, by: User) -> Rows:
    rows = Promise.objects.filter(_seen(by, user), made_by=user).select_related("incident")
    for p in rows.iterator(chunk_size=500):
        yield {"incident": p.incident.reference, "due_at": p.due_at, "outcome": p.outcome, "told_at": p.told_at}
    given = Estimate.objects.filter(_seen(by, user), made_by=user).select_related("incident")
    for e in given.iterator(chunk_size=500):
        yield {"incident": e.incident.reference, "back_by": e.late_at, "outcome": e.outcome, "back_at": e.back_at}


@section("drills")
def _drills(user: User, by: User) -> Rows:
    rows = Exercise.objects.filter(_seen(by, user), facilitator=user).select_related("incident")
    for e in rows:
        yield {"incident": e.incident.reference, "ran": e.name, "state": e.state, "at": e.started_at}
    for s in Scenario.objects.filter(created_by=user):
        yield {"scenario": s.title, "written_at": s.created_at}


@section("timeline")
def _timeline(user: User, by: User) -> Rows:
    rows = TimelineEntry.objects.filter(_seen(by, user), actor=user).order_by("pk").select_related("incident")
    for entry in rows.iterator(chunk_size=500):
        told = {"incident": entry.incident.reference, "at": entry.recorded_at, "what": entry.verb}
        yield told | {"text": entry.text, "reason": entry.reason}


@section("files")
def _files(user: User, by: User) -> Rows:
    rows = Attachment.objects.filter(_seen(by, user), uploaded_by=user).select_related("incident")
    return (
        {"incident": f.incident.reference, "name": f.name, "bytes": f.size, "at": f.created_at, "removed": f.removed_at}
        for f in rows
    )


@section("mitigations")
def _mitigations(user: User, by: User) -> Rows:
    theirs = Q(proposed_by=user) | Q(carried_by=user) | Q(approved_by=user)
    rows = Mitigation.objects.filter(theirs).select_related("incident")
    for m in _shown(rows, by):
        yield {"incident": m.incident.reference, "title": m.title, "state": m.state}
    yield from _others(rows, user, by)


@section("metrics")
def _metrics(user: User, by: User) -> Rows:
    theirs = Q(attached_by=user) | Q(removed_by=user)
    rows = Witness.objects.filter(_seen(by, user) & theirs).select_related("incident")
    return (
        {"incident": m.incident.reference, "title": m.title, "attached_at": m.attached_at, "removed_at": m.removed_at}
        for m in rows
    )


@section("changes_marked")
def _marks(user: User, by: User) -> Rows:
    rows = ChangeMark.objects.filter(_seen(by, user), by=user).select_related("incident", "change")
    return ({"incident": m.incident.reference, "change": m.change.summary, "said": m.state, "at": m.at} for m in rows)


@section("playbooks")
def _playbooks(user: User, by: User) -> Rows:
    for step in PlaybookStep.objects.filter(person=user).select_related("playbook"):
        yield {"playbook": step.playbook.title, "step": step.position, "text": step.text}
    rows = RunStep.objects.filter(Q(person=user) | Q(settled_by=user)).select_related("run__incident")
    for row in rows.filter(_seen(by, user, "run__incident")):
        told = {"incident": row.run.incident.reference, "playbook": row.run.title, "step": row.position}
        yield told | {"state": row.state, "at": row.settled_at, "reason": row.reason}


@section("reviews")
def _reviews(user: User, by: User) -> Rows:
    rows = Postmortem.objects.filter(Q(owner=user) | Q(facilitator=user)).select_related("incident")
    for p in _shown(rows, by):
        yield {"incident": p.incident.reference, "title": p.title, "state": p.state, "due_on": p.due_on}
    yield from _others(rows, user, by)
    seen = _seen(by, user, "postmortem__incident")
    joined = ReviewParticipant.objects.filter(seen, user=user).select_related("postmortem__incident")
    for row in joined:
        yield {"incident": row.postmortem.incident.reference, "takes_part": row.added_at, "invited": row.invited}
    answered = ReviewApproval.objects.filter(seen, user=user).select_related("postmortem__incident")
    for each in answered:
        told = {"incident": each.postmortem.incident.reference, "asked_at": each.asked_at, "answer": each.answer}
        yield told | {"answered_at": each.answered_at, "comment": each.comment}


@section("tracker_logins")
def _logins(user: User, by: User) -> Rows:
    rows = TrackerPerson.objects.filter(user=user).select_related("tracker")
    return ({"tracker": p.tracker.name, "login": p.login} for p in rows)


@on_erase
def _forget_logins(user: User) -> None:
    TrackerPerson.objects.filter(user=user).delete()


@section("written_in_reviews")
def _written(user: User, by: User) -> Rows:
    seen = _seen(by, user, "section__postmortem__incident")
    revisions = SectionRevision.objects.filter(seen, by=user).select_related("section__postmortem__incident")
    for r in revisions.order_by("pk").iterator(chunk_size=500):
        told = {"incident": r.section.postmortem.incident.reference, "section": r.section.title}
        yield told | {"version": r.number, "at": r.at, "text": r.text}
    comments = SectionComment.objects.filter(seen, by=user).select_related("section__postmortem__incident")
    for c in comments.prefetch_related("earlier").order_by("pk").iterator(chunk_size=500):
        told = {"incident": c.section.postmortem.incident.reference, "section": c.section.title}
        yield told | {"comment": c.text, "quote": c.quote, "at": c.at, "earlier": [e.text for e in c.earlier.all()]}
    changes = PostmortemChange.objects.filter(_seen(by, user, "postmortem__incident"), by=user)
    for change in changes.select_related("postmortem__incident"):
        yield {"incident": change.postmortem.incident.reference, "changed": change.field, "at": change.at}


@section("action_items")
def _items(user: User, by: User) -> Rows:
    rows = ActionItem.objects.filter(Q(owner=user) | Q(created_by=user)).select_related("incident")
    for i in _shown(rows, by):
        told = {"incident": i.incident.reference, "title": i.title, "state": i.state}
        yield told | {"due_on": i.due_on, "end": i.end_state}
    yield from _others(rows, user, by)


@section("hindsight")
def _hindsight(user: User, by: User) -> Rows:
    for c in Counterfactual.objects.filter(_seen(by, user), by=user).select_related("incident"):
        yield {"incident": c.incident.reference, "said": c.effect, "minutes": c.minutes, "note": c.note, "at": c.at}
    for d in NoItemsDecision.objects.filter(_seen(by, user), by=user).select_related("incident"):
        yield {"incident": d.incident.reference, "said": "no action items needed", "reason": d.reason, "at": d.at}


@section("tasks")
def _tasks(user: User, by: User) -> Rows:
    rows = IncidentTask.objects.filter(Q(owner=user) | Q(created_by=user)).select_related("incident")
    for t in _shown(rows, by):
        told = {"incident": t.incident.reference, "title": t.title, "state": t.state, "note": t.note}
        yield told | {"given_at": t.given_at, "due_at": t.due_at, "ended_at": t.ended_at}
    yield from _others(rows, user, by)


@section("boards")
def _boards(user: User, by: User) -> Rows:
    rows = SavedFilter.objects.filter(owner=user).select_related("team")
    rows = rows if by.pk == user.pk else rows.exclude(shared=SavedFilter.Shared.NOBODY)
    return ({"name": s.name, "filters": s.query, "shared": s.shared, "made_at": s.created_at} for s in rows)


@on_erase
def _forget_boards(user: User) -> None:
    """What only they looked at goes; what they shared stays, without their name."""
    DefaultBoard.objects.filter(user=user).delete()
    SavedFilter.objects.filter(owner=user, shared=SavedFilter.Shared.NOBODY).delete()


@section("teams_called_in")
def _called_in(user: User, by: User) -> Rows:
    rows = TeamRequest.objects.filter(Q(asked_by=user) | Q(answered_by=user)).select_related("incident", "team")
    for r in _shown(rows, by):
        told = {"incident": r.incident.reference, "team": r.team.name, "state": r.state, "at": r.asked_at}
        yield told | {"why": r.why, "reason": r.reason}
    yield from _others(rows, user, by)


@section("relations")
def _relations(user: User, by: User) -> Rows:
    rows = Relation.objects.filter(created_by=user).select_related("incident")
    for r in _shown(rows, by):
        yield {"incident": r.incident.reference, "kind": r.kind, "at": r.created_at}
    yield from _others(rows, user, by)


@section("followed")
def _followed(user: User, by: User) -> Rows:
    rows = Follow.objects.filter(_seen(by, user), user=user).select_related("incident")
    for f in rows.iterator(chunk_size=500):
        yield {"incident": f.incident.reference, "level": f.level, "since": f.created_at}
    for rule in FollowRule.objects.filter(user=user):
        yield {"rule": str(rule), "level": rule.level}


def _shown(rows: QuerySet[Any], by: User) -> QuerySet[Any]:
    """What others write on too is told only of incidents that the reader may see now, whosever file it is."""
    return rows.filter(incident__in=Incident.objects.visible_to(by).values("pk"))


def _others(rows: QuerySet[Any], user: User, by: User) -> Rows:
    """How many more there are of one's own, without saying where."""
    if by.pk == user.pk and (hidden := rows.exclude(incident__in=Incident.objects.visible_to(by).values("pk")).count()):
        yield {"in_incidents_that_you_may_not_see": hidden}
