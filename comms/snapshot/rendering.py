"""Rendering a page: every address of it that the world reads, by the views that would answer it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, F, Max, Q
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

from comms import places
from comms.models import PageIncident, StatusPage
from comms.snapshot.store import HTML, Published, Rendered
from comms.views import faces, statusjson
from comms.views.pages import DOMAIN

FEEDS = ("rss", "atom")
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
    """Everything of a page by address, in the caller's view of the database. An incident of which nothing has changed
    since it was rendered `before`, by the same code, is taken from there."""
    files = {address: _asked(address, page) for address in addresses(page)}
    former = before.files if before is not None and before.code == code() else {}
    for address, source in _incidents(page):
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
    """All but those of its incidents, in each language; the page that `/status/` is has the short ones as well. Those
    on its domain begin with two slashes and it."""
    for lang in page.languages:
        for name in ("page", "history", "widget"):
            yield from _everywhere(page, places.path(page, name, lang=lang))
        yield places.path(page, "badge", lang=lang)
        for kind in FEEDS:
            yield places.path(page, "feed", kind, lang=lang)
    for name in statusjson.FILES:
        yield places.path(page, "api", name)
    yield places.path(page, "widget_js")
    yield from _dress(page)
    if StatusPage.objects.short() == page:
        yield reverse("comms:page")
        for name in statusjson.FILES:
            yield reverse("comms:api", args=[name])
        for kind in FEEDS:
            yield reverse("comms:feed", args=[kind])


def _dress(page: StatusPage) -> Iterator[str]:
    """Its own colours and pictures, as far as it has any."""
    if faces.css_of(page):
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
    logos = list(page.logos.values_list("variant", "sha256"))
    frame = (
        f"{page.name}|{page.support_url}|{page.time_zone}|{page.slug}|{page.audience}|{page.languages}|{page.domain}|"
        f"{faces.css_of(page)}|{logos}"
    )
    for row in told:
        parts = (frame, row.updated_at, row.updated, row.count, row.review, row.public, row.expected_at)
        source = hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]
        for lang in page.languages:
            for address in _everywhere(page, places.path(page, "incident", row.uid, lang=lang)):
                yield address, source


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
