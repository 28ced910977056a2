"""Links within a status page, for its own templates: they stay at the address and in the language it is read in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django import template

from comms import places
from comms.models import StatusPage
from comms.snapshot.public import PublicLogo, PublicPage
from teams import dates

register = template.Library()
NAMES = dict(StatusPage._meta.get_field("language").flatchoices)


@register.simple_tag(takes_context=True)
def page_url(context: Mapping[str, Any], name: str = "page", *args: str) -> str:
    """The path of a part of `status_page`: see `comms.places`."""
    return places.path(context["status_page"], name, *args)


@register.simple_tag(takes_context=True)
def canonical(context: Mapping[str, Any], name: str = "page", *args: str) -> str:
    """The address by which a part is known everywhere, in the language that it is shown in."""
    page = context["status_page"]
    return places.absolute(page, name, *args, lang=page.lang)


@register.simple_tag(takes_context=True)
def in_languages(context: Mapping[str, Any], name: str = "page", *args: str) -> list[dict[str, Any]]:
    """By language its `code` and `name`, the `path`, the `address` known everywhere, and whether it is shown in it
    (`here`); empty for a page in one language."""
    page: PublicPage = context["status_page"]
    if len(page.languages) < 2:
        return []
    return [
        {
            "code": code,
            "name": str(NAMES[code]),
            "path": places.path(page, name, *args, lang=code),
            "address": places.absolute(page, name, *args, lang=code),
            "here": code == page.lang,
        }
        for code in page.languages
    ]


@register.filter
def day_date(day: dt.date, style: str = "long") -> str:
    """A day in the reader's language; `short` leaves the year out."""
    return dates.short(day) if style == "short" else dates.long(day)


@register.filter
def by_variant(page: PublicPage) -> dict[str, PublicLogo]:
    """A page's logos, by `light` and `dark`."""
    return {each.variant: each for each in page.logos}
