"""What still keeps a component from being operational once something else is over. Asked under the component's lock, so
that of an incident and a maintenance that end at once the later one sees that the earlier one has."""

from __future__ import annotations

from collections.abc import Iterable

from comms.models import Component, ComponentChange, MaintenanceComponent, PageIncident, PageMaintenance
from comms.rollup import worst

Status = Component.Status


def by_incidents(components: Iterable[int], page: int, *, but: PageIncident | None = None) -> dict[int, str]:
    """The state in which the page's open incidents hold each of these, by what they said last; the others are left
    out."""
    others = PageIncident.objects.active().filter(page=page)
    if but is not None:
        others = others.exclude(pk=but.pk)
    said = ComponentChange.objects.filter(component_id__in=components, update__page_incident__in=others)
    last = dict(said.order_by("at", "pk").values_list("component_id", "new_status"))
    return {pk: status for pk, status in last.items() if status != Status.OPERATIONAL}


def by_maintenance(components: Iterable[int], *, but: PageMaintenance | None = None) -> dict[int, str]:
    """The worst state in which maintenance that goes on holds each of these; the others are left out."""
    rows = MaintenanceComponent.objects.filter(
        component_id__in=components, maintenance__state__in=PageMaintenance.RUNNING
    )
    if but is not None:
        rows = rows.exclude(maintenance=but)
    held: dict[int, str] = {}
    for pk, status in rows.values_list("component_id", "status"):
        held[pk] = worst([status, held.get(pk, Status.OPERATIONAL)])
    return {pk: status for pk, status in held.items() if status != Status.OPERATIONAL}
