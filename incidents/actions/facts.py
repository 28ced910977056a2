"""Gathers what the guards of `incidents.phases` may know, so that they need no query of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from incidents import follow_up, hindsight
from incidents.guards import Facts, FieldFact, TargetFacts
from incidents.models import (
    Alert,
    CustomField,
    CustomValue,
    Incident,
    Mitigation,
    Postmortem,
    RoleAssignment,
    TimelineEntry,
    Witness,
)
from incidents.phases import PATH, Phase
from incidents.witness.figures import lasting
from teams import permits
from teams.models import Organization, Role, User


def lock(pk: int, *, by: User | None, verb: str = "incident.respond") -> Incident:
    """The incident's row, locked until the transaction ends: every action begins here, so actions queue up.

    PermissionDenied unless `by` may do `verb` of the table of access to it; None is Watchbill itself.
    """
    incident = Incident.objects.select_for_update(of=("self",)).select_related("severity", "team").get(pk=pk)
    permits.require(by, verb, incident)
    return incident


def lock_all(keys: Iterable[int]) -> dict[int, Incident]:
    """The rows of incidents by their keys, locked in the order of these until the transaction ends: for Watchbill's own
    work on many."""
    rows = Incident.objects.select_for_update(of=("self",)).select_related("severity", "team")
    return {incident.pk: incident for incident in rows.filter(pk__in=list(keys)).order_by("pk")}


def try_lock(pk: int) -> Incident | None:
    """The incident's row, or None while somebody else holds it: for sweeps, which come again in a moment."""
    return try_lock_all(Incident.objects.filter(pk=pk)).get(pk)


def try_lock_all(wanted: QuerySet[Incident]) -> dict[int, Incident]:
    """`try_lock` of many, by their keys."""
    rows = wanted.select_for_update(of=("self",), skip_locked=True).select_related("severity", "team")
    return {incident.pk: incident for incident in rows.order_by("pk")}


@dataclass(frozen=True, slots=True)
class Known:
    """What `gather` reads, for who has loaded it anyway.

    `seats` are held; `firing` counts alerts; `witnesses` are those that nobody took away; `said_last` and `said_at` are
    of the last line that tells of a phase.
    """

    seats: Sequence[RoleAssignment]
    mitigations: Sequence[Mitigation]
    postmortem: Postmortem | None
    witnesses: Sequence[Witness]
    firing: int
    reopen_days: int
    fields_wanted: Sequence[FieldFact]
    said_last: str = ""
    said_at: datetime | None = None


def look_up(incident: Incident, *, by: User | None) -> Known:
    """What is known of an incident. A handful of queries, none per row."""
    seats = RoleAssignment.objects.filter(incident=incident, state=RoleAssignment.State.HELD).select_related("role")
    moves = TimelineEntry.objects.filter(incident=incident, kind=TimelineEntry.Kind.PHASE).order_by("-pk")
    text, at = moves.values_list("text", "recorded_at").first() or ("", None)
    return Known(
        seats=list(seats.filter(role__slug=Role.COMMANDER)),
        mitigations=list(incident.mitigations.all()),
        postmortem=Postmortem.objects.filter(incident=incident).first(),
        witnesses=list(Witness.objects.standing().filter(incident=incident)),
        firing=incident.alerts.filter(status=Alert.Status.FIRING).count(),
        reopen_days=Organization.current().reopen_days,
        fields_wanted=wanted(_empty(incident)) if by else (),
        said_last=text,
        said_at=at,
    )


