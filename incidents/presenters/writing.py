"""What the pages of a postmortem show of its sections: who writes on them, and what is said about them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Count, Max, Prefetch, Q, QuerySet
from django.db.models.functions import Greatest

from incidents import merging
from incidents.actions import claims
from incidents.actions import sections as section_actions
from incidents.models import Incident, Postmortem, PostmortemSection, SectionComment, SectionRevision
from incidents.postmortem_template import Section
from teams import moments
from teams.models import User


@dataclass(slots=True)
class Shown:
    """A section as it is read. `writer` is who writes on it now, other than the reader."""

    row: PostmortemSection
    writer: User | None
    editable: bool
    may: bool
    threads: list[SectionComment] = field(default_factory=list)

    @property
    def open(self) -> int:
        return sum(thread.resolved_at is None for thread in self.threads)

    @property
    def said(self) -> str:
        """What a page that is up to date knows of its threads."""
        every = [comment for thread in self.threads for comment in (thread, *thread.replies.all())]
        changed = [at for each in every for at in (each.edited_at, each.removed_at) if at]
        return said(
            len(every),
            max((comment.pk for comment in every), default=None),
            sum(thread.resolved_at is not None for thread in self.threads),
            max(changed, default=None),
        )


def said(comments: int, newest: int | None, resolved: int, changed: datetime | None) -> str:
    """`newest` is the id of the last comment: one taken away and one added leave their count as it was."""
    return f"{comments}.{newest or ''}.{resolved}.{changed.timestamp() if changed else ''}"


def threads() -> QuerySet[SectionComment]:
    """Threads with who wrote, resolved and answered them, and what they said before. Four queries."""
    answers = SectionComment.objects.select_related("by").prefetch_related("earlier").order_by("pk")
    rows = SectionComment.objects.threads().select_related("by", "resolved_by")
    return rows.prefetch_related("earlier", Prefetch("replies", answers))


def shown(postmortem: Postmortem, user: User, *, may: bool, key: str = "") -> list[Shown]:
    """The sections in order, or the one of `key`, with their threads. Seven queries at most."""
    now = moments.now()
    rows = postmortem.sections.select_related("claim__user", "edited_by")
    rows = rows.filter(key=key) if key else rows
    about: dict[int, list[SectionComment]] = defaultdict(list)
    for thread in threads().filter(section__in=rows.values("pk")).order_by("pk"):
        about[thread.section_id].append(thread)
    editable = may and postmortem.is_editable
    found = []
    for row in rows:
        row.postmortem = postmortem
        claim = claims.standing(row, now)
        writer = claim.user if claim and claim.user_id != user.pk else None
        found.append(Shown(row, writer, editable, may, about[row.pk]))
    return found


@dataclass(slots=True)
class Gained:
    """The newest version of the template of a postmortem, and which of its sections that one lacks."""

    number: int
    sections: list[Section]


def gained(postmortem: Postmortem) -> Gained | None:
    newest, missing = section_actions.newer(postmortem)
    return Gained(newest.number, missing) if newest is not None and missing else None


@dataclass(slots=True)
class Live:
    """What a page compares with what it knows: of each section its version, who writes, and its threads."""

    key: str
    version: int
    by: str
    mine: bool
    said: str
    open: int


def live(incident_pk: int, user: User) -> list[Live]:
    """How the sections of an incident stand, as far as `user` may see it. Two queries."""
    now = moments.now()
    rows = PostmortemSection.objects.filter(
        postmortem__incident=incident_pk, postmortem__incident__in=Incident.objects.visible_to(user)
    )
    counted = rows.select_related("claim__user").annotate(
        comment_count=Count("comments"),
        newest_comment=Max("comments__pk"),
        resolved_count=Count("comments", filter=Q(comments__resolved_at__isnull=False)),
        changed_at=Greatest(Max("comments__edited_at"), Max("comments__removed_at")),
        open_count=Count("comments", filter=Q(comments__resolved_at=None, comments__reply_to=None)),
    )
    found = []
    for row in counted.order_by("position", "pk"):
        claim = claims.standing(row, now)
        found.append(
            Live(
                row.key,
                row.version,
                claim.user.name if claim else "",
                bool(claim and claim.user_id == user.pk),
                said(row.comment_count, row.newest_comment, row.resolved_count, row.changed_at),
                row.open_count,
            )
        )
    return found


@dataclass(slots=True)
class Conflict:
    """Two texts of one section, and a third that has what is new in both."""

    section: PostmortemSection
    mine: str
    theirs: str
    merged: merging.Merged
    of_mine: list[merging.Piece]
    of_theirs: list[merging.Piece]


def conflict(section: PostmortemSection, mine: str, *, base: str | None, seen: int | None) -> Conflict:
    """What the writer typed beside what stands there now. `base` is what both began with; where the page didn't send
    it, it is the newest version up to the one that they had `seen`."""
    if base is None:
        known = section.revisions.filter(number__lte=seen) if seen is not None else section.revisions.none()
        before: SectionRevision | None = known.first()
        base = before.text if before else ""
    base, own, theirs = (text.replace("\r\n", "\n") for text in (base, mine, section.text))
    return Conflict(
        section,
        own,
        theirs,
        merging.merge(base, own, theirs),
        merging.pieces(base, own),
        merging.pieces(base, theirs),
    )
