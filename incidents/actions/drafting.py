"""A postmortem that is half written when it is opened: from what is known of the incident."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from incidents import postmortem_draft, timeline
from incidents.actions import review_deadlines, review_meeting
from incidents.actions import sections as section_actions
from incidents.actions.facts import lock
from incidents.actions.knowing import known
from incidents.actions.review_rows import settled
from incidents.models import (
    Incident,
    Postmortem,
    PostmortemSection,
    ReviewApproval,
    SectionRevision,
    TimelineEntry,
)
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

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


def draft(incident: Incident, *, by: User | None, at: datetime) -> Postmortem:
    """Open the postmortem with what is known, in the resolving transaction. One that exists (after a reopening) keeps
    what was written and goes back to draft: it is due anew, told of what was recorded since, and what is new stands
    below a heading in each section."""
    owner = incident.commander or by
    existing = Postmortem.objects.select_for_update().filter(incident=incident).first()
    if existing is not None:
        existing.incident = incident
        return _again(existing, at)
    template = section_actions.template_for(incident)
    people, people_unit, requests, requests_unit = postmortem_draft.counted(incident.affected)
    postmortem = Postmortem(
        incident=incident,
        title=incident.title,
        template=template,
        owner=owner,
        public_slug=secrets.token_hex(12),
        people_affected=people,
        people_unit=people_unit,
        requests_affected=requests,
        requests_unit=requests_unit,
    )
    review_deadlines.set_out(postmortem, at)
    postmortem.save()
    section_actions.make(postmortem, template, postmortem_draft.draft(known(incident)))
    postmortem.entries.set(_story(incident))
    review_meeting.fill(postmortem)
    due_on = postmortem.due_on
    timeline.record(
        incident,
        Kind.REVIEW,
        "postmortem.drafted",
        f"Postmortem drafted; {owner} owns it, due {due_on:%d %b %Y}" if owner and due_on else "Postmortem drafted",
        by=None,
        occurred_at=at,
        data={"postmortem": postmortem.pk},
        notify=[owner] if owner else [],
    )
    return postmortem


def _again(postmortem: Postmortem, at: datetime) -> Postmortem:
    incident = postmortem.incident
    was = postmortem.state
    if was != Postmortem.State.DRAFT:
        postmortem.return_to_draft()
    now = timezone.now()
    asked = ReviewApproval.objects.filter(postmortem=postmortem, answer=ReviewApproval.Answer.WAITING)
    asked.update(answer=ReviewApproval.Answer.OVER, answered_at=now)
    if postmortem.meeting_at is not None and postmortem.meeting_at <= now:
        # Its review meets once more, and the deadlines count from then.
        review_meeting.forget(postmortem)
    review_deadlines.set_out(postmortem, at)
    postmortem.save()
    if was == Postmortem.State.PUBLISHED:
        timeline.record(
            incident,
            Kind.REVIEW,
            "postmortem.draft",
            "The postmortem is a draft again: the incident was reopened after it",
            by=None,
            data={"postmortem": postmortem.pk},
        )
    # What was there when it was last written on and isn't chosen was taken out.
    since = postmortem.edited_at or postmortem.created_at
    postmortem.entries.add(*_story(incident).filter(recorded_at__gt=since))
    heading = f"Since it was reopened ({at:%d %B})"
    texts = postmortem_draft.draft(known(incident))
    rows = PostmortemSection.objects.filter(postmortem=postmortem, key__in=texts).prefetch_related("revisions")
    for row in rows:
        drafts = [each.text for each in row.revisions.all() if each.by_id is None]
        again = texts[row.key]
        _write(row, again if _untouched(row) else postmortem_draft.continued(row.text, drafts, again, heading))
    review_meeting.fill(postmortem)
    return postmortem


@transaction.atomic
def redraft(incident_pk: int, key: str, *, by: User) -> PostmortemSection:
    """Draft one section anew from what is known by now. Raises Blocked for one that somebody has written on, for one
    that Watchbill can't draft, and for a postmortem that is none any more to be edited."""
    incident = lock(incident_pk, by=by, verb="review.write")
    rows = PostmortemSection.objects.select_for_update(of=("self",)).select_related("postmortem")
    row = rows.filter(postmortem__incident=incident, key=key).first()
    if row is None:
        raise refuse("section_unknown", f"There is no section “{key}”.", field="key")
    if not row.postmortem.is_editable:
        raise settled(row.postmortem)
    if not _untouched(row):
        raise refuse("section_written", f"Somebody has written on “{row.title}”, and nothing is taken from them.")
    text = postmortem_draft.draft(known(incident)).get(key, "")
    if not text:
        raise refuse("nothing_known", f"Nothing is recorded from which “{row.title}” could be drafted.")
    return _write(row, text)


def _untouched(row: PostmortemSection) -> bool:
    """Whether it says what Watchbill drafted, and nobody's words."""
    return row.edited_at is None


def _write(row: PostmortemSection, text: str) -> PostmortemSection:
    """Watchbill's own words, as the next version; nobody's section stays nobody's."""
    if text == row.text:
        return row
    row.text, row.version = text, row.version + 1
    row.save(update_fields=["text", "version"])
    SectionRevision.objects.create(section=row, number=row.version, text=text, at=timezone.now())
    return row


def _story(incident: Incident) -> QuerySet[TimelineEntry]:
    pinned: Any = incident.pins.values("entry")
    return TimelineEntry.objects.of(incident).filter(Q(kind__in=TOLD) | Q(pk__in=pinned))
