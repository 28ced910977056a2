"""Updates of drills: written as in earnest and published nowhere. The incident's clock takes them for told."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction

from comms.models import PageIncident, StatusPage, Subscriber
from incidents.actions import promises
from incidents.actions.facts import lock
from incidents.models import Incident
from incidents.problems import refuse
from teams import moments, permits
from teams.models import User

BRIEF = 400


def would_reach(incident: Incident) -> int:
    """How many subscribers would have heard of it: those of the page that shows its services, else of the default."""
    shown = StatusPage.objects.filter(components__service__incidents=incident)
    page = shown.order_by("-is_default", "pk").first() if not incident.private else None
    page = page or StatusPage.objects.default()
    return Subscriber.objects.active().filter(page=page).count() if page else 0


@transaction.atomic
def rehearse(
    incident_pk: int, *, by: User | None, body: str, state: str = "", next_update_in: int | None = None
) -> Incident:
    """Take an update of a drill for told: it keeps the promise that stands and makes the next one, in `next_update_in`
    minutes. `state` is one of `PageIncident.State`. Raises Blocked where there are no words, or it is no drill."""
    incident = lock(incident_pk, by=None)
    permits.require(by, "update.publish", incident)
    if not incident.drill:
        raise refuse("not_a_drill", f"{incident.reference} is no drill: what is written of it is published.")
    words = " ".join(body.split())
    if not words:
        raise refuse("body_missing", "Write what you would tell.", field="body")
    count = would_reach(incident)
    readers = f"{count:,} subscriber{'' if count == 1 else 's'}"
    over = state in PageIncident.OVER
    brief = words if len(words) <= BRIEF else words[: BRIEF - 1].rstrip() + "…"
    return promises.told(
        incident_pk,
        by=by,
        text=f"{readers} would have been told: {brief}",
        final=over,
        next_update_at=None if over or not next_update_in else moments.now() + timedelta(minutes=next_update_in),
        service="back" if over or state == PageIncident.State.MONITORING else "",
        data={"rehearsed": True, "would_reach": count, "state": state},
    )
