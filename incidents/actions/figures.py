"""Moments of incidents, kept in step with their timelines, and what an organization changes of the figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from incidents.figures.defaults import DEFAULTS
from incidents.figures.moments import COLUMNS, MOMENTS, VERBS, Line, Told, fold
from incidents.guards import Blocker
from incidents.models import FigureDefinition, Incident, IncidentMoments, TimelineEntry
from incidents.problems import Blocked, refuse
from teams import permits
from teams.models import User

AT_ONCE = 500
RESERVED = ("report",)
WORDS = ("title", "says", "position", "shown")


def refresh_due(limit: int = 20 * AT_ONCE) -> tuple[int, bool]:
    """Make the moments of incidents anew of which more was recorded since; how many, and whether there are more.

    Two workers may do the same: each writes what it read with the version that it read first, so that what is older
    than the timeline is found again.
    """
    stale = Incident.objects.filter(Q(moments=None) | ~Q(moments__version=F("version")))
    keys = list(stale.order_by("-pk").values_list("pk", flat=True)[:limit])
    for n in range(0, len(keys), AT_ONCE):
        refresh(keys[n : n + AT_ONCE])
    return len(keys), len(keys) == limit


def refresh(keys: Sequence[int]) -> None:
    """Make the moments of these incidents anew. Three queries."""
    told = _told(keys)
    IncidentMoments.objects.bulk_create(
        [
            IncidentMoments(
                incident_id=pk,
                version=version,
                stays=each.stays,
                **{column: each.at.get(key) for key, column in COLUMNS.items()},
            )
            for pk, (version, each) in sorted(told.items())
        ],
        update_conflicts=True,
        unique_fields=["incident"],
        update_fields=["version", "stays", *COLUMNS.values()],
    )


def differing(keys: Sequence[int]) -> list[int]:
    """Of these, incidents of whose version the kept moments are, and are not what the timeline says."""
    kept = {row.incident_id: row for row in IncidentMoments.objects.filter(incident__in=keys)}
    found = []
    for pk, (version, each) in _told(keys).items():
        row = kept.get(pk)
        if row is None or row.version != version:
            continue
        same = all(getattr(row, column) == each.at.get(key) for key, column in COLUMNS.items())
        if not same or row.stays != each.stays:
            found.append(pk)
    return sorted(found)


def _told(keys: Sequence[int]) -> dict[int, tuple[int, Told]]:
    """What the timelines of these incidents say, by their keys, with the version of each that was read before."""
    known = ("pk", "version", "detected_at", "impact_started_at", "impact_ended_at")
    incidents = list(Incident.objects.filter(pk__in=keys).values_list(*known))
    newest = TimelineEntry.objects.filter(corrects=OuterRef("pk")).order_by("-pk")
    entries = TimelineEntry.objects.filter(incident__in=keys, verb__in=VERBS).order_by("pk")
    fields = ("incident_id", "verb", "at", "phase_to", "data", "corrected_at")
    lines: dict[int, list[Line]] = defaultdict(list)
    dated = entries.annotate(
        corrected_at=Subquery(newest.values("occurred_at")[:1]), at=Coalesce("corrected_at", "occurred_at")
    )
    for pk, verb, at, phase_to, data, corrected_at in dated.values_list(*fields):
        lines[pk].append(Line(verb, at, phase_to, data, corrected=corrected_at is not None))
    return {
        pk: (version, fold(lines[pk], detected_at=detected, impact_started_at=began, impact_ended_at=ended))
        for pk, version, detected, began, ended in incidents
    }


@transaction.atomic
def define(figure: FigureDefinition | None, *, by: User, **given: Any) -> FigureDefinition:
    """Change a figure, or make one between two moments: `slug`, `title`, `says`, `start`, `end`, `position`, `shown`.
    What Watchbill brings keeps its slug. Raises Blocked naming all that is missing."""
    permits.require(by, "organization.change")
    row = FigureDefinition.objects.select_for_update().get(pk=figure.pk) if figure else FigureDefinition()
    if figure is None:
        row.slug = str(given.get("slug", "")).strip()
    for name in WORDS:
        if name in given:
            setattr(row, name, given[name])
    if row.unit == FigureDefinition.Unit.DURATION and (figure is None or row.start):
        row.start, row.end = given.get("start", row.start), given.get("end", row.end)
    if missing := _missing(row):
        raise Blocked(missing)
    row.save()
    return row


def is_taken(slug: str) -> bool:
    """Prometheus has no hyphens in names: two that differ by them alone would be one there."""
    taken = FigureDefinition.objects.values_list("slug", flat=True)
    return slug.replace("-", "_") in {each.replace("-", "_") for each in taken}


def _missing(row: FigureDefinition) -> list[Blocker]:
    missing = []
    if row._state.adding and (not row.slug or row.slug in RESERVED):
        said = "Give it a short name for addresses, such as time_to_call, that is not “report”."
        missing.append(Blocker("slug_missing", said, field="slug"))
    if row._state.adding and is_taken(row.slug):
        missing.append(Blocker("slug_taken", f"There is a figure {row.slug} already.", field="slug"))
    if not row.title.strip():
        missing.append(Blocker("title_missing", "Give it a title.", field="title"))
    if not row.says.strip():
        missing.append(Blocker("says_missing", "Say in a sentence what it means.", field="says"))
    if row._state.adding or row.start:
        missing += [
            Blocker("moment_missing", "Choose a moment.", field=name)
            for name in ("start", "end")
            if getattr(row, name) not in MOMENTS
        ]
        if row.start and row.start == row.end:
            missing.append(Blocker("moments_same", "Choose two moments that differ.", field="end"))
    return missing


@transaction.atomic
def back_to_default(figure: FigureDefinition, *, by: User) -> FigureDefinition:
    """Let a figure be again what Watchbill brings. Raises Blocked for one of the organization's own."""
    permits.require(by, "organization.change")
    default = DEFAULTS.get(figure.slug)
    if default is None:
        raise refuse("figure_own", "This figure is your organization's own: there is nothing to go back to.")
    row = FigureDefinition.objects.select_for_update().get(pk=figure.pk)
    for name, value in default._asdict().items():
        setattr(row, name, value)
    row.save()
    return row


@transaction.atomic
def drop(figure: FigureDefinition, *, by: User) -> None:
    """Remove a figure of the organization's own. Raises Blocked for one that Watchbill brings: that is hidden."""
    permits.require(by, "organization.change")
    if figure.slug in DEFAULTS:
        raise refuse("figure_ours", "Watchbill brings this figure. Untick “shown” to hide it.")
    figure.delete()
