"""The review: a postmortem that is half written when it is opened, and what follows from it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from incidents import postmortem_template, timeline
from incidents.actions import claims
from incidents.actions import sections as section_actions
from incidents.actions.deadlines import first_reminder, next_reminder, workdays_after
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import (
    Incident,
    Mitigation,
    Postmortem,
    PostmortemChange,
    PostmortemSection,
    SectionRevision,
    TimelineEntry,
)
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import permits
from teams.models import User

log = logging.getLogger(__name__)

State = Postmortem.State
EDITABLE = (State.DRAFT, State.IN_REVIEW)
TOLD = (
    Kind.ALERT,
    Kind.REPORT,
    Kind.ACKNOWLEDGED,
    Kind.CHANGE,
    Kind.PHASE,
    Kind.MITIGATION,
    Kind.UPDATE,
    Kind.DECISION,
    Kind.SEVERITY,
)
# What `edit` writes beside the sections.
FACTS = ("title", "owner", "facilitator", "due_on", "meeting_at", "public")


def draft(incident: Incident, *, by: User | None, at: datetime) -> Postmortem:
    """Open the postmortem with what the timeline already knows, in the resolving transaction. One that exists (after a
    reopening) keeps what was written and goes back to draft: it is due anew, and told of what was recorded since."""
    owner = incident.commander or by
    days = incident.severity.postmortem_days if incident.severity else 5
    due_on = workdays_after(at.date(), days)
    remind_at = None if incident.drill else first_reminder(due_on, timezone.now())
    existing = Postmortem.objects.select_for_update().filter(incident=incident).first()
    if existing is not None:
        if existing.state != State.DRAFT:
            existing.return_to_draft()
        existing.due_on, existing.remind_at = due_on, remind_at
        existing.save()
        # What was there when it was last written on and isn't chosen was taken out.
        existing.entries.add(*_story(incident).filter(recorded_at__gt=existing.edited_at or existing.created_at))
        return existing
    template = section_actions.template_for(incident)
    postmortem = Postmortem.objects.create(
        incident=incident,
        title=incident.title,
        template=template,
        owner=owner,
        due_on=due_on,
        public_slug=secrets.token_hex(12),
        remind_at=remind_at,
    )
    known = {
        postmortem_template.SUMMARY: _summary(incident),
        postmortem_template.IMPACT: _impact(incident),
        postmortem_template.DETECTION: _detection(incident),
        postmortem_template.RESOLUTION: _resolution(incident),
    }
    section_actions.make(postmortem, template, known)
    postmortem.entries.set(_story(incident))
    timeline.record(
        incident,
        Kind.REVIEW,
        "postmortem.drafted",
        f"Postmortem drafted; {owner} owns it, due {due_on:%d %b %Y}" if owner else "Postmortem drafted",
        by=None,
        occurred_at=at,
        data={"postmortem": postmortem.pk},
        notify=[owner] if owner else [],
    )
    return postmortem


def _story(incident: Incident) -> QuerySet[TimelineEntry]:
    return TimelineEntry.objects.of(incident).filter(kind__in=TOLD)


def _summary(incident: Incident) -> str:
    worked = incident.mitigations.filter(state=Mitigation.State.WORKED).last()
    parts = [f"On {incident.detected_at:%d %B %Y} at {incident.detected_at:%H:%M} UTC: {incident.title}."]
    if worked:
        parts.append(f"Service was restored by: {worked.title}.")
    elif incident.recovered_by_itself:
        parts.append("Service recovered by itself.")
    if incident.confirmation:
        parts.append(f"Recovery was confirmed: {incident.confirmation}.")
    return " ".join(parts)


def _impact(incident: Incident) -> str:
    lines = [incident.impact] if incident.impact else []
    if incident.impact_started_at and incident.mitigated_at:
        minutes = round((incident.mitigated_at - incident.impact_started_at).total_seconds() / 60)
        lines.append(f"It lasted {minutes} minutes, from {incident.impact_started_at:%H:%M} UTC.")
    return "\n\n".join(lines)


def _detection(incident: Incident) -> str:
    alert = incident.alerts.order_by("received_at").first()
    if alert is not None:
        return f"An alert from {alert.integration.name} told us: {alert.title}."
    return f"{incident.reported_by} reported it; no alert did." if incident.reported_by else ""


def _resolution(incident: Incident) -> str:
    return "\n".join(
        f"- {m.title}: {m.get_state_display().lower()}" + (f" ({m.outcome_note})" if m.outcome_note else "")
        for m in incident.mitigations.exclude(state=Mitigation.State.DROPPED)
    )


def facilitate(incident: Incident, facilitator: User | None) -> User:
    """Set who leads the review, in the caller's transaction, and return them."""
    postmortem = Postmortem.objects.select_for_update().get(incident=incident)
    chosen = facilitator or postmortem.facilitator
    assert chosen is not None, "the guard of start_review asks for a facilitator"
    postmortem.facilitator = chosen
    postmortem.save(update_fields=["facilitator"])
    incident.participants.add(chosen)
    return chosen


