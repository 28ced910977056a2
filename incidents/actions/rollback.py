"""Taking a change back: the mitigation that says so, and the call of whatever does it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import lifecycle, mitigation
from incidents.actions.facts import lock
from incidents.models import Change, Incident, Mitigation, MitigationCall
from incidents.phases import Phase
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.mails import absolute
from teams.models import User, Webhook

State = MitigationCall.State
# The verb of the entry that wakes whoever makes the calls.
CALLED = "mitigation.called"


@transaction.atomic
def roll_back(
    incident_pk: int,
    change: Change,
    *,
    by: User,
    key: UUID | None = None,
    carried_by: User | None = None,
    call: bool = True,
    override: bool = False,
    reason: str = "",
    occurred_at: datetime | None = None,
    **details: Any,
) -> Mitigation:
    """Roll `change` back from now on: a mitigation that is carried out, and with `call` the webhook of the change's
    service called for it, where one is set. Nothing is called in a drill.

    A declared incident is mitigating from then on; a rollback of the same change that was proposed is the one that is
    carried out. `details` are `mitigation.propose`'s. `key` stands for the press: the same again answers what it made.
    Process guards give way to `override` with a `reason`. Raises Blocked.
    """
    incident = lock(incident_pk, by=by)
    if key is not None:
        made = MitigationCall.objects.filter(key=key, incident=incident).select_related("mitigation").first()
        if made is not None:
            return made.mitigation
    same = list(incident.mitigations.filter(kind=Mitigation.Kind.ROLL_BACK, change=change).order_by("pk"))
    if running := next((m for m in same if m.is_in_flight), None):
        raise refuse(
            "already_running",
            f"{running.carried_by} carries that out already: “{running.title}”. Say what came of it first.",
            fix_url=f"{incident.get_absolute_url()}#mitigations",
        )
    row = next((m for m in same if m.is_waiting), None)
    if row is None:
        row = mitigation.propose(
            incident_pk,
            by=by,
            kind=Mitigation.Kind.ROLL_BACK,
            change=change,
            carried_by=carried_by,
            occurred_at=occurred_at,
            **details,
        )
    guarded: dict[str, Any] = {"override": override, "occurred_at": occurred_at}
    if incident.phase == Phase.DECLARE:
        lifecycle.perform("start_mitigation", incident_pk, by=by, inputs={"reason": reason}, **guarded)
    row = mitigation.perform(row.pk, "execute", by=by, carried_by=carried_by, reason=reason, **guarded)
    hook = hook_of(change, incident) if call else None
    if hook is not None:
        _queue(row, change, hook, key=key or uuid4(), by=by)
    return row


def hook_of(change: Change, incident: Incident) -> Webhook | None:
    """What is called to roll `change` back for `incident`: nothing in a drill."""
    return None if incident.drill or change.service is None else change.service.rolled_back_by


def _queue(row: Mitigation, change: Change, hook: Webhook, *, key: UUID, by: User) -> None:
    call = MitigationCall.objects.create(
        mitigation=row,
        incident=row.incident,
        change=change,
        webhook=hook,
        name=hook.name,
        key=key,
        body=_body(row, change, key, by),
        asked_by=by,
    )
    timeline.record(
        row.incident,
        Kind.MITIGATION,
        CALLED,
        f"{by} has {hook.name} called to roll back {change.summary}",
        by=by,
        data={"mitigation": row.pk, "call": call.pk},
    )


def _body(row: Mitigation, change: Change, key: UUID, by: User) -> dict[str, Any]:
    """What the webhook gets, in the shape of the others. Of the incident only what whoever deploys has to know."""
    incident = row.incident
    service = change.service
    return {
        "type": "roll_back",
        "id": str(key),
        "idempotency_key": str(key),
        "title": f"Roll back: {change.summary}",
        "text": f"{by} asks for it in {incident.reference}.",
        "url": absolute(incident.get_absolute_url()),
        "data": {
            "incident": {"id": incident.pk, "reference": incident.reference, "severity": incident.severity_id},
            "mitigation": {"id": row.pk, "title": row.title},
            "service": service.slug if service else None,
            "change": {
                "id": change.pk,
                "summary": change.summary,
                "source": change.source,
                "at": change.at.isoformat(),
                "details": change.details,
                "links": change.links,
            },
            "asked_by": str(by),
            "asked_at": timezone.now().isoformat(),
        },
    }


@transaction.atomic
def call_again(mitigation_pk: int, *, by: User) -> MitigationCall:
    """Call once more, by the same key, what refused or could not be reached. Raises Blocked."""
    known = Mitigation.objects.get(pk=mitigation_pk)
    incident = lock(known.incident_id, by=by)
    call = MitigationCall.objects.select_for_update(of=("self",)).select_related("webhook").get(mitigation=known.pk)
    row = Mitigation.objects.get(pk=mitigation_pk)
    if not call.can_be_called_again or not row.is_in_flight:
        said = call.get_state_display().lower() if row.is_in_flight else row.get_state_display().lower()
        raise refuse("wrong_state", f"“{row.title}” has moved on: {said}.")
    if call.webhook is None:
        raise refuse("webhook_removed", f"{call.name} was removed. Roll it back by hand.")
    call.state, call.attempts, call.reply, call.ended_at = State.QUEUED, 0, "", None
    call.asked_by, call.asked_at, call.due_at = by, timezone.now(), timezone.now()
    call.save()
    timeline.record(
        incident,
        Kind.MITIGATION,
        CALLED,
        f"{by} has {call.name} called again: {row.title}",
        by=by,
        data={"mitigation": row.pk, "call": call.pk},
    )
    return call


SAYS = {
    State.ACCEPTED: ("mitigation.call_accepted", "{name} accepted: {title}"),
    State.REFUSED: ("mitigation.call_refused", "{name} refused: {title}. {reply} Roll it back by hand, or call again"),
    State.FAILED: ("mitigation.call_failed", "{name} was not reached: {title}. {reply} Roll it back by hand"),
    State.DROPPED: ("mitigation.call_dropped", "{name} was not called: {title}. {reply}"),
}


@transaction.atomic
def settle(call: MitigationCall, state: str, reply: str) -> bool:
    """Write down how the call ended, as whoever claimed it: False where the lease went to another meanwhile. Who asked
    and who carries it out are told unless it was accepted."""
    incident = lock(call.incident_id, by=None)
    mine = MitigationCall.objects.filter(pk=call.pk, state=State.CALLING, lease_until=call.lease_until)
    if not mine.update(state=state, reply=reply[:300], lease_until=None, ended_at=timezone.now()):
        return False
    row = Mitigation.objects.select_related("carried_by").get(pk=call.mitigation_id)
    verb, text = SAYS[State(state)]
    people = {person for person in (call.asked_by, row.carried_by) if person is not None}
    timeline.record(
        incident,
        Kind.MITIGATION,
        verb,
        text.format(name=call.name, title=row.title, reply=reply),
        by=None,
        data={"mitigation": row.pk, "call": call.pk, "state": state},
        notify=() if state == State.ACCEPTED else people,
    )
    return True
