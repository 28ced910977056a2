"""Figures that are counted: incidents, changes, mitigations, promises, action items, and the load on people.

All are of the incidents that were asked for, as far as somebody may see them. Each costs a query or two, however many
rows there are.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from statistics import median
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from incidents.models import ActionItem, ChangeMark, Mitigation, Page, Promise, RoleAssignment
from incidents.models.incident import IncidentQuerySet
from teams.models import Membership, Organization, Role, Team, User
from teams.nights import BEGINS, ENDS

HOUR = timedelta(hours=1)
# Of fewer people a distribution without names still says who it is.
FEW_PEOPLE = 5


class Part(NamedTuple):
    """A week or a month of the time that was asked for. `until` is its last day."""

    label: str
    since: date
    until: date


def parts(since: datetime, until: datetime) -> list[Part]:
    """Weeks of up to a quarter, months of more, in the reader's zone; the first and the last are cut where the time
    that was asked for begins and ends."""
    first, last = timezone.localdate(since), timezone.localdate(until - timedelta(microseconds=1))
    weekly = (last - first).days <= 95
    found, day = [], first
    while day <= last:
        if weekly:
            beyond = day + timedelta(days=7 - day.weekday())
            label = f"{day.day} {day:%b}"
        else:
            beyond = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
            label = f"{day:%b %y}"
        found.append(Part(label, day, min(beyond - timedelta(days=1), last)))
        day = beyond
    return found


class Placing:
    """In which part a moment lies, by the number of the part; None outside."""

    def __init__(self, found: Sequence[Part]) -> None:
        self.starts = [_midnight(part.since) for part in found]
        self.beyond = _midnight(found[-1].until + timedelta(days=1)) if found else None

    def __call__(self, at: datetime | None) -> int | None:
        if at is None or self.beyond is None or at >= self.beyond:
            return None
        place = bisect_right(self.starts, at) - 1
        return place if place >= 0 else None


def _midnight(day: date) -> datetime:
    """In UTC, as the database says moments: those of one zone compare quickly."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone()).astimezone(UTC)


def caused_by_change(found: IncidentQuerySet) -> set[int]:
    """Keys of the incidents of which a change is marked as what caused them."""
    marks = ChangeMark.objects.filter(incident__in=found.values("pk"), state=ChangeMark.State.CAUSED)
    return set(marks.order_by().values_list("incident_id", flat=True))


@dataclass(slots=True)
class Tried:
    """Attempts of one kind. `seconds` are from the start of those that worked, wholly or partly, until it was seen."""

    kind: str
    label: str
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seconds: list[float] = field(default_factory=list)

    @property
    def attempts(self) -> int:
        return sum(self.states.values())


def tried(found: IncidentQuerySet) -> list[Tried]:
    """Attempts that were carried out, by kind, in the order of the kinds' names."""
    rows = Mitigation.objects.filter(incident__in=found.values("pk"), executed_at__isnull=False).order_by("kind", "pk")
    kinds = {kind.value: Tried(kind.value, str(kind.label)) for kind in Mitigation.Kind}
    for kind, state, executed, finished in rows.values_list("kind", "state", "executed_at", "finished_at"):
        kinds[kind].states[state] += 1
        if executed is None or finished is None or finished < executed:
            continue
        if state in (Mitigation.State.WORKED, Mitigation.State.PARTLY):
            kinds[kind].seconds.append((finished - executed).total_seconds())
    return sorted((each for each in kinds.values() if each.attempts), key=lambda each: each.label)


@dataclass(frozen=True, slots=True)
class Kept:
    """Promised updates as (kept, broken) by severity and by part; `late_minutes` is the median of those broken."""

    by_severity: dict[int | None, list[int]]
    by_part: list[list[int]]
    late_minutes: float | None

    @property
    def kept(self) -> int:
        return sum(kept for kept, _ in self.by_severity.values())

    @property
    def counted(self) -> int:
        return sum(kept + broken for kept, broken in self.by_severity.values())


def promises(found: IncidentQuerySet, spans: Sequence[Part]) -> Kept:
    place = Placing(spans)
    by_severity: dict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    by_part = [[0, 0] for _ in spans]
    late = []
    rows = Promise.objects.filter(incident__in=found.values("pk")).scored().order_by()
    for row in rows.select_related("incident").only(
        "due_at", "told_at", "ended_at", "outcome", "incident__severity", "incident__detected_at"
    ):
        broken = int(row.outcome == Promise.Outcome.BROKEN)
        by_severity[row.incident.severity_id][broken] += 1
        if (number := place(row.incident.detected_at)) is not None:
            by_part[number][broken] += 1
        if broken and row.ended_at is not None:
            late.append(row.minutes_late(row.ended_at))
    return Kept(dict(by_severity), by_part, median(late) if late else None)


