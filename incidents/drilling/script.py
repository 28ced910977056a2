"""What happens in a drill and when: the script that a scenario or a past incident comes to. Pure.

All times are whole seconds of the story, counted from its first alert; what is before it is negative.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

# What happens by itself.
ALERT, RESOLVED, CHANGE, NOTE, METRIC = "alert", "resolved", "change", "note", "metric"
EVENTS = (ALERT, RESOLVED, CHANGE, NOTE, METRIC)
# What the score looks at, with its name and what it says in a sentence.
STEPS = {
    "declared": "Declared",
    "commander": "Command accepted",
    "roles": "Roles filled",
    "first_update": "First update",
    "first_mitigation": "First mitigation",
    "mitigated": "Service restored",
    "resolved": "Resolved",
}
LIMIT = 24 * 3600
"""The longest that a script may be, either way."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happens at `at`. `data` is of an alert: name, title, summary, severity, service, labels; of what
    is resolved: name; of a change: summary, service, version; of a note: source, text; of a metric: value."""

    at: int
    kind: str
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """How the service answers a mitigation of one of the `kinds`; `about`: only one in whose title, or the change that
    it takes back, stands this. The events' times count from when it was carried out."""

    kinds: tuple[str, ...]
    works: bool
    about: str = ""
    events: tuple[Event, ...] = ()

    @property
    def said(self) -> str:
        """The kinds in words: "roll back, restart"."""
        return ", ".join(kind.replace("_", " ") for kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Hint:
    """Offered from `at` on, to whoever asks, unless the step `until` is done."""

    at: int
    text: str
    until: str = ""


@dataclass(frozen=True, slots=True)
class Metric:
    """What is measured of the service: name, unit, and up to which value (or, `above`, from which on) all is well."""

    name: str
    unit: str = ""
    good: float | None = None
    above: bool = False

    def holds(self, value: float) -> bool:
        if self.good is None:
            return False
        return value >= self.good if self.above else value <= self.good


@dataclass(frozen=True, slots=True)
class Script:
    """`roles` are slugs of seats that should be filled, `targets` by when each of STEPS should be done, `severity` the
    level that fits."""

    title: str
    summary: str = ""
    goals: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    severity: int | None = None
    roles: tuple[str, ...] = ()
    targets: dict[str, int] = field(default_factory=dict)
    metric: Metric | None = None
    events: tuple[Event, ...] = ()
    answers: tuple[Answer, ...] = ()
    hints: tuple[Hint, ...] = ()

    def answer(self, kind: str, words: str) -> Answer | None:
        """How the service answers a mitigation of that kind, `words` being its title and the change that it takes back.
        What is about something comes before what is about anything."""
        fitting = [a for a in self.answers if kind in a.kinds and a.about.lower() in words.lower()]
        return max(fitting, key=lambda a: len(a.about), default=None)


def to_json(script: Script) -> dict[str, Any]:
    return asdict(script)


def from_json(row: dict[str, Any]) -> Script:
    """A script as `to_json` keeps it."""
    return Script(
        **{
            **row,
            "goals": tuple(row["goals"]),
            "services": tuple(row["services"]),
            "roles": tuple(row["roles"]),
            "metric": Metric(**row["metric"]) if row["metric"] else None,
            "events": tuple(Event(**each) for each in row["events"]),
            "answers": tuple(
                Answer(**{**each, "kinds": tuple(each["kinds"]), "events": tuple(Event(**e) for e in each["events"])})
                for each in row["answers"]
            ),
            "hints": tuple(Hint(**each) for each in row["hints"]),
        }
    )