def _locked(incident_pk: int, *, by: User | None) -> tuple[Incident, Postmortem]:
    incident = lock(incident_pk, by=by, verb="review.write")
    postmortem = Postmortem.objects.select_for_update().filter(incident=incident).first()
    if postmortem is None:
        raise refuse("no_postmortem", "The postmortem is drafted when the incident is resolved.")
    postmortem.incident = incident
    return incident, postmortem


@transaction.atomic
def edit(
    incident_pk: int,
    *,
    by: User,
    version: int | None = None,
    sections: Mapping[str, str] | None = None,
    versions: Mapping[str, int] | None = None,
    entries: list[TimelineEntry] | None = None,
    autosaved: bool = False,
    restores: int | None = None,
    **fields: Any,
) -> Postmortem:
    """Write `sections` (texts by key) and `FACTS`, or choose the timeline `entries`.

    `version` of the whole and `versions` of sections by key are those that the writer saw: what somebody else wrote
    since is not overwritten but raises Blocked with code `edited_meanwhile`. `version` is compared where facts are
    changed, which are few and decided together; each section is compared by itself. One that was approved or published
    is taken back to draft before it is edited. Chosen entries that the writer may not see stay chosen.

    What a page has `autosaved` is not written where somebody else has begun to write: code `section_claimed`. Whom a
    section names is told when it is saved by hand or its writer leaves it. `restores` is the version whose text it is.
    """
    incident, postmortem = _locked(incident_pk, by=by)
    if unknown := set(fields) - set(FACTS):
        raise TypeError(f"{', '.join(unknown)} is not written here")
    changed = {name: value for name, value in fields.items() if getattr(postmortem, name) != value}
    _may_change(postmortem, changed, version, by)
    leading_before = {postmortem.owner_id, postmortem.facilitator_id}
    _note_changes(postmortem, changed, by)
    for name, value in changed.items():
        setattr(postmortem, name, value)
    if autosaved:
        claims.renew(postmortem, sections or {}, by=by)
    written = section_actions.write(
        postmortem, sections or {}, versions or {}, by=by, autosaved=autosaved, restores=restores
    )
    if entries is not None:
        had = postmortem.entries.count()
        unseen_by_writer = postmortem.entries.exclude(incident__in=Incident.objects.visible_to(by))
        postmortem.entries.set([*entries, *unseen_by_writer])
        if had != (has := postmortem.entries.count()):
            PostmortemChange.objects.create(postmortem=postmortem, field="entries", before=had, after=has, by=by)
    for section in written if not autosaved else ():
        claims.tell_named(incident, section, by=by)
    if not changed and not written and entries is None:
        return postmortem
    if "due_on" in changed:
        due_on = postmortem.due_on
        postmortem.remind_at = first_reminder(due_on, timezone.now()) if due_on else None
    postmortem.version += bool(changed)
    postmortem.edited_at = timezone.now()
    postmortem.save()
    named = [u for u in (postmortem.owner, postmortem.facilitator) if u is not None and u.pk not in leading_before]
    incident.participants.add(by, *named)
    return postmortem


