"""An update in the words of one page: its audience's text, with the placeholders filled in."""

from __future__ import annotations

from datetime import datetime

from comms import wording
from comms.models import Component, ComponentChange, PageIncident, StatusPage, StatusUpdate
from comms.times import times
from teams.words import listed


def text_for(update: StatusUpdate, told: PageIncident) -> str:
    """What `update` says on the page of `told`, which may be unsaved."""
    written = update.wordings.get(told.page.audience) or update.body
    if not wording.named(written):
        return written
    return wording.fill(written, values(update, told))


def values(update: StatusUpdate, told: PageIncident) -> dict[str, str]:
    """Placeholder to plain text; empty where there is nothing. Nothing of it comes from the incident itself."""
    page = told.page
    zone = page.time_zone
    return {
        "page": page.name,
        "title": update.title or told.title,
        "state": update.get_state_display().lower(),
        "impact": PageIncident.Impact(update.impact or told.impact).label.lower(),
        "components": listed([component.name for component in _touched(update, told)]),
        "started": times(told.started_at, zone),
        "eta": times(update.eta_at, zone) if update.eta_at else "",
        "next_update": times(update.next_update_at, zone) if update.next_update_at else "",
        "support": page.support_url,
    }


def _touched(update: StatusUpdate, told: PageIncident) -> list[Component]:
    """Components of the page that this update or an earlier one of its incident is about, in the page's order."""
    named = {int(pk) for pk in update.component_states}
    if told.pk:
        named |= set(ComponentChange.objects.filter(update__page_incident=told).values_list("component_id", flat=True))
    return list(told.page.components.filter(pk__in=named))


# What an update says the same on every page.
SHARED = (
    "title",
    "body",
    "wordings",
    "state",
    "impact",
    "eta_early_at",
    "eta_at",
    "eta_confidence",
    "next_update_at",
    "occurred_at",
    "notify",
    "author",
)


def on_page(update: StatusUpdate, told: PageIncident, now: datetime) -> StatusUpdate:
    """What `update` would say on the page of `told` at `now`, as a row that is not saved: its audience's words and its
    own components. `told`, which may be unsaved, gets on the object when it began where readers know nothing of it
    yet."""
    own = set(told.page.components.values_list("pk", flat=True))
    row = StatusUpdate(
        page_incident=told,
        component_states={pk: state for pk, state in update.component_states.items() if int(pk) in own},
        **{name: getattr(update, name) for name in SHARED},
    )
    if told._state.adding or not told.updates.published().exists():
        told.started_at = began(told, update.occurred_at or now)
    row.body = text_for(row, told)
    return row


def began(told: PageIncident, at: datetime) -> datetime:
    """When the trouble began of which readers are told first `at`: the incident's own time, unless it is private."""
    incident = told.incident
    known = None if incident is None or incident.private else incident.impact_started_at or incident.detected_at
    return min(at, known or at)


def unsaved(page: StatusPage, update: StatusUpdate, about: PageIncident) -> PageIncident:
    """What another page tells of the incident of `about`, made where it tells nothing yet and not saved."""
    found = PageIncident.objects.filter(page=page, incident=about.incident).select_related("page").first()
    return found or PageIncident(
        page=page, incident=about.incident, title=update.title or about.title, started_at=about.started_at
    )
