"""Once a minute: look whether paging keeps its promise, mend what it lost, and tell a watchman outside."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction

from comms import watching
from comms.actions import alarming, relaying
from comms.models import Alarm
from incidents import timeline
from incidents.actions import escalation
from incidents.actions.facts import lock
from incidents.models import EscalationRun
from incidents.phases import Phase
from incidents.timeline import Kind
from teams import moments, pinned

log = logging.getLogger(__name__)
SECONDS = 10.0
MOST_READ = 64 * 1024


def beat() -> bool:
    """Look, mend, and where all is well ask the watchman's address, so that somebody outside is told when we fall
    silent. Returns whether all is well. Fails for nobody: an address that is away is logged."""
    now = moments.now()
    alarming.mind(Alarm.Kind.RELAYS, "", relaying.trouble())
    alarming.watch_policy(now)
    found = watching.look(now)
    if not found.well:
        log.error("paging does not keep up: %s", found.text)
    if found.lost:
        for pk in watching.lost(now).values_list("pk", flat=True)[:100]:
            _page_again(pk)
    if found.well and settings.WATCHBILL_DEADMAN_URL:
        try:
            answer = pinned.get(settings.WATCHBILL_DEADMAN_URL, headers={}, most=MOST_READ, seconds=SECONDS)
            if answer.status >= 400:
                log.error("the dead man's switch answered %s", answer.status)
        except pinned.Unreachable as error:
            log.error("the dead man's switch could not be reached: %s", error)
    return found.well


@transaction.atomic
def _page_again(incident_pk: int) -> None:
    """Nothing should be lost. What is lost all the same is paged again, and the incident says so."""
    incident = lock(incident_pk, by=None)
    pages = incident.runs.own().filter(due_at__isnull=False).exists()
    last = incident.runs.own().order_by("-pk").first()
    over = last is not None and last.state in (EscalationRun.State.STOPPED, EscalationRun.State.EXHAUSTED)
    if incident.phase != Phase.DETECT or incident.acknowledged_at is not None or pages or over:
        return
    timeline.record(
        incident, Kind.PAGE, "page.resumed", "Nothing was left that would have paged for it: it pages again", by=None
    )
    escalation.start(incident, by=None)
