"""Figures that are counted: incidents, changes, mitigations, promises, action items, and the load on people.

All are of the incidents that were asked for, as far as somebody may see them. Each costs a query or two, however many
rows there are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    TimeField,
    Value,
    When,
)
from django.db.models.functions import Coalesce, Greatest, Least, Trunc
from django.utils import timezone

from incidents.figures.summing import Quantiles, Spread, part, seconds, spreads
from incidents.models import ActionItem, ChangeMark, Mitigation, Page, Promise, RoleAssignment
from incidents.models.incident import IncidentQuerySet
from incidents.phases import ACTIVE
from teams.models import Membership, Organization, Role, Team, User
from teams.nights import BEGINS, ENDS

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


def columns(since: datetime, until: datetime, most: int) -> list[Part]:
    """Up to `most` parts of as many whole days each, in the reader's zone."""
    first, last = timezone.localdate(since), timezone.localdate(until - timedelta(microseconds=1))
    days = -(-((last - first).days + 1) // most)
    starts = [first + timedelta(days=n) for n in range(0, (last - first).days + 1, days)]
    return [Part("", day, min(day + timedelta(days=days - 1), last)) for day in starts]


class Placing:
    """When each part starts, and when the last is over."""

    def __init__(self, found: Sequence[Part]) -> None:
        self.starts = [midnight(part.since) for part in found]
        self.beyond = midnight(found[-1].until + timedelta(days=1)) if found else None


def midnight(day: date) -> datetime:
    """Of the reader's zone, in UTC."""
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone()).astimezone(UTC)


def caused_by_change() -> Exists:
    """Whether a change is marked as what caused an incident."""
    return Exists(ChangeMark.objects.filter(incident=OuterRef("pk"), state=ChangeMark.State.CAUSED))


@dataclass(slots=True)
class Tried:
    """Attempts of one kind. `spread` is from the start of those that worked, wholly or partly, until it was seen."""

    kind: str
    label: str
    states: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    spread: Spread = field(default_factory=Spread)

    @property
    def attempts(self) -> int:
        return sum(self.states.values())


def attempts(found: IncidentQuerySet) -> QuerySet[Mitigation]:
    """Those that were carried out."""
    return Mitigation.objects.filter(incident__in=found.values("pk"), executed_at__isnull=False).order_by()


def effects(found: IncidentQuerySet) -> QuerySet[Any]:
    """Attempts that worked, wholly or partly, with the `seconds` that it took."""
    worked = attempts(found).filter(state__in=[Mitigation.State.WORKED, Mitigation.State.PARTLY])
    return worked.filter(finished_at__gte=F("executed_at")).annotate(seconds=seconds("executed_at", "finished_at"))


def tried(found: IncidentQuerySet) -> list[Tried]:
    """Attempts that were carried out, by kind, in the order of the kinds' names."""
    kinds = {kind.value: Tried(kind.value, str(kind.label)) for kind in Mitigation.Kind}
    for kind, state, count in attempts(found).values_list("kind", "state").annotate(Count("pk")):
        kinds[kind].states[state] += count
    for kind, spread in spreads(effects(found), "kind").items():
        kinds[kind].spread = spread
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


def promised(found: IncidentQuerySet) -> QuerySet[Promise]:
    return Promise.objects.filter(incident__in=found.values("pk")).scored().order_by()


def promises(found: IncidentQuerySet, spans: Sequence[Part]) -> Kept:
    by_severity: dict[int | None, list[int]] = defaultdict(lambda: [0, 0])
    by_part = [[0, 0] for _ in spans]
    rows = promised(found).annotate(part=part("incident__detected_at", Placing(spans).starts))
    for level, outcome, number, count in rows.values_list("incident__severity", "outcome", "part").annotate(
        Count("pk")
    ):
        broken = int(outcome == Promise.Outcome.BROKEN)
        by_severity[level][broken] += count
        if 0 < number <= len(spans):
            by_part[number - 1][broken] += count
    # By the minutes that readers count: a promise is kept until its minute is over.
    late = promised(found).filter(outcome=Promise.Outcome.BROKEN, ended_at__isnull=False)
    came = Trunc(Coalesce("told_at", "ended_at"), "minute", output_field=DateTimeField(), tzinfo=UTC)
    due = Trunc("due_at", "minute", output_field=DateTimeField(), tzinfo=UTC)
    ends = late.annotate(came=came, due=due, seconds=seconds("due", "came")).aggregate(ends=Quantiles("seconds"))
    return Kept(dict(by_severity), by_part, max(ends["ends"][0] / 60, 0.0) if ends["ends"] else None)


@dataclass(slots=True)
class Items:
    """Action items: `opened` and `done` by part, counts by kind, and of those that are open how old they are."""

    opened: list[int]
    done: list[int]
    by_kind: dict[str, dict[str, int]]
    ages: dict[str, Spread]

    def total(self, name: str) -> int:
        return sum(counts[name] for counts in self.by_kind.values())


_NO_ITEMS = ("opened", "done", "dropped", "open", "overdue")


def ages(found: IncidentQuerySet, now: datetime) -> QuerySet[Any]:
    """Open action items with the `seconds` that they are old."""
    rows = ActionItem.objects.filter(incident__in=found.values("pk"), state=ActionItem.State.OPEN).order_by()
    return rows.annotate(seconds=Greatest(seconds("created_at", now), 0.0))


