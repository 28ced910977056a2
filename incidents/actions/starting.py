"""From a proposal to its execution in one go, for whoever knows what to do."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from incidents.actions import lifecycle, mitigation
from incidents.actions.facts import lock
from incidents.models import Mitigation
from incidents.phases import Phase
from teams.models import User


@transaction.atomic
def start(
    incident_pk: int,
    *,
    by: User,
    carried_by: User | None = None,
    override: bool = False,
    reason: str = "",
    **given: Any,
) -> Mitigation:
    """Propose a mitigation as `mitigation.propose` takes it, start to mitigate where that has not begun, and carry it
    out; or nothing of it. Raises Blocked for whatever stands in the way of one of these; process guards give way to
    `override` with a `reason`."""
    incident = lock(incident_pk, by=by)
    hands = carried_by or by
    made = mitigation.propose(incident_pk, by=by, carried_by=hands, **given)
    if incident.phase == Phase.DECLARE:
        lifecycle.perform("start_mitigation", incident_pk, by=by, inputs={"reason": reason}, override=override)
    return mitigation.perform(made.pk, "execute", by=by, carried_by=hands, override=override, reason=reason)
