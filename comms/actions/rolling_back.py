"""Calling what rolls changes back. Minutes count, and an hour later nobody expects it any more: it is tried often, and
not for long."""

from __future__ import annotations

import json
import logging
import time
from datetime import datetime, timedelta

from django.db import transaction

from comms.transports import webhook
from comms.transports.base import Refused, Unreachable
from incidents.actions import rollback
from incidents.models import MitigationCall
from teams import faultpoints, moments

log = logging.getLogger(__name__)
State = MitigationCall.State
# Longer than a call may take.
LEASE = timedelta(seconds=60)
PAUSES = (2, 5, 10, 20, 30, 60)
GIVE_UP = timedelta(minutes=10)
MAY_BE_TRIED_AGAIN = (408, 425, 429)
# That it has taken the same key before: as good as a yes.
KNOWN_ALREADY = 409


def call_due(*, budget: float = 4.0) -> tuple[int, bool]:
    """Make the calls that are due, for about `budget` seconds. Returns how many were made, and whether one is left."""
    made = 0
    end = time.monotonic() + budget
    while call := claim(moments.now()):
        _call(call)
        made += 1
        if time.monotonic() >= end:
            return made, True
    return made, False


def claim(now: datetime) -> MitigationCall | None:
    """Take one that is due, committed before anything is sent."""
    with transaction.atomic():
        due = MitigationCall.objects.claimable(now).select_for_update(skip_locked=True, of=("self",))
        call = due.select_related("webhook", "mitigation", "asked_by").first()
        if call is not None:
            call.state, call.lease_until = State.CALLING, now + LEASE
            call.attempts += 1
            call.save(update_fields=["state", "lease_until", "attempts"])
    return call


def _call(call: MitigationCall) -> None:
    if not call.mitigation.is_in_flight:
        rollback.settle(call, State.DROPPED, "It is not carried out any more.")
        return
    if call.webhook is None:
        rollback.settle(call, State.FAILED, "The webhook was removed.")
        return
    try:
        status = webhook.post(
            call.webhook.url,
            json.dumps(call.body, ensure_ascii=False).encode(),
            ident=str(call.key),
            secrets=[call.webhook.secret, call.webhook.former_secret],
            headers={"Content-Type": "application/json"},
        )
    except Refused as refused:
        if refused.code == KNOWN_ALREADY and call.attempts > 1:
            rollback.settle(call, State.ACCEPTED, "It had taken it before.")
        elif refused.code in MAY_BE_TRIED_AGAIN or refused.code >= 500:
            _again(call, f"It answered {refused.code}.")
        else:
            rollback.settle(call, State.REFUSED, f"It answered {refused.code}: {refused.text}.")
        return
    except Unreachable as error:
        _again(call, f"{str(error).rstrip('.')}.")
        return
    except Exception as error:
        log.exception("call %s could not be made and will be tried again", call.pk)
        _again(call, f"{type(error).__name__}.")
        return
    faultpoints.reached("rolled back")
    rollback.settle(call, State.ACCEPTED, f"It answered {status}.")


def _again(call: MitigationCall, reply: str) -> None:
    """Try later, unless it has been tried for long enough."""
    now = moments.now()
    if now >= call.asked_at + GIVE_UP:
        rollback.settle(call, State.FAILED, f"Tried {call.attempts} times. {reply}")
        return
    rest = timedelta(seconds=PAUSES[min(call.attempts, len(PAUSES)) - 1])
    mine = MitigationCall.objects.filter(pk=call.pk, state=State.CALLING, lease_until=call.lease_until)
    mine.update(state=State.QUEUED, lease_until=None, due_at=now + rest, reply=reply[:300])
