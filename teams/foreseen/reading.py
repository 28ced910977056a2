"""Roster warnings as somebody reads them: with the way to mend each, where they may."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet
from django.urls import reverse

from teams import permits
from teams.models import RosterWarning, Schedule, Team, User

Kind = RosterWarning.Kind
# Symbol and tone of each kind; the words stand beside them.
MARKS = {
    Kind.GAP: ("warn", "danger"),
    Kind.UNREACHABLE: ("mail", "danger"),
    Kind.AWAY: ("calendar", "warn"),
    Kind.TWICE: ("merged", "warn"),
    Kind.ALONE: ("role", "caution"),
    Kind.NIGHTS: ("moon", "caution"),
    Kind.IMPORT: ("link", "warn"),
}

COVERED = frozenset({Kind.GAP, Kind.TWICE, Kind.AWAY, Kind.UNREACHABLE})


@dataclass(frozen=True, slots=True)
class Told:
    """A warning before a reader. `mend_url` is empty where they can't mend it."""

    warning: RosterWarning
    symbol: str
    tone: str
    soon: bool
    mend_url: str = ""
    mend_label: str = ""


def open_warnings() -> QuerySet[RosterWarning]:
    return RosterWarning.objects.open().select_related("team", "schedule__team", "user")


def once(rows: QuerySet[RosterWarning]) -> QuerySet[RosterWarning]:
    """Without repeats: what concerns two teams stands in both, in the same words."""
    return rows.filter(pk__in=rows.order_by("key", "text", "pk").distinct("key", "text").values("pk"))


def of_person(user: User) -> QuerySet[RosterWarning]:
    """What is ahead of somebody themselves."""
    return once(open_warnings().filter(user=user))


def counts(teams: Iterable[Team]) -> dict[int, int]:
    """How many are open in each team, by its key."""
    found = RosterWarning.objects.open().filter(team__in=teams).order_by()
    return dict(found.values_list("team").annotate(Count("pk")))


def counts_by_schedule(schedules: Iterable[Schedule]) -> dict[int, int]:
    found = RosterWarning.objects.open().filter(schedule__in=list(schedules)).order_by()
    return {key: number for key, number in found.values_list("schedule").annotate(Count("pk")) if key is not None}


def told(rows: Iterable[RosterWarning], reader: User, now: datetime) -> list[Told]:
    """`rows` (of `open_warnings`) with what `reader` may do about them, in three queries however many they are."""
    rows = list(rows)
    if not rows:
        return []
    rosters = _keys(reader, "roster.change")
    covers = _keys(reader, "override.add")
    people = permits.may(reader, "person.change")
    return [
        Told(
            row,
            *MARKS[Kind(row.kind)],
            row.urgent(now) and row.gone_at is None,
            *_mend(row, reader, now, rosters, covers, people),
        )
        for row in rows
    ]


def _keys(reader: User, verb: str) -> set[int]:
    return set(permits.teams_where(reader, verb).values_list("pk", flat=True))


def _mend(
    row: RosterWarning, reader: User, now: datetime, rosters: set[int], covers: set[int], people: bool
) -> tuple[str, str]:
    own = row.user_id == reader.pk
    if row.gone_at is not None:
        return "", ""
    if row.kind == Kind.UNREACHABLE:
        if own:
            return reverse("account_email"), "Confirm your address"
        if people:
            return reverse("admin:teams_user_change", args=[row.user_id]), "Add a contact method"
    if row.kind in COVERED and (own or row.team_id in covers) and row.ends_at is not None:
        return row.cover_url(now), "Find cover"
    if row.schedule_id is not None and row.team_id in rosters:
        label = {Kind.ALONE: "Add somebody", Kind.GAP: "Add somebody", Kind.IMPORT: "Mend the calendar"}
        return reverse("admin:teams_schedule_change", args=[row.schedule_id]), label.get(
            Kind(row.kind), "Change the rotation"
        )
    return "", ""
