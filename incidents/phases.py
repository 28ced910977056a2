"""The one table of phases, verbs and guards: what may happen to an incident, when, and what it takes.

Everything that asks "may this happen now?" (console, API, admin, docs) reads this table. Guards are pure: the
action gathers `Facts` first, so that a guard never queries. Doctrine: a guard marked `process` can be overridden
by a responder who gives a reason, because the tool must never stand in the way of somebody who is saving the
service; the others protect the record's integrity and hold always.
"""

from __future__ import annotations

from incidents.conditions import (
    ACTION_ITEMS,
    METRICS,
    NO_SUCCESSOR,
    fields_by,
    has,
    may_close,
    no_cycle,
    reason,
    reopenable,
    told,
)
from incidents.guards import Blocker, Facts, Guard, Input, Inputs, Verb
from incidents.path import ACTIVE, OPEN, PATH, PURPOSE, Phase

__all__ = [
    "ACTIVE",
    "CANCEL_KINDS",
    "ON_RECOVERY",
    "OPEN",
    "PATH",
    "PURPOSE",
    "REASON",
    "UPDATE",
    "VERBS",
    "Phase",
    "blockers",
    "diagram",
    "recovery_sentence",
    "verbs_in",
    "wrong_phase",
]


CANCEL_KINDS = (
    ("false_alarm", "False alarm"),
    ("duplicate", "Duplicate"),
    ("superseded", "Superseded"),
    ("external", "Somebody else's outage"),
    ("recovered", "Recovered by itself"),
    ("other", "Other"),
)
# What happens once all alerts of an incident are over, as a routing rule says.
ON_RECOVERY = (
    ("tell", "Tell the incident"),
    ("propose", "Propose to resolve it"),
    ("resolve", "Resolve it"),
)


def recovery_sentence(what: str, minutes: int) -> str:
    """What of ON_RECOVERY happens when, in words."""
    return "it is told" if what == "tell" else f"{what} it after {minutes} min"


REASON = Input("reason", "text", "Reason", "Kept on the timeline.")
UPDATE = (
    Input(
        "update",
        "longtext",
        "Tell stakeholders",
        "Published on the status page and mailed together with this.",
    ),
    Input("next_update_in", "minutes", "Next update in", "The promise that readers see."),
)


def blockers(verb: Verb, facts: Facts, inputs: Inputs) -> list[Blocker]:
    """All that stands in the way of a verb. A wrong phase is the only answer where the phase is wrong."""
    return verb.missing(facts, inputs) if facts.phase in verb.sources else [wrong_phase(verb, facts)]


def wrong_phase(verb: Verb, facts: Facts) -> Blocker:
    """Say where the incident is, who brought it there, and what can be done from there."""
    here = Phase(facts.phase).label
    since = f" {facts.last_verb_text}" if facts.last_verb_text else ""
    possible = [v.label for v in VERBS.values() if facts.phase in v.sources]
    return Blocker(
        code="wrong_phase",
        message=f"“{verb.label}” is not possible in {here}.{since} "
        + (f"Possible now: {', '.join(possible)}." if possible else "Nothing more can be done here."),
        fix_url=f"/incidents/{facts.incident_id}/",
    )


