"""Rendering a page: every address of it that the world reads, by the views that would answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Count, F, Max, Q, Value
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

from comms.models import PageIncident, PageMaintenance, StatusPage
from comms.snapshot.store import Published, Rendered
from comms.views import statusjson

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
    """Everything of a page by address, in the caller's view of the database. An incident of which nothing has changed
    since it was rendered `before`, by the same code, is taken from there."""
    files = {address: _asked(address) for address in addresses(page)}
    former = before.files if before is not None and before.code == code() else {}
    for address, source in chain(_incidents(page), _maintenances(page)):
        known = former.get(address)
        if known is not None and known.source == source:
            files[address] = Rendered(known.type, known=known)
        else:
            made = _asked(address)
            files[address] = Rendered(made.type, made.body, source=source)
    return files


def addresses(page: StatusPage) -> Iterator[str]:
    """All but those of its incidents; the default page has the short ones as well."""
    yield reverse("comms:page", args=[page.slug])
    yield reverse("comms:history", args=[page.slug])
    yield reverse("comms:page_maintenances", args=[page.slug])
    yield reverse("comms:page_calendar", args=[page.slug])
    yield reverse("comms:badge", args=[page.slug])
    for name in statusjson.FILES:
        yield reverse("comms:page_api", args=[page.slug, name])
    for kind in FEEDS:
        yield reverse("comms:page_feed", args=[page.slug, kind])
    if StatusPage.objects.default() == page:
        yield reverse("comms:page")
        for name in statusjson.FILES:
            yield reverse("comms:api", args=[name])
        for kind in FEEDS:
            yield reverse("comms:feed", args=[kind])


def _incidents(page: StatusPage) -> Iterator[tuple[str, str]]:
    """The address of each that was told, and all that its page is made from but the page's own row, in a line."""
    published = Q(updates__status="published")
    told = (
        PageIncident.objects.filter(page=page)
        .told()
        .annotate(
            updated=Max("updates__updated_at", filter=published),
            count=Count("updates", filter=published, distinct=True),
            review=F("incident__postmortem__state"),
            public=F("incident__postmortem__public"),
        )
        .order_by("pk")
    )
    for row in told:
        address = reverse("comms:page_incident", args=[page.slug, row.uid])
        yield address, _source(page, row.updated_at, row.updated, row.count, row.review, row.public, row.expected_at)


def _maintenances(page: StatusPage) -> Iterator[tuple[str, str]]:
    """The address of each maintenance, and all that its page is made from, as with incidents."""
    rows = PageMaintenance.objects.filter(page=page).annotate(
        told=Max("updates__pk"), names=StringAgg("components__name", "|", default=Value(""), order_by="components__pk")
    )
    for row in rows.order_by("pk"):
        address = reverse("comms:page_maintenance", args=[page.slug, row.uid])
        yield (
            address,
            _source(
                page, row.updated_at, row.told, row.names, row.title, row.state, row.scheduled_for, row.scheduled_until
            ),
        )


def _source(page: StatusPage, *parts: object) -> str:
    seen = (page.name, page.support_url, page.time_zone, page.slug, *parts)
    return hashlib.sha256("|".join(map(str, seen)).encode()).hexdigest()[:32]


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
