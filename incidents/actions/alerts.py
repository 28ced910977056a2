"""Alerts that belong elsewhere: moved to another incident, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction

from incidents import grouping, timeline
from incidents.actions import escalation, lifecycle, recovery
from incidents.actions.facts import lock
from incidents.actions.holding import report_of
from incidents.actions.joining import Named
from incidents.actions.routes import Routing
from incidents.models import Alert, EscalationRun, Incident, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import User
from teams.words import listed

MOVED, UNDONE = "alert.moved", "alert.move_undone"
MOST_NAMED = 3


@transaction.atomic
def move(
    incident_pk: int, alert_pks: Iterable[int], *, to: int | None, by: User | None, reason: str = ""
) -> TimelineEntry:
    """Move alerts of an incident, firing or over, into another, by its key, or (None) into a new one that their routing
    rule makes. Returns the line that tells of it on the incident that they leave, by which it can be undone.

    What a tool says of these alerts from then on belongs to where they are; new alerts of their group still join the
    incident of the group. Both incidents are locked in the order of their keys. Raises Blocked with what is missing.
    """
    rows = {pk: lock(pk, by=by) for pk in sorted({incident_pk, *([] if to is None else [to])})}
    source = rows[incident_pk]
    alerts = _chosen(source, set(alert_pks))
    target = rows[to] if to is not None else None
    if source.drill or (target is not None and target.drill):
        said = "Alerts of a drill stay in it, and real ones don't go into one."
        raise refuse("drill_and_earnest", said, field="target")
    if target is not None:
        _require(source, target, alerts)
    elif not source.is_open:
        raise _over(source)
    is_new = target is None
    target = target or _opened(source, alerts, by)
    entry, _ = _tell(source, target, alerts, by, MOVED, "moved", reason, {"new": is_new})
    _shift(source, target, alerts, by, page=not is_new)
    if is_new and _firing(alerts):
        escalation.start(target, by=by)
    return entry


@transaction.atomic
def undo_move(entry_pk: int, *, by: User | None) -> TimelineEntry:
    """Put back exactly what a move took, given the line of either incident that tells of it. An incident that was
    opened for it and in which nothing else happened is cancelled. Returns the line of the incident that gets them back.

    Raises Blocked where it was undone already, where an alert has gone on since, or where one of the incidents is past
    it.
    """
    told = TimelineEntry.objects.select_related("incident").get(pk=entry_pk)
    if told.verb != MOVED:
        raise refuse("not_a_move", "This line tells of no move that could be undone.")
    keys = (told.data["from"], told.data["to"])
    rows = {pk: lock(pk, by=by) for pk in sorted(keys)}
    source, target = rows[keys[0]], rows[keys[1]]
    first = told.data.get("entry", told.pk)
    if undone := source.timeline.filter(kind=Kind.ALERT, verb=UNDONE, data__undoes=first).first():
        raise refuse("already_undone", f"It is undone already: {undone.text}.")
    wanted = list(told.data["alerts"])
    alerts = list(Alert.objects.filter(pk__in=wanted, incident=target).order_by("pk"))
    if len(alerts) < len(wanted):
        raise refuse("alerts_moved_on", "Some of these alerts have been moved on since. Move them from where they are.")
    if not source.is_active and (_firing(alerts) or not source.is_open):
        raise _over(source)
    _, entry = _tell(target, source, alerts, by, UNDONE, "moved back", "", {"undoes": first})
    _shift(target, source, alerts, by, page=True)
    if told.data.get("new"):
        _give_up(target, by)
    return entry


def _chosen(source: Incident, keys: set[int]) -> list[Alert]:
    if not keys:
        raise refuse("alerts_missing", "Choose at least one alert.", field="alerts")
    alerts = list(source.alerts.filter(pk__in=keys).select_related("integration").order_by("pk"))
    if len(alerts) < len(keys):
        gone = Alert.objects.filter(pk__in=keys - {alert.pk for alert in alerts}).first()
        which = f"“{gone.title}” is" if gone else "One of them is"
        raise refuse("alert_elsewhere", f"{which} not in {source.reference} any more. Choose anew.", field="alerts")
    return alerts


def _require(source: Incident, target: Incident, alerts: Sequence[Alert]) -> None:
    """Raise Blocked for a target that can't take them, with all that is wrong with it."""
    if not source.is_open:
        raise _over(source)
    if target.pk == source.pk:
        raise refuse("target_same", "They are there already. Choose another incident.", field="target")
    found: list[Blocked] = []
    if not target.is_open:
        found.append(
            refuse("target_over", f"{target.reference} is over. Choose one that is still open.", field="target")
        )
    elif _firing(alerts) and not target.is_active:
        said = f"{target.reference} is resolved, and an alert still fires. Choose one that is active, or a new one."
        found.append(refuse("target_over", said, field="target"))
    if source.private and not target.private:
        said = "Alerts of a private incident can't go into one that others can see."
        found.append(refuse("private_into_public", said, field="target"))
    if found:
        raise Blocked([blocker for each in found for blocker in each.blockers])


