"""The verbs of an incident's life. `perform` is the only way from one phase to another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import (
    attempts,
    bridges,
    crews,
    drafting,
    escalation,
    estimates,
    followers,
    memory,
    mitigation,
    postmortem,
    promises,
    seating,
    staffing,
    tasks,
)
from incidents.actions import fields as own_fields
from incidents.actions.facts import gather, lock
from incidents.actions.witness import attaching
from incidents.guards import Blocker, Facts
from incidents.models import (
    Alert,
    Change,
    EscalationRun,
    Incident,
    IncidentType,
    Mitigation,
    RoleAssignment,
    Severity,
    Witness,
)
from incidents.phases import VERBS, Phase, blockers
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams import moments, permits
from teams.models import Organization, Service, Team, User

Inputs = Mapping[str, Any]
# Verbs after which service is gone anew.
AGAIN = ("relapse", "reopen")


@transaction.atomic
def report(
    *,
    by: User,
    title: str,
    team: Team | None = None,
    services: list[Service] | None = None,
    summary: str = "",
    private: bool = False,
    impact: str = "",
    affected: str = "",
    type: IncidentType | None = None,  # noqa: A002 - what the model calls it
    impact_started_at: datetime | None = None,
    occurred_at: datetime | None = None,
) -> Incident:
    """Open an incident because a person saw something, and page who owns it. `title`, and a team or a service, are
    what it takes; everything else can come later. Raises Blocked naming all that is missing."""
    services = services or []
    missing = []
    if not title.strip():
        missing.append(Blocker("title_missing", "Say in a few words what is wrong.", field="title"))
    if team is None and not services:
        missing.append(Blocker("owner_missing", "Choose a service or a team: they are paged.", field="team"))
    if missing:
        raise Blocked(missing)
    permits.require(by, "incident.report", team or services[0].team)
    at = timeline.happened(occurred_at, timezone.now())
    timeline.happened(impact_started_at, timezone.now(), field="impact_started_at")
    incident = Incident.objects.create(
        title=title.strip(),
        summary=summary,
        impact=impact,
        affected=affected,
        type=type,
        impact_started_at=impact_started_at,
        private=private,
        team=team or services[0].team,
        reported_by=by,
        detected_at=at,
    )
    incident.services.set(services)
    incident.participants.add(by)
    timeline.record(
        incident,
        Kind.REPORT,
        "incident.opened",
        f"{by} reported: {incident.title}",
        by=by,
        occurred_at=at,
        data={"impact_started_at": impact_started_at.isoformat()} if impact_started_at else None,
    )
    attaching.attach_themselves([incident])
    escalation.start(incident, by=by)
    return incident


@transaction.atomic
def report_and_declare(
    *,
    by: User,
    severity: Severity,
    commander: User | None = None,
    fields: Mapping[str, Any] | None = None,
    reason: str = "",
    override: bool = False,
    **seen: Any,
) -> Incident:
    """Open an incident and declare it with the same press; `seen` is what `report` takes, `fields` the organization's
    own by their keys. Nothing of it stands where any of it is refused. Raises Blocked."""
    incident = report(by=by, **seen)
    if fields:
        own_fields.set_values(incident.pk, fields, by=by)
    inputs = {"severity": severity, "commander": commander, "reason": reason}
    return perform("declare", incident.pk, by=by, inputs=inputs, override=override)


@transaction.atomic
def perform(
    name: str,
    incident_pk: int,
    *,
    by: User | None,
    inputs: Inputs | None = None,
    override: bool = False,
    occurred_at: datetime | None = None,
) -> Incident:
    """Do the verb `name` (a key of `phases.VERBS`) whole: phase, effects, history and mail, or nothing of it.

    The incident's row is locked first, so of two people pressing the same button one wins and the other is told by
    Blocked what happened. Blocked carries every guard that fails, at once. Process guards give way to `override` with
    `inputs["reason"]`, and what was overridden stays on the timeline.
    """
    verb = VERBS[name]
    given = _given(inputs or {})
    chosen: Incident | None = given.get("target")
    rows = {pk: lock(pk, by=by) for pk in sorted({incident_pk, *([chosen.pk] if chosen else [])})}
    incident, target = rows[incident_pk], rows[chosen.pk] if chosen else None
    if given.get("update"):
        permits.require(by, "update.publish", incident)
    now = timezone.now()
    facts = gather(incident, by=by, now=now, target=target)
    overridden = _pass(blockers(verb, facts, given), override=override, reason=str(given.get("reason", "")))
    at = timeline.happened(occurred_at, now)
    before = incident.phase
    getattr(incident, name)(at=at)
    if not incident.is_active:
        incident.recovery_due_at = incident.resolve_proposed_at = None
    said = EFFECTS[name](incident, given, by, at) if name in EFFECTS else {}
    attempts.follow(incident, anew=name in AGAIN)
    incident.save()
    timeline.record(
        incident,
        Kind.PHASE,
        f"incident.{name}",
        _sentence(incident, verb.past, by, said.pop("text", "")),
        by=by,
        occurred_at=at,
        phase_from=before,
        phase_to=incident.phase,
        reason=str(given.get("reason", "")),
        overridden=overridden,
        notify=said.pop("notify", ()),
        data={**said, **_update_of(given)},
    )
    if after := AFTERWARDS.get(name):
        after(incident, given, by, at)
    return incident


def _given(inputs: Inputs) -> dict[str, Any]:
    """What was really given: blanks are nothing, and neither is an empty field."""
    stripped: dict[str, Any] = {k: v.strip() if isinstance(v, str) else v for k, v in inputs.items()}
    return {k: v for k, v in stripped.items() if v not in (None, "")}


def _pass(missing: list[Blocker], *, override: bool, reason: str) -> list[str]:
    """The codes that a reason overrides; raises Blocked for what it can't, or for what nobody asked to override."""
    if not missing:
        return []
    if any(not b.overridable for b in missing) or not override:
        raise Blocked(missing)
    if not reason.strip():
        raise refuse("reason_missing", "Say why this can't wait. The reason is kept on the timeline.", field="reason")
    return [b.code for b in missing]