_TABLE = (
    Verb(
        "declare",
        "Declare incident",
        "Say that this is an incident, how bad it is, and who commands.",
        (Phase.DETECT,),
        Phase.DECLARE,
        "declared the incident",
        sets="declared_at",
        inputs=(
            Input("severity", "severity", "Severity", "When in doubt, the higher."),
            Input("commander", "user", "Incident Commander", "Empty: from the roster, else you."),
            Input("impact", "text", "Impact", "What is broken, for whom?"),
            *UPDATE,
            REASON,
        ),
        guards=(
            Guard(
                "severity_missing",
                "Choose a severity. When in doubt, the higher.",
                lambda f, i: bool(i.get("severity") or f.severity),
                field="severity",
            ),
            Guard(
                "commander_inactive",
                "The Incident Commander you chose can't sign in any more. Choose somebody else.",
                lambda _f, i: getattr(i.get("commander"), "is_active", True),
                field="commander",
            ),
            fields_by(Phase.DECLARE),
        ),
    ),
    Verb(
        "start_mitigation",
        "Start mitigation",
        "Begin to restore service with the mitigation that was proposed.",
        (Phase.DECLARE,),
        Phase.MITIGATE,
        "started mitigation",
        sets="mitigation_started_at",
        inputs=(REASON,),
        guards=(
            Guard(
                "mitigation_missing",
                "Propose a mitigation first: roll back, fail over, scale up.",
                lambda f, _i: f.mitigations_open > 0,
                anchor="mitigations",
            ),
            Guard(
                "commander_not_accepted",
                "The Incident Commander has not accepted yet.",
                lambda f, _i: f.commander_accepted,
                process=True,
                anchor="roles",
            ),
            Guard(
                "commander_carries_out",
                "The Incident Commander coordinates and does not carry out the mitigation. Give it to somebody "
                "else, or hand over command first.",
                lambda f, _i: f.commander_id not in f.carriers,
                process=True,
                anchor="mitigations",
            ),
            fields_by(Phase.MITIGATE),
        ),
    ),
    Verb(
        "confirm_mitigated",
        "Confirm mitigated",
        "Service is restored for its users, by a mitigation seen to work or by itself.",
        (Phase.MITIGATE, Phase.DECLARE),
        Phase.COMMUNICATE,
        "confirmed that service is restored",
        sets="mitigated_at",
        inputs=(
            Input(
                "recovered_by_itself",
                "bool",
                "It recovered by itself",
                "No mitigation of ours made the change.",
            ),
            *UPDATE,
            REASON,
        ),
        guards=(
            Guard(
                "not_seen_to_work",
                "Mark the mitigation that worked, or say that it recovered by itself.",
                lambda f, i: f.mitigation_worked or bool(i.get("recovered_by_itself")),
                field="recovered_by_itself",
                anchor="mitigations",
            ),
            fields_by(Phase.COMMUNICATE),
            *METRICS,
        ),
    ),
    Verb(
        "resolve",
        "Resolve",
        "Recovery is confirmed and holds. The postmortem is drafted.",
        (Phase.COMMUNICATE,),
        Phase.RESOLVE,
        "resolved the incident",
        sets="resolved_at",
        inputs=(
            Input(
                "confirmation",
                "text",
                "How was recovery confirmed?",
                "For example: error rate under 1 % for 10 min.",
            ),
            Input("confirmed_by", "user", "Confirmed by", "Empty: you."),
            *UPDATE,
            REASON,
        ),
        guards=(
            Guard(
                "confirmation_missing",
                "Say how recovery was confirmed.",
                has("confirmation"),
                field="confirmation",
            ),
            Guard(
                "mitigation_in_flight",
                "A mitigation is still in flight. Note its outcome first.",
                lambda f, _i: f.mitigations_in_flight == 0,
                process=True,
                anchor="mitigations",
            ),
            Guard(
                "alerts_firing",
                "Alerts are still firing ({facts.alerts_firing}).",
                lambda f, _i: f.alerts_firing == 0,
                process=True,
                anchor="alerts",
            ),
            *METRICS,
            Guard(
                "metric_held_too_short",
                "A metric has not held for its time yet ({facts.metrics_early}).",
                lambda f, _i: not f.metrics_early,
                process=True,
                anchor="witness",
            ),
            Guard(
                "soak_not_over",
                "The time to watch that it holds is not over yet.",
                lambda f, _i: f.soak_until is None or f.now >= f.soak_until,
                process=True,
            ),
            Guard(
                "recovery_not_told",
                "Stakeholders have not been told that service is restored. Write it here and it goes out with this.",
                told,
                process=True,
                field="update",
                anchor="updates",
            ),
            fields_by(Phase.RESOLVE),
        ),
    ),
    Verb(
        "start_review",
        "Start review",
        "Somebody leads the review and the postmortem is written.",
        (Phase.RESOLVE,),
        Phase.REVIEW,
        "started the review",
        sets="review_started_at",
        inputs=(Input("facilitator", "user", "Facilitator", "Leads the review; better not the commander."), REASON),
        guards=(
            Guard(
                "facilitator_missing",
                "Choose who leads the review.",
                lambda f, i: bool(i.get("facilitator") or f.facilitator_id),
                field="facilitator",
            ),
            fields_by(Phase.REVIEW),
        ),
    ),
    Verb(
        "close",
        "Close",
        "The postmortem is published with a concrete action item, or waived.",
        (Phase.REVIEW,),
        Phase.CLOSED,
        "closed the incident",
        sets="closed_at",
        inputs=(REASON,),
        guards=(
            Guard(
                "review_unfinished",
                "Publish the postmortem, or have it waived where the severity allows.",
                may_close,
                anchor="postmortem",
            ),
            *ACTION_ITEMS,
            Guard(
                "participants_have_not_seen",
                "Not everybody who took part has seen the postmortem.",
                lambda f, _i: not f.unseen_by,
                process=True,
                anchor="postmortem",
            ),
            fields_by(Phase.CLOSED),
        ),
    ),
    Verb(
        "relapse",
        "It is back",
        "The mitigation did not hold: back to mitigating.",
        (Phase.COMMUNICATE,),
        Phase.MITIGATE,
        "reported a relapse",
        inputs=(REASON, *UPDATE),
        guards=(reason("Say what came back."),),
        weight="side",
    ),
    Verb(
        "reopen",
        "Reopen",
        "It came back after it was resolved.",
        (Phase.RESOLVE, Phase.REVIEW, Phase.CLOSED),
        Phase.MITIGATE,
        "reopened the incident",
        inputs=(REASON, *UPDATE),
        guards=(
            reason("Say why it is reopened."),
            Guard(
                "too_old_to_reopen",
                "It was resolved too long ago. Report a new incident and name this one in it.",
                reopenable,
            ),
            NO_SUCCESSOR,
        ),
        weight="side",
    ),
    Verb(
        "cancel",
        "Cancel",
        "This is not an incident. What was published is retracted.",
        ACTIVE,
        Phase.CANCELLED,
        "cancelled the incident",
        sets="cancelled_at",
        inputs=(Input("kind", "choice", "Why", choices=CANCEL_KINDS), REASON),
        guards=(
            Guard(
                "kind_missing",
                "Say why: false alarm, duplicate, superseded, external, recovered by itself or other.",
                has("kind"),
                field="kind",
            ),
        ),
        weight="side",
    ),
    Verb(
        "uncancel",
        "Take back the cancelling",
        "It is an incident after all.",
        (Phase.CANCELLED,),
        None,
        "took back the cancelling",
        inputs=(REASON,),
        guards=(NO_SUCCESSOR,),
        weight="side",
    ),
    Verb(
        "merge",
        "Merge into …",
        "This is the same trouble as another incident, and is handled there.",
        ACTIVE,
        Phase.MERGED,
        "merged the incident",
        inputs=(Input("target", "incident", "Into incident", "For example INC-42."), REASON),
        guards=(
            Guard(
                "target_missing",
                "Choose the incident that this one goes into.",
                has("target"),
                field="target",
            ),
            Guard(
                "target_in_cycle",
                "An incident can't be merged into itself or into one that was merged into it.",
                no_cycle,
                field="target",
            ),
            Guard(
                "target_not_live",
                "That incident is over. Choose one that is still open.",
                lambda f, _i: f.target is None or f.target.live,
                field="target",
            ),
            Guard(
                "drill_and_earnest",
                "A drill and a real incident stay apart: neither can be merged into the other.",
                lambda f, _i: f.target is None or f.target.drill == f.drill,
                field="target",
            ),
            Guard(
                "private_into_public",
                "A private incident can't be merged into one that others can see.",
                lambda f, _i: f.target is None or f.target.private or not f.private,
                field="target",
            ),
            Guard(
                "mitigation_in_flight",
                "A mitigation is still in flight here. Note its outcome first.",
                lambda f, _i: f.mitigations_in_flight == 0,
                process=True,
                anchor="mitigations",
            ),
        ),
        weight="side",
    ),
    Verb(
        "unmerge",
        "Undo the merge",
        "It is trouble of its own after all.",
        (Phase.MERGED,),
        None,
        "undid the merge",
        inputs=(REASON,),
        guards=(NO_SUCCESSOR,),
        weight="side",
    ),
)

VERBS: dict[str, Verb] = {verb.name: verb for verb in _TABLE}


def verbs_in(phase: str) -> list[Verb]:
    """The verbs of a phase, those on the way forward first."""
    return sorted((v for v in _TABLE if phase in v.sources), key=lambda v: v.weight != "main")


def diagram() -> str:
    """The table as a Mermaid state diagram, for the docs."""
    lines = ["stateDiagram-v2", "    [*] --> Detect: open"]
    for verb in _TABLE:
        for source in verb.sources:
            target = verb.target.label if verb.target else None
            if verb.target is None:
                continue
            lines.append(f"    {source.label} --> {target}: {verb.name}")
    lines += [
        "    Cancelled --> Detect: uncancel (to where it was)",
        "    Merged --> Detect: unmerge (to where it was)",
    ]
    lines.append("    Closed --> [*]")
    return "\n".join(lines) + "\n"
