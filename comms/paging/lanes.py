"""A run drawn: a lane for each person, with a mark for every page and notification along one axis of time. Pure.

Lengths are per cent of the axis, as an SVG takes them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SHORTEST = timedelta(minutes=1)
# Steps of an axis, in seconds; the first that needs at most `MOST_TICKS` of them is taken.
STEPS = (15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
MOST_TICKS = 6
MARGIN = 0.06


class Notified(Protocol):
    @property
    def channel(self) -> str: ...
    @property
    def due_at(self) -> datetime: ...
    @property
    def sent_at(self) -> datetime | None: ...
    @property
    def outcome(self) -> str: ...
    @property
    def state(self) -> str: ...


class Listed(Protocol):
    """What a lane is drawn from: `name` heads it, lines of one name share it."""

    @property
    def name(self) -> str: ...
    @property
    def at(self) -> datetime: ...
    @property
    def answered_at(self) -> datetime | None: ...
    @property
    def tried(self) -> tuple[Notified, ...]: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """`kind`: sent, failed, waits, left out or answered. `title` says it in words."""

    x: str
    kind: str
    title: str


@dataclass(frozen=True, slots=True)
class Lane:
    """`x` and `width` are the time from the first page to the answer, or to the end of what is known."""

    name: str
    x: str
    width: str
    answered: bool
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    text: str


@dataclass(frozen=True, slots=True)
class Picture:
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]
    summary: str


KINDS = {"sent": "sent", "failed": "failed", "suppressed": "left out"}


def draw(lines: Iterable[Listed], start: datetime, end: datetime) -> Picture | None:
    """The lanes of `lines` on an axis from `start` to `end` or later, where they reach beyond it. None where nobody
    was paged."""
    rows: dict[str, list[Listed]] = {}
    for line in lines:
        if line.tried:
            rows.setdefault(line.name, []).append(line)
    if not rows:
        return None
    moments = [moment for each in rows.values() for line in each for moment in _moments(line)]
    start = min([start, *moments])
    span = max(max([end, *moments]) - start, SHORTEST)
    end = start + span

    def place(moment: datetime) -> float:
        share = min(1.0, max(0.0, (moment - start) / span))
        return 100 * (MARGIN / 2 + (1 - MARGIN) * share)

    lanes = tuple(_lane(name, each, end, place) for name, each in rows.items())
    seconds = span.total_seconds()
    step = next((step for step in STEPS if seconds / step <= MOST_TICKS), 86400 * (1 + int(seconds // 86400 // 6)))
    ticks = tuple(
        Tick(f"{place(start + timedelta(seconds=n)):.2f}%", _after(n)) for n in range(0, int(seconds) + 1, step)
    )
    answered = sum(lane.answered for lane in lanes)
    sent = sum(mark.kind == "sent" for lane in lanes for mark in lane.marks)
    summary = f"{len(lanes)} called, {sent} notifications taken, {answered} answered"
    return Picture(lanes, ticks, summary)


def _moments(line: Listed) -> Iterable[datetime]:
    yield line.at
    if line.answered_at:
        yield line.answered_at
    for each in line.tried:
        if each.outcome != "suppressed":
            yield each.sent_at or each.due_at


def _lane(name: str, lines: list[Listed], end: datetime, place: Callable[[datetime], float]) -> Lane:
    marks = []
    for line in lines:
        for each in line.tried:
            kind = KINDS.get(each.outcome, "waits")
            moment = each.sent_at or each.due_at
            if kind == "left out" and moment > end:
                continue
            marks.append(Mark(f"{place(moment):.2f}%", kind, f"{each.channel}: {each.state.lower()}"))
    answers = [line.answered_at for line in lines if line.answered_at]
    if answers:
        marks.append(Mark(f"{place(min(answers)):.2f}%", "answered", "answered"))
    first, last = min(line.at for line in lines), min(answers) if answers else end
    width = max(0.0, place(last) - place(first))
    return Lane(name, f"{place(first):.2f}%", f"{width:.2f}%", bool(answers), tuple(marks))


def _after(seconds: int) -> str:
    if not seconds:
        return "0"
    days, rest = divmod(seconds, 86400)
    if days:
        return f"+{days} d" + (f" {rest // 3600} h" if rest else "")
    hours, rest = divmod(seconds, 3600)
    if hours:
        return f"+{hours} h" + (f" {rest // 60} min" if rest else "")
    return f"+{seconds // 60} min" if seconds % 60 == 0 else f"+{seconds} s"
