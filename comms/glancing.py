"""Which components an incident touches, for its page: what readers were told last of each that is not well."""

from __future__ import annotations

from comms.models import Component, ComponentChange, StatusUpdate
from incidents.models import Incident
from incidents.presenters.parts import glance


@glance.components_from
def _of(incident: Incident) -> list[glance.Component]:
    if incident.last_update_at is None:
        return []
    told = ComponentChange.objects.filter(
        update__page_incident__incident=incident, update__status=StatusUpdate.Status.PUBLISHED
    )
    rows = (
        told.order_by("component_id", "-at", "-pk")
        .distinct("component_id")
        .values_list("component__name", "new_status")
    )
    # The same part of the product may stand on several pages.
    worst = dict(sorted(rows, key=lambda row: Component.Status.values.index(row[1])))
    return [glance.Component(name, status) for name, status in worst.items() if status != "operational"]
