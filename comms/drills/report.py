"""What came of a drill: whom it reached, how soon, by what, and whom it did not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.template.loader import render_to_string

from comms.models import Drill, DrillCall
from comms.paging import ledger
from teams.mails import absolute, when
from teams.models import User

State = DrillCall.State
# What comes first in a report: those of whom something has to be done.
ORDER = (State.UNREACHABLE, State.UNANSWERED, State.WAITING, State.LATE, State.CONFIRMED)
TONES: dict[str, tuple[str, str]] = {
    State.CONFIRMED: ("ok", "check"),
    State.LATE: ("caution", "clock"),
    State.WAITING: ("info", "clock"),
    State.UNANSWERED: ("warn", "warn"),
    State.UNREACHABLE: ("danger", "major"),
}
COUNTED = tuple(State.values)
BAR = (State.CONFIRMED, State.LATE, State.WAITING, State.UNANSWERED, State.UNREACHABLE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the bar; `x` and `width` in per cent of it, as SVG takes them."""

    state: str
    label: str
    count: int
    x: str
    width: str
    middle: str


@dataclass(frozen=True, slots=True)
class Row:
    """One person. `seconds` from the drill's beginning to the confirmation, None without one; `share` is that as per
    cent of the time there was."""

    call: DrillCall
    person: User
    state: str
    label: str
    tone: str
    symbol: str
    tried: tuple[ledger.Tried, ...]
    seconds: float | None
    share: str
    way: str
    why: str

    @property
    def took(self) -> str:
        return spelled(self.seconds)


@dataclass(frozen=True, slots=True)
class Figures:
    """How many of `total` ended how; `median` is seconds to confirm of those in time, None without any."""

    total: int
    confirmed: int
    late: int
    waiting: int
    unanswered: int
    unreachable: int
    median: float | None

    @property
    def percent(self) -> int:
        """Of everybody, those who confirmed in time."""
        return round(100 * self.confirmed / self.total) if self.total else 0

    @property
    def half(self) -> str:
        """Within what time half of those in time confirmed, in words; empty without any."""
        return spelled(self.median)


@dataclass(frozen=True, slots=True)
class Report:
    drill: Drill
    figures: Figures
    parts: tuple[Part, ...]
    rows: tuple[Row, ...]
    previous: Drill | None
    before: Figures | None
    worse: tuple[str, ...]
    better: tuple[str, ...]

    @property
    def summary(self) -> str:
        """The bar in words."""
        return ", ".join(f"{part.count} {part.label.lower()}" for part in self.parts) or "nobody was called"


def counted(drills: QuerySet[Drill]) -> Any:
    """`drills`, each with `people` and those of every state counted, under the state's name."""
    states: dict[str, Any] = {name: Count("calls", filter=Q(calls__state=name)) for name in COUNTED}
    return drills.select_related("schedule__team", "started_by").annotate(people=Count("calls"), **states)


def of(drill: Drill) -> Report:
    """Everything, in five queries however many were called."""
    calls = list(drill.calls.select_related("person", "reached_by__method").prefetch_related(ledger.tries()))
    rows = [_row(drill, call) for call in calls]
    rows.sort(key=lambda row: (ORDER.index(State(row.state)), row.person.name))
    previous = previous_of(drill)
    then = list(previous.calls.select_related("person")) if previous else []
    figures = figures_of(drill, calls)
    worse, better = _changes(calls, then)
    return Report(
        drill,
        figures,
        bar(Counter(call.state for call in calls)),
        tuple(rows),
        previous,
        figures_of(previous, then) if previous else None,
        tuple(worse),
        tuple(better),
    )


def previous_of(drill: Drill) -> Drill | None:
    """The last finished one of the same schedule that began before."""
    rows = Drill.objects.filter(schedule=drill.schedule_id, state=Drill.State.FINISHED)
    if drill.began_at is not None:
        rows = rows.filter(began_at__lt=drill.began_at)
    return rows.exclude(pk=drill.pk).order_by("-began_at", "-pk").first()


def figures_of(drill: Drill, calls: Sequence[DrillCall]) -> Figures:
    def count(state: str) -> int:
        return sum(call.state == state for call in calls)

    took = [_seconds(drill, call) for call in calls if call.state == State.CONFIRMED]
    return Figures(
        len(calls),
        count(State.CONFIRMED),
        count(State.LATE),
        count(State.WAITING),
        count(State.UNANSWERED),
        count(State.UNREACHABLE),
        median(s for s in took if s is not None) if took else None,
    )


def letter(drill: Drill, reader: User) -> tuple[str, str, str]:
    """(subject, text, HTML) of the report for somebody who wanted the drill or manages the team."""
    report = of(drill)
    figures = report.figures
    subject = f"Page drill of {drill.schedule}: {figures.confirmed} of {figures.total} confirmed"
    if figures.unreachable:
        subject += f", {figures.unreachable} could not be reached"
    context = {
        "subject": subject,
        "report": report,
        "drill": drill,
        "began": when(drill.began_at, reader) if drill.began_at else "",
        "unreachable": [row for row in report.rows if row.state == State.UNREACHABLE],
        "unanswered": [row for row in report.rows if row.state == State.UNANSWERED],
        "median": figures.half,
        "url": absolute(drill.get_absolute_url()),
        "base_url": settings.WATCHBILL_BASE_URL,
    }
    name = "comms/mail/drill_report"
    return subject, render_to_string(f"{name}.txt", context), render_to_string(f"{name}.html", context)


def spelled(seconds: float | None) -> str:
    """`45 s`, `2 min 05 s`; empty for None."""
    if seconds is None:
        return ""
    whole = round(seconds)
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def _row(drill: Drill, call: DrillCall) -> Row:
    tone, symbol = TONES[call.state]
    seconds = _seconds(drill, call)
    share = "" if seconds is None else f"{min(100.0, 100 * seconds / drill.length.total_seconds()):.1f}%"
    return Row(
        call,
        call.person,
        call.state,
        call.get_state_display(),
        tone,
        symbol,
        ledger.tried(call),
        seconds,
        share,
        _way(call),
        call.why,
    )


def _way(call: DrillCall) -> str:
    """ "SMS, by SMS": what reached them, and by what they answered."""
    found = call.reached_by
    if found is None:
        return ""
    return f"{found.way}, {call.through}" if call.through else found.way


def _seconds(drill: Drill, call: DrillCall) -> float | None:
    began: datetime | None = drill.began_at
    if call.confirmed_at is None or began is None:
        return None
    return max(0.0, (call.confirmed_at - began).total_seconds())


def bar(counts: Mapping[str, int]) -> tuple[Part, ...]:
    """The parts of a bar by how many ended in each state; those of nobody are left out."""
    total, x, found = sum(counts.values()), 0.0, []
    for state in BAR:
        if count := counts.get(state, 0):
            width = 100 * count / total
            label = State(state).label
            found.append(Part(state, label, count, f"{x:.2f}%", f"{width:.2f}%", f"{x + width / 2:.2f}%"))
            x += width
    return tuple(found)


def _changes(now: Sequence[DrillCall], then: Sequence[DrillCall]) -> tuple[list[str], list[str]]:
    """Who confirmed in time the last time and not now, and the other way around, as far as both called them."""
    before = {call.person_id: call.state == State.CONFIRMED for call in then}
    worse, better = [], []
    for call in now:
        known, well = before.get(call.person_id), call.state == State.CONFIRMED
        if known is True and not well and call.state != State.WAITING:
            worse.append(call.person.name)
        elif known is False and well:
            better.append(call.person.name)
    return sorted(worse), sorted(better)
