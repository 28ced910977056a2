"""What became of a postmortem, newest first: its sections, its title and people, and its states."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.utils import timezone

from incidents.models import Postmortem, PostmortemChange, SectionRevision, TimelineEntry
from teams.models import User

LABELS = {
    "title": "Title",
    "owner": "Owner",
    "facilitator": "Facilitator",
    "names_as_roles": "How people are named",
    "due_on": "Due",
    "meet_by": "Meet by",
    "circulate_on": "Hand in for review by",
    "meeting_at": "Meeting",
    "meeting_minutes": "Length of the meeting",
    "meeting_place": "Place of the meeting",
    "people_affected": "People affected",
    "people_unit": "Which people",
    "requests_affected": "Requests affected",
    "requests_unit": "Which requests",
    "cost": "Cost",
    "cost_currency": "Currency of the cost",
    "public": "Public",
    "public_title": "Public title",
    "public_wording": "Public wording",
    "public_as_written": "Public as it is written",
    "entries": "Entries of the timeline",
    "factor": "A contributing factor",
    "factor_tags": "Tags of a contributing factor",
    "factor_place": "Order of contributing factors",
}
OF_FACTORS = {"factor_tags": "were changed", "factor_place": "was changed"}
PEOPLE = ("owner", "facilitator")
DAYS = ("due_on", "meet_by", "circulate_on")
NOTHING = {"owner": "nobody", "facilitator": "nobody", "names_as_roles": "as the organization has it"}
NAMED = {True: "by their roles", False: "by their names"}
# Entries of the timeline that a line names before it only counts.
MOST_NAMED = 5
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
    """The lines of some rows. Five queries, however many."""
    wanted = list(page)
    numbers = {what: [number for _, each, number in wanted if each == what] for what in ("section", "fact", "state")}
    revisions = SectionRevision.objects.select_related("section", "by").in_bulk(numbers["section"])
    changes = PostmortemChange.objects.select_related("by").in_bulk(numbers["fact"])
    entries = TimelineEntry.objects.select_related("actor").in_bulk(numbers["state"])
    people = User.objects.in_bulk(
        [
            value
            for change in changes.values()
            if change.field in PEOPLE
            for value in (change.before, change.after)
            if value
        ]
    )
    told = _told(changes.values())
    lines = []
    for _, what, number in wanted:
        if what == "section":
            lines.append(_of_section(revisions[number]))
        elif what == "fact":
            lines.append(_of_fact(changes[number], people, told))
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


def _told(changes: Iterable[PostmortemChange]) -> dict[int, str]:
    """The texts of entries that were chosen or taken out, of the postmortem's own incident: of another one, which was
    merged into it, not every reader may know."""
    numbers: dict[int, list[int]] = {}
    for change in changes:
        if change.field == "entries":
            numbers.setdefault(change.postmortem_id, []).extend([*(change.before or ()), *(change.after or ())])
    wanted = Q(pk__in=[])
    for postmortem, found in numbers.items():
        wanted |= Q(pk__in=found, incident__postmortem=postmortem)
    return dict(TimelineEntry.objects.filter(wanted).values_list("pk", "text")) if numbers else {}


def _of_fact(change: PostmortemChange, people: dict[int, User], told: dict[int, str]) -> Happened:
    if change.field == "entries":
        parts = [("added", change.after or []), ("taken out", change.before or [])]
        detail = "; ".join(f"{word}: {_listed(numbers, told)}" for word, numbers in parts if numbers)
        return Happened(change.at, change.by, f"{LABELS['entries']} were chosen", detail=detail)
    did = "was changed"
    if change.field == "factor" and None in (change.before, change.after):
        did = "was added" if change.before is None else "was removed"
        return Happened(change.at, change.by, f"{LABELS['factor']} {did}", detail=str(change.after or change.before))
    if change.field in OF_FACTORS and change.before and change.after:
        before, after = _of_factor(change.field, change.before), _of_factor(change.field, change.after)
        detail = f"“{change.after['factor']}”: {before} → {after}"
        return Happened(change.at, change.by, f"{LABELS[change.field]} {OF_FACTORS[change.field]}", detail=detail)
    # A text that strangers read is as long as the page: that it changed is enough here.
    detail = (
        ""
        if change.field == "public_wording"
        else " → ".join(_said(change.field, value, people) for value in (change.before, change.after))
    )
    return Happened(change.at, change.by, f"{LABELS.get(change.field, change.field)} {did}", detail=detail)


def _of_factor(field: str, value: dict[str, Any]) -> str:
    if field == "factor_place":
        return f"place {value['place']}"
    return ", ".join(value["tags"]) or "none"


def _listed(numbers: list[int], told: dict[int, str]) -> str:
    named = [f"“{told[number]}”" for number in numbers if number in told][:MOST_NAMED]
    more = len(numbers) - len(named)
    return ", ".join([*named, *([f"{more} more" if named else str(more)] if more else [])])


def _said(field: str, value: Any, people: dict[int, User]) -> str:
    if value is None:
        return NOTHING.get(field, "not set")
    if value == "":
        return "empty"
    if field in PEOPLE:
        return str(people.get(value, "somebody who is gone"))
    if field in DAYS:
        return f"{date.fromisoformat(value):%d %b %Y}"
    if field == "meeting_at":
        return f"{timezone.localtime(datetime.fromisoformat(value)):%d %b %Y, %H:%M}"
    if isinstance(value, bool):
        return NAMED[value] if field == "names_as_roles" else "yes" if value else "no"
    return f"{value} min" if field == "meeting_minutes" else str(value)
