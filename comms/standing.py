"""Who somebody is to a status page and to what is told on it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import Coalesce

from comms.models import (
    Component,
    ComponentGroup,
    Drill,
    PageIncident,
    PageMaintenance,
    PageRole,
    StatusPage,
    StatusUpdate,
    Subscriber,
    SubscriberImport,
    UpdateTemplate,
)
from teams import access, permits
from teams.access import Role
from teams.models import Membership


@permits.roles_from(StatusPage)
def _of_page(user: Any, page: StatusPage) -> Iterator[Role]:
    yield from (Role(r) for r in PageRole.objects.filter(page=page, user=user).values_list("role", flat=True))


@permits.roles_from(Component, ComponentGroup, Subscriber, SubscriberImport, PageRole)
def _by_page(user: Any, row: Any) -> Iterator[Role]:
    yield from _of_page(user, row.page)


@permits.roles_from(UpdateTemplate)
def _of_template(user: Any, template: UpdateTemplate) -> Iterator[Role]:
    """A template for every page is nobody's but the administrators'."""
    if template.page is not None:
        yield from _of_page(user, template.page)


@permits.roles_from(Drill)
def _of_drill(user: Any, drill: Drill) -> Iterator[Role]:
    """Whoever is something to the schedule is it to its drills."""
    yield from permits.on(user, drill.schedule)


@permits.roles_from(PageMaintenance)
def _of_maintenance(user: Any, maintenance: PageMaintenance) -> Iterator[Role]:
    """Who keeps the page, and whoever has the same role in every team whose components it touches."""
    yield from _of_page(user, maintenance.page)
    if maintenance.pk:
        yield from in_teams_of(user, Component.objects.filter(maintenances=maintenance))


def in_teams_of(user: Any, components: QuerySet[Component]) -> set[Role]:
    """The roles that `user` has in the teams of all of these: a component is its team's, else its service's team's.
    None where one of them is nobody's."""
    teams = set(components.values_list(Coalesce("team", "service__team"), flat=True))
    if not teams or None in teams:
        return set()
    mine = dict(Membership.objects.filter(user=user, team__in=teams).values_list("team", "role"))
    if mine.keys() != teams:
        return set()
    # Of different roles the least one holds for all.
    return {min((Role(role) for role in mine.values()), key=access.TEAM[::-1].index)}


@permits.roles_from(PageIncident, private=lambda told: told.incident is not None and told.incident.private)
def _of_told(user: Any, told: PageIncident) -> Iterator[Role]:
    """What is told of a private incident is its own people's until it is published."""
    yield from _of_page(user, told.page)
    if told.incident is not None:
        yield from permits.on(user, told.incident)


@permits.roles_from(
    StatusUpdate,
    private=lambda update: update.page_incident.incident is not None and update.page_incident.incident.private,
)
def _of_update(user: Any, update: StatusUpdate) -> Iterator[Role]:
    yield from _of_told(user, update.page_incident)


@permits.roles_somewhere(*access.PAGE)
def _on_some_page(user: Any) -> set[Role]:
    return {Role(r) for r in PageRole.objects.filter(user=user).order_by().values_list("role", flat=True).distinct()}


def may_read(user: Any, page: StatusPage) -> bool:
    """Whether somebody who is signed in may read a page, whomever else it is for."""
    if page.audience == StatusPage.Audience.EXECUTIVES:
        return permits.may(user, "page.read", page)
    return permits.may(user, "page.view")


def pages_where(user: Any, verb: str) -> QuerySet[StatusPage]:
    """Status pages to which `user` may do `verb`."""
    if permits.may(user, verb):
        return StatusPage.objects.all()
    if not permits.may_somewhere(user, verb):
        return StatusPage.objects.none()
    roles = [r.value for r in access.TABLE[verb].roles if r in access.PAGE]
    return StatusPage.objects.filter(pk__in=PageRole.objects.filter(user=user, role__in=roles).values("page"))
