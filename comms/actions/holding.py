"""The states of components: what still keeps one from being operational once something else is over, asked under the
component's lock, so that of an incident and a maintenance that end at once the later one sees that the earlier one has;
and the one way in which a state changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from comms.models import (
    Component,
    ComponentChange,
    MaintenanceComponent,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    StatusUpdate,
)
from comms.rollup import worst

Status = Component.Status


def locked(components: Iterable[int], page: int) -> list[Component]:
    """Those of the page, by pk, locked."""
    rows = Component.objects.filter(page=page, pk__in=components).order_by("pk")
    return list(rows.select_for_update(no_key=True))


def put(
    components: Iterable[Component],
    states: Mapping[int, str],
    *,
    at: datetime,
    now: datetime,
    update: StatusUpdate | None = None,
    maintenance_update: MaintenanceUpdate | None = None,
) -> None:
    """Bring locked components into `states`, those without one left alone, and keep what was done `at` which time by
    which word to readers."""
    changes = []
    for component in components:
        if component.pk not in states:
            continue
        new = states[component.pk]
        changes.append(
            ComponentChange(
                update=update,
                maintenance_update=maintenance_update,
                component=component,
                old_status=component.status,
                new_status=new,
                at=at,
            )
        )
        if component.status != new:
            Component.objects.filter(pk=component.pk).update(status=new, updated_at=now)
    ComponentChange.objects.bulk_create(changes)


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