def _over(incident: Incident) -> Blocked:
    said = f"{incident.reference} is {incident.get_phase_display().lower()}: its alerts stay as they are."
    return refuse("incident_over", said)


def _firing(alerts: Iterable[Alert]) -> bool:
    return any(alert.status == Alert.Status.FIRING for alert in alerts)


def _opened(source: Incident, alerts: Sequence[Alert], by: User | None) -> Incident:
    """A new incident as the first alert's routing rule makes one. What comes out of a private one stays as private,
    with the people who saw it."""
    integration, now = alerts[0].integration, moments.now()
    reports = [report_of(alert) for alert in alerts]
    known, routing = Named(integration, reports), Routing(integration, now)
    found = routing.targets(routing.route(reports[0], known.of(reports[:1])), known.of(reports))
    team = (source.team or found.team) if source.private else found.team
    permits.require(by, "incident.report", team)
    incident = Incident.objects.create(
        title=grouping.title(reports)[:200],
        team=team,
        severity=found.severity,
        priority=found.priority,
        escalation_policy=None if source.private else found.own_policy,
        integration=integration,
        private=source.private or found.private,
        on_recovery=found.on_recovery,
        recovery_minutes=found.recovery_minutes,
        detected_at=min([now, *(alert.starts_at for alert in alerts if alert.starts_at)]),
    )
    incident.services.set(found.services)
    if source.private:
        incident.shared_with.set(source.shared_with.all())
    if by is not None:
        incident.participants.add(by)
    return incident


def _tell(
    source: Incident,
    target: Incident,
    alerts: Sequence[Alert],
    by: User | None,
    verb: str,
    did: str,
    reason: str,
    more: dict[str, Any],
) -> tuple[TimelineEntry, TimelineEntry]:
    """A line on each, of which the second points to the first. Neither names a private incident to whom may not see
    it."""
    titles = [alert.title for alert in alerts]
    what = f"{len(alerts)} alerts" if len(alerts) > 1 else "an alert"
    named = listed([f"“{title}”" for title in titles]) if len(titles) <= MOST_NAMED else f"“{titles[0]}” and others"
    data = {"alerts": [alert.pk for alert in alerts], "from": source.pk, "to": target.pk, **more}
    who = str(by or "Watchbill")
    there = target.reference if source.private or not target.private else "a private incident"
    here = source.reference if target.private or not source.private else "a private incident"
    new = "the new " if more.get("new") and there == target.reference else ""
    left = timeline.record(
        source, Kind.ALERT, verb, f"{who} {did} {what} to {new}{there}: {named}", by=by, reason=reason, data=data
    )
    came = timeline.record(
        target,
        Kind.ALERT,
        verb,
        f"{who} {did} {what} here from {here}: {named}",
        by=by,
        reason=reason,
        data={**data, "entry": left.pk},
    )
    return left, came


def _shift(source: Incident, target: Incident, alerts: Sequence[Alert], by: User | None, *, page: bool) -> None:
    """Move the rows and let paging and what follows from a recovery keep up on both sides."""
    now = moments.now()
    before, firing = _how_many_fire(target), _firing(alerts)
    Alert.objects.filter(pk__in=[alert.pk for alert in alerts]).update(incident=target)
    recovery.follow({target.pk: target}, now, fired=[target.pk] if firing else [])
    if page and firing:
        escalation.resume(target, was_quiet=not before, flaps=all(alert.flapping for alert in alerts))
    if not firing or _how_many_fire(source):
        return
    escalation.stop(source, EscalationRun.State.STOPPED, "No alert is firing here any more", by=by, at=now)
    if source.alerts.exists():
        recovery.follow({source.pk: source}, now, quiet=[source.pk])


def _how_many_fire(incident: Incident) -> int:
    return incident.alerts.filter(status=Alert.Status.FIRING).count()


def _give_up(incident: Incident, by: User | None) -> None:
    """Cancel an incident that was opened for a move that is undone, if nobody has made more of it."""
    if incident.phase == Phase.DETECT and not incident.alerts.exists():
        inputs = {"kind": "superseded", "reason": "The move that opened it was undone"}
        lifecycle.perform("cancel", incident.pk, by=by, inputs=inputs)
