"""What recorded history means for the outside: rows to be sent or published. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.dispatch import receiver
from django.utils import timezone

from comms import opening
from comms.actions import allowed, approving, drafting, notifying, rehearsing, reviewing, snapshots
from comms.models import Component, Delivery, PageIncident, StatusPage, StatusUpdate
from incidents.actions import rollback
from incidents.models import Follow, Incident, Page, TimelineEntry
from incidents.models.follow import HEARS
from incidents.phases import Phase
from incidents.problems import refuse
from incidents.signals import recorded
from teams.models import User, Webhook

# What people may be called about beside a page, where the entry's data says by which urgency.
CALLED = (TimelineEntry.Kind.PROMISE, TimelineEntry.Kind.ROLE, TimelineEntry.Kind.MITIGATION)
AGAIN = ("incident.relapse", "incident.reopen")


@receiver(recorded, dispatch_uid="comms.receivers")
def on_recorded(lines: list[tuple[TimelineEntry, list[User]]], **_: Any) -> None:
    """Queue the mail and the status updates that entries ask for, in the transaction that wrote them. Of a drill
    nothing leaves the house: its updates are rehearsed, and that is all."""
    for entry, _people in lines:
        if entry.incident.drill:
            _rehearse(entry)
    lines = [(entry, people) for entry, people in lines if not entry.incident.drill]
    _page([entry for entry, __ in lines if entry.verb == "page.sent"])
    _notify(lines)
    _call(lines)
    for entry, people in lines:
        if entry.kind in CALLED and "call" in entry.data:
            notifying.queue_calls(entry, people, entry.data["call"])
        told = entry.data.get("update")
        if isinstance(told, dict) and told.get("body"):
            _tell(entry, told)
        if entry.verb == "incident.cancel":
            _retract(entry)
        if entry.verb == "incident.merge":
            _hand_over(entry)
        _review(entry)
        if entry.verb.startswith(("postmortem.", "promise.broken")):
            # Whoever published it looks at once whether it is there; and a page says what is late.
            pages = list(StatusPage.objects.filter(incidents__incident=entry.incident_id).distinct())
            for page in pages or filter(None, [StatusPage.objects.default()]):
                snapshots.render_soon(page)


def _review(entry: TimelineEntry) -> None:
    """What readers hear of a postmortem, and that it is revised."""
    from comms.tasks import publish_due

    if entry.verb == "postmortem.published" and entry.data.get("announce"):
        reviewing.announce(entry, entry.data["announce"])
        publish_due.delay_on_commit()
    if entry.verb == "postmortem.draft":
        reviewing.take_back(entry)


def _rehearse(entry: TimelineEntry) -> None:
    told = entry.data.get("update")
    if isinstance(told, dict) and told.get("body"):
        state = drafting.STATE_IN_PHASE.get(Phase(entry.phase_to or entry.incident.phase), "")
        minutes = told.get("next_update_in")
        rehearsing.rehearse(
            entry.incident_id,
            by=entry.actor,
            body=told["body"],
            state=state,
            next_update_in=int(minutes) if minutes else None,
        )


def _call(lines: list[tuple[TimelineEntry, list[User]]]) -> None:
    """Wake whoever calls what rolls changes back: the row is there."""
    from comms.tasks import call_rollbacks_due

    if any(entry.verb == rollback.CALLED for entry, __ in lines):
        call_rollbacks_due.delay_on_commit()


def _page(entries: list[TimelineEntry]) -> None:
    telling = {pk: entry for entry in entries for pk in entry.data.get("pages", ())}
    if telling:
        pages = {page.pk: page for page in Page.objects.filter(pk__in=telling).select_related("user")}
        notifying.queue_pages([(pages[pk], entry) for pk, entry in telling.items() if pk in pages])
    for entry in entries:
        if hooks := entry.data.get("webhooks"):
            notifying.queue_webhooks(entry, Webhook.objects.filter(pk__in=hooks))


def _notify(lines: list[tuple[TimelineEntry, list[User]]]) -> None:
    told = {(entry.pk, user.pk): (entry, user) for entry, people in lines for user in people}
    told |= {(entry.pk, user.pk): (entry, user) for entry, user in _followers([entry for entry, _ in lines])}
    _queue(
        Delivery(key=f"notice:{entry.pk}:{user.pk}", kind=Delivery.Kind.NOTICE, user=user, entry=entry)
        for entry, user in told.values()
        if user.is_active and not user.is_service
    )


def _followers(entries: list[TimelineEntry]) -> Iterator[tuple[TimelineEntry, User]]:
    """Those who follow, of what their level hears of and somebody else did. Whether they may still see it is asked
    when it is sent."""
    heard = [entry for entry in entries if entry.kind in HEARS["all"]]
    if not heard:
        return
    rows = Follow.objects.filter(incident__in={entry.incident_id for entry in heard}).exclude(level=Follow.Level.OFF)
    following: dict[int, list[Follow]] = {}
    for row in rows.select_related("user"):
        following.setdefault(row.incident_id, []).append(row)
    for entry in heard:
        for row in following.get(entry.incident_id, ()):
            if entry.kind in HEARS[row.level] and row.user_id != entry.actor_id:
                yield entry, row.user


def _queue(deliveries: Any) -> None:
    from comms.tasks import deliver_due

    rows = list(deliveries)
    if not rows:
        return
    for row in rows:
        row.priority = Delivery.PRIORITY[row.kind]
        row.address = row.user.email
        if not row.address:
            row.state, row.reply = Delivery.State.FAILED, "This person has no e-mail address."
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    deliver_due.delay_on_commit()


def _tell(entry: TimelineEntry, told: dict[str, Any]) -> None:
    """An update that somebody wrote together with a verb, to be published at once by a worker. Raises Blocked, which
    undoes the verb, where there is no page: words that nobody would read are not taken."""
    from comms.tasks import publish_due

    incident = entry.incident
    page_incident = PageIncident.objects.filter(incident=incident).order_by("-page__is_default", "pk").first()
    page = page_incident.page if page_incident else _page_of(incident)
    if page is None:
        raise refuse(
            "page_missing",
            "There is no status page to publish this on. An administrator makes one, or says which is the default. "
            "Or leave the update out.",
            field="update",
            fix_url="/admin/comms/statuspage/add/",
        )
    components = opening.components_of(incident, page)
    if page_incident is None:
        title = opening.title_of(components) or "Service disruption"
        page_incident = PageIncident.objects.create(page=page, incident=incident, title=title)
    now = timezone.now()
    state = drafting.STATE_IN_PHASE.get(Phase(entry.phase_to or incident.phase), page_incident.state)
    over = state in PageIncident.OVER
    minutes = None if over else told.get("next_update_in")
    words = {
        "state": state,
        "body": told["body"],
        "next_update_at": now + timedelta(minutes=int(minutes)) if minutes else None,
        **opening.expected_of(None if over else page_incident, now),
        "author": entry.actor,
    }
    states = {} if over else _impaired(page_incident, components, again=entry.verb in AGAIN)
    elsewhere = PageIncident.objects.active().filter(incident=incident).exclude(pk=page_incident.pk)
    everywhere = [page_incident, *elsewhere.select_related("page").order_by("page")]
    at_once = [each for each in everywhere if allowed.publishes_on(each.page, by=entry.actor)]
    if at_once:
        lead, *others = at_once
        StatusUpdate.objects.create(
            page_incident=lead,
            also_on=[each.page_id for each in others],
            component_states=states if lead is page_incident else {},
            status=StatusUpdate.Status.SCHEDULED,
            publish_at=now,
            **words,
        )
    # Where somebody else has to publish it, they are asked at once.
    for each in everywhere:
        if each not in at_once:
            update = StatusUpdate.objects.create(
                page_incident=each, component_states=states if each is page_incident else {}, **words
            )
            approving.ask_for(update, by=entry.actor)
    publish_due.delay_on_commit()


def _page_of(incident: Incident) -> StatusPage | None:
    """The page that shows the incident's services, else the default one."""
    shown = StatusPage.objects.filter(components__service__incidents=incident)
    return (shown.order_by("-is_default", "pk").first() if not incident.private else None) or (
        StatusPage.objects.default()
    )


def _impaired(told: PageIncident, components: list[Component], *, again: bool) -> dict[str, str]:
    """The mildest word for components that somebody says are in trouble, where the page still calls them fine."""
    if told.updates.published().exists() and not again:
        return {}
    return {
        str(c.pk): Component.Status.DEGRADED.value if c.status == Component.Status.OPERATIONAL else str(c.status)
        for c in components
    }


def _retract(entry: TimelineEntry) -> None:
    from comms.tasks import publish_due

    drafting.retract(entry.incident, by=entry.actor)
    publish_due.delay_on_commit()


def _hand_over(entry: TimelineEntry) -> None:
    from comms.tasks import publish_due

    merged = Incident.objects.select_related("merged_into").get(pk=entry.incident_id)
    if merged.merged_into is not None:
        drafting.hand_over(merged, merged.merged_into, by=entry.actor)
        publish_due.delay_on_commit()
