"""What became of a postmortem, newest first: its sections, its title and people, and its states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, QuerySet, Value
from django.utils import timezone

from incidents.models import Postmortem, PostmortemChange, SectionRevision, TimelineEntry
from teams.models import User

LABELS = {
    "title": "Title",
    "owner": "Owner",
    "facilitator": "Facilitator",
    "due_on": "Due",
    "meeting_at": "Meeting",
    "public": "Public",
    "entries": "Entries of the timeline",
}
NOTHING = {"public": "no", "owner": "nobody", "facilitator": "nobody"}
KINDS = (("", "Everything"), ("sections", "Sections"), ("facts", "Title and people"), ("states", "States"))
# What other lines of the timeline say under the same name: mentions, comments, reminders.
STATES = [f"postmortem.{state}" for state in (*Postmortem.State.values, "drafted")]


@dataclass(slots=True)
class Happened:
    """One line. `revision` is set where a section was written."""

    at: datetime
    by: User | None
    text: str
    revision: SectionRevision | None = None
    detail: str = ""


def rows(postmortem: Postmortem, *, kind: str = "", section: str = "") -> QuerySet[Any]:
    """Which rows there are, as (when, what, number), newest first."""
    revisions = SectionRevision.objects.filter(section__postmortem=postmortem)
    if section:
        revisions = revisions.filter(section__key=section)
    changes = PostmortemChange.objects.filter(postmortem=postmortem)
    states = TimelineEntry.objects.filter(incident=postmortem.incident_id, verb__in=STATES)
    wanted = {
        "sections": _named(revisions, "section", "at"),
        "facts": _named(changes, "fact", "at"),
        "states": _named(states, "state", "recorded_at"),
    }
    chosen = [wanted["sections"]] if section else [wanted[kind]] if kind in wanted else list(wanted.values())
    found: QuerySet[Any] = chosen[0].union(*chosen[1:]) if len(chosen) > 1 else chosen[0]
    return found.order_by("-when", "-row")


def _named(found: QuerySet[Any], what: str, at: str) -> QuerySet[Any]:
    named: QuerySet[Any] = found.order_by().annotate(when=F(at), what=Value(what, CharField()), row=F("pk"))
    return named.values_list("when", "what", "row")


def read(page: Iterable[tuple[datetime, str, int]]) -> list[Happened]:
    """The lines of some rows. Four queries, however many."""
    wanted = list(page)
    numbers = {what: [number for _, each, number in wanted if each == what] for what in ("section", "fact", "state")}
    revisions = SectionRevision.objects.select_related("section", "by").in_bulk(numbers["section"])
    changes = PostmortemChange.objects.select_related("by").in_bulk(numbers["fact"])
    entries = TimelineEntry.objects.select_related("actor").in_bulk(numbers["state"])
    people = User.objects.in_bulk(
        [
            value
            for change in changes.values()
            if change.field in ("owner", "facilitator")
            for value in (change.before, change.after)
            if value
        ]
    )
    lines = []
    for _, what, number in wanted:
        if what == "section":
            lines.append(_of_section(revisions[number]))
        elif what == "fact":
            lines.append(_of_fact(changes[number], people))
        else:
            entry = entries[number]
            lines.append(Happened(entry.recorded_at, entry.actor, entry.text, detail=entry.reason))
    return lines


def _of_section(revision: SectionRevision) -> Happened:
    if revision.number == 0:
        did = "was drafted" if revision.text else "was added"
    elif revision.restores is not None:
        did = f"says again what it said in version {revision.restores}"
    else:
        did = "was written"
    return Happened(revision.at, revision.by, f"“{revision.section}” {did}", revision)


def _of_fact(change: PostmortemChange, people: dict[int, User]) -> Happened:
    def said(value: Any) -> str:
        if value in (None, "", False):
            return NOTHING.get(change.field, "none")
        if change.field in ("owner", "facilitator"):
            return str(people.get(value, "somebody who is gone"))
        if change.field == "due_on":
            return f"{date.fromisoformat(value):%d %b %Y}"
        if change.field == "meeting_at":
            return f"{timezone.localtime(datetime.fromisoformat(value)):%d %b %Y, %H:%M}"
        return "yes" if value is True else str(value)

    text = f"{LABELS.get(change.field, change.field)} was changed"
    return Happened(change.at, change.by, text, detail=f"{said(change.before)} → {said(change.after)}")