def items(found: IncidentQuerySet, spans: Sequence[Part], now: datetime) -> Items:
    today, starts = timezone.localdate(now), Placing(spans).starts
    rows = ActionItem.objects.filter(incident__in=found.values("pk")).order_by()
    by_kind = {kind: dict.fromkeys(_NO_ITEMS, 0) for kind in ActionItem.Kind.values}
    for kind, state, count, overdue in rows.values_list("kind", "state").annotate(
        count=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=today))
    ):
        counts = by_kind.setdefault(kind, dict.fromkeys(_NO_ITEMS, 0))
        counts["opened"] += count
        counts[state] += count
        if state == ActionItem.State.OPEN:
            counts["overdue"] += overdue

    def over_time(moment: str, rows: QuerySet[ActionItem]) -> list[int]:
        placed = dict(rows.annotate(part=part(moment, starts)).values_list("part").annotate(Count("pk")))
        beyond = Placing(spans).beyond
        if beyond is not None and (last := placed.get(len(spans))):
            placed[len(spans)] = last - rows.filter(**{f"{moment}__gte": beyond}).count()
        return [placed.get(n + 1, 0) for n in range(len(spans))]

    return Items(
        over_time("created_at", rows),
        over_time("closed_at", rows.filter(state=ActionItem.State.DONE, closed_at__isnull=False)),
        by_kind,
        spreads(ages(found, now), "kind"),
    )


@dataclass(slots=True)
class Burden:
    """What one person had. `nights` with a page, `hours` in command; `commands` are incidents that they are in command
    of now, whose hours still run."""

    incidents: int = 0
    pages: int = 0
    nights: int = 0
    hours: float = 0.0
    commands: int = 0

    @property
    def figures(self) -> tuple[float, float, float, float]:
        return self.incidents, self.pages, self.nights, round(self.hours, 1)


LOADS = ("Incidents paged for", "Pages", "Nights with a page", "Hours in command")


def load(found: IncidentQuerySet, now: datetime) -> dict[int, Burden]:
    """What people had of these incidents, by their keys; whoever had nothing is not there."""
    keys = found.values("pk")
    burdens: dict[int, Burden] = defaultdict(Burden)
    pages = Page.objects.filter(incident__in=keys).order_by()
    for user, incidents, count in pages.values_list("user_id").annotate(
        incidents=Count("incident_id", distinct=True), count=Count("pk")
    ):
        burdens[user].incidents, burdens[user].pages = incidents, count
    for user, nights in nightly(pages).values_list("user_id").annotate(nights=Count("evening", distinct=True)):
        burdens[user].nights = nights
    for user, hours, commands in commanded(found, now):
        burdens[user].hours, burdens[user].commands = hours, commands
    return dict(burdens)


@cache
def _zones() -> frozenset[str]:
    """What the server can tell the time of: those that Python knows may be newer, and one of them fails a statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_timezone_names")
        return frozenset(name for (name,) in cursor.fetchall())


def nightly(pages: QuerySet[Page]) -> QuerySet[Any]:
    """Those that came at night on the clock of whom they called, with the `evening` whose day the night bears."""
    known, usual = _zones(), Organization.current().time_zone
    used = User.objects.exclude(time_zone="").order_by().values_list("time_zone", flat=True).distinct()
    strange = [zone for zone in used if zone not in known]
    zone = Case(
        When(Q(user__time_zone="") | Q(user__time_zone__in=strange), then=Value(usual if usual in known else "UTC")),
        default=F("user__time_zone"),
        output_field=CharField(),
    )
    local = Func(zone, "created_at", function="timezone", output_field=DateTimeField())
    hour = Func("local", template="%(expressions)s::time", output_field=TimeField())
    # What is before a night's end lies in the night of the day before.
    ends = timedelta(hours=ENDS.hour, minutes=ENDS.minute)
    evening = Func(
        F("local"), Value(ends), template="(%(expressions)s)::date", arg_joiner=" - ", output_field=DateField()
    )
    placed = pages.annotate(local=local, hour=hour, evening=evening)
    return placed.filter(Q(hour__gte=BEGINS) | Q(hour__lt=ENDS))


def commands(found: IncidentQuerySet) -> QuerySet[RoleAssignment]:
    """The seats of those who took command."""
    seats = RoleAssignment.objects.filter(incident__in=found.values("pk"), role__slug=Role.COMMANDER)
    return seats.filter(accepted_at__isnull=False).order_by()


def commanded(found: IncidentQuerySet, now: datetime) -> Iterable[tuple[int, float, int]]:
    """Whom, how many hours they were in command, and of how many incidents they are now.

    Command ends when somebody else takes over, and with the trouble: of what is resolved nobody is in command for
    weeks. Where nobody noted when it was resolved, it ended at the last moment that is known, and not today."""
    known = ("resolved_at", "moments__resolved_at", "moments__first_resolved_at", "closed_at", "moments__closed_at")
    ends = [F(f"incident__{name}") for name in known]
    over = Case(When(incident__phase__in=ACTIVE, then=None), default=Coalesce(*ends, "accepted_at"))
    until = Least("ended_at", over, Value(now, DateTimeField()), output_field=DateTimeField())
    runs = Q(ended_at=None, incident__phase__in=ACTIVE)
    return (
        commands(found)
        .annotate(until=until, seconds=Greatest(seconds("accepted_at", "until"), 0.0))
        .values_list("user_id")
        .annotate(hours=Sum("seconds") / 3600.0, commands=Count("pk", filter=runs))
    )


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
