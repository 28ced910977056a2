"""Action items over all incidents: narrowed, ordered, counted by team, and as lines of a file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Aggregate, Count, DateField, DateTimeField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce

from incidents.models import ActionItem
from incidents.presenters.following import SOON
from teams import downloads, mails
from teams.models import User

# How far back the picture counts what was opened and done.
PERIOD = timedelta(days=90)
LAST = Value(date(9999, 1, 1), output_field=DateField())
ORDERS: dict[str, tuple[Any, ...]] = {
    "": (Coalesce("due_on", LAST), "priority", "pk"),
    "cost": (F("cost_minutes").desc(), F("cost_incidents").desc(), F("times_back").desc(), "priority", "pk"),
    "priority": ("priority", Coalesce("due_on", LAST), "pk"),
    "age": ("created_at", "pk"),
    "new": ("-created_at", "-pk"),
}
GROUPS: dict[str, tuple[Any, ...]] = {
    "": (F("team__name").asc(nulls_last=True), F("team").asc(nulls_last=True)),
    "urgency": (),
    "owner": (F("owner__first_name").asc(nulls_last=True), F("owner").asc(nulls_last=True)),
}
COLUMNS = (
    *("id", "title", "incident", "severity", "team", "owner", "kind", "priority", "due_on", "state", "end_state"),
    *("lacks", "evidence", "recurrences", "helped_in", "minutes", "created_at", "closed_at", "tracker_url", "url"),
)


def narrowed(found: Any, asked: dict[str, Any], user: User, today: date) -> Any:
    """`found` with the filters of `forms.following.ItemFilter`; words that are none of theirs narrow nothing."""
    found = _by_state(found, asked.get("state") or "", today)
    if text := (asked.get("q") or "").strip():
        number = text.upper().removeprefix("INC-")
        match = Q(title__icontains=text) | Q(end_state__icontains=text) | Q(incident__title__icontains=text)
        if number.isdecimal() and len(number) < 10:
            match |= Q(incident_id=int(number))
        found = found.filter(match)
    for name, path in (("team", "team"), ("priority", "priority"), ("severity", "incident__severity")):
        if asked.get(name):
            found = found.filter(**{path: asked[name]})
    if kind := asked.get("kind"):
        found = found.filter(kind="" if kind == "none" else kind)
    if service := asked.get("service"):
        found = found.filter(incident__in=service.incidents.values("pk"))
    if owner := asked.get("owner"):
        who = {"me": Q(owner=user), "nobody": Q(owner=None)}.get(owner, Q(owner__username=owner))
        found = found.filter(who)
    return _by_mark(found, asked.get("mark") or "", user)


def _by_state(found: Any, state: str, today: date) -> Any:
    if state == "overdue":
        return found.overdue(today)
    if state == "soon":
        return found.open().filter(due_on__gte=today, due_on__lte=today + SOON)
    return found if state == "all" else found.filter(state=state or "open")


def _by_mark(found: Any, mark: str, user: User) -> Any:
    if mark == "lacking":
        return found.lacking()
    if mark == "back":
        return found.that_came_back(user)
    if mark == "asked":
        return found.filter(asked_at__isnull=False)
    return found


def ordered(found: Any, *, group: str = "", sort: str = "") -> QuerySet[ActionItem]:
    return found.order_by(*GROUPS.get(group, ()), *ORDERS.get(sort, ORDERS[""]))  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class TeamLine:
    """How a team's items go: `opened` and `done` since the period began, `open` and `overdue` now, and `age`, the days
    that half of the open ones have been open for, None without any."""

    name: str
    slug: str
    opened: int
    done: int
    open: int
    overdue: int
    age: int | None


def by_team(found: Any, now: datetime, today: date) -> list[TeamLine]:
    """Teams by name, never by how they do. One query."""
    since = now - PERIOD
    is_open = Q(state=ActionItem.State.OPEN)
    rows = (
        found.order_by()
        .values("team__name", "team__slug")
        .annotate(
            opened=Count("pk", filter=Q(created_at__gte=since)),
            done=Count("pk", filter=Q(state=ActionItem.State.DONE, closed_at__gte=since)),
            open=Count("pk", filter=is_open),
            overdue=Count("pk", filter=is_open & Q(due_on__lt=today)),
            middle=Median("created_at", filter=is_open),
        )
        .order_by(F("team__name").asc(nulls_last=True), "team__slug")
    )
    return [
        TeamLine(
            row["team__name"] or "Without a team",
            row["team__slug"] or "",
            row["opened"],
            row["done"],
            row["open"],
            row["overdue"],
            (now - row["middle"]).days if row["middle"] else None,
        )
        for row in rows
    ]


class Median(Aggregate):
    """The one in the middle, of moments."""

    function = "percentile_disc"
    template = "percentile_disc(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DateTimeField()


def lines(found: QuerySet[ActionItem]) -> Iterator[str]:
    """A CSV of items that were read `with_cost`."""
    yield downloads.line(COLUMNS)
    rows = found.select_related("incident__severity", "owner", "team")
    for item in rows.iterator(chunk_size=downloads.CHUNK):
        yield downloads.line(_cells(item))


def _cells(item: Any) -> list[Any]:
    severity = item.incident.severity
    return [
        item.pk,
        item.title,
        item.incident.reference,
        severity.code if severity else "",
        item.team.slug if item.team else "",
        item.owner.name if item.owner else "",
        item.kind,
        item.get_priority_display().lower(),
        item.due_on or "",
        item.state,
        item.end_state,
        ", ".join(item.missing()) if item.state == "open" else "",
        item.evidence,
        item.times_back,
        item.cost_incidents,
        item.cost_minutes or "",
        item.created_at.isoformat(timespec="seconds"),
        item.closed_at.isoformat(timespec="seconds") if item.closed_at else "",
        item.tracker_url,
        mails.absolute(f"/action-items/{item.pk}/"),
    ]
