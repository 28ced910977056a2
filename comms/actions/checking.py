"""What stands in the way of saying something to the public, all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from comms import wording
from comms.models import Component, PageIncident, StatusPage
from incidents.guards import Blocker
from incidents.models import Confidence, Incident
from incidents.timeline import CLOCK_SKEW
from teams.words import listed

LONGEST_BODY = 20_000


def state_of_components(
    pages: Sequence[StatusPage], given: Mapping[Any, str] | None, found: list[Blocker]
) -> dict[str, str]:
    """`given` (component, pk or uid to state) as rows keep it: pk as text to state. What is wrong goes to `found`."""
    if not given:
        return {}
    components = Component.objects.filter(page__in=pages)
    known = {str(key): c.pk for c in components for key in (c.pk, c.uid)}
    named = listed([page.name for page in pages], "or")
    states: dict[str, str] = {}
    for key, status in given.items():
        pk = known.get(str(key.pk if isinstance(key, Component) else key))
        if pk is None:
            found.append(Blocker("component_elsewhere", f"That component is not on {named}.", field="component_states"))
        elif status not in Component.Status.values:
            found.append(
                Blocker(
                    "component_state_unknown",
                    f"“{status}” is no state of a component. Choose one of: {', '.join(Component.Status.values)}.",
                    field="component_states",
                )
            )
        else:
            states[str(pk)] = str(status)
    return states


def other_pages(
    given: Iterable[Any] | None, own: StatusPage, about: Incident | None, found: list[Blocker]
) -> list[StatusPage]:
    """`given` (pages, their pk or slug) without `own`, by pk. What is wrong goes to `found`."""
    wanted = {str(page.pk if isinstance(page, StatusPage) else page) for page in given or ()} - {str(own.pk), own.slug}
    if not wanted:
        return []
    if about is None:
        found.append(Blocker("pages_without_incident", f"This is told on {own} alone.", field="also_on"))
        return []
    pages = [page for page in StatusPage.objects.order_by("pk") if {str(page.pk), page.slug} & wanted]
    if unknown := wanted - {key for page in pages for key in (str(page.pk), page.slug)}:
        found.append(Blocker("page_unknown", f"There is no status page “{min(unknown)}”.", field="also_on"))
    return pages


def texts_by_audience(given: Mapping[str, Any] | None, found: list[Blocker]) -> dict[str, str]:
    """`given` (audience to text) without what says nothing. What is wrong goes to `found`."""
    texts: dict[str, str] = {}
    for audience, text in (given or {}).items():
        if audience not in StatusPage.Audience.values:
            known = ", ".join(StatusPage.Audience.values)
            found.append(
                Blocker("audience_unknown", f"“{audience}” is no audience. Choose of: {known}.", field="wordings")
            )
        elif len(str(text)) > LONGEST_BODY:
            found.append(
                Blocker("wording_too_long", f"Say it in at most {LONGEST_BODY} characters.", field=f"body_{audience}")
            )
        elif str(text).strip():
            texts[audience] = str(text).strip()
    return texts


def placeholders(values: Mapping[str, Any], found: list[Blocker]) -> None:
    """What is wrong with the placeholders of the texts in `values` goes to `found`."""
    given = {"eta": "eta_at", "next_update": "next_update_at"}
    filled = {name: str(values[field] or "") for name, field in given.items()}
    said: set[str] = set()
    for field, text in [("body", values["body"]), *((f"body_{a}", t) for a, t in values["wordings"].items())]:
        if wrong := wording.unknown(text):
            found.append(Blocker("placeholder_unknown", wrong, field=field))
        for where, sentence in wording.empty(text, filled, given):
            if where not in said:
                found.append(Blocker("placeholder_empty", sentence, field=where))
            said.add(where)


def missing(values: Mapping[str, Any], *, now: datetime, first: bool, draft: bool) -> list[Blocker]:
    """Blockers of an update with these `values` (fields of StatusUpdate). `first`: readers know nothing of it yet, so
    it needs a title. A `draft` may lack everything but sense."""
    found: list[Blocker] = []

    def say(code: str, message: str, field: str) -> None:
        found.append(Blocker(code, message, field=field))

    if values["state"] not in PageIncident.State.values:
        say("state_unknown", f"Choose one of: {', '.join(PageIncident.State.values)}.", "state")
    if values["impact"] and values["impact"] not in PageIncident.Impact.values:
        say("impact_unknown", f"Choose one of: {', '.join(PageIncident.Impact.values)}.", "impact")
    if len(values["body"]) > LONGEST_BODY:
        say("body_too_long", f"Say it in at most {LONGEST_BODY} characters.", "body")
    if len(values["title"]) > 200:
        say("title_too_long", "A title has at most 200 characters.", "title")
    _expected(values, say)
    if draft:
        return found
    if not values["body"].strip():
        say("body_missing", "Write what readers should know.", "body")
    if first and not values["title"].strip():
        say("title_missing", "Give it a title in the words of its readers; the incident's own stays inside.", "title")
    _times(values, now, say)
    return found


def _expected(values: Mapping[str, Any], say: Any) -> None:
    """What no draft may keep either: a range that has no end, or ends before it begins."""
    early, late = values["eta_early_at"], values["eta_at"]
    if values["eta_confidence"] and values["eta_confidence"] not in Confidence.values:
        say("confidence_unknown", f"Choose one of: {', '.join(Confidence.values)}.", "eta_confidence")
    if early and not late:
        say("eta_missing", "Say by when service is expected back at the latest, too.", "eta_at")
    elif values["eta_confidence"] and not late:
        say("eta_missing", "Say when service is expected back, or leave out how sure you are.", "eta_at")
    elif early and early > late:
        say("eta_order", "The range ends before it begins. Give the earlier time first.", "eta_early_at")


def _times(values: Mapping[str, Any], now: datetime, say: Any) -> None:
    publish_at, occurred_at = values["publish_at"], values["occurred_at"]
    if publish_at and publish_at < now - CLOCK_SKEW:
        say("publish_in_past", "That time has passed. Publish it now, or choose a later time.", "publish_at")
    if occurred_at and occurred_at > now + CLOCK_SKEW:
        say("occurred_in_future", "That time is still to come. Give the time it was said.", "occurred_at")
    if publish_at and occurred_at:
        say("scheduled_and_past", "An update is either scheduled or told afterwards, not both.", "publish_at")
    from_then = max(publish_at or now, now)
    if values["next_update_at"] and values["next_update_at"] <= from_then:
        say("promise_in_past", "Promise the next update for a time after this one.", "next_update_at")
    if values["eta_at"] and values["eta_at"] <= from_then:
        say("eta_in_past", "The time when service is expected back has to lie ahead.", "eta_at")
    if values["eta_early_at"] and values["eta_early_at"] <= from_then:
        say(
            "eta_early_in_past",
            "The earlier of the two times has to lie ahead, too. Leave it out where service may be back at any moment.",
            "eta_early_at",
        )
    if values["next_update_at"] and values["state"] in PageIncident.OVER:
        say("promise_after_end", "It is over: nothing more is promised. Leave the next update out.", "next_update_at")
