"""What the guards of the table of phases ask, where that is more than a line or several verbs ask it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from incidents.guards import Blocker, Facts, FieldFact, Guard, Inputs
from incidents.path import PATH, Phase


def has(name: str) -> Callable[[Facts, Inputs], bool]:
    return lambda _facts, inputs: bool(inputs.get(name))


def reason(message: str) -> Guard:
    return Guard("reason_missing", message, has("reason"), field="reason")


def told(facts: Facts, inputs: Inputs) -> bool:
    return not facts.comms_required or facts.recovery_told or bool(inputs.get("update"))


def may_close(facts: Facts, inputs: Inputs) -> bool:
    # What a drill teaches stands in its debrief.
    if facts.drill:
        return True
    return facts.postmortem_state in ("published", "waived")


def has_items(facts: Facts, _inputs: Inputs) -> bool:
    """A waived review needs none."""
    return facts.drill or facts.postmortem_state == "waived" or facts.concrete_items > 0 or facts.no_items_needed


def reopenable(facts: Facts, _inputs: Inputs) -> bool:
    return facts.resolved_at is None or facts.now - facts.resolved_at <= timedelta(days=facts.reopen_days)


NO_SUCCESSOR = Guard(
    "successor_open",
    "Another incident is open for the same alerts ({facts.successor}). Work there instead.",
    lambda facts, _inputs: not facts.successor,
)


def no_cycle(facts: Facts, _inputs: Inputs) -> bool:
    target = facts.target
    return target is None or facts.incident_id not in {target.incident_id, *target.merged_chain}


@dataclass(frozen=True, slots=True)
class FieldsGuard(Guard):
    """The organization's own fields that are required by the phase `into`; its message names those that are empty."""

    into: Phase = Phase.DECLARE

    def check(self, facts: Facts, inputs: Inputs) -> Blocker | None:
        wanted = wanted_by(self.into, facts, inputs)
        if not wanted:
            return None
        return Blocker(
            self.code,
            f"Not filled in yet: {', '.join(each.label for each in wanted)}.",
            fix_url=f"/incidents/{facts.incident_id}/#fields",
            field=f"field_{wanted[0].key}",
            overridable=True,
        )


def wanted_by(into: Phase, facts: Facts, inputs: Inputs) -> list[FieldFact]:
    severity = inputs.get("severity")
    level = getattr(severity, "level", None) or facts.severity
    place = PATH.index(into) if into in PATH else len(PATH)
    return [
        wanted
        for wanted in facts.fields_wanted
        if wanted.place <= place and (wanted.level is None or (level is not None and level <= wanted.level))
    ]


def fields_by(into: Phase) -> FieldsGuard:
    return FieldsGuard(
        "fields_missing",
        "Fields that the organization requires by then are filled in.",
        lambda facts, inputs: not wanted_by(into, facts, inputs),
        process=True,
        anchor="fields",
        into=into,
    )


ITEMS_NEEDED = (
    "There is to be at least one concrete action item: it begins with a verb, and has one owner, a due date, a kind "
    "and an end state that can be checked. Or somebody other than the postmortem's owner decides that none is needed."
)
ACTION_ITEMS = (
    Guard(
        "action_items_missing",
        ITEMS_NEEDED,
        has_items,
        anchor="postmortem",
    ),
    Guard(
        "action_items_lacking",
        "Open action items are not concrete yet ({facts.items_lacking}).",
        lambda f, _i: f.drill or f.postmortem_state == "waived" or not f.items_lacking,
        anchor="postmortem",
    ),
    Guard(
        "hindsight_missing",
        "Nobody has said which open action item or earlier mitigation would have helped here, or that none would "
        "({facts.hindsight_unasked} to look at).",
        lambda f, _i: not f.hindsight_unasked,
        process=True,
        anchor="postmortem",
    ),
)

METRICS = (
    Guard(
        "metric_not_holding",
        "A metric is not as it should be ({facts.metrics_failing}).",
        lambda f, _i: not f.metrics_failing,
        process=True,
        anchor="witness",
    ),
    Guard(
        "metric_unreadable",
        "A metric can't be read, so that nobody sees whether service is back ({facts.metrics_unreadable}).",
        lambda f, _i: not f.metrics_unreadable,
        process=True,
        anchor="witness",
    ),
)
