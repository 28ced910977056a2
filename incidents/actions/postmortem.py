"""The review: a postmortem is written, looked at by others, and brought to its end."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import claims, review_deadlines, review_guards, review_meeting
from incidents.actions import sections as section_actions
from incidents.actions.review_rows import lock_review, settled
from incidents.actions.trackers.outbox import export_approved
from incidents.models import (
    Incident,
    Postmortem,
    PostmortemChange,
    PostmortemSection,
    ReviewApproval,
    SectionRevision,
    TimelineEntry,
)
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import permits
from teams.models import User

State = Postmortem.State
# What only those write who may publish status updates: it says what strangers read.
PUBLIC = ("public", "public_title", "public_wording", "public_as_written")
DEADLINES = ("due_on", "meet_by", "circulate_on")
FIGURES = ("people_affected", "people_unit", "requests_affected", "requests_unit", "cost", "cost_currency")
# What `edit` writes beside the sections.
FACTS = (
    *("title", "owner", "facilitator", "names_as_roles"),
    *(*DEADLINES, *review_meeting.SHOWN, *FIGURES, *PUBLIC),
)
VERBS = ("submit", "approve", "send_back", "publish", "return_to_draft", "waive")


def facilitate(incident: Incident, facilitator: User | None) -> User:
    """Set who leads the review, in the caller's transaction, and return them."""
    postmortem = Postmortem.objects.select_for_update().get(incident=incident)
    chosen = facilitator or postmortem.facilitator
    assert chosen is not None, "the guard of start_review asks for a facilitator"
    postmortem.facilitator = chosen
    postmortem.save(update_fields=["facilitator"])
    incident.participants.add(chosen)
    return chosen


@transaction.atomic
def edit(
    incident_pk: int,
    *,
    by: User,
    version: int | None = None,
    sections: Mapping[str, str] | None = None,
    versions: Mapping[str, int] | None = None,
    entries: list[TimelineEntry] | None = None,
    entries_seen: Iterable[int] | None = None,
    autosaved: bool = False,
    restores: int | None = None,
    **fields: Any,
) -> Postmortem:
    """Write `sections` (texts by key) and `FACTS`, or choose the timeline `entries`.

    `version` of the whole and `versions` of sections by key are those that the writer saw: what somebody else wrote
    since is not overwritten but raises Blocked with code `edited_meanwhile`. `version` is compared where facts are
    changed, which are few and decided together; each section is compared by itself. One that was approved or published
    is taken back to draft before it is edited. Chosen entries that the writer may not see stay chosen; `entries_seen`
    are the numbers of those that were chosen when the writer looked: only what they changed of that is done.

    What a page has `autosaved` is not written where somebody else has begun to write: code `section_claimed`. Whom a
    section names is told when it is saved by hand or its writer leaves it. `restores` is the version whose text it is.
    """
    incident, postmortem = lock_review(incident_pk, by=by)
    if unknown := set(fields) - set(FACTS):
        raise TypeError(f"{', '.join(unknown)} is not written here")
    if "public_wording" in fields:
        fields["public_wording"] = fields["public_wording"].strip()
    changed = {name: value for name, value in fields.items() if getattr(postmortem, name) != value}
    _may_change(postmortem, changed, version, by)
    leading_before = {postmortem.owner_id, postmortem.facilitator_id}
    announced = {name: getattr(postmortem, name) for name in review_meeting.SHOWN}
    _note_changes(postmortem, changed, by)
    for name, value in changed.items():
        setattr(postmortem, name, value)
    if autosaved:
        claims.renew(postmortem, sections or {}, by=by)
    written = section_actions.write(
        postmortem, sections or {}, versions or {}, by=by, autosaved=autosaved, restores=restores
    )
    chosen = entries is not None and _choose(postmortem, entries, entries_seen, by)
    for section in written if not autosaved else ():
        claims.tell_named(incident, section, by=by)
    if not changed and not written and not chosen:
        return postmortem
    _follow_dates(postmortem, changed, by)
    review_meeting.follow(postmortem, announced, by=by)
    postmortem.version += bool(changed)
    postmortem.edited_at = timezone.now()
    postmortem.save()
    named = [u for u in (postmortem.owner, postmortem.facilitator) if u is not None and u.pk not in leading_before]
    incident.participants.add(by, *named)
    return postmortem


