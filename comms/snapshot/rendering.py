"""Rendering a page: every address of it that the world reads, by the views that would answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import chain, groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Exists, F, Max, OuterRef, Q, Value
from django.db.models.functions import MD5
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse
from django.utils import timezone

from comms import months
from comms.models import PageIncident, StatusPage
from comms.snapshot.store import Published, Rendered
from comms.views import statusjson
from comms.views.public import published, told_of
from incidents.models import Incident, Postmortem, RoleAssignment
from teams.models import User

FEEDS = ("rss", "atom")
ROOT = Path(__file__).parent.parent.parent


@cache
def code() -> str:
    """What the pages are made by: another version, or another address of the installation, renders them anew."""
    seen = hashlib.sha256(settings.WATCHBILL_BASE_URL.encode())
    for place in ("comms", "config"):
        for path in sorted((ROOT / place).rglob("*")):
            if path.suffix in (".html", ".py", ".css", ".svg") and "migrations" not in path.parts:
                seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def render(page: StatusPage, before: Published | None) -> dict[str, Rendered]:
    """Everything of a page by address, in the caller's view of the database. An incident, a month or a postmortem of
    which nothing has changed since it was rendered `before`, by the same code, is taken from there."""
    files = {address: _asked(address) for address in addresses(page)}
    files |= {short: files[address] for short, address in _short(page)}
    former = before.files if before is not None and before.code == code() else {}
    rows = _told(page)
    for address, source in chain(_incidents(page, rows), _months(page, rows), _postmortems(page)):
        known = former.get(address)
        if known is not None and known.source == source:
            files[address] = Rendered(known.type, known=known)
        else:
            made = _asked(address)
            files[address] = Rendered(made.type, made.body, source=source)
    return files


def addresses(page: StatusPage) -> Iterator[str]:
    """All but those of its incidents, months and postmortems, and the short ones."""
    yield reverse("comms:page", args=[page.slug])
    yield reverse("comms:history", args=[page.slug])
    yield reverse("comms:badge", args=[page.slug])
    for name in statusjson.FILES:
        yield reverse("comms:page_api", args=[page.slug, name])
    for kind in FEEDS:
        yield reverse("comms:page_feed", args=[page.slug, kind])


def _short(page: StatusPage) -> Iterator[tuple[str, str]]:
    """The short addresses that the default page has as well, each with the one that says the same."""
    if StatusPage.objects.default() == page:
        yield reverse("comms:page"), reverse("comms:page", args=[page.slug])
        for name in statusjson.FILES:
            yield reverse("comms:api", args=[name]), reverse("comms:page_api", args=[page.slug, name])
        for kind in FEEDS:
            yield reverse("comms:feed", args=[kind]), reverse("comms:page_feed", args=[page.slug, kind])


def _told(page: StatusPage) -> list[Any]:
    """Every incident that was told, newest first, with what of it is not its own row."""
    shown = Q(updates__status="published")
    rows = PageIncident.objects.filter(page=page).told().order_by("-started_at", "-pk")
    return list(
        rows.annotate(
            updated=Max("updates__updated_at", filter=shown),
            said=StringAgg(MD5("updates__body"), "", filter=shown, order_by="updates__pk", default=Value("")),
            review=F("incident__postmortem__state"),
            public=F("incident__postmortem__public"),
            private=F("incident__private"),
        )
    )


def _frame(page: StatusPage) -> tuple[object, ...]:
    """What everything of a page that shows no state is made from."""
    names = page.components.order_by("pk").values_list("uid", "name", "position", "group__name")
    return (page.name, page.support_url, page.time_zone, page.slug, *names)


def _incidents(page: StatusPage, rows: list[Any]) -> Iterator[tuple[str, str]]:
    """The address of each, and all that its page is made from, in a line."""
    frame, now = _frame(page), timezone.now()
    for row in rows:
        promise = None if row.is_over else row.next_update_at
        left = promise and int((promise - now).total_seconds() // 60)
        parts = (*_of(row), row.review, row.public, row.private, row.expected_at, left)
        yield reverse("comms:page_incident", args=[page.slug, row.uid]), _source(frame, parts)


def _of(row: Any) -> tuple[object, ...]:
    return (*(getattr(row, each.attname) for each in PageIncident._meta.concrete_fields), row.updated, row.said)


def _months(page: StatusPage, rows: list[Any]) -> Iterator[tuple[str, str]]:
    """The same of each month in which something began."""
    frame, zone = _frame(page), ZoneInfo(page.time_zone)
    by_month = [(name, list(told)) for name, told in groupby(rows, lambda row: months.of(row.started_at, zone))]
    names = ["", *(name for name, _ in by_month), ""]
    for number, (name, told) in enumerate(by_month):
        parts = (names[number], names[number + 2], *map(_of, told))
        yield reverse("comms:month", args=[page.slug, name]), _source(frame, parts)


def _postmortems(page: StatusPage) -> Iterator[tuple[str, str]]:
    """The same of each published one that this page shows. What stands in the place of names depends on whom there is
    and on who held which role."""
    told = PageIncident.objects.told().filter(incident=OuterRef("incident"), page__audience="public")
    where = Q(Exists(told.filter(page=page)))
    if StatusPage.objects.default() == page:
        where |= ~Q(Exists(told))
    found = [row for row in published(where) if (first := told_of(row)) is None or first.page_id == page.pk]
    if not found:
        return
    people = list(User.objects.order_by("pk").values_list("pk", "username", "first_name", "last_name", "email"))
    held = RoleAssignment.objects.filter(incident__postmortem__in=found, held_at__isnull=False)
    seats = list(held.order_by("pk").values_list("incident", "user", "role__name", "role__position"))
    took_part = Incident.participants.through.objects.filter(incident__postmortem__in=found).order_by("pk")
    who = list(took_part.values_list("incident", "user"))
    frame = _frame(page)
    for row in found:
        mine = [each for each in (*seats, *who) if each[0] == row.incident_id]
        texts = [getattr(row, name) for name, _, _ in Postmortem.SECTIONS]
        parts = (
            row.title,
            row.published_at,
            *texts,
            [(each.uid, each.title) for each in [told_of(row)] if each],
            people,
            mine,
        )
        yield reverse("comms:postmortem", args=[row.public_slug]), _source(frame, parts)


def _source(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _asked(address: str) -> Rendered:
    """What somebody gets there who is not known and says nothing of themselves."""
    found = resolve(address)
    base = urlsplit(settings.WATCHBILL_BASE_URL)
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = address
    request.META = {
        "SERVER_NAME": base.hostname or "localhost",
        "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
        "REQUEST_METHOD": "GET",
        "wsgi.url_scheme": base.scheme,
    }
    request.user = AnonymousUser()
    request.resolver_match = found
    response: HttpResponse = found.func(request, *found.args, **found.kwargs)
    assert response.status_code == 200, f"{address} answers {response.status_code}"
    return Rendered(response.headers["Content-Type"], response.content)
