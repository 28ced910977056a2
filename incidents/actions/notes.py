"""What responders write down: notes, decisions, corrections, and the facts of the incident itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import attempts, memory, mentions, promises
from incidents.actions.facts import lock
from incidents.actions.witness import attaching
from incidents.models import Change, Incident, IncidentType, Severity, TimelineEntry
from incidents.models.timeline import with_merged
from incidents.problems import refuse
from incidents.timeline import NOW, Kind
from teams import permits
from teams.models import Service, Team, User

WRITABLE = (Kind.NOTE, Kind.DECISION)
is_address = URLValidator(["http", "https"])


@transaction.atomic
def note(
    incident_pk: int,
    text: str,
    *,
    by: User,
    kind: str = Kind.NOTE,
    occurred_at: datetime | None = None,
    time_unknown: bool = False,
) -> TimelineEntry:
    """Write a note or a decision on the timeline, and tell whom it mentions. `time_unknown`: nobody knows when it
    happened. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    if not text.strip():
        raise refuse("text_missing", "Write what happened.", field="text")
    if kind not in WRITABLE:
        raise refuse("kind_unknown", f"Choose one of: {', '.join(WRITABLE)}.", field="kind")
    when = None if time_unknown else (timeline.happened(occurred_at, timezone.now()) if occurred_at else NOW)
    named = mentions.read(text, incident, by=by)
    return timeline.record(
        incident,
        kind,
        f"{kind}.written",
        text.strip(),
        by=by,
        occurred_at=when,
        data=named.data,
        notify=named.notify,
    )


@transaction.atomic
def link(
    incident_pk: int, address: str, *, by: User, title: str = "", occurred_at: datetime | None = None
) -> TimelineEntry:
    """Put a web address on the timeline, under a title or its own. Raises Blocked for what is no http(s) address."""
    incident = lock(incident_pk, by=by)
    try:
        is_address(address)
    except ValidationError:
        raise refuse("address_unreadable", "That is no web address: it begins with https://", field="address") from None
    when = timeline.happened(occurred_at, timezone.now()) if occurred_at else NOW
    title = title.strip()
    named = mentions.read(title, incident, by=by)
    return timeline.record(
        incident,
        Kind.LINK,
        "link.written",
        f"{title}: {address}" if title else address,
        by=by,
        occurred_at=when,
        data={"address": address, "title": title, **named.data},
        notify=named.notify,
    )


@transaction.atomic
def correct(entry_pk: int, text: str, *, by: User, occurred_at: datetime | None = None) -> TimelineEntry:
    """Correct an entry by a new one that points to it; the old one stays as it was. A correction of a correction
    points to the first. Raises Blocked."""
    wrong = TimelineEntry.objects.select_related("corrects").get(pk=entry_pk)
    wrong = wrong.corrects or wrong
    incident = lock(wrong.incident_id, by=by)
    if not text.strip():
        raise refuse("text_missing", "Write what is right.", field="text")
    newest = wrong.corrections.order_by("-pk").first() or wrong
    at = timeline.happened(occurred_at, timezone.now()) if occurred_at else newest.occurred_at
    named = mentions.read(text, incident, by=by, told=mentions.handles_of(wrong))
    return timeline.record(
        incident,
        Kind.CORRECTION,
        "entry.corrected",
        text.strip(),
        by=by,
        phase=wrong.phase,
        occurred_at=at,
        corrects=wrong,
        data=named.data,
        notify=named.notify,
    )


@transaction.atomic
def set_severity(incident_pk: int, severity: Severity, *, by: User, reason: str = "") -> Incident:
    """Raise or lower the severity, on the record. Raises Blocked where it is that already, or is lowered without a
    reason."""
    incident = lock(incident_pk, by=by)
    before = incident.severity
    if before == severity:
        raise refuse("severity_same", f"It is {severity.code} already.", field="severity")
    if not incident.is_open:
        raise refuse("incident_over", f"{incident.reference} is {incident.get_phase_display().lower()}.")
    if before is not None and severity.level > before.level and not reason.strip():
        raise refuse("reason_missing", f"Say what shows that it is less bad than {before.code}.", field="reason")
    incident.severity = severity
    if incident.declared_at:
        promises.follow(incident, severity, by=by)
        attempts.sooner(incident)
    incident.save()
    timeline.record(
        incident,
        Kind.SEVERITY,
        "severity.changed",
        f"{by} set severity to {severity.code}" + (f" (was {before.code})" if before else ""),
        by=by,
        reason=reason,
        data={"from": before.level if before else None, "to": severity.level},
    )
    return incident