def _sentence(incident: Incident, past: str, by: User | None, more: str) -> str:
    return f"{by or 'Watchbill'} {past}" + (f": {more}" if more else "")


def _update_of(given: Inputs) -> dict[str, Any]:
    """What was to be told with it. A room above publishes it from this entry, in the same transaction."""
    if not given.get("update"):
        return {}
    return {"update": {"body": given["update"], "next_update_in": given.get("next_update_in")}}


def _declare(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    severity: Severity = given.get("severity") or incident.severity  # type: ignore[assignment]
    before = {"severity_before": incident.severity_id, "impact_before": incident.impact}
    incident.severity = severity
    incident.impact = given.get("impact") or incident.impact
    bridges.prepare(incident)
    promises.follow(incident, severity, by=by)
    changes = Change.objects.before(incident)[:10]
    return {
        "text": severity.code + (f", {incident.impact}" if incident.impact else ""),
        "severity": severity.level,
        "impact": incident.impact,
        **before,
        "changes": [{"id": c.pk, "summary": c.summary, "at": c.at.isoformat()} for c in changes],
    }


def _declared(incident: Incident, given: Inputs, by: User | None, at: datetime) -> None:
    if escalation.answers_for(incident, by):
        escalation.stop(incident, EscalationRun.State.ACKNOWLEDGED, f"Declared by {by}", by=by, at=at)
    attaching.attach_themselves([incident])
    staffing.assign_on_declare(incident, commander=given.get("commander"), by=by, at=at)
    followers.by_rule(incident)


def _confirm_mitigated(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    incident.recovered_by_itself = bool(given.get("recovered_by_itself"))
    incident.soak_until = at + timedelta(minutes=Organization.current().soak_minutes)
    if incident.comms_required:
        soon = timezone.now() + timedelta(minutes=15)
        promises.promise(incident, min(filter(None, (incident.next_update_due_at, soon))), by=by)
    return {"text": "it recovered by itself"} if incident.recovered_by_itself else {}


def _resolve(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    incident.confirmation = given["confirmation"]
    incident.confirmed_by = given.get("confirmed_by") or by
    incident.eta_at = None
    promises.keep_no_more(incident)
    estimates.score(incident, incident.mitigated_at or at)
    return {"text": incident.confirmation}


def _resolved(incident: Incident, given: Inputs, by: User | None, at: datetime) -> None:
    _stopped(incident, given, by, at)
    memory.refresh(incident)
    drafting.draft(incident, by=by, at=at)


def _start_review(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    facilitator = postmortem.facilitate(incident, given.get("facilitator"))
    return {
        "text": f"{facilitator} leads it",
        "facilitator": facilitator.pk,
        "notify": [facilitator] if facilitator != by else [],
    }


def _ask_again(incident: Incident) -> None:
    """What was due while it was aside was asked of nobody: it is due anew."""
    incident.mitigations.filter(state__in=Mitigation.IN_FLIGHT).update(asked_at=None)
    waits = incident.assignments.filter(state=RoleAssignment.State.HELD, accepted_at=None)
    waits.update(answer_due_at=seating.answer_by(moments.now()))
    tasks.remind_again(incident)


def _relapse(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    mitigation.did_not_hold(incident)
    _ask_again(incident)
    incident.resolve_proposed_at = None
    attaching.wake(incident)
    promises.follow(incident, incident.severity, by=by)
    return {"text": given.get("reason", "")}


def _reopened(incident: Incident, given: Inputs, by: User | None, at: datetime) -> None:
    if incident.commander is None:
        staffing.assign_on_declare(incident, commander=None, by=by, at=at)


def _cancel(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    incident.cancel_kind = given["kind"]
    promises.keep_no_more(incident)
    estimates.drop(incident)
    return {"text": incident.get_cancel_kind_display().lower(), "kind": given["kind"]}


def _stopped(incident: Incident, given: Inputs, by: User | None, at: datetime) -> None:
    escalation.stop(incident, EscalationRun.State.STOPPED, incident.get_phase_display(), by=by, at=at, quiet=True)
    crews.let_go(incident, by=by)


def _merge(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    target = lock(given["target"].pk, by=by)
    incident.merged_into = target
    alerts = list(incident.alerts.values_list("pk", flat=True))
    if incident.alerts.filter(status=Alert.Status.FIRING).exists():
        Incident.objects.filter(pk=target.pk).update(recovery_due_at=None, resolve_proposed_at=None)
        Witness.objects.standing().filter(incident=target).update(proposed_at=None)
    incident.alerts.update(incident=target)
    promises.keep_no_more(incident)
    estimates.drop(incident)
    # What is private stays with those who may see it: who took part in a public one is brought in by hand.
    target.participants.add(*(u for u in incident.participants.all() if permits.may(u, "incident.view", target)))
    followers.carry(incident, target)
    carried = {
        "tasks": tasks.move(incident.tasks.unfinished().select_for_update(of=("self",)), target),
        "teams": crews.move(incident, target),
    }
    timeline.record(
        target,
        Kind.PHASE,
        "incident.absorbed",
        f"{'A private incident' if incident.private else incident.reference} was merged into this",
        by=by,
        occurred_at=at,
        data={"incident": incident.pk},
    )
    into = "a private incident" if target.private and not incident.private else target.reference
    return {"text": f"into {into}", "alerts": alerts, **carried}


def _unmerge(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    merged = incident.timeline.filter(verb="incident.merge").latest("pk")
    # What somebody moved on by hand meanwhile stays where it was moved to.
    way = _way_of(incident.pk)
    there = Alert.objects.filter(incident__in=way, pk__in=merged.data.get("alerts", ()))
    there.update(incident=incident)
    tasks.move_back(merged.data.get("tasks", ()), incident, where=way)
    crews.move_back(merged.data.get("teams", ()), incident, where=way)
    return _back(incident, given, by, at)


def _way_of(incident_pk: int) -> list[int]:
    """Keys of the incidents into which one went, as the database has it: the first, and where that went, and so on."""
    way: list[int] = []
    step: int | None = incident_pk
    while step is not None and step not in way:
        way.append(step)
        step = Incident.objects.values_list("merged_into", flat=True).get(pk=step)
    return way[1:]


def _back(incident: Incident, given: Inputs, by: User | None, at: datetime) -> dict[str, Any]:
    if incident.declared_at:
        promises.follow(incident, incident.severity, by=by)
    attaching.wake(incident)
    _ask_again(incident)
    return {"text": f"back to {Phase(incident.phase).label}"}


def _detected_again(incident: Incident, given: Inputs, by: User | None, at: datetime) -> None:
    if incident.phase == Phase.DETECT and incident.acknowledged_at is None:
        escalation.start(incident, by=by)


EFFECTS: dict[str, Callable[[Incident, Inputs, User | None, datetime], dict[str, Any]]] = {
    "declare": _declare,
    "confirm_mitigated": _confirm_mitigated,
    "resolve": _resolve,
    "start_review": _start_review,
    "relapse": _relapse,
    "reopen": _relapse,
    "cancel": _cancel,
    "merge": _merge,
    "uncancel": _back,
    "unmerge": _unmerge,
}
AFTERWARDS: dict[str, Callable[[Incident, Inputs, User | None, datetime], None]] = {
    "declare": _declared,
    "resolve": _resolved,
    "reopen": _reopened,
    "cancel": _stopped,
    "merge": _stopped,
    "uncancel": _detected_again,
    "unmerge": _detected_again,
}


def facts_of(incident: Incident, *, by: User | None, target: Incident | None = None) -> Facts:
    """Facts for a face that asks what is possible now."""
    return gather(incident, by=by, now=timezone.now(), target=target)
