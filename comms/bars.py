"""The days of a component as a picture, with what it shows in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import formats
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from comms import uptime
from comms.models import Component, ComponentChange, StatusPage
from comms.snapshot.public import PublicComponent
from comms.uptime import Change, Day
from teams import dates
from teams.sentences import spell

STEP, BAR, HEIGHT = 5, 3, 28
TONES = {
    Component.Status.MAJOR: "danger",
    Component.Status.PARTIAL: "warn",
    Component.Status.DEGRADED: "caution",
    Component.Status.MAINTENANCE: "info",
}


@dataclass(frozen=True, slots=True)
class History:
    """Of one component: `drawn`, and how much of the time it was up, in words; empty where nobody knows."""

    drawn: SafeString
    up: str


def all_days() -> str:
    """The bars of all days, drawn once a page: a component of which nothing is to be said costs a line."""
    return _bars(range(uptime.DAYS))


def of_page(page: StatusPage, components: Iterable[PublicComponent], now: datetime) -> dict[str, History]:
    """By the component's uid. One query."""
    zone = ZoneInfo(page.time_zone)
    start = now - timedelta(days=uptime.DAYS)
    changes: dict[str, list[Change]] = {}
    told = Q(update__status="published") | Q(maintenance_update__isnull=False)
    rows = ComponentChange.objects.filter(told, component__page=page, at__gte=start)
    for uid, at, old, new in rows.values_list("component__uid", "at", "old_status", "new_status"):
        changes.setdefault(uid, []).append(Change(at, old, new))
    return {each.uid: _of_one(each, changes.get(each.uid, []), zone, start, now) for each in components}


def _of_one(
    component: PublicComponent, changes: list[Change], zone: ZoneInfo, start: datetime, now: datetime
) -> History:
    # What is told afterwards may lie before the component was added here.
    since = max(start, min([component.created_at, *(each.at for each in changes)]))
    found = uptime.spells(changes, component.status, since, now)
    told = uptime.days(found, zone, now, since=since)
    up = uptime.uptime(found)
    said = uptime.percent(up).replace(".", formats.get_format("DECIMAL_SEPARATOR")) if up is not None else ""
    return History(_drawn(component.name, told, said), said)


def _drawn(name: str, told: list[Day], up: str) -> SafeString:
    bad = [(number, day) for number, day in enumerate(told) if day.trouble]
    unknown = [number for number, day in enumerate(told) if not day.known]
    trouble = gettext("trouble on %(count)s of them") % {"count": len(bad)} if bad else gettext("no trouble")
    said = {"name": name, "days": len(told), "share": up, "trouble": trouble}
    label = (
        gettext("%(name)s, %(days)s days: up %(share)s of the time, %(trouble)s")
        if up
        else gettext("%(name)s, %(days)s days: %(trouble)s")
    ) % said
    return format_html(
        '<svg class="bars" viewBox="0 0 {} {}" preserveAspectRatio="none" role="img" aria-label="{}">'
        '<use href="#days"/>{}{}</svg>',
        STEP * uptime.DAYS - (STEP - BAR),
        HEIGHT,
        label,
        format_html('<path class="bars__unknown" d="{}"/>', _bars(unknown)) if unknown else "",
        format_html_join(
            "",
            '<g data-tone="{}"><title>{}</title><path d="{}"/></g>',
            ((TONES[Component.Status(day.worst)], _in_words(day), _bars([number])) for number, day in bad),
        ),
    )


def _in_words(day: Day) -> str:
    kinds = [
        f"{_within(gettext(Component.Status(status).label))} {spell(max(1, round(day.trouble[status] / 60)))}"
        for status in uptime.WORST_FIRST
        if day.trouble.get(status)
    ]
    return f"{dates.long(day.day)}: {', '.join(kinds)}"


def _within(label: str) -> str:
    """A label within a sentence: German nouns keep their capitals."""
    return label if get_language() == "de" else label.lower()


def _bars(numbers: Iterable[int]) -> str:
    return "".join(f"M{number * STEP} 0h{BAR}v{HEIGHT}h-{BAR}z" for number in numbers)
