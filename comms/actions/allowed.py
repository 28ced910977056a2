"""On which pages an update is told, and who may publish it there."""

from __future__ import annotations

from collections.abc import Iterable

from django.core.exceptions import PermissionDenied
from django.db.models import Q

from comms.models import PageRole, StatusPage, StatusUpdate
from incidents.problems import refuse
from teams import permits
from teams.models import User
from teams.words import listed

ADMINS = (User.Role.OWNER, User.Role.ADMIN)


def pages_of(update: StatusUpdate) -> list[StatusPage]:
    """Every page that an update is to be told on, its own first."""
    own = update.page_incident.page
    others = StatusPage.objects.filter(pk__in=update.also_on).exclude(pk=own.pk) if update.also_on else ()
    return [own, *others]


def wants_another(pages: Iterable[StatusPage]) -> list[StatusPage]:
    """Those of `pages` on which somebody else than the writer has to publish."""
    return [page for page in pages if page.second_person]


def publishes_on(page: StatusPage, *, by: User | None) -> bool:
    """Whether `by` may publish on a page what they wrote: where only its approvers do, they have to be one of them, and
    where a second person has to, nobody may. Watchbill itself publishes what somebody who may has asked for before."""
    if page.second_person and by is not None:
        return False
    return not page.guarded or approves_on(page, by=by)


def approves_on(page: StatusPage, *, by: User | None) -> bool:
    return permits.may(by, "update.approve", page)


def plans_on(page: StatusPage, *, by: User | None) -> bool:
    """Whether `by` may tell of planned work there by themselves: an approver may, on a page that wants one."""
    return not (page.guarded or page.second_person) or approves_on(page, by=by)


def may_plan_on(page: StatusPage, *, by: User | None) -> None:
    """PermissionDenied where only the page's approvers may."""
    if not plans_on(page, by=by):
        raise permits.refusal(by, "update.approve", page)


def may_publish_on(page: StatusPage, *, by: User | None) -> None:
    """PermissionDenied where `by` may only write drafts, and Blocked where they have to ask a second person."""
    if page.guarded and not approves_on(page, by=by):
        raise permits.refusal(by, "update.approve", page)
    if not publishes_on(page, by=by):
        raise refuse(
            "approval_needed",
            f"On {page} a second person publishes what somebody wrote. Ask for approval.",
        )


def may_approve(update: StatusUpdate, *, by: User | None) -> None:
    """PermissionDenied unless `by` approves on every page that wants it; where none does, publishing is enough."""
    wanting = wanting_approval(update)
    if not wanting:
        permits.require(by, "update.publish", update)
    for page in wanting:
        if not approves_on(page, by=by):
            raise permits.refusal(by, "update.approve", page)


def approves(update: StatusUpdate, *, by: User) -> bool:
    """Whether `by` may answer whoever asked for its approval: `may_approve`, and on a page that wants a second person
    somebody else than whoever wrote it or asked."""
    try:
        may_approve(update, by=by)
    except PermissionDenied:
        return False
    asked_by = update.approvals.open().values_list("asked_by_id", flat=True).first()
    return not (wants_another(pages_of(update)) and by.pk in (update.author_id, asked_by))


def wanting_approval(update: StatusUpdate) -> list[StatusPage]:
    return [page for page in pages_of(update) if page.guarded or page.second_person]


def approvers(update: StatusUpdate) -> list[User]:
    """Whom to ask: those who approve on every page that wants it, else administrators; never who wrote it, nor, on a
    page that wants a second person, who asked. Only those who may see what it is about."""
    pages = wanting_approval(update)
    named = Q(page_roles__page__in=pages, page_roles__role=PageRole.Role.APPROVER)
    people = User.objects.filter(is_active=True, is_service=False)
    asked_by = update.approvals.open().values_list("asked_by_id", flat=True).first()
    writers = [update.author_id, asked_by if wants_another(pages) else None]
    people = people.exclude(pk__in=[pk for pk in writers if pk])
    named_there = _who_see(update, people.filter(named).distinct())
    found = [person for person in named_there if all(approves_on(page, by=person) for page in pages)]
    return found or _who_see(update, people.filter(role__in=ADMINS))


def _who_see(update: StatusUpdate, people: Iterable[User]) -> list[User]:
    return [person for person in people if permits.may(person, "update.view", update)]


def names_of(people: Iterable[User]) -> str:
    return listed([person.name for person in people]) or "nobody"
