"""What a notice asks of its reader: a subject that says it, a first line in the second person, and the right link."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from comms import inviting
from comms.models import StatusUpdate
from incidents.models import TimelineEntry
from teams.models import Role, User


@dataclass(frozen=True, slots=True)
class Notice:
    """`lead` and `duties` may be empty; `path` is where the reader goes from here, `button` what that link says."""

    subject: str
    path: str
    button: str
    lead: str = ""
    duties: str = ""


def notice(entry: TimelineEntry, reader: User | None) -> Notice:
    """The notice of an entry to one reader, who may see its incident."""
    incident = entry.incident
    here = Notice(f"[{incident.reference}] {entry.text}", incident.get_absolute_url(), f"Open {incident.reference}")
    what, _, verb = entry.verb.partition(".")
    if what == "role" and verb in ("assigned", "offered") and reader and entry.data.get("user") == reader.pk:
        return _seat(entry) or here
    if what == "promise":
        says = "A status update is due soon" if verb == "due" else "The promised status update is late"
        return Notice(
            f"[{incident.reference}] {says}: {incident.title}",
            reverse("comms:compose", args=[incident.pk]),
            "Write the update",
        )
    if what == "approval" and "status_update" in entry.data:
        return _approval(entry)
    if what == "postmortem":
        path = reverse("incidents:postmortem", args=[incident.pk])
        told = entry.data.get("calendar")
        subject = f"[{incident.reference}] {entry.text}"
        if told and reader is not None and inviting.is_meant(told, reader):
            subject = inviting.subject(entry, told, reader)
        return Notice(subject, path, "Open the postmortem")
    if what == "action_item" and "action_item" in entry.data:
        path = reverse("incidents:action_item", args=[entry.data["action_item"]])
        return Notice(f"[{incident.reference}] {entry.text}", path, "Open the action item")
    return here


def _approval(entry: TimelineEntry) -> Notice:
    """The update is looked up, because its address is by its public id."""
    incident = entry.incident
    update = StatusUpdate.objects.filter(pk=entry.data["status_update"]).first()
    path = (
        reverse("comms:review_update", args=[incident.pk, update.uid])
        if update is not None
        else reverse("comms:compose", args=[incident.pk])
    )
    return Notice(f"[{incident.reference}] {entry.text}", path, "Read the update")


def _seat(entry: TimelineEntry) -> Notice | None:
    role = Role.objects.filter(slug=entry.data.get("role", "")).first()
    if role is None:
        return None
    incident = entry.incident
    severity = f"{incident.severity.code}: " if incident.severity else ""
    return Notice(
        f"[{incident.reference}] Will you be {role.name}? {severity}{incident.title}",
        reverse("incidents:role", args=[incident.pk, role.slug]),
        "Accept it, or say that you can't",
        f"You are asked to be {role.name}.",
        role.duties,
    )