def _choose(postmortem: Postmortem, entries: list[TimelineEntry], seen: Iterable[int] | None, by: User) -> bool:
    """Whether something else is chosen now."""
    chosen = set(postmortem.entries.values_list("pk", flat=True))
    visible = postmortem.entries.filter(incident__in=Incident.objects.visible_to(by))
    shown = set(visible.values_list("pk", flat=True))
    wanted = {each.pk for each in entries}
    before = shown if seen is None else set(seen)
    added, removed = wanted - chosen - (set() if seen is None else before), (before - wanted) & shown
    if not added and not removed:
        return False
    postmortem.entries.add(*added)
    postmortem.entries.remove(*removed)
    PostmortemChange.objects.create(
        postmortem=postmortem, field="entries", before=sorted(removed), after=sorted(added), by=by
    )
    return True


def _follow_dates(postmortem: Postmortem, changed: Mapping[str, Any], by: User) -> None:
    if "meeting_at" in changed and "circulate_on" not in changed:
        before = postmortem.circulate_on
        review_deadlines.circulated(postmortem)
        if (after := postmortem.circulate_on) != before:
            days = {"before": before and str(before), "after": after and str(after)}
            PostmortemChange.objects.create(postmortem=postmortem, field="circulate_on", **days, by=by)
    if {*DEADLINES, "meeting_at"} & set(changed):
        review_deadlines.remind_anew(postmortem)


def _note_changes(postmortem: Postmortem, changed: Mapping[str, Any], by: User) -> None:
    def said(value: Any) -> Any:
        if isinstance(value, User):
            return value.pk
        return value if value is None or isinstance(value, str | int | bool) else str(value)

    PostmortemChange.objects.bulk_create(
        PostmortemChange(
            postmortem=postmortem, field=name, before=said(getattr(postmortem, name)), after=said(value), by=by
        )
        for name, value in changed.items()
    )


@transaction.atomic
def add_new_sections(incident_pk: int, *, by: User) -> list[PostmortemSection]:
    """Add those that its template has gained since it was drafted; returns them."""
    _incident, postmortem = lock_review(incident_pk, by=by)
    _may_change(postmortem, {}, None, by)
    return section_actions.catch_up(postmortem)


@transaction.atomic
def restore(incident_pk: int, key: str, number: int, *, by: User, version: int | None = None) -> PostmortemSection:
    """Let a section say again what it said as of version `number`, as a new version. Raises Blocked with code
    `revision_unknown`, or as `edit` does."""
    _incident, postmortem = lock_review(incident_pk, by=by)
    found = SectionRevision.objects.filter(section__postmortem=postmortem, section__key=key, number=number).first()
    if found is None:
        raise refuse("revision_unknown", f"There is no version {number} of it any more. Choose another.")
    versions = {} if version is None else {key: version}
    edit(incident_pk, by=by, sections={key: found.text}, versions=versions, restores=number)
    return postmortem.sections.get(key=key)


def _may_change(postmortem: Postmortem, changed: Mapping[str, Any], version: int | None, by: User) -> None:
    """Raise Blocked unless `by` may change these facts of it, and it is one that can be edited."""
    if not postmortem.is_editable:
        raise settled(postmortem)
    if changed and version is not None and version != postmortem.version:
        raise refuse(
            "edited_meanwhile",
            "Somebody changed the title or the people meanwhile. Yours is kept here: compare and save again.",
        )
    if not str(changed.get("title", postmortem.title)).strip():
        raise refuse("title_missing", "Give it a title that readers will find it by.", field="title")
    if changed.get("public") and postmortem.incident.drill:
        raise refuse("drill_not_public", "A drill never happened: it is published to nobody.", field="public")
    if set(PUBLIC) & set(changed):
        permits.require(by, "update.publish", postmortem.incident)
    cost = changed.get("cost", postmortem.cost)
    currency = changed.get("cost_currency", postmortem.cost_currency)
    if cost is not None and not (len(currency) == 3 and currency.isascii() and currency.isupper()):
        raise refuse("currency_missing", "Say in which currency, by its code: EUR, USD.", field="cost_currency")
    minutes = changed.get("meeting_minutes", postmortem.meeting_minutes)
    if not 5 <= minutes <= 480:
        raise refuse("meeting_length", "A meeting lasts from 5 minutes to 8 hours.", field="meeting_minutes")


