"""What the table of access says, for templates that show a link or leave it out."""

from __future__ import annotations

from typing import Any

from django import template

from teams import permits
from teams.audit.tracked import TRACKED

register = template.Library()


@register.filter
def may(user: Any, verb: str) -> bool:
    """Whether there is something to which this person may do `verb`: what a link to it is shown for."""
    return permits.may_somewhere(user, verb)


@register.filter
def has_history(opts: Any) -> bool:
    """Whether the audit log keeps changes of a model's rows; `opts` is its `_meta`."""
    return opts.label_lower in TRACKED
