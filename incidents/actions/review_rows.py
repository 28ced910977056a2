"""The postmortem of an incident, locked for whoever writes the review."""

from __future__ import annotations

from incidents.actions.facts import lock
from incidents.models import Incident, Postmortem
from incidents.problems import Blocked, refuse
from teams.models import User


def lock_review(incident_pk: int, *, by: User | None) -> tuple[Incident, Postmortem]:
    """An incident and its postmortem, locked in this order until the transaction ends. Raises PermissionDenied, and
    Blocked with code `no_postmortem` before it is drafted."""
    incident = lock(incident_pk, by=by, verb="review.write")
    postmortem = Postmortem.objects.select_for_update().filter(incident=incident).first()
    if postmortem is None:
        raise refuse("no_postmortem", "The postmortem is drafted when the incident is resolved.")
    postmortem.incident = incident
    return incident, postmortem


def settled(postmortem: Postmortem) -> Blocked:
    """To raise where one is written on that was approved, published or waived."""
    return refuse("postmortem_settled", f"It is {postmortem.get_state_display().lower()}. Take it back to draft first.")