@transaction.atomic
def move(
    incident_pk: int,
    verb: str,
    *,
    by: User,
    reason: str = "",
    approvers: Iterable[User] = (),
    announce: str = "",
    occurred_at: datetime | None = None,
) -> Postmortem:
    """One of VERBS. `submit` asks `approvers`, who are told; approval is by somebody other than its authors and
    whoever submitted it; a reviewer sends back with a comment (`reason`); publishing wants the sections written, and
    an answer to what would have helped or a `reason` for none; waiving wants a reason, a severity that allows it, and
    somebody who is not the owner. `announce` is what `publish` tells the readers of the status page. Raises Blocked
    with all that is missing."""
    incident, postmortem = lock_review(incident_pk, by=by)
    known = {t.name for t in postmortem.get_available_state_transitions()}  # type: ignore[attr-defined]
    if verb not in VERBS:
        raise refuse("verb_unknown", f"Choose one of: {', '.join(VERBS)}.", field="verb")
    if verb not in known:
        raise refuse(
            "wrong_state",
            f"The postmortem is {postmortem.get_state_display().lower()}. Possible now: {', '.join(sorted(known))}.",
        )
    asked = list(dict.fromkeys(approvers))
    if blockers := review_guards.missing(postmortem, verb, by, reason=reason, approvers=asked, announce=announce):
        raise Blocked(blockers)
    at = timeline.happened(occurred_at, timezone.now())
    if verb == "publish":
        postmortem.publish(at=at)
    else:
        getattr(postmortem, verb)()
    if verb in ("approve", "waive"):
        postmortem.approved_by = by
    if verb == "approve":
        export_approved(incident)
    if verb == "waive":
        postmortem.waived_reason = reason
    review_deadlines.remind_anew(postmortem)
    postmortem.save()
    tell = _to_tell(incident, postmortem, verb, by, asked)
    _answer(postmortem, verb, by, reason, asked)
    timeline.record(
        incident,
        Kind.REVIEW,
        f"postmortem.{postmortem.state}",
        f"{by} {_said(verb, asked)}",
        by=by,
        occurred_at=at,
        reason=reason,
        data={"postmortem": postmortem.pk, "public": postmortem.public}
        | ({"announce": announce} if announce else {})
        | ({"sent_back": True} if verb == "send_back" else {}),
        notify=tell,
    )
    return postmortem


def _said(verb: str, asked: list[User]) -> str:
    return {
        "submit": "asked for a review of the postmortem"
        + (f": {', '.join(person.name for person in asked)}" if asked else ""),
        "approve": "approved the postmortem",
        "send_back": "sent the postmortem back",
        "publish": "published the postmortem",
        "return_to_draft": "took the postmortem back to draft",
        "waive": "waived the postmortem",
    }[verb]


def _answer(postmortem: Postmortem, verb: str, by: User, comment: str, asked: list[User]) -> None:
    """Keep whom was asked and what they answered."""
    now, answer = timezone.now(), ReviewApproval.Answer
    if verb == "submit":
        ReviewApproval.objects.bulk_create(
            ReviewApproval(postmortem=postmortem, user=person, asked_by=by, asked_at=now) for person in asked
        )
        postmortem.incident.participants.add(*asked)
        return
    given = {"approve": answer.APPROVED, "send_back": answer.SENT_BACK}.get(verb)
    waiting = ReviewApproval.objects.filter(postmortem=postmortem, answer=answer.WAITING)
    if given:
        values = {"answer": given, "answered_at": now, "comment": comment}
        if not waiting.filter(user=by).update(**values):
            ReviewApproval.objects.create(postmortem=postmortem, user=by, **values)
    if verb != "publish":
        waiting.update(answer=answer.OVER, answered_at=now)


def _to_tell(incident: Incident, postmortem: Postmortem, verb: str, by: User, asked: list[User]) -> list[User]:
    if verb == "publish":
        held = User.objects.filter(assignments__incident=incident, assignments__held_at__isnull=False, is_active=True)
        return list(held.exclude(pk=by.pk).distinct())
    if verb == "submit":
        return [u for u in dict.fromkeys([*asked, postmortem.facilitator]) if u and u.pk != by.pk]
    told = {postmortem.owner_id, review_guards.submitter(postmortem) if verb in ("approve", "send_back") else None}
    if verb in ("return_to_draft", "waive"):
        told.update(postmortem.approvals.filter(answer=ReviewApproval.Answer.WAITING).values_list("user", flat=True))
    wanted = [pk for pk in told if pk is not None and pk != by.pk]
    return list(User.objects.present().filter(pk__in=wanted).order_by("pk"))


def seen(postmortem: Postmortem, user: User) -> None:
    """Note that `user` has opened the published postmortem."""
    if postmortem.state == State.PUBLISHED:
        postmortem.seen_by.add(user)
