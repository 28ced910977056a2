"""Whether a metric holds, and since when. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

Point = tuple[datetime, float]


@dataclass(frozen=True, slots=True)
class Course:
    """How it stands after some points. `holds` None: nothing was read. `crossed`: it changed on the way."""

    holds: bool | None = None
    since: datetime | None = None
    last_at: datetime | None = None
    crossed: bool = False


def walk(course: Course, points: Iterable[Point], holds: Callable[[float], bool], gap: timedelta) -> Course:
    """`course` after `points`, which are in order. Over more than `gap` without a point nobody knows that it held, so
    that its time begins anew."""
    held, since, last_at, crossed = course.holds, course.since, course.last_at, False
    for at, value in points:
        if last_at is not None and at <= last_at:
            continue
        now_holds = holds(value)
        if held is None or now_holds != held:
            crossed = crossed or held is not None
            held, since = now_holds, at
        elif held and last_at is not None and at - last_at > gap:
            since = at
        last_at = at
    return Course(held, since, last_at, crossed)


def blind_after(interval_seconds: int) -> timedelta:
    """Without a reading for this long nobody knows how it was meanwhile."""
    return timedelta(seconds=max(60, 4 * interval_seconds))
