"""What is wrong with mail, on top of the console's pages for whoever looks after it."""

from __future__ import annotations

from typing import Any

from django import template
from django.db import DatabaseError

from comms.models import Alarm
from teams import permits

register = template.Library()
MOST = 3


@register.inclusion_tag("comms/mail_alarms.html", takes_context=True)
def mail_alarms(context: dict[str, Any]) -> dict[str, Any]:
    """The open alarms, for who may see what was sent; one query for them, and none for others."""
    user = getattr(context.get("request"), "user", None)
    if user is None or not user.is_authenticated or not permits.may(user, "delivery.view"):
        return {"alarms": []}
    try:
        return {"alarms": list(Alarm.objects.open().order_by("-kind", "-pk")[:MOST])}
    except DatabaseError:
        # A page that says so may be on its way.
        return {"alarms": []}
