"""Why an alert that fires is held back: somebody silenced it, its service is in maintenance, or one that its service
needs is down. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.routing import Case, Condition

# What a silence may ask for. Not the time: a silence has its own begin and end.
ASKED = ("label", "text", "severity", "service", "integration")
# A service that is down has no announced end: what waits for it is looked at again so often.
LOOK_AGAIN = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """A silence that is at work; `team` None: of every team's alerts. `private`: the keys of the teams whose private
    alerts it holds back as well; None: every team's."""

    key: int
    conditions: tuple[Condition, ...]
    team: int | None
    until: datetime
    private: frozenset[int] | None = None

    def is_about(self, team: int, *, private: bool) -> bool:
        """Whether a team's alerts are its to hold back."""
        return self.team in (None, team) and (not private or self.private is None or team in self.private)

    def holds(self, case: Case, at: datetime) -> bool:
        return all(each.holds(case, at) for each in self.conditions)


@dataclass(frozen=True, slots=True)
class Window:
    """A maintenance window that is at work, and the keys of its services."""

    key: int
    services: frozenset[int]
    until: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """What holds an alert back: `by` is one of `Alert.Suppression`, `key` the row's; `until` is when to ask again."""

    by: str
    key: int
    until: datetime


def why(
    case: Case,
    team: int,
    at: datetime,
    *,
    private: bool = False,
    silences: Sequence[Quiet] = (),
    windows: Sequence[Window] = (),
    down: Mapping[int, int] | None = None,
) -> Held | None:
    """What holds back an alert at `at` that would be that team's (its key); None where nothing does. `private`:
    only its team is to know of it. `down`: by the key of each service that waits for another, the incident of that
    other one.

    Of several silences or windows the one that lasts longest, so that an alert is not let go of for a moment between.
    """
    quiet = [each for each in silences if each.is_about(team, private=private) and each.holds(case, at)]
    if quiet:
        longest = max(quiet, key=lambda each: (each.until, -each.key))
        return Held("silence", longest.key, longest.until)
    working = [each for each in windows if not each.services.isdisjoint(case.services)]
    if working:
        last = max(working, key=lambda each: (each.until, -each.key))
        return Held("maintenance", last.key, last.until)
    for service in case.services:
        if down and service in down:
            return Held("dependency", down[service], at + LOOK_AGAIN)
    return None
