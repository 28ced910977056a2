"""When service is expected back, as readers were told: given, and held against what happened."""

from __future__ import annotations

from datetime import datetime

from incidents.models import Estimate, Incident
from teams import moments
from teams.models import User

Outcome = Estimate.Outcome


def give(
    incident: Incident, late_at: datetime, *, early_at: datetime | None = None, confidence: str = "", by: User | None
) -> None:
    """Keep an estimate that readers are given, in the caller's transaction, which holds the incident. One that says the
    same as the last is no new one."""
    last = incident.estimates.first()
    if last and last.outcome == Outcome.OPEN and (last.early_at, last.late_at) == (early_at, late_at):
        if last.confidence != confidence:
            last.confidence = confidence
            last.save(update_fields=["confidence"])
        return
    Estimate.objects.create(
        incident=incident,
        made_at=moments.now(),
        made_by=by,
        early_at=early_at,
        late_at=late_at,
        confidence=confidence,
    )


def score(incident: Incident, back_at: datetime) -> None:
    """Service is back: hold against that every estimate that was given before and is not scored."""
    for row in incident.estimates.filter(outcome=Outcome.OPEN):
        off = row.minutes_off(back_at)
        row.outcome = Outcome.LATE if off > 0 else Outcome.EARLY if off < 0 else Outcome.INSIDE
        row.back_at = back_at
        row.save(update_fields=["outcome", "back_at"])


def reopen(incident: Incident) -> None:
    """Service was not back after all: what the last return was held against waits for the next one."""
    scored = incident.estimates.filter(back_at__isnull=False)
    last = scored.order_by("-back_at").values_list("back_at", flat=True).first()
    if last is not None:
        scored.filter(back_at=last).update(outcome=Outcome.OPEN, back_at=None)


def drop(incident: Incident) -> None:
    """The incident ended without service coming back: a false alarm, or part of another one."""
    incident.estimates.filter(outcome=Outcome.OPEN).update(outcome=Outcome.VOID)