@dataclass(slots=True)
class Items:
    """Action items: `opened` and `done` by part, and of those that are open how old each is by kind, in seconds."""

    opened: list[int]
    done: list[int]
    by_kind: dict[str, dict[str, int]]
    ages: dict[str, list[float]]

    def total(self, name: str) -> int:
        return sum(counts[name] for counts in self.by_kind.values())


def items(found: IncidentQuerySet, spans: Sequence[Part], now: datetime) -> Items:
    place = Placing(spans)
    today = timezone.localdate(now)
    made = Items(
        [0] * len(spans),
        [0] * len(spans),
        {kind: {"opened": 0, "done": 0, "dropped": 0, "open": 0, "overdue": 0} for kind in ActionItem.Kind.values},
        {kind: [] for kind in ActionItem.Kind.values},
    )
    rows = ActionItem.objects.filter(incident__in=found.values("pk")).order_by()
    for kind, state, created, closed, due in rows.values_list("kind", "state", "created_at", "closed_at", "due_on"):
        counts = made.by_kind.setdefault(kind, dict.fromkeys(("opened", "done", "dropped", "open", "overdue"), 0))
        counts["opened"] += 1
        if (number := place(created)) is not None:
            made.opened[number] += 1
        if state == ActionItem.State.DONE:
            counts["done"] += 1
            if (number := place(closed)) is not None:
                made.done[number] += 1
        elif state == ActionItem.State.DROPPED:
            counts["dropped"] += 1
        else:
            counts["open"] += 1
            counts["overdue"] += due is not None and due < today
            made.ages.setdefault(kind, []).append(max((now - created).total_seconds(), 0.0))
    return made


@dataclass(slots=True)
class Burden:
    """What one person had. `nights` with a page, `hours` in command."""

    incidents: set[int] = field(default_factory=set)
    pages: int = 0
    nights: set[date] = field(default_factory=set)
    hours: float = 0.0

    @property
    def figures(self) -> tuple[float, float, float, float]:
        return len(self.incidents), self.pages, len(self.nights), round(self.hours, 1)


LOADS = ("Incidents paged for", "Pages", "Nights with a page", "Hours in command")


def load(found: IncidentQuerySet, now: datetime) -> dict[int, Burden]:
    """What people had of these incidents, by their keys; whoever had nothing is not there."""
    keys = found.values("pk")
    burdens: dict[int, Burden] = defaultdict(Burden)
    usual = Organization.current().time_zone
    zones: dict[str, ZoneInfo] = {}
    pages = Page.objects.filter(incident__in=keys).order_by()
    for user, zone, incident, at in pages.values_list("user_id", "user__time_zone", "incident_id", "created_at"):
        burden = burdens[user]
        burden.incidents.add(incident)
        burden.pages += 1
        name = zone or usual
        if (night := _night(at.astimezone(zones.setdefault(name, ZoneInfo(name))))) is not None:
            burden.nights.add(night)
    seats = RoleAssignment.objects.filter(incident__in=keys, role__slug=Role.COMMANDER, accepted_at__isnull=False)
    known = ("user_id", "accepted_at", "ended_at", "incident__resolved_at", "incident__phase")
    for user, since, ended, resolved, phase in seats.order_by().values_list(*known):
        # Command ends with the trouble: of what is resolved nobody is in command for weeks.
        over = resolved if phase in ("resolve", "review", "closed") else None
        until = min(filter(None, (ended, over, now)))
        burdens[user].hours += max((until - since) / HOUR, 0.0)
    return dict(burdens)


def _night(at: datetime) -> date | None:
    """The day of the evening in whose night a local time lies."""
    if at.time() >= BEGINS:
        return at.date()
    return at.date() - timedelta(days=1) if at.time() < ENDS else None


def managed(user: User, team: Team | None) -> list[User]:
    """The people of the teams that somebody manages, of one team where that is asked for, by their names."""
    teams = Membership.objects.filter(user=user, role="manager").values("team")
    mates = Membership.objects.filter(team__in=teams)
    if team is not None:
        mates = mates.filter(team=team)
    people = User.objects.filter(pk__in=mates.values("user"), is_active=True)
    return sorted(people, key=lambda person: (person.name.casefold(), person.pk))


def grouped(rows: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = defaultdict(list)
    for key, value in rows:
        found[key].append(value)
    return dict(found)