def _note_changes(postmortem: Postmortem, changed: Mapping[str, Any], by: User) -> None:
    def said(value: Any) -> Any:
        return value.pk if isinstance(value, User) else value.isoformat() if hasattr(value, "isoformat") else value

    PostmortemChange.objects.bulk_create(
        PostmortemChange(
            postmortem=postmortem, field=name, before=said(getattr(postmortem, name)), after=said(value), by=by
        )
        for name, value in changed.items()
    )


@transaction.atomic
def add_new_sections(incident_pk: int, *, by: User) -> list[PostmortemSection]:
    """Add those that its template has gained since it was drafted; returns them."""
    _incident, postmortem = _locked(incident_pk, by=by)
    _may_change(postmortem, {}, None, by)
    return section_actions.catch_up(postmortem)


@transaction.atomic
def restore(incident_pk: int, key: str, number: int, *, by: User, version: int | None = None) -> PostmortemSection:
    """Let a section say again what it said as of version `number`, as a new version. Raises Blocked with code
    `revision_unknown`, or as `edit` does."""
    _incident, postmortem = _locked(incident_pk, by=by)
    found = SectionRevision.objects.filter(section__postmortem=postmortem, section__key=key, number=number).first()
    if found is None:
        raise refuse("revision_unknown", f"There is no version {number} of it any more. Choose another.")
    versions = {} if version is None else {key: version}
    edit(incident_pk, by=by, sections={key: found.text}, versions=versions, restores=number)
    return postmortem.sections.get(key=key)


def _may_change(postmortem: Postmortem, changed: Mapping[str, Any], version: int | None, by: User) -> None:
    """Raise Blocked unless `by` may change these facts of it, and it is one that can be edited."""
    if postmortem.state not in EDITABLE:
        raise refuse(
            "postmortem_settled",
            f"It is {postmortem.get_state_display().lower()}. Take it back to draft first.",
        )
    if changed and version is not None and version != postmortem.version:
        raise refuse(
            "edited_meanwhile",
            "Somebody changed the title or the people meanwhile. Yours is kept here: compare and save again.",
        )
    if not str(changed.get("title", postmortem.title)).strip():
        raise refuse("title_missing", "Give it a title that readers will find it by.", field="title")
    if changed.get("public"):
        if postmortem.incident.drill:
            raise refuse("drill_not_public", "A drill never happened: it is published to nobody.", field="public")
        permits.require(by, "update.publish", postmortem.incident)


@transaction.atomic
def move(incident_pk: int, verb: str, *, by: User, reason: str = "", occurred_at: datetime | None = None) -> Postmortem:
    """`submit`, `approve`, `publish`, `return_to_draft` or `waive`. Approval is by somebody other than the owner and
    whoever submitted it; publishing wants the sections written; waiving wants a reason, a severity that allows it, and
    somebody who is not the owner. Raises Blocked with all that is missing."""
    incident, postmortem = _locked(incident_pk, by=by)
    known = {t.name for t in postmortem.get_available_state_transitions()}  # type: ignore[attr-defined]
    if verb not in ("submit", "approve", "publish", "return_to_draft", "waive"):
        raise refuse("verb_unknown", "Choose one of: submit, approve, publish, return_to_draft, waive.", field="verb")
    if verb not in known:
        raise refuse(
            "wrong_state",
            f"The postmortem is {postmortem.get_state_display().lower()}. Possible now: {', '.join(sorted(known))}.",
        )
    if missing := _missing(postmortem, verb, by, reason):
        raise Blocked(missing)
    at = timeline.happened(occurred_at, timezone.now())
    if verb == "publish":
        postmortem.publish(at=at)
        postmortem.remind_at = None
    else:
        getattr(postmortem, verb)()
    if verb == "approve":
        postmortem.approved_by = by
    if verb == "waive":
        postmortem.waived_reason, postmortem.approved_by, postmortem.remind_at = reason, by, None
    postmortem.save()
    said = {
        "submit": "asked for a review of the postmortem",
        "approve": "approved the postmortem",
        "publish": "published the postmortem",
        "return_to_draft": "took the postmortem back to draft",
        "waive": "waived the postmortem",
    }[verb]
    timeline.record(
        incident,
        Kind.REVIEW,
        f"postmortem.{postmortem.state}",
        f"{by} {said}",
        by=by,
        occurred_at=at,
        reason=reason,
        data={"postmortem": postmortem.pk, "public": postmortem.public},
        notify=_to_tell(incident, postmortem, verb, by),
    )
    return postmortem