FACTS = {
    "title": "title",
    "summary": "summary",
    "impact": "impact",
    "affected": "who is affected",
    "type": "type",
    "impact_started_at": "start of impact",
    "impact_ended_at": "end of impact",
    "eta_at": "ETA",
    "private": "privacy",
}


@transaction.atomic
def set_facts(
    incident_pk: int,
    *,
    by: User,
    services: list[Service] | None = None,
    shared_with: list[Team] | None = None,
    **facts: Any,
) -> Incident:
    """Change what is known of the incident: any of `FACTS`, its services, and the teams that it is shared with. What
    stays the same leaves no trace.

    Raises Blocked for an empty title, for an impact that ends before it starts, and for opening to everybody what a
    private incident was merged into.
    """
    incident = lock(incident_pk, by=by)
    changed = {name: value for name, value in facts.items() if name in FACTS and getattr(incident, name) != value}
    if "title" in changed and not str(changed["title"]).strip():
        raise refuse("title_missing", "Say in a few words what is wrong.", field="title")
    if changed.get("private") is False and _private_merged_into(incident):
        raise refuse(
            "merged_private",
            "A private incident is merged into it, so it stays private. Undo that merge first.",
            field="private",
        )
    others = None if shared_with is None else _others(incident, shared_with)
    if "private" in changed or others is not None:
        permits.require(by, "incident.share", incident)
    was = {name: getattr(incident, name) for name in changed}
    for name, value in changed.items():
        setattr(incident, name, value)
    if (
        incident.impact_started_at
        and incident.impact_ended_at
        and incident.impact_ended_at < incident.impact_started_at
    ):
        raise refuse("impact_ends_first", "The impact can't end before it starts.", field="impact_ended_at")
    said = [f"{FACTS[name]}: {_say(value)}" for name, value in changed.items()]
    if services is not None and {s.pk for s in services} != set(incident.services.values_list("pk", flat=True)):
        incident.services.set(services)
        said.append("services: " + (", ".join(s.name for s in services) or "none"))
    if others is not None:
        incident.shared_with.set(others)
        said.append("shared with: " + (", ".join(t.name for t in others) or "nobody else"))
    if not said:
        return incident
    incident.save()
    if changed.get("private"):
        incident.participants.add(by)
    memory.refresh(incident)
    timeline.record(
        incident,
        Kind.IMPACT,
        "incident.edited",
        f"{by} set " + "; ".join(said),
        by=by,
        data={name: {"from": _json(was[name]), "to": _json(changed[name])} for name in changed},
    )
    attaching.attach_themselves([incident])
    return incident


def _others(incident: Incident, teams: list[Team]) -> list[Team] | None:
    """Teams beside the owning one, or None where they are the same as before."""
    others = [t for t in teams if t.pk != incident.team_id]
    same = {t.pk for t in others} == set(incident.shared_with.values_list("pk", flat=True))
    return None if same else others


def _private_merged_into(incident: Incident) -> bool:
    merged = with_merged(incident) - {incident.pk}
    return Incident.objects.filter(pk__in=merged, private=True).exists()


def _say(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return "private" if value else "open to everybody"
    return str(value) if value not in (None, "") else "empty"


def _json(value: Any) -> Any:
    if isinstance(value, IncidentType):
        return value.slug
    return value.isoformat() if isinstance(value, datetime) else value


def same_world(incident: Incident, change: Change) -> None:
    """Raise Blocked for a change that a drill made up, unless the incident is that drill, and for a real one in a
    drill."""
    if change.drill_id != (incident.pk if incident.drill else None):
        raise refuse("drill_and_earnest", "A drill and what really changed stay apart.", field="change")
    if not Change.every.told_to(incident).filter(pk=change.pk).exists():
        raise refuse("change_private", "That change is its team's alone; others read this incident.", field="change")
