"""Telling the readers of status pages of a postmortem, and taking that back."""

from __future__ import annotations

from django.utils import timezone

from comms.actions import allowed, approving, correcting, drafting
from comms.models import PageIncident, StatusPage, StatusUpdate
from comms.postmortems import address
from incidents.models import Postmortem, TimelineEntry
from incidents.problems import refuse

REVISED = "The postmortem is being revised. It is published here again when it is done."


def announce(entry: TimelineEntry, text: str) -> None:
    """Tell the readers of every public page that told of the incident, in the transaction that published it. Raises
    Blocked where there is none: words that nobody would read are not taken."""
    found = Postmortem.objects.get(incident=entry.incident_id)
    public = PageIncident.objects.told().filter(page__audience=StatusPage.Audience.PUBLIC)
    pages = list(public.filter(incident=entry.incident_id).select_related("page").order_by("page"))
    if not pages:
        raise refuse(
            "nothing_told",
            "No public status page told of this incident, so nobody there waits for its end. Leave the message out.",
            field="announce",
        )
    body = f"{text.strip()}\n\n[Read the postmortem]({address(found)})"
    for told in pages:
        at_once = allowed.publishes_on(told.page, by=entry.actor)
        update = StatusUpdate.objects.create(
            page_incident=told,
            state=PageIncident.State.POSTMORTEM,
            body=body,
            author=entry.actor,
            status=StatusUpdate.Status.SCHEDULED if at_once else StatusUpdate.Status.DRAFT,
            publish_at=timezone.now() if at_once else None,
        )
        if not at_once:
            approving.ask_for(update, by=entry.actor)


def take_back(entry: TimelineEntry) -> None:
    """What was said of a postmortem that is a draft again: readers are told why its address answers no more, and what
    still waited is not said."""
    told = StatusUpdate.objects.filter(
        page_incident__incident=entry.incident_id, state=PageIncident.State.POSTMORTEM, companion_of=None
    )
    found = Postmortem.objects.get(incident=entry.incident_id)
    mine = told.filter(body__contains=address(found))
    for pk in mine.filter(status__in=drafting.WAITING).values_list("pk", flat=True):
        drafting.withdraw_update(pk, by=None)
    for pk in mine.filter(status=StatusUpdate.Status.PUBLISHED).values_list("pk", flat=True):
        # Nobody gets mail about it: what is new follows.
        correcting.correct(pk, by=None, body=REVISED, notify=False)
