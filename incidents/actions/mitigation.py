"""Attempts to restore service: proposed, carried out, and judged by what was seen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import attempts, deck, memory, notes
from incidents.actions.facts import lock
from incidents.models import Change, Incident, Mitigation, MitigationCard
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams.models import User

State = Mitigation.State
STARTS = ("approve", "execute", "verify")
VERBS = ("approve", "execute", "verify", "worked", "partly", "no_effect", "harmful", "undo", "drop")
PAST = {
    "approve": "approved",
    "execute": "carries out",
    "verify": "is watching for the effect of",
    "worked": "saw that it worked:",
    "partly": "saw that it worked partly:",
    "no_effect": "saw no effect of",
    "harmful": "saw that it made things worse:",
    "undo": "undid",
    "drop": "decided against",
}


@transaction.atomic
def propose(
    incident_pk: int,
    *,
    by: User,
    kind: str,
    title: str = "",
    carried_by: User | None = None,
    change: Change | None = None,
    card: MitigationCard | None = None,
    occurred_at: datetime | None = None,
    **details: Any,
) -> Mitigation:
    """Put a mitigation on the board. `details`: expected_effect, success_signal, rollback_plan (text), deadline_at.
    What a `card` of the deck says stands where nothing else is given.

    Whoever is to carry it out is told. Raises Blocked.
    """
    incident = lock(incident_pk, by=by)
    if not incident.is_active:
        raise refuse(
            "incident_over",
            f"{incident.reference} is {incident.get_phase_display().lower()}: reopen it first.",
        )
    if kind not in Mitigation.Kind.values:
        raise refuse("kind_unknown", f"Choose one of: {', '.join(Mitigation.Kind.values)}.", field="kind")
    if change is not None:
        notes.same_world(incident, change)
    if card is not None and card.state != "approved":
        raise refuse("card_not_approved", f"“{card}” is not approved, or was retired. Choose another.", field="card")
    at = timeline.happened(occurred_at, timezone.now())
    mitigation = Mitigation.objects.create(
        incident=incident,
        kind=kind,
        title=title.strip() or (card.title if card else _title(kind, change)),
        carried_by=carried_by,
        change=change,
        card=card,
        proposed_by=by,
        proposed_at=at,
        **_filled_in(card, details),
    )
    if carried_by is not None:
        incident.participants.add(carried_by)
    timeline.record(
        incident,
        Kind.MITIGATION,
        "mitigation.proposed",
        f"Proposed: {mitigation.title}" + (f", carried out by {carried_by}" if carried_by else ""),
        by=by,
        occurred_at=at,
        data={"mitigation": mitigation.pk, "kind": kind, "card": card.pk if card else None},
        notify=[carried_by] if carried_by and carried_by.pk != by.pk else [],
    )
    return mitigation


def _filled_in(card: MitigationCard | None, details: dict[str, Any]) -> dict[str, Any]:
    if card is None:
        return details
    undo = card.undo or ("" if card.reversible else "It can't be undone.")
    said = {"expected_effect": card.expected_effect, "success_signal": card.success_signal, "rollback_plan": undo}
    return {**details, **{name: details.get(name) or text for name, text in said.items()}}


def _title(kind: str, change: Change | None) -> str:
    label = Mitigation.Kind(kind).label
    return f"{label}: {change.summary}"[:200] if change else label


@transaction.atomic
def perform(
    mitigation_pk: int,
    verb: str,
    *,
    by: User,
    note: str = "",
    carried_by: User | None = None,
    occurred_at: datetime | None = None,
    override: bool = False,
    reason: str = "",
) -> Mitigation:
    """Move a mitigation on. `verb` is one of `VERBS`; a verb that its state or the incident's phase does not allow
    raises Blocked and says where they stand.

    Carrying out belongs to somebody other than the commander: a process guard, overridden with `override` and a
    `reason`.
    """
    if verb not in VERBS:
        raise refuse("verb_unknown", f"Choose one of: {', '.join(VERBS)}.", field="verb")
    known = Mitigation.objects.get(pk=mitigation_pk)
    incident = lock(known.incident_id, by=by)
    rows = Mitigation.objects.select_for_update(of=("self",)).select_related("card")
    mitigation = rows.get(pk=mitigation_pk)
    mitigation.incident = incident
    at = timeline.happened(occurred_at, timezone.now())
    if gone := refusal(mitigation, verb):
        raise gone
    overridden: list[str] = []
    if verb == "execute":
        mitigation.carried_by = carried_by or mitigation.carried_by or by
        overridden = _commander_keeps_hands_off(incident, mitigation, override=override, reason=reason)
        mitigation.executed_at = at
        # The time to judge it was set when it was proposed, and counts from when it began.
        given = mitigation.deadline_at - mitigation.proposed_at if mitigation.deadline_at is not None else None
        soonest = timedelta(0)
        usual = timedelta(minutes=mitigation.usual_minutes)
        mitigation.deadline_at = at + (given if given is not None and given > soonest else usual)
        incident.participants.add(mitigation.carried_by)
    if verb == "approve":
        mitigation.approved_by = by
    if verb in Mitigation.OUTCOMES:
        memory.remember(incident)
    if verb in (*Mitigation.OUTCOMES, "undo", "drop"):
        mitigation.finished_at = at
        mitigation.outcome_note = note or mitigation.outcome_note
    getattr(mitigation, verb)()
    mitigation.save()
    if verb == "execute":
        deck.tried(mitigation, incident)
    _clock(incident, verb)
    who = mitigation.carried_by if verb == "execute" else by
    timeline.record(
        incident,
        Kind.MITIGATION,
        f"mitigation.{mitigation.state}",
        f"{who} {PAST[verb]} {mitigation.title}" + (f". {note}" if note else ""),
        by=by,
        occurred_at=at,
        reason=reason,
        overridden=overridden,
        data={"mitigation": mitigation.pk, "kind": mitigation.kind, "state": mitigation.state},
    )
    return mitigation


def _clock(incident: Incident, verb: str) -> None:
    """Let the mitigation clock stand still while something is tried, and start again when it has come to nothing."""
    if verb in ("execute", *Mitigation.OUTCOMES, "undo"):
        attempts.follow(incident, anew=verb != "execute")
        incident.save(update_fields=["attempt_due_at", "attempt_asked_at"])


def _commander_keeps_hands_off(incident: Incident, mitigation: Mitigation, *, override: bool, reason: str) -> list[str]:
    from incidents.guards import Blocker

    commander = incident.commander
    if commander is None or mitigation.carried_by_id != commander.pk:
        return []
    if override and reason.strip():
        return ["commander_carries_out"]
    raise Blocked(
        [
            Blocker(
                "commander_carries_out",
                f"{commander} commands and does not carry out the mitigation. Give it to somebody else, hand over "
                "command first, or say why it has to be so.",
                field="carried_by",
                fix_url=f"{incident.get_absolute_url()}#mitigations",
                overridable=True,
            )
        ]
    )


def allowed(mitigation: Mitigation) -> list[str]:
    """The verbs that the mitigation's state and its incident's phase allow, in the order of `VERBS`."""
    names = {t.name for t in mitigation.get_available_state_transitions()}  # type: ignore[attr-defined]
    return [verb for verb in VERBS if verb in names and _timely(mitigation.incident, verb)]


def _timely(incident: Incident, verb: str) -> bool:
    """What starts something wants trouble that is going on; what ran can be judged until the incident is closed."""
    return incident.is_active if verb in STARTS else incident.is_open


def refusal(mitigation: Mitigation, verb: str) -> Blocked | None:
    """Why `verb` can't be done with it now, or None where it can."""
    incident = mitigation.incident
    if not _timely(incident, verb):
        now = "over" if incident.is_open else incident.get_phase_display().lower()
        return refuse("incident_over", f"{incident.reference} is {now}: reopen it first.")
    possible = allowed(mitigation)
    if verb in possible:
        return None
    return refuse(
        "wrong_state",
        f"“{mitigation.title}” has moved on: {mitigation.get_state_display().lower()}. "
        f"Possible now: {', '.join(possible) or 'nothing'}.",
    )


def did_not_hold(incident: Incident) -> None:
    """Mark what had worked as not holding, in the transaction of a relapse or reopening."""
    incident.mitigations.filter(state=State.WORKED, held=True).update(held=False)
