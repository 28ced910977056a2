"""The deck of a service: generic mitigations, written down and approved before they are needed."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models.functions import Greatest

from incidents.guards import Blocker
from incidents.models import Incident, Mitigation, MitigationCard
from incidents.problems import Blocked, refuse
from teams import moments, permits
from teams.models import Service, User

WRITTEN = (
    *("kind", "title", "how", "risk", "reversible", "undo", "minutes"),
    *("expected_effect", "success_signal"),
)


@transaction.atomic
def keep(card: MitigationCard | None, *, by: User, service: Service, **given: Any) -> MitigationCard:
    """Write a card, or change one; `given` has those of `WRITTEN` that change. A changed card has to be approved again.

    Raises Blocked naming all that is wrong, PermissionDenied unless they may change the service's deck."""
    permits.require(by, "deck.change", service)
    if card is None:
        row = MitigationCard(service=service, created_by=by, created_at=moments.now())
    else:
        row = _locked(card)
        if row.retired_at:
            raise refuse("card_retired", "It is retired. Take it back first.")
    changed = {name: value for name, value in given.items() if name in WRITTEN and getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value.strip() if isinstance(value, str) else value)
    _check(row)
    if changed:
        row.approved_at = row.approved_by = None
    row.save()
    return row


def _locked(card: MitigationCard) -> MitigationCard:
    rows = MitigationCard.objects.select_for_update(of=("self",)).select_related("service__team")
    return rows.get(pk=card.pk)


def _check(row: MitigationCard) -> None:
    wrong = []
    if not row.title:
        wrong.append(Blocker("title_missing", "Say in a few words what is done. Begin with a verb.", field="title"))
    elif _namesake(row):
        wrong.append(Blocker("title_taken", f"{row.service} has a card of this name already.", field="title"))
    if row.kind not in Mitigation.Kind.values:
        wrong.append(Blocker("kind_unknown", f"Choose one of: {', '.join(Mitigation.Kind.values)}.", field="kind"))
    if row.risk not in MitigationCard.Risk.values:
        wrong.append(Blocker("risk_unknown", "Choose low, medium or high.", field="risk"))
    if not 1 <= row.minutes <= 24 * 60:
        wrong.append(Blocker("minutes_out_of_range", "Give 1 to 1440 minutes.", field="minutes"))
    if wrong:
        raise Blocked(wrong)


def _namesake(row: MitigationCard) -> bool:
    same = MitigationCard.objects.filter(service=row.service, title=row.title, retired_at=None)
    return same.exclude(pk=row.pk).exists()


@transaction.atomic
def approve(card: MitigationCard, *, by: User) -> MitigationCard:
    """Let incidents offer it. Raises Blocked for what nobody could act on, PermissionDenied unless they may approve."""
    row = _locked(card)
    permits.require(by, "deck.approve", row.service)
    if row.retired_at:
        raise refuse("card_retired", "It is retired. Take it back first.")
    if not row.success_signal:
        raise refuse(
            "signal_missing", "Say what is seen when it works, or nobody can judge it.", field="success_signal"
        )
    if not row.reversible and row.undo:
        raise refuse("undo_unclear", "It says how to undo it and that it can't be. Change one.", field="undo")
    if row.approved_at is None:
        row.approved_at, row.approved_by = moments.now(), by
        row.save()
    return row


@transaction.atomic
def retire(card: MitigationCard, *, by: User) -> MitigationCard:
    """Offer it no more. What was done with it stays."""
    row = _locked(card)
    permits.require(by, "deck.change", row.service)
    if row.retired_at is None:
        row.retired_at = moments.now()
        row.save()
    return row


@transaction.atomic
def take_back(card: MitigationCard, *, by: User) -> MitigationCard:
    """Put a retired card into the deck again, as a draft."""
    row = _locked(card)
    permits.require(by, "deck.change", row.service)
    if _namesake(row):
        raise refuse("title_taken", f"{row.service} has another card of this name by now.", field="title")
    row.retired_at = row.approved_at = row.approved_by = None
    row.save()
    return row


VERBS = {"approve": approve, "retire": retire, "take_back": take_back}


def tried(mitigation: Mitigation, incident: Incident) -> None:
    """Note on its card that it was carried out, in the transaction that says so."""
    if mitigation.card_id is None or mitigation.executed_at is None:
        return
    name = "last_drilled_at" if incident.drill else "last_tried_at"
    MitigationCard.objects.filter(pk=mitigation.card_id).update(**{name: Greatest(name, mitigation.executed_at)})
