"""What tools and people in them do to alerts from outside: acknowledge, take that back, snooze, note, close."""

from __future__ import annotations

from uuid import UUID

from incidents import timeline
from incidents.actions import escalation
from incidents.actions.facts import lock
from incidents.models import Alert, Integration
from incidents.problems import Blocked
from incidents.sources import Acknowledgement, Act, Closing, Note, Snooze, Unacknowledgement
from incidents.timeline import Kind


def find(integration: Integration, act: Act) -> Alert | None:
    """The alert that an act is about: the one that fires, or the last one by the name that Watchbill gave it."""
    alerts = Alert.objects.filter(integration=integration).select_related("incident")
    if act.known_as == "fingerprint":
        return alerts.filter(fingerprint=act.fingerprint, status=Alert.Status.FIRING).first()
    if act.known_as == "number":
        return alerts.filter(pk=int(act.fingerprint)).first() if act.fingerprint.isdecimal() else None
    try:
        return alerts.filter(public_id=UUID(act.fingerprint)).first()
    except ValueError:
        return None


def perform(integration: Integration, alert: Alert, act: Act) -> None:
    """Do it, in the caller's transaction, but for `Closing`, which is news of the alert. What is past doing (an answer
    to what is over, or to what is held back and pages nobody) is dropped: the tool is behind, and nothing is lost."""
    if alert.incident_id is None:
        return
    who = f"{act.by} in {integration}" if act.by else str(integration)
    if act.note:
        incident = lock(alert.incident_id, by=None)
        timeline.record(incident, Kind.NOTE, "note.from_tool", act.note, by=None, reason=who)
    try:
        match act:
            case Acknowledgement():
                escalation.acknowledge(alert.incident_id, by=None, who=who)
            case Snooze():
                escalation.acknowledge(alert.incident_id, by=None, who=who, until=act.until)
            case Unacknowledgement():
                escalation.take_back(alert.incident_id, who=who)
            case Note() | Closing():
                pass
    except Blocked:
        return