def _missing(postmortem: Postmortem, verb: str, by: User, reason: str) -> list[Blocker]:
    missing = []
    url = postmortem.get_absolute_url()
    if verb in ("submit", "publish"):
        wanted = PostmortemSection.objects.filter(postmortem=postmortem, required=True)
        empty = [section.title for section in wanted if not section.text.strip()]
        if empty:
            missing.append(Blocker("sections_empty", f"Still to be written: {', '.join(empty)}.", fix_url=url))
    if verb == "approve" and by.pk in (postmortem.owner_id, _submitter(postmortem)):
        said = "It is approved by somebody other than its owner and whoever handed it in."
        missing.append(Blocker("own_approval", said, fix_url=url))
    if verb == "waive":
        severity = postmortem.incident.severity
        if severity is not None and not severity.waiver_allowed:
            missing.append(Blocker("waiver_not_allowed", f"A {severity.code} is always reviewed.", fix_url=url))
        if not reason.strip():
            missing.append(Blocker("reason_missing", "Say why there is nothing to learn here.", field="reason"))
        if postmortem.owner_id == by.pk:
            missing.append(Blocker("own_approval", "It is waived by somebody other than its owner.", fix_url=url))
    return missing


def _submitter(postmortem: Postmortem) -> int | None:
    """Who handed it in last: ownership may have passed on since."""
    asked = TimelineEntry.objects.filter(incident=postmortem.incident_id, verb=f"postmortem.{State.IN_REVIEW}")
    return asked.order_by("-pk").values_list("actor", flat=True).first()


def _to_tell(incident: Incident, postmortem: Postmortem, verb: str, by: User) -> list[User]:
    if verb == "publish":
        held = User.objects.filter(assignments__incident=incident, assignments__held_at__isnull=False, is_active=True)
        return list(held.exclude(pk=by.pk).distinct())
    if verb == "submit":
        return [u for u in (postmortem.facilitator,) if u and u.pk != by.pk]
    return [u for u in (postmortem.owner,) if u and u.pk != by.pk]


def seen(postmortem: Postmortem, user: User) -> None:
    """Note that `user` has opened the published postmortem."""
    if postmortem.state == State.PUBLISHED:
        postmortem.seen_by.add(user)


def remind_due(now: datetime, limit: int = 200) -> int:
    """Send the reminders of postmortems that are due at `now`; returns how many were sent. One that fails is logged and
    keeps none of the others back."""
    waiting = Postmortem.objects.filter(
        remind_at__lte=now, state__in=[State.DRAFT, State.IN_REVIEW, State.APPROVED]
    ).values_list("incident_id", flat=True)[:limit]
    sent = 0
    for pk in list(waiting):
        try:
            sent += _remind(pk)
        except Exception:
            log.exception("reminding of the postmortem of incident %s failed", pk)
    return sent


@transaction.atomic
def _remind(incident_pk: int) -> bool:
    incident, postmortem = _locked(incident_pk, by=None)
    now = timezone.now()
    if postmortem.remind_at is None or postmortem.remind_at > now or postmortem.due_on is None:
        return False
    postmortem.remind_at = next_reminder(postmortem.due_on, now)
    postmortem.save(update_fields=["remind_at"])
    state = "is overdue" if now.date() > postmortem.due_on else f"is due {postmortem.due_on:%d %b}"
    timeline.record(
        incident,
        Kind.REVIEW,
        "postmortem.reminded",
        f"The postmortem {state}" + (f"; {postmortem.owner} reminded" if postmortem.owner else ""),
        by=None,
        data={"postmortem": postmortem.pk},
        notify=[postmortem.owner] if postmortem.owner else [],
    )
    return True
