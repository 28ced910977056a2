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

from comms import months, places, theme
from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.snapshot.store import HTML, Published, Rendered
from comms.views import statusjson
from comms.views.pages import DOMAIN
from comms.views.public import published, told_of
from incidents.models import Incident, RoleAssignment
from teams.models import User

FEEDS = ("rss", "atom")
Frame = tuple[object, ...]
ROOT = Path(__file__).parent.parent.parent


@cache
def code() -> str:
    """What the pages are made by: another version, or another address of the installation, renders them anew."""
    seen = hashlib.sha256(settings.WATCHBILL_BASE_URL.encode())
    for place in ("comms", "config"):
        for path in sorted((ROOT / place).rglob("*")):
            if path.suffix in (".html", ".py", ".css", ".svg", ".js", ".po") and "migrations" not in path.parts:
                seen.update(path.read_bytes())
    return seen.hexdigest()[:16]


def render(page: StatusPage, before: Published | None) -> dict[str, Rendered]:
    """Everything of a page by address, in the caller's view of the database. An incident, a month or a postmortem of
    which nothing has changed since it was rendered `before`, by the same code, is taken from there."""
    files = {address: _asked(address, page) for address in addresses(page)}
    files |= {short: files[address] for short, address in _short(page)}
    former = before.files if before is not None and before.code == code() else {}
    rows, frame = _told(page), _frame(page)
    sources = chain(
        _incidents(page, frame, rows), _months(page, frame, rows), _postmortems(page, frame), _maintenances(page, frame)
    )
    for address, source in sources:
        known = former.get(address)
        if known is not None and known.source == source:
            files[address] = Rendered(known.type, known=known)
        else:
            made = _asked(address, page)
            files[address] = Rendered(made.type, made.body, source=source)
    if page.domain:
        # What is the same wherever it is read; what people read has other links there.
        for address, made in list(files.items()):
            if address.startswith(places.usual(page)) and made.type != HTML:
                files[_on_domain(page, address)] = made
    return files


def addresses(page: StatusPage) -> Iterator[str]:
    """All but those of its incidents, months, maintenance and postmortems, and the short ones; in each language.
    Those on its domain begin with two slashes and it."""
    for lang in page.languages:
        for name in ("page", "history", "maintenances", "widget"):
            yield from _everywhere(page, places.path(page, name, lang=lang))
        yield places.path(page, "badge", lang=lang)
        for kind in FEEDS:
            yield places.path(page, "feed", kind, lang=lang)
    for name in statusjson.FILES:
        yield places.path(page, "api", name)
    yield places.path(page, "calendar")
    yield places.path(page, "widget_js")
    yield from _dress(page)


def _short(page: StatusPage) -> Iterator[tuple[str, str]]:
    """The short addresses that the page of `/status/` has as well, each with the one that says the same."""
    if StatusPage.objects.short() == page:
        yield reverse("comms:page"), places.path(page)
        for name in statusjson.FILES:
            yield reverse("comms:api", args=[name]), places.path(page, "api", name)
        for kind in FEEDS:
            yield reverse("comms:feed", args=[kind]), places.path(page, "feed", kind)


def _dress(page: StatusPage) -> Iterator[str]:
    """Its own colours and pictures, as far as it has any."""
    if theme.css_of(page):
        yield places.path(page, "theme")
    variants = list(page.logos.values_list("variant", flat=True))
    for variant in variants:
        yield places.path(page, "logo", variant)
    if variants:
        yield places.path(page, "icon")


def _everywhere(page: StatusPage, address: str) -> Iterator[str]:
    yield address
    if page.domain:
        yield _on_domain(page, address)


def _on_domain(page: StatusPage, address: str) -> str:
    return f"//{page.domain}/{address.removeprefix(places.usual(page))}"


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
            as_written=F("incident__postmortem__public_as_written"),
            wording=MD5("incident__postmortem__public_wording"),
            private=F("incident__private"),
        )
    )


def _frame(page: StatusPage) -> Frame:
    """What everything of a page that shows no state is made from."""
    names = page.components.order_by("pk").values_list("uid", "name", "position", "group__name")
    logos = tuple(page.logos.values_list("variant", "sha256"))
    looks = (page.audience, tuple(page.languages), page.domain, theme.css_of(page), logos)
    return (page.name, page.support_url, page.time_zone, page.slug, *looks, *names)


def _each(page: StatusPage, name: str, part: str, source: str) -> Iterator[tuple[str, str]]:
    """One part in every language, at every address that it has."""
    for lang in page.languages:
        for address in _everywhere(page, places.path(page, name, part, lang=lang)):
            yield address, source


