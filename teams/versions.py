"""What each layer of a roster says, said, and is to say, in words: for the history, and for what a change leaves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch

from teams.models import Layer, LayerMember, Schedule, User
from teams.words import listed

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SHORT = tuple(day[:3] for day in DAYS)
ONE = {"hour": "turns of one hour", "day": "daily turns", "week": "weekly turns", "month": "monthly turns"}
MOST_NAMES = 8


@dataclass(frozen=True, slots=True)
class Version:
    """What a layer says in [start, end); None is unbounded. `row` is the row that says it."""

    row: Layer
    crews: tuple[tuple[User, ...], ...]
    start: datetime | None
    end: datetime | None

    def state(self, now: datetime) -> str:
        """`former`, `now` or `pending`."""
        if self.end is not None and self.end <= now:
            return "former"
        return "pending" if self.start is not None and self.start > now else "now"

    @property
    def text(self) -> str:
        """ "Mei, then Tom with Ana, in weekly turns from Mondays at 09:00"."""
        return f"{said_people(self.crews)}{said_turns(self.row, len(self.crews))}{said_limits(self.row)}"


@dataclass(frozen=True, slots=True)
class History:
    """A layer with its versions in order; `newest` None: it was taken back before it began."""

    lineage: object
    newest: Layer | None
    versions: tuple[Version, ...]

    @property
    def name(self) -> str:
        return str((self.newest or self.versions[-1].row).name)

    def pending(self, now: datetime) -> bool:
        """Whether something is to come that can be taken back."""
        return self.newest is not None and self.newest.starts_at is not None and self.newest.starts_at > now


def histories(schedule: Schedule, *, known_at: datetime | None = None) -> list[History]:
    """Every layer of `schedule` with its versions, highest layer first, as they were known at `known_at` (aware; None:
    now). Two queries."""
    rows = (
        Layer.history.known_at(known_at)
        .filter(schedule=schedule)
        .prefetch_related(Prefetch("rota", LayerMember.objects.select_related("user").order_by("position", "pk")))
    )
    lines: dict[Any, list[Layer]] = {}
    for row in rows:
        row.schedule = schedule
        lines.setdefault(row.lineage, []).append(row)
    found = [_history(lineage, versions) for lineage, versions in lines.items()]
    return sorted(found, key=lambda each: (each.versions[-1].row.position, each.versions[-1].row.pk), reverse=True)


def _history(lineage: object, rows: list[Layer]) -> History:
    rows.sort(key=lambda row: (row.starts_at is not None, row.starts_at))
    newest = next((row for row in rows if row.replaced_by_id is None), None)
    return History(lineage, newest, tuple(Version(row, crews_of(row), row.starts_at, row.ends_at) for row in rows))


def crews_of(layer: Layer) -> tuple[tuple[User, ...], ...]:
    """The people of each turn, in order."""
    places = sorted(layer.rota.all(), key=lambda m: (m.position, m.pk))
    return tuple(tuple(m.user for m in crew) for _, crew in groupby(places, key=lambda m: m.position))


def said_people(crews: Iterable[Iterable[User]]) -> str:
    names = [" with ".join(user.name for user in crew) for crew in crews]
    if len(names) > MOST_NAMES:
        names = [*names[: MOST_NAMES - 1], f"{len(names) - MOST_NAMES + 1} more"]
    return listed(names) or "nobody"


def said_turns(layer: Layer, count: int) -> str:
    """How they take turns: " in weekly turns, from Mondays at 09:00"."""
    if count < 2:
        return ""
    turns = ONE[layer.kind] if layer.every == 1 else f"turns of {layer.every} {layer.get_kind_display()}"
    at = f"{layer.handoff_time:%H:%M}"
    when = {
        "hour": f", counted from {at}",
        "day": f" at {at}",
        "week": f", handing over on {DAYS[layer.anchor_date.weekday()]}s at {at}",
        "month": f", handing over on day {layer.anchor_date.day} at {at}",
    }[layer.kind]
    return f" in {turns}{when}"


def said_limits(layer: Layer) -> str:
    """What keeps it from being on always, and whose clock it is on: "; only Mon to Fri 09:00–17:00"."""
    parts = []
    if layer.restrictions:
        hours = " and ".join(said_hours(each) for each in layer.restrictions)
        parts.append(hours if hours.startswith("every day") else f"only {hours}")
    if layer.holidays != Layer.Holidays.ON:
        parts.append(layer.get_holidays_display())
    if layer.time_zone and layer.time_zone != layer.schedule.time_zone:
        parts.append(f"on {layer.time_zone} time")
    return "".join(f"; {part}" for part in parts)


def said_hours(window: dict[str, Any]) -> str:
    """ "Mon to Fri 09:00–17:00"."""
    days = sorted(window["weekdays"])
    if days == list(range(7)):
        told = "every day"
    elif len(days) > 2 and days == list(range(days[0], days[-1] + 1)):
        told = f"{SHORT[days[0]]} to {SHORT[days[-1]]}"
    else:
        told = ", ".join(SHORT[day] for day in days)
    return f"{told} {window['start'][:5]}–{window['end'][:5]}"


def said_moment(moment: datetime, zone: str, now: datetime) -> str:
    """ "Mon 30 Nov 09:00" on the clock of `zone`; with the year where it is another."""
    local = moment.astimezone(ZoneInfo(zone))
    year = "" if local.year == now.astimezone(ZoneInfo(zone)).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year} {local:%H:%M}"


def changes(before: Iterable[History], after: Iterable[History], zone: str, now: datetime) -> list[tuple[str, str]]:
    """(name of the layer, what becomes of it) for each that differs: "Until Mon 30 Nov 09:00 as before; then …"."""
    known = {each.lineage: each for each in before}
    left = {each.lineage: each for each in after}
    found = [(each.name, _change(known.get(each.lineage), each, zone, now)) for each in left.values()]
    found += [(each.name, "It is gone without having begun.") for key, each in known.items() if key not in left]
    return [(name, text) for name, text in found if text]


def _change(before: History | None, after: History, zone: str, now: datetime) -> str:
    def told(history: History | None) -> list[tuple[Any, ...]]:
        """What is and is to be; the past is the same anyway."""
        rows = [v for v in history.versions if v.state(now) != "former"] if history else []
        return [(v.text, v.row.position, v.row.anchor_date, v.row.zone, max(v.start or now, now), v.end) for v in rows]

    if told(before) == told(after):
        return ""
    parts: list[str] = []
    for version in after.versions:
        state = version.state(now)
        if state == "former":
            continue
        starts = said_moment(version.start, zone, now) if version.start else ""
        if state == "pending":
            parts.append(f"{'then' if parts else f'from {starts}'} {version.text}")
        elif before is None:
            parts.append(f"from now on {version.text}")
        else:
            parts.append(f"until {said_moment(version.end, zone, now)} as before" if version.end else version.text)
    last = after.versions[-1]
    if last.end is not None and last.end > now:
        ends = said_moment(last.end, zone, now)
        parts.append("then it is over" if parts and parts[-1].startswith("until ") else f"until {ends}")
    text = "; ".join(parts)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
