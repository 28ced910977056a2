"""The picture of a rota in templates, and the same as a list. Where the reader `may_pick`, times lead to `pick_url`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from teams.calendar import markup
from teams.calendar.shapes import Fact, Week

register = template.Library()


def _pick_url(context: Mapping[str, Any]) -> str:
    return context["pick_url"] if context.get("may_pick") else ""


@register.simple_tag(takes_context=True)
def week_lanes(context: Mapping[str, Any], week: Week) -> SafeString:
    """The lanes of `week`; without those of the layers where `hide_layers` says so."""
    return markup.lanes(week, pick_url=_pick_url(context), hide_layers=bool(context.get("hide_layers")))


@register.simple_tag(takes_context=True)
def fact_rows(context: Mapping[str, Any], facts: Iterable[Fact], **icons: str) -> SafeString:
    """The rows of the list, with the icons `nobody`, `note`, `now` and `cover`."""
    return markup.rows(facts, markup.Icons(**icons), pick_url=_pick_url(context))
