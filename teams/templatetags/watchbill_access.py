"""What the table of access says, for templates that show a link or leave it out."""

from __future__ import annotations

from typing import Any

from django import template

from teams import permits
from teams.audit.tracked import TRACKED

register = template.Library()


@register.filter
def reads_audit(user: Any) -> bool:
    """Whether there is an audit log for this person: of everything, or of teams that they manage."""
    return permits.may(user, "audit.view") or permits.teams_where(user, "audit.view").exists()


@register.filter
def has_history(opts: Any) -> bool:
    """Whether the audit log keeps changes of a model's rows; `opts` is its `_meta`."""
    return opts.label_lower in TRACKED