def gather(
    incident: Incident,
    *,
    by: User | None,
    now: datetime,
    target: Incident | None = None,
    known: Known | None = None,
) -> Facts:
    """Facts of an incident as it stands, looked up where they are not `known`."""
    known = known or look_up(incident, by=by)
    command = next((seat for seat in known.seats if seat.role.slug == Role.COMMANDER), None)
    live = [m for m in known.mitigations if m.is_waiting or m.is_in_flight]
    postmortem = known.postmortem
    told = bool(incident.last_update_at and incident.mitigated_at and incident.last_update_at >= incident.mitigated_at)
    return Facts(
        incident_id=incident.pk,
        phase=incident.phase,
        now=now,
        by_id=by.pk if by else None,
        private=incident.private,
        drill=incident.drill,
        severity=incident.severity_id,
        commander_id=command.user_id if command else None,
        commander_accepted=bool(command and command.accepted_at),
        mitigations_open=len(live),
        mitigations_in_flight=sum(m.is_in_flight for m in live),
        alerts_firing=known.firing,
        successor=_successor(incident, by),
        mitigation_worked=any(m.state == Mitigation.State.WORKED and m.held for m in known.mitigations),
        carriers=frozenset(m.carried_by_id for m in live if m.carried_by_id),
        soak_until=incident.soak_until,
        comms_required=incident.comms_required,
        recovery_told=told,
        resolved_at=incident.resolved_at,
        reopen_days=known.reopen_days,
        facilitator_id=postmortem.facilitator_id if postmortem else None,
        postmortem_state=postmortem.state if postmortem else "",
        **_items(incident, by),
        unseen_by=unseen(incident, postmortem) if postmortem else (),
        last_verb_text=_last_verb(known),
        target=_target(target) if target else None,
        fields_wanted=tuple(known.fields_wanted),
        **_metrics(known.witnesses, now),
    )


def wanted(empty: Iterable[CustomField]) -> tuple[FieldFact, ...]:
    """Those of the organization's own fields that are required, of these that are `empty`."""
    places = {phase.value: n for n, phase in enumerate(PATH)}
    required = (each for each in empty if each.required_from)
    return tuple(FieldFact(each.key, each.label, places[each.required_from], each.required_level) for each in required)


def _empty(incident: Incident) -> QuerySet[CustomField]:
    required = CustomField.objects.asked().exclude(required_from="")
    return required.exclude(pk__in=CustomValue.objects.filter(incident=incident).values("field"))


def _items(incident: Incident, by: User | None) -> dict[str, Any]:
    """How its action items stand, and whether it was asked what would have helped: while it is reviewed, since no verb
    asks before."""
    if incident.phase != Phase.REVIEW:
        return {}
    stands = follow_up.standing(incident)
    return {
        "concrete_items": stands.concrete,
        "items_lacking": stands.lacking,
        "no_items_needed": stands.none_needed,
        "hindsight_unasked": hindsight.unasked(incident, by) if by else 0,
    }


def _metrics(rows: Iterable[Witness], now: datetime) -> dict[str, Any]:
    """What the metrics say of which the incident is watched by."""
    failing, early, unreadable, holding = [], [], [], []
    for row in rows:
        if not row.is_readable:
            unreadable.append(f"{row.title}: {row.error or 'not read yet'}".rstrip("."))
        elif row.state == Witness.State.FAILS:
            failing.append(f"{row.title} is {row.spell(row.value or 0)}, not {row.condition}")
        else:
            holding.append(row.evidence(now))
            if not row.has_held(now):
                early.append(f"{row.title} for {lasting(row.held_for(now))} of {row.hold_minutes} min")
    return {
        "metrics_failing": "; ".join(failing),
        "metrics_early": "; ".join(early),
        "metrics_unreadable": "; ".join(unreadable),
        "metrics_holding": "" if failing or unreadable else "; ".join(holding),
    }


def unseen(incident: Incident, postmortem: Postmortem) -> tuple[str, ...]:
    """Names of those who held a role and have not opened the published postmortem."""
    if postmortem.state != Postmortem.State.PUBLISHED:
        return ()
    held = User.objects.filter(
        assignments__incident=incident, assignments__held_at__isnull=False, is_active=True
    ).exclude(postmortems_seen=postmortem)
    return tuple(u.name for u in held.distinct())


def _successor(incident: Incident, by: User | None) -> str:
    """The active incident that took over the alerts of one that is not active any more, by its reference as far as
    `by` may know of it."""
    if incident.is_active or not incident.group_key:
        return ""
    same = Incident.objects.active().filter(integration=incident.integration_id, group_key=incident.group_key)
    other = same.exclude(pk=incident.pk).first()
    if other is None:
        return ""
    return other.reference if permits.may(by, "incident.view", other) else "a private incident"


def _target(target: Incident) -> TargetFacts:
    chain: set[int] = set()
    step: Any = target
    while step is not None and step.pk not in chain:
        chain.add(step.pk)
        step = step.merged_into
    return TargetFacts(
        target.pk, target.reference, target.is_active, target.private, target.drill, merged_chain=frozenset(chain)
    )


def _last_verb(known: Known) -> str:
    return f"{known.said_last.rstrip('.')} (recorded {known.said_at:%H:%M} UTC)." if known.said_at else ""
