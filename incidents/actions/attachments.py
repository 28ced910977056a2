"""Files on the timeline: attached with a note, and taken away again. See `incidents.files` for what may be kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from incidents import timeline
from incidents.actions import mentions
from incidents.actions.facts import lock
from incidents.actions.notes import WRITABLE
from incidents.files.contents import LARGEST, PER_INCIDENT, PER_NOTE, Content, read, too_large
from incidents.files.images import Unfit
from incidents.guards import Blocker
from incidents.models import Attachment, AttachmentContent, Incident, TimelineEntry
from incidents.problems import Blocked, refuse
from incidents.timeline import NOW, Kind
from teams import permits
from teams.models import User


class Upload(Protocol):
    """A file as it comes in; its name and all else that is said of it is hearsay."""

    name: str | None
    size: int | None

    def read(self, num_bytes: int = ..., /) -> bytes: ...


def attach(
    incident_pk: int,
    files: Sequence[Upload],
    *,
    by: User,
    text: str = "",
    kind: str = Kind.NOTE,
    occurred_at: datetime | None = None,
    time_unknown: bool = False,
) -> TimelineEntry:
    """Write a note or a decision with files, all of them or none. `text` may be empty. Raises Blocked, with every file
    that can't be kept and why.

    Reading the files takes seconds and the incident is locked only after, so that nobody waits for it.
    """
    if not files:
        raise refuse("files_missing", "Choose a file.", field="files")
    if len(files) > PER_NOTE:
        raise refuse("files_too_many", f"Attach at most {PER_NOTE} files to a note; write another one.", field="files")
    if kind not in WRITABLE:
        raise refuse("kind_unknown", f"Choose one of: {', '.join(WRITABLE)}.", field="kind")
    contents = _read(files)
    with transaction.atomic():
        incident = lock(incident_pk, by=by)
        _room_for(incident, contents)
        when = None if time_unknown else (timeline.happened(occurred_at, timezone.now()) if occurred_at else NOW)
        said = text.strip()
        count = "a file" if len(contents) == 1 else f"{len(contents)} files"
        rows = [_row(incident, content, by) for content in contents]
        named = mentions.read(said, incident, by=by)
        entry = timeline.record(
            incident,
            kind,
            f"{kind}.written" if said else "files.attached",
            said or f"{by} attached {count}",
            by=by,
            occurred_at=when,
            data={"attachments": [{"uid": r.uid, "name": r.name, "sha256": r.sha256} for r in rows], **named.data},
            notify=named.notify,
        )
        for row, content in zip(rows, contents, strict=True):
            row.entry = entry
            row.save(force_insert=True)
            AttachmentContent.objects.create(attachment=row, data=content.data, preview=content.preview)
    return entry


def _read(files: Sequence[Upload]) -> list[Content]:
    contents, unfit = [], []
    for file in files:
        called = (file.name or "The file")[-120:]
        try:
            if (file.size or 0) > LARGEST:
                raise too_large()
            contents.append(read(file.name or "file", file.read(LARGEST + 1)))
        except Unfit as why:
            unfit.append(Blocker("file_unfit", f"{called} {why}", field="files"))
    if unfit:
        raise Blocked(unfit)
    return contents


def _row(incident: Incident, content: Content, by: User) -> Attachment:
    return Attachment(
        incident=incident,
        name=content.name,
        kind=content.kind,
        content_type=content.content_type,
        size=len(content.data),
        sha256=content.sha256,
        width=content.width,
        height=content.height,
        lines=content.lines,
        opening=content.opening,
        uploaded_by=by,
    )


def _room_for(incident: Incident, contents: Sequence[Content]) -> None:
    """Raises Blocked where the incident's files would take more than an incident may hold."""
    held = incident.attachments.filter(removed_at=None).aggregate(sum=Sum("size"))["sum"] or 0
    if held + sum(len(c.data) for c in contents) > PER_INCIDENT:
        left = max(0, PER_INCIDENT - held) / 1_000_000
        raise refuse(
            "incident_full",
            f"An incident holds {PER_INCIDENT // 1_000_000} MB of files and {left:.1f} MB are left. Remove what is not"
            " needed, or link to where the file is kept.",
            field="files",
        )


def may_remove(attachment: Attachment, by: User) -> bool:
    """Whether `by` may take it away: who attached it, the incident's commander, and owners."""
    return permits.may(by, _verb(attachment, by), attachment.incident)


def _verb(attachment: Attachment, by: User) -> str:
    return "incident.respond" if attachment.uploaded_by_id == by.pk else "attachment.remove"


@transaction.atomic
def remove(attachment_pk: int, reason: str, *, by: User) -> Attachment:
    """Delete the bytes of an attachment; that it was there, who took it away and why stays on the timeline.

    Raises PermissionDenied, and Blocked without a reason or where it is gone already.
    """
    attachment = Attachment.objects.get(pk=attachment_pk)
    incident = lock(attachment.incident_id, by=by, verb=_verb(attachment, by))
    attachment.refresh_from_db()
    attachment.incident = incident
    if attachment.removed_at is not None:
        raise refuse("already_removed", f"“{attachment.name}” was removed already.")
    if not reason.strip():
        raise refuse("reason_missing", "Say why it has to go. The reason stays on the timeline.", field="reason")
    attachment.removed_at, attachment.removed_by = timezone.now(), by
    attachment.removed_because, attachment.opening = reason.strip(), ""
    attachment.save(update_fields=["removed_at", "removed_by", "removed_because", "opening"])
    AttachmentContent.objects.filter(attachment=attachment).delete()
    timeline.record(
        incident,
        Kind.NOTE,
        "attachment.removed",
        f"{by} removed the attached file “{attachment.name}”",
        by=by,
        reason=reason.strip(),
        data={"attachment": attachment.uid, "entry": attachment.entry_id},
    )
    return attachment
