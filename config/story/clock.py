"""When the story happens: on a day that is over, or as it is played."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

ENDS = timedelta(days=1, hours=10)
"""The last scene, counted from the midnight before the alert."""
LONGEST_PAUSE = timedelta(minutes=10)
"""Of story time; the night before the review is not waited for."""


def at(clock: str, *, next_day: bool = False) -> timedelta:
    """A time of the story, such as `at("14:02")`, counted from the midnight before the alert."""
    hours, minutes = clock.split(":")
    return timedelta(days=int(next_day), hours=int(hours), minutes=int(minutes))


class Clock:
    """Maps the story's times to real ones. `live`: it happens now, and no time is given with anything.

    Otherwise it happens on the latest day whose next morning at ten is over, in UTC. `speed` is how many seconds of
    the story take one; 0 waits for nothing.
    """

    def __init__(self, *, live: bool, speed: float = 0.0, now: datetime | None = None) -> None:
        now = now or datetime.now(UTC)
        self.live = live
        self.speed = speed
        last = now - ENDS
        self.midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
        self.reached: timedelta | None = None

    def moment(self, when: timedelta) -> datetime:
        """The real time of a scene; now, where the story is live."""
        return datetime.now(UTC) if self.live else self.midnight + when

    def given(self, when: timedelta) -> dict[str, str]:
        """`occurred_at` for what happened earlier; nothing where it happens as it is played."""
        return {} if self.live else {"occurred_at": stamp(self.moment(when))}

    def wait(self, when: timedelta) -> None:
        """Let the time up to a scene pass, at the chosen speed."""
        if self.speed and self.reached is not None and when > self.reached:
            time.sleep(min(when - self.reached, LONGEST_PAUSE).total_seconds() / self.speed)
        self.reached = when


def stamp(moment: datetime) -> str:
    """ISO 8601 with Z, as tools write it."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
