"""Moments as readers of pages, feeds and mail are told them: in UTC and on their own clock, in their language."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.translation import gettext

from comms.snapshot import serializer
from comms.snapshot.public import PublicUpdate
from incidents import clock
from teams import dates


def times(at: datetime, zone: str) -> str:
    """A moment in UTC and in the reader's zone: `14:10 UTC, 23 Nov 2026 (15:10 Europe/Berlin)`. It is said once where
    the reader's clock shows UTC."""
    utc = at.astimezone(UTC)
    told = f"{utc:%H:%M} UTC, {dates.long(utc)}"
    if zone in ("", "UTC"):
        return told
    local = at.astimezone(ZoneInfo(zone))
    if not local.utcoffset():
        return told
    day = "" if local.date() == utc.date() else f", {dates.short(local)}"
    return f"{told} ({local:%H:%M} {zone}{day})"


def expected(update: PublicUpdate, zone: str) -> str:
    """When service is expected back, after "Service expected back": `between 15:00 and 15:30 UTC, 23 Nov 2026 (16:00 to
    16:30 Europe/Berlin), medium confidence`. Empty where nobody said."""
    early, late = update.eta_early_at, update.eta_at
    if late is None:
        return ""
    told = _span(early, late, zone) if early else gettext("by %(time)s") % {"time": times(late, zone)}
    return f"{told}, {gettext(serializer.SURE[update.eta_confidence])}" if update.eta_confidence else told


def _span(early: datetime, late: datetime, zone: str) -> str:
    """Two moments as one where they lie on one day, on the reader's clock too."""
    local = ZoneInfo(zone or "UTC")
    between = gettext("between %(first)s and %(last)s")
    if any(len({at.astimezone(each).date() for at in (early, late)}) > 1 for each in (UTC, local)):
        return between % {"first": times(early, zone), "last": times(late, zone)}
    whole = between % {"first": f"{early.astimezone(UTC):%H:%M}", "last": times(late, zone)}
    both = gettext("%(first)s to %(last)s") % {"first": f"{early.astimezone(local):%H:%M}", "last": ""}
    return whole.replace(" (", f" ({both}", 1)


def until(at: datetime, sent_at: datetime) -> str:
    """How long after a mail something is due: `20 min after this mail`. Empty for what is not after it."""
    minutes = clock.minutes_late(sent_at, at)
    if minutes < 1:
        return ""
    hours, rest = divmod(minutes, 60)
    told = f"{hours} h {rest:02} min" if hours and rest else f"{hours} h" if hours else f"{minutes} min"
    return gettext("%(time)s after this mail") % {"time": told}
