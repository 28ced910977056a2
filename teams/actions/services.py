"""Verbs on services: what they say, what they depend on, and where their responders look."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from teams import permits
from teams.catalogue import graph
from teams.models import Service, ServiceDependency, ServiceLink, Team, User
from teams.models.service import DEPENDENCY_LOCK

FIELDS = (
    *("name", "slug", "team", "tier", "lifecycle", "description", "runbook_url", "repository_url"),
    *("escalation_policy", "rollback_webhook"),
)
MOST_LINKS = 50
MOST_DEPENDENCIES = 200


@transaction.atomic
def make_service(team: Team, *, by: User | None, **values: Any) -> Service:
    """A service of `team` with any of `FIELDS`, `links` ({kind, title, url} each) and `depends_on` (services).
    ValidationError by field; a circle of dependencies names its way."""
    permits.require(by, "team.change", team)
    if values.get("depends_on"):
        lock_dependencies()
    made = Service(team=team)
    _set(made, values)
    made.save(force_insert=True)
    _write(made, values)
    return made


@transaction.atomic
def change_service(service: Service, *, by: User | None, **values: Any) -> Service:
    """Change what `make_service` takes; what is left out stays as it is, and `links` and `depends_on` are all there
    are afterwards."""
    if "depends_on" in values:
        lock_dependencies()
    row: Service = Service.objects.select_for_update(of=("self",)).select_related("team").get(pk=service.pk)
    permits.require(by, "team.change", row)
    if "team" in values and values["team"] != row.team:
        permits.require(by, "team.change", values["team"])
    if changed := _set(row, values):
        row.save(update_fields=changed)
    _write(row, values)
    return row


@transaction.atomic
def remove_service(service: Service, *, by: User | None) -> None:
    """Delete `service`. What depended on it does so no longer; incidents and changes stay, without its name."""
    permits.require(by, "team.change", service)
    service.delete()


def _set(service: Service, values: Mapping[str, Any]) -> list[str]:
    """Set the fields among `values`, and say which of them are others than before."""
    changed = []
    for name in FIELDS:
        if name in values:
            value = values[name].strip() if isinstance(values[name], str) else values[name]
            if getattr(service, name) != value:
                setattr(service, name, value)
                changed.append(name)
    service.full_clean()
    return changed


def _write(service: Service, values: Mapping[str, Any]) -> None:
    if "links" in values:
        write_links(service, [(link["kind"], link["title"], link["url"]) for link in values["links"]])
    if "depends_on" in values:
        others = [other.pk for other in values["depends_on"]]
        check_dependencies({service.pk: others})
        write_dependencies(service, others)


def lock_dependencies() -> None:
    """Wait until nobody else changes dependencies, and be the only one until this transaction ends. Before any row is
    locked: who holds the row of a service and waits here could wait for somebody who waits for that row."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({DEPENDENCY_LOCK})")


def dependencies() -> dict[int, list[int]]:
    """What each service depends on, by key. One query."""
    found: dict[int, list[int]] = {}
    edges = ServiceDependency.objects.order_by("service__name", "depends_on__name")
    for service, other in edges.values_list("service_id", "depends_on_id"):
        found.setdefault(service, []).append(other)
    return found


def check_dependencies(wanted: Mapping[int, Collection[int]]) -> None:
    """ValidationError, which names the way, where a service would come to depend on itself if the keys of `wanted`
    depended on its values. After `lock_dependencies`, so that it is still so when they are written."""
    for service, others in wanted.items():
        if len(set(others)) > MOST_DEPENDENCIES:
            raise ValidationError(
                {"depends_on": f"That is more than {MOST_DEPENDENCIES} dependencies. Name the nearest."}
            )
        if service in others:
            name = Service.objects.values_list("name", flat=True).get(pk=service)
            raise ValidationError({"depends_on": f"{name} can't depend on itself."})
    if circle := graph.circle(dependencies() | dict(wanted), wanted):
        names = dict(Service.objects.filter(pk__in=circle).values_list("pk", "name"))
        raise ValidationError({"depends_on": said_circle([names[pk] for pk in circle])}, code="circle")


def said_circle(names: Sequence[str]) -> str:
    """Why dependencies are refused: `names` goes round, from a name to itself."""
    return f"{names[0]} would depend on itself: {' → '.join(names)}. Leave one of these dependencies out."


def write_dependencies(service: Service, others: Iterable[int]) -> None:
    """Let `service` depend on exactly `others`, by key. They have been checked."""
    wanted = dict.fromkeys(others)
    rows = ServiceDependency.objects.filter(service=service)
    known = set(rows.values_list("depends_on_id", flat=True))
    rows.filter(depends_on__in=known - set(wanted)).delete()
    ServiceDependency.objects.bulk_create(
        ServiceDependency(service=service, depends_on_id=other) for other in wanted if other not in known
    )


def write_waits(service: Service, others: Iterable[int]) -> None:
    """Let alerts of `service` wait, of what it depends on, for exactly `others`, by key."""
    rows = ServiceDependency.objects.filter(service=service)
    wanted = set(others)
    rows.filter(depends_on__in=wanted, suppresses=False).update(suppresses=True)
    rows.filter(suppresses=True).exclude(depends_on__in=wanted).update(suppresses=False)


def write_links(service: Service, links: Iterable[tuple[str, str, str]]) -> None:
    """Let `service` have exactly these links: (kind, title, address) each. ValidationError names `links`."""
    wanted: dict[str, ServiceLink] = {}
    for kind, title, url in links:
        link = ServiceLink(service=service, kind=kind, title=title.strip(), url=url.strip())
        if link.url in wanted:
            raise ValidationError({"links": f"{link.url} is there twice. Leave one of them out."})
        check_link(link)
        wanted[link.url] = link
    if len(wanted) > MOST_LINKS:
        raise ValidationError({"links": f"That is more than {MOST_LINKS} links. Keep those that help at night."})
    for row in ServiceLink.objects.filter(service=service):
        link_wanted = wanted.pop(row.url, None)
        if link_wanted is None:
            row.delete()
        elif (row.kind, row.title) != (link_wanted.kind, link_wanted.title):
            row.kind, row.title = link_wanted.kind, link_wanted.title
            row.save(update_fields=["kind", "title"])
    ServiceLink.objects.bulk_create(wanted.values())


def check_link(link: ServiceLink) -> None:
    """ValidationError that names `links` and says of which one what is wrong."""
    try:
        link.clean_fields(exclude=["service"])
    except ValidationError as wrong:
        told = f"“{link.title or link.url}”: {' '.join(wrong.messages)}"
        raise ValidationError({"links": told}) from None
