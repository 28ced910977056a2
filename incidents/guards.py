"""What the table of phases is made of: facts, guards, blockers, inputs and verbs. Nothing here queries."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import TextChoices


@dataclass(frozen=True, slots=True)
class Facts:
    """What guards may know of an incident at one moment; gathered by `actions.facts.gather`."""

    incident_id: int
    phase: str
    now: datetime
    by_id: int | None = None
    private: bool = False
    drill: bool = False
    severity: int | None = None
    commander_id: int | None = None
    commander_accepted: bool = False
    mitigations_open: int = 0
    mitigations_in_flight: int = 0
    mitigation_worked: bool = False
    alerts_firing: int = 0
    successor: str = ""
    carriers: frozenset[int] = frozenset()
    soak_until: datetime | None = None
    comms_required: bool = False
    recovery_told: bool = False
    resolved_at: datetime | None = None
    reopen_days: int = 7
    facilitator_id: int | None = None
    postmortem_state: str = ""
    concrete_items: int = 0
    # Open action items that are not concrete, with what each lacks; that none is needed; and how much stands there to
    # be asked of in hindsight while nobody has answered.
    items_lacking: str = ""
    no_items_needed: bool = False
    hindsight_unasked: int = 0
    unseen_by: tuple[str, ...] = ()
    last_verb_text: str = ""
    # Of the metrics that are watched: those that are not as they should be, not for long enough yet, or unreadable, and
    # what they show where all of them are.
    metrics_failing: str = ""
    metrics_early: str = ""
    metrics_unreadable: str = ""
    metrics_holding: str = ""
    target: TargetFacts | None = None
    fields_wanted: tuple[FieldFact, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldFact:
    """A field of the organization's own that is still empty: required from which place on the path, and up to which
    level of severity; None for every severity."""

    key: str
    label: str
    place: int
    level: int | None = None


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """The incident that this one would be merged into."""

    incident_id: int
    reference: str
    live: bool
    private: bool
    drill: bool = False
    merged_chain: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Blocker:
    """One thing that is missing, said so that it can be supplied.

    `field` names the input that would supply it, if an input of the verb can. `fix_url` is a console path.
    """

    code: str
    message: str
    fix_url: str = ""
    field: str = ""
    overridable: bool = False


Inputs = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Guard:
    code: str
    message: str
    holds: Callable[[Facts, Inputs], bool]
    process: bool = False
    field: str = ""
    anchor: str = ""

    @property
    def rule(self) -> str:
        """The message as a rule, without what only an incident can fill in."""
        return re.sub(r" \(\{[^{}]*\}\)", "", self.message)

    def check(self, facts: Facts, inputs: Inputs) -> Blocker | None:
        """The blocker that stands in the way, or None where the guard holds."""
        if self.holds(facts, inputs):
            return None
        path = f"/incidents/{facts.incident_id}/"
        return Blocker(
            code=self.code,
            message=self.message.format(facts=facts),
            fix_url=f"{path}#{self.anchor}" if self.anchor else path,
            field=self.field,
            overridable=self.process,
        )


@dataclass(frozen=True, slots=True)
class Input:
    """Something a verb takes. `kind`: text, longtext, severity, user, incident, minutes, datetime, bool, choice."""

    name: str
    kind: str
    label: str
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Verb:
    """One row of the table. `target` None: back to the phase it came from."""

    name: str
    label: str
    explains: str
    sources: tuple[TextChoices, ...]
    target: TextChoices | None
    past: str
    sets: str = ""
    inputs: tuple[Input, ...] = ()
    guards: tuple[Guard, ...] = ()
    weight: str = field(default="main")

    def missing(self, facts: Facts, inputs: Inputs) -> list[Blocker]:
        """Everything that its guards miss, at once, wherever the incident is."""
        return [b for g in self.guards if (b := g.check(facts, inputs)) is not None]
