"""Where a page and its parts are read: below `/status/<slug>/`, and on the page's own domain at `/`.

A page that a view shows knows how it was asked for, and its links stay there: `base` is the path that it lies below,
`lang` the language that it is shown in. A page as it comes from the database is at its usual address, in its own.
"""

from __future__ import annotations

from typing import Protocol
from urllib.parse import urlsplit

from django.conf import settings

PATHS = {
    "page": "",
    "history": "history/",
    "month": "history/{}/",
    "incident": "incidents/{}/",
    "maintenances": "maintenance/",
    "maintenance": "maintenance/{}/",
    "calendar": "maintenance.ics",
    "subscribe": "subscribe/",
    "feed": "history.{}",
    "api": "api/v2/{}.json",
    "badge": "badge.svg",
    "widget": "widget/",
    "widget_js": "widget.js",
    "theme": "theme.css",
    "logo": "logo-{}.png",
    "icon": "icon.png",
}
# What is the same in every language.
WORDLESS = frozenset({"api", "calendar", "widget_js", "theme", "logo", "icon"})
# What a frame of another site may show.
EMBEDDED = "/widget/"


class Placed(Protocol):
    """A status page, or what the public is told of one."""

    @property
    def slug(self) -> str: ...
    @property
    def domain(self) -> str: ...
    @property
    def language(self) -> str: ...


def usual(page: Placed) -> str:
    """The path that a page lies below on our own host."""
    return f"/status/{page.slug}/"


def path(page: Placed, name: str = "page", *args: str, lang: str | None = None) -> str:
    """The path of a part, in the language that the page is shown in or in another; `""` is the page's own."""
    code = getattr(page, "lang", "") if lang is None else lang
    base = str(getattr(page, "base", "") or usual(page))
    return base + _part(page, name, args, code)


def absolute(page: Placed, name: str = "page", *args: str, lang: str = "") -> str:
    """The address that a part is known by everywhere: the one on the page's own domain, should it have one."""
    return root(page) + _part(page, name, args, lang)


def root(page: Placed) -> str:
    ours = urlsplit(settings.WATCHBILL_BASE_URL)
    if not page.domain:
        return settings.WATCHBILL_BASE_URL + usual(page)
    port = f":{ours.port}" if ours.port else ""
    return f"{ours.scheme}://{page.domain}{port}/"


def _part(page: Placed, name: str, args: tuple[str, ...], code: str) -> str:
    prefix = f"{code}/" if code and code != page.language and name not in WORDLESS else ""
    return prefix + PATHS[name].format(*args)
