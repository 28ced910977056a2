"""A past incident as a script: what came from outside happens again, what responders did is kept aside."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from incidents.drilling import scenario
from incidents.drilling.script import ALERT, CHANGE, LIMIT, NOTE, RESOLVED, STEPS, Answer, Event, Script
from incidents.models import Alert, Change, Exercise, Incident, Mitigation, TimelineEntry
from incidents.problems import refuse
from teams.models import Role, User

Kind = TimelineEntry.Kind
# What the service shows of a mitigation that had worked, where no alert says when it was over.
SEEN = 120
WAYS = (Role.COMMANDER, Role.OPERATIONS, Role.COMMUNICATIONS)
MOST_ALERTS = 100


def script_of(past: Incident) -> Script:
    """The script of a past incident. Its alerts and the changes before it happen at their times, and alerts end as an
    answer to the kinds of mitigation that had worked. Targets are what it took then. Raises Blocked for one that goes
    on, that was a drill, or that nothing outside tells of."""
    if past.is_active:
        raise refuse("incident_goes_on", f"{past.reference} goes on. Replay it once it is over.", field="past")
    if past.drill:
        raise refuse("incident_is_drill", f"{past.reference} was a drill. Repeat that one.", field="past")
    alerts = list(past.alerts.order_by("received_at", "pk")[:MOST_ALERTS])
    zero = min([past.detected_at, *(_began(alert) for alert in alerts)])
    worked = list(past.mitigations.filter(state=Mitigation.State.WORKED).select_related("change").order_by("pk"))
    events = [*_reported(past, zero, alerts), *_changes(past, zero), *_said(past, zero)]
    events += [Event(_at(_began(alert), zero), ALERT, _alert(alert)) for alert in alerts]
    if not worked:
        events += [
            Event(_at(alert.ends_at, zero), RESOLVED, {"name": _name(alert)}) for alert in alerts if alert.ends_at
        ]
    return Script(
        title=past.title,
        summary=past.summary[:2000],
        services=tuple(past.services.values_list("slug", flat=True)),
        severity=past.severity_id,
        roles=tuple(
            slug for slug in WAYS if past.assignments.filter(role__slug=slug, accepted_at__isnull=False).exists()
        ),
        targets=_targets(past, zero),
        events=tuple(sorted(events, key=lambda event: event.at)[: scenario.MOST_EVENTS]),
        answers=tuple(_answers(past, alerts, worked)),
    )


def _reported(past: Incident, zero: datetime, alerts: list[Alert]) -> list[Event]:
    """Of what a person reported, an alert that says the same: something has to open the drill."""
    if alerts:
        return []
    told = {"name": "report", "title": past.title, "summary": past.summary[:2000]}
    return [Event(0, ALERT, {**told, "severity": "", "service": "", "labels": {}})]


def _changes(past: Incident, zero: datetime) -> list[Event]:
    rows = Change.objects.before(past).select_related("service")[:10]
    return [
        Event(
            _at(row.at, zero),
            CHANGE,
            {"summary": row.summary[:300], "service": row.service.slug if row.service else "", "version": ""},
        )
        for row in rows
    ]


def _said(past: Incident, zero: datetime) -> list[Event]:
    """What tools wrote into it: nobody of the house did."""
    rows = past.timeline.filter(kind=Kind.NOTE, actor=None, verb="note.from_tool", occurred_at__isnull=False)[:20]
    return [
        Event(_at(row.occurred_at or zero, zero), NOTE, {"source": row.reason[:80], "text": row.text[:2000]})
        for row in rows
    ]


def _answers(past: Incident, alerts: list[Alert], worked: list[Mitigation]) -> list[Answer]:
    """What worked then works again, and takes as long; what had no effect has none."""
    found = []
    for row in worked:
        since = row.executed_at or row.proposed_at
        over = [
            Event(min(max(0, _at(alert.ends_at, since)), SEEN * 10), RESOLVED, {"name": _name(alert)})
            for alert in alerts
            if alert.ends_at
        ] or [Event(SEEN, NOTE, {"source": "Monitoring", "text": row.outcome_note[:2000] or "The trouble is gone."})]
        found.append(Answer((row.kind,), True, events=tuple(over)))
    tried = past.mitigations.filter(state__in=[Mitigation.State.NO_EFFECT, Mitigation.State.HARMFUL])
    for row in tried.select_related("change"):
        if row.kind not in {kind for answer in found for kind in answer.kinds}:
            said = row.outcome_note[:2000] or "No change is seen."
            found.append(
                Answer((row.kind,), False, events=(Event(SEEN, NOTE, {"source": "Monitoring", "text": said}),))
            )
    return found


def _targets(past: Incident, zero: datetime) -> dict[str, int]:
    """As long as it took then: to be beaten or not."""
    commander = past.assignments.filter(role__slug=Role.COMMANDER, accepted_at__isnull=False).order_by("accepted_at")
    first = past.mitigations.filter(executed_at__isnull=False).order_by("executed_at").first()
    update = past.timeline.filter(kind=Kind.UPDATE, verb="update.published").order_by("occurred_at").first()
    holder = commander.first()
    took = {
        "declared": past.declared_at,
        "commander": holder.accepted_at if holder else None,
        "first_update": update.occurred_at if update else None,
        "first_mitigation": first.executed_at if first else None,
        "mitigated": past.mitigated_at,
        "resolved": past.first_resolved_at,
    }
    return {name: _at(at, zero) for name in STEPS if (at := took.get(name)) is not None and at >= zero}


def what_happened(exercise: Exercise, user: User) -> list[tuple[int | None, Any]]:
    """What responders did when it was in earnest, as far as `user` may see it: each line with its time in seconds of
    the story, None where nobody knows it."""
    past = exercise.past
    if past is None or not Incident.objects.visible_to(user).filter(pk=past.pk).exists():
        return []
    first = past.alerts.order_by("received_at", "pk").first()
    zero = min(past.detected_at, _began(first)) if first else past.detected_at
    rows = TimelineEntry.objects.of(past, user)[:200]
    return [(_at(row.occurred_at, zero) if row.occurred_at else None, row) for row in rows]


def _began(alert: Alert) -> datetime:
    return alert.starts_at or alert.received_at


def _at(moment: datetime, zero: datetime) -> int:
    return max(-LIMIT, min(LIMIT, round((moment - zero).total_seconds())))


def _name(alert: Alert) -> str:
    return f"alert-{alert.pk}"


def _alert(alert: Alert) -> dict[str, Any]:
    return {
        "name": _name(alert),
        "title": alert.title[:200],
        "summary": alert.summary[:2000],
        "severity": alert.severity,
        "service": alert.service,
        "labels": alert.labels,
    }
