"""What people say to each other about the sections of a postmortem. Nothing of it is ever published."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from incidents import timeline
from incidents.actions import mentions
from incidents.actions.facts import lock
from incidents.models import Incident, Postmortem, PostmortemSection, SectionComment
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments
from teams.models import User
from teams.words import storable

LONGEST, LONGEST_QUOTE = 5_000, 500


def _said(text: str) -> str:
    found = storable(text).strip()
    if not found:
        raise refuse("text_missing", "Write what you want to say.", field="text")
    if len(found) > LONGEST:
        raise refuse("text_too_long", f"Keep it to {LONGEST} characters; what is longer is a section.", field="text")
    return found


@transaction.atomic
def add(incident_pk: int, key: str, text: str, *, by: User, quote: str = "") -> SectionComment:
    """Begin a thread about a section, or about a passage of it. The postmortem's owner is told, and whom it names.
    Raises Blocked with `section_unknown`, `text_missing` or `text_too_long`."""
    incident = lock(incident_pk, by=by, verb="review.write")
    rows = PostmortemSection.objects.select_related("postmortem__owner")
    section = rows.filter(postmortem__incident=incident, key=key).first()
    if section is None:
        raise refuse("section_unknown", f"There is no section “{key}” here.", field="section")
    passage = " ".join(storable(quote).split())[:LONGEST_QUOTE]
    made = SectionComment.objects.create(section=section, quote=passage, text=_said(text), by=by, at=moments.now())
    owner = section.postmortem.owner
    _tell(incident, made, section.postmortem, [owner] if owner else [], "commented on")
    return made


@transaction.atomic
def reply(incident_pk: int, thread: int, text: str, *, by: User) -> SectionComment:
    """Answer in a thread, which opens it again. Whoever wrote there is told, and whom it names. Raises Blocked with
    `comment_unknown`, `text_missing` or `text_too_long`."""
    incident, first = _thread(incident_pk, thread, by=by)
    made = SectionComment.objects.create(
        section=first.section, reply_to=first, text=_said(text), by=by, at=moments.now()
    )
    if first.resolved_at is not None:
        _settle(first, None)
    wrote = [pk for pk in {first.by_id, *first.replies.values_list("by", flat=True)} if pk is not None]
    _tell(incident, made, first.section.postmortem, User.objects.present().filter(pk__in=wrote), "answered under")
    return made


@transaction.atomic
def resolve(incident_pk: int, thread: int, *, by: User) -> SectionComment:
    """Nothing is left to be said in a thread. It stays readable."""
    _incident, first = _thread(incident_pk, thread, by=by)
    return first if first.resolved_at else _settle(first, by)


@transaction.atomic
def reopen(incident_pk: int, thread: int, *, by: User) -> SectionComment:
    _incident, first = _thread(incident_pk, thread, by=by)
    return _settle(first, None) if first.resolved_at else first


@transaction.atomic
def edit(incident_pk: int, comment: int, text: str, *, by: User) -> SectionComment:
    """Write one's own comment anew; what it said stays to be read. Whom it names now and did not before is told.
    Raises Blocked with `comment_unknown`, `not_yours`, `text_missing` or `text_too_long`."""
    incident, row = _own(incident_pk, comment, by=by)
    said = _said(text)
    if said == row.text:
        return row
    row.earlier.create(text=row.text, at=row.edited_at or row.at)
    before = mentions.read(row.text, incident, by=by)
    row.text, row.edited_at = said, moments.now()
    row.save(update_fields=["text", "edited_at"])
    _tell(incident, row, row.section.postmortem, (), "changed a comment on", before=before)
    return row


@transaction.atomic
def remove(incident_pk: int, comment: int, *, by: User) -> SectionComment:
    """Take one's own comment back, with what it said before: nothing of it is kept. Where it was answered its place
    stays. Raises Blocked with `comment_unknown` or `not_yours`."""
    _incident, row = _own(incident_pk, comment, by=by)
    row.earlier.all().delete()
    if not row.replies.exists():
        first = row.reply_to
        row.delete()
        if first is not None and first.removed_at and not first.replies.exists():
            first.delete()
        return row
    row.text, row.quote, row.removed_at = "", "", moments.now()
    row.save(update_fields=["text", "quote", "removed_at"])
    return row


VERBS = {"resolve": resolve, "reopen": reopen}


def _settle(first: SectionComment, by: User | None) -> SectionComment:
    first.resolved_by, first.resolved_at = by, moments.now() if by else None
    first.save(update_fields=["resolved_by", "resolved_at"])
    return first


def _thread(incident_pk: int, thread: int, *, by: User) -> tuple[Incident, SectionComment]:
    incident = lock(incident_pk, by=by, verb="review.write")
    rows = SectionComment.objects.threads().select_related("section__postmortem", "by")
    found = rows.filter(section__postmortem__incident=incident, pk=thread).first()
    if found is None:
        raise refuse("comment_unknown", "There is no such thread here. Reload the page to see what there is.")
    return incident, found


def _own(incident_pk: int, comment: int, *, by: User) -> tuple[Incident, SectionComment]:
    """A comment or an answer that `by` wrote."""
    incident = lock(incident_pk, by=by, verb="review.write")
    rows = SectionComment.objects.select_related("section__postmortem", "by")
    found = rows.filter(section__postmortem__incident=incident, pk=comment, removed_at=None).first()
    if found is None:
        raise refuse("comment_unknown", "There is no such comment here. Reload the page to see what there is.")
    if found.by_id != by.pk:
        raise refuse("not_yours", f"{found.by or 'Somebody who is gone'} wrote this. Answer it instead.")
    return incident, found


def _tell(
    incident: Incident,
    made: SectionComment,
    postmortem: Postmortem,
    others: Iterable[User],
    did: str,
    *,
    before: mentions.Mentions | None = None,
) -> None:
    """Whom it names, but those whom it named `before`, and `others` who may see it. What was said stands on the page
    alone."""
    assert made.by is not None
    named = mentions.read(made.text, incident, by=made.by)
    if before is not None:
        named.kept = [row for row in named.kept if row not in before.kept]
        known = {user.pk for user in before.notify}
        named.notify = [user for user in named.notify if user.pk not in known]
    told = {user.pk: user for user in (*named.notify, *mentions.seeing(others, incident)) if user.pk != made.by_id}
    if not named.kept and not told:
        return
    timeline.record(
        incident,
        Kind.REVIEW,
        "postmortem.commented",
        f"{made.by} {did} “{made.section}” of the postmortem"
        + (f" and mentioned {', '.join(row['name'] for row in named.kept)}" if named.kept else ""),
        by=made.by,
        data={"postmortem": postmortem.pk, "comment": made.pk, **named.data},
        notify=told.values(),
    )


def open_count(postmortem: Postmortem) -> int:
    return SectionComment.objects.open().filter(section__postmortem=postmortem).count()