def _incidents(page: StatusPage, frame: Frame, rows: list[Any]) -> Iterator[tuple[str, str]]:
    """The address of each, and all that its page is made from, in a line."""
    now = timezone.now()
    for row in rows:
        promise = None if row.is_over else row.next_update_at
        left = promise and int((promise - now).total_seconds() // 60)
        parts = (*_of(row), row.review, row.public, row.as_written, row.wording, row.private, row.expected_at, left)
        yield from _each(page, "incident", row.uid, _source(frame, parts))


def _of(row: Any) -> tuple[object, ...]:
    return (*(getattr(row, each.attname) for each in PageIncident._meta.concrete_fields), row.updated, row.said)


def _months(page: StatusPage, frame: Frame, rows: list[Any]) -> Iterator[tuple[str, str]]:
    """The same of each month in which something began."""
    zone = ZoneInfo(page.time_zone)
    by_month = [(name, list(told)) for name, told in groupby(rows, lambda row: months.of(row.started_at, zone))]
    names = ["", *(name for name, _ in by_month), ""]
    for number, (name, told) in enumerate(by_month):
        parts = (names[number], names[number + 2], *map(_of, told))
        yield from _each(page, "month", name, _source(frame, parts))


def _postmortems(page: StatusPage, frame: Frame) -> Iterator[tuple[str, str]]:
    """The same of each published one that this page shows. What stands in the place of names depends on whom there is
    and on who held which role."""
    told = PageIncident.objects.told().filter(incident=OuterRef("incident"), page__audience="public")
    where = Q(Exists(told.filter(page=page)))
    if StatusPage.objects.short() == page:
        where |= ~Q(Exists(told))
    found = [row for row in published(where) if (first := told_of(row)) is None or first.page_id == page.pk]
    if not found:
        return
    people = list(User.objects.order_by("pk").values_list("pk", "username", "first_name", "last_name", "email"))
    held = RoleAssignment.objects.filter(incident__postmortem__in=found, held_at__isnull=False)
    seats = list(held.order_by("pk").values_list("incident", "user", "role__name", "role__position"))
    took_part = Incident.participants.through.objects.filter(incident__postmortem__in=found).order_by("pk")
    who = list(took_part.values_list("incident", "user"))
    for row in found:
        mine = [each for each in (*seats, *who) if each[0] == row.incident_id]
        texts = [(each.title, each.text) for each in row.sections.all()]
        texts += [("", each.text) for each in row.factors.all()]
        parts = (
            row.title,
            (row.public_title, row.public_wording, row.public_as_written),
            row.published_at,
            *texts,
            [(each.uid, each.title) for each in [told_of(row)] if each],
            people,
            mine,
        )
        yield reverse("comms:postmortem", args=[row.public_slug]), _source(frame, parts)


def _maintenances(page: StatusPage, frame: Frame) -> Iterator[tuple[str, str]]:
    """The address of each maintenance, and all that its page is made from, as with incidents."""
    rows = PageMaintenance.objects.filter(page=page).annotate(
        told=Max("updates__pk"), names=StringAgg("components__name", "|", default=Value(""), order_by="components__pk")
    )
    for row in rows.order_by("pk"):
        times = (row.scheduled_for, row.scheduled_until, row.started_at, row.completed_at)
        source = _source(frame, row.updated_at, row.told, row.names, row.title, row.state, *times)
        yield from _each(page, "maintenance", row.uid, source)


def _source(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def _asked(address: str, page: StatusPage) -> Rendered:
    """What a reader of the page gets there who is not known and says nothing of themselves."""
    path, domain = address, ""
    if address.startswith("//"):
        domain, _, below = address.removeprefix("//").partition("/")
        path = places.usual(page) + below
    found = resolve(path)
    base = urlsplit(settings.WATCHBILL_BASE_URL)
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = path
    request.META = {
        "SERVER_NAME": base.hostname or "localhost",
        "SERVER_PORT": str(base.port or (443 if base.scheme == "https" else 80)),
        "REQUEST_METHOD": "GET",
        "wsgi.url_scheme": base.scheme,
        DOMAIN: domain,
    }
    # Only here can a view be told so; see `comms.views.pages`.
    request.renders = page.uid  # type: ignore[attr-defined]
    request.user = AnonymousUser()
    request.resolver_match = found
    response: HttpResponse = found.func(request, *found.args, **found.kwargs)
    assert response.status_code == 200, f"{address} answers {response.status_code}"
    return Rendered(response.headers["Content-Type"], response.content)
