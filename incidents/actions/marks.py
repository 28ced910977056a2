"""What people think of changes: enough of a diagnosis to act on, and what is known of them the next time."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incidents import ranking, timeline
from incidents.actions.facts import lock
from incidents.actions.notes import same_world
from incidents.models import Change, ChangeMark, Incident
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import User

State = ChangeMark.State
# The verb on the timeline, and what it says of somebody and a change.
SAYS = {
    State.DISMISSED: ("change.dismissed", "{by} rules out: {change}"),
    State.CAUSED: ("change.caused", "{by} says that this caused it: {change}"),
    State.FIXED: ("change.fixed", "{by} says that this fixed it: {change}"),
}


@transaction.atomic
def mark(
    incident_pk: int, change: Change, state: str, *, by: User, occurred_at: datetime | None = None
) -> ChangeMark | None:
    """Say what a change has to do with the incident: a value of `ChangeMark.State`, or "" to take back what was said.

    Saying the same again changes nothing. Raises Blocked once the incident is over for good.
    """
    if state and state not in State.values:
        raise refuse("mark_unknown", f"Choose one of: {', '.join(State.values)}.", field="state")
    incident = lock(incident_pk, by=by)
    return _mark(incident, change, state, by=by, at=timeline.happened(occurred_at, timezone.now()))


@transaction.atomic
def identify_change(
    incident_pk: int, change: Change | None, *, by: User, occurred_at: datetime | None = None
) -> Incident:
    """Point at the change that is suspected, which those suspected before are no longer. None takes it back."""
    incident = lock(incident_pk, by=by)
    at = timeline.happened(occurred_at, timezone.now())
    for former in incident.marks.filter(state=State.SUSPECT).exclude(change=change).select_related("change"):
        _mark(incident, former.change, "", by=by, at=at)
    if change is not None:
        _mark(incident, change, State.SUSPECT, by=by, at=at)
    return incident


def _mark(incident: Incident, change: Change, state: str, *, by: User, at: datetime) -> ChangeMark | None:
    before = ChangeMark.objects.filter(incident=incident, change=change).first()
    was = before.state if before else ""
    if was == state:
        return before
    if state:
        same_world(incident, change)
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    made = None
    if state:
        given = {"state": state, "by": by, "at": at}
        made, _ = ChangeMark.objects.update_or_create(incident=incident, change=change, defaults=given)
    elif before:
        before.delete()
    verb, text = _said(change, state, was, by)
    timeline.record(
        incident,
        Kind.CHANGE,
        verb,
        text,
        by=by,
        occurred_at=at,
        data={"change": change.pk, "state": state, "was": was},
    )
    return made


def _said(change: Change, state: str, was: str, by: User) -> tuple[str, str]:
    if state == State.SUSPECT:
        deploy = ranking.kind_of(change.summary, change.source, change.details) == ranking.DEPLOY
        return "change.suspected", f"{'Last deploy identified' if deploy else 'Suspected'}: {change.summary}"
    if not state:
        no_longer = "no longer suspects" if was == State.SUSPECT else "takes back what was said of"
        return "change.unmarked", f"{by} {no_longer} {change.summary}"
    verb, text = SAYS[State(state)]
    return verb, text.format(by=by, change=change.summary)
