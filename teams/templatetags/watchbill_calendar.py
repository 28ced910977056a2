"""The picture of a rota in templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.safestring import SafeString

from teams.calendar.markup import bars
from teams.calendar.shapes import Lane

register = template.Library()


@register.simple_tag(takes_context=True)
def lane_bars(context: Mapping[str, Any], lane: Lane) -> SafeString:
    """The bars of `lane`. Where the reader `may_pick`, those of the final schedule lead to `pick_url`."""
    pick_url = context["pick_url"] if context.get("may_pick") else ""
    return bars(lane.bars, final=lane.kind == "final", pick_url=pick_url)
