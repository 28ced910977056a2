"""What happens once all alerts of an incident are over, as the routing rule said that opened it: its people are told,
Watchbill proposes to resolve it, or ends it.

A person at work decides: Watchbill ends nothing that somebody has touched, and proposes it to them instead. What nobody
declared is cancelled as recovered by itself, without a review; what a rule declared goes the usual way.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from incidents import timeline
from incidents.actions import flapping, lifecycle
from incidents.actions.facts import lock, try_lock
from incidents.models import Alert, Incident, Integration, RoleAssignment, TimelineEntry, Witness
from incidents.phases import VERBS, Phase
from incidents.problems import Blocked, refuse
from incidents.timeline import Kind
from teams.models import Role, User

log = logging.getLogger(__name__)
# How long what flapped has to be over until it counts as over; and so long after Watchbill ended an incident by itself
# its alerts bring that one back instead of opening another.
STEADY = flapping.WINDOW
RECOVERED = "recovered"


def follow(
    incidents: Mapping[int, Incident], now: datetime, *, fired: Collection[int] = (), quiet: Collection[int] = ()
) -> None:
    """Let the locked incidents, by their keys, follow their alerts, in the caller's transaction: in those that `fired`
    something began to fire, in those that are `quiet` the last one is over."""
    _interrupt([incidents[pk] for pk in fired])
    _begin([incidents[pk] for pk in quiet if incidents[pk].is_active], now)


def _interrupt(incidents: Iterable[Incident]) -> None:
    """Nothing is over any more. A proposal that people have seen is taken back in so many words."""
    waiting = [each for each in incidents if each.recovery_due_at or each.resolve_proposed_at]
    if not waiting:
        return
    keys = [each.pk for each in waiting]
    Incident.objects.filter(pk__in=keys).update(recovery_due_at=None, resolve_proposed_at=None)
    # A metric that holds throughout may propose again.
    Witness.objects.standing().filter(incident__in=keys).update(proposed_at=None)
    timeline.record_all(
        [
            timeline.line(
                each,
                Kind.ALERT,
                "incident.proposal_withdrawn",
                "It fires again: Watchbill no longer proposes to resolve it",
                by=None,
            )
            for each in waiting
            if each.resolve_proposed_at
        ]
    )
    for each in waiting:
        each.recovery_due_at = each.resolve_proposed_at = None


def _begin(incidents: Iterable[Incident], now: datetime) -> None:
    new = [each for each in incidents if each.recovery_due_at is None and each.resolve_proposed_at is None]
    if not new:
        return
    at_once: dict[datetime, list[int]] = {}
    flapped = _flapped(new, now)
    for each in new:
        each.recovery_due_at = _due_at(each, flapped, now)
        if each.recovery_due_at is not None:
            at_once.setdefault(each.recovery_due_at, []).append(each.pk)
    for due_at, keys in at_once.items():
        Incident.objects.filter(pk__in=keys).update(recovery_due_at=due_at)


def _due_at(incident: Incident, flapped: Mapping[int, datetime], now: datetime) -> datetime | None:
    """When its recovery counts: None where nothing follows from it. What flapped is told of once it is steady."""
    after = None if incident.on_recovery == "tell" else now + timedelta(minutes=incident.recovery_minutes)
    steady = flapped[incident.pk] + STEADY if incident.pk in flapped else None
    return max(filter(None, (after, steady)), default=None)


def _flapped(incidents: Iterable[Incident], now: datetime) -> dict[int, datetime]:
    """When alerts that flap were last heard of, by the keys of incidents in which some flapped lately."""
    rows = Alert.objects.filter(
        incident__in=[each.pk for each in incidents], flapping=True, last_received_at__gt=now - STEADY
    )
    return dict(rows.order_by().values_list("incident").annotate(Max("last_received_at")))


def due(now: datetime, limit: int = 50) -> list[int]:
    """Incidents whose recovery counts now."""
    rows = Incident.objects.filter(recovery_due_at__lte=now).order_by("recovery_due_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def sweep(now: datetime) -> int:
    """Do what is due of every recovery; returns of how many. One that fails holds up no other."""
    done = 0
    for pk in due(now):
        try:
            done += settle(pk)
        except Exception:
            log.exception("the recovery of incident %s could not be settled and will be tried again", pk)
    return done


@transaction.atomic
def settle(incident_pk: int) -> bool:
    """Tell, propose or perform what follows from the recovery of an incident. Returns whether anything was due. Safe to
    call twice."""
    incident, now = try_lock(incident_pk), timezone.now()
    if incident is None or incident.recovery_due_at is None or incident.recovery_due_at > now:
        return False
    over = incident.is_active and not incident.alerts.filter(status=Alert.Status.FIRING).exists()
    flapped = _flapped([incident], now) if over else {}
    # It flapped again in between, in whatever way that came.
    incident.recovery_due_at = flapped[incident.pk] + STEADY if flapped else None
    incident.save(update_fields=["recovery_due_at"])
    if not over or flapped:
        return False
    if incident.on_recovery == "tell":
        timeline.record(
            incident,
            Kind.ALERT,
            "alert.steady",
            f"Steady: nothing has fired for {STEADY // timedelta(minutes=1)} min",
            by=None,
        )
        return True
    if incident.on_recovery != "resolve" or _is_taken(incident) or not _go_on_by_itself(incident):
        _propose(incident, now)
    return True


@dataclass(frozen=True, slots=True)
class Pending:
    """What follows at `due_at` from a recovery that lasts so long. `since`: when the last alert was over; `verb`: what
    Watchbill then takes by itself, None where it proposes to resolve."""

    since: datetime
    due_at: datetime
    verb: str | None


def pending(incident: Incident) -> Pending | None:
    """What is still to follow from the recovery of an incident; None where an alert fires or nothing follows."""
    due_at = incident.recovery_due_at
    if due_at is None or not incident.is_active or incident.on_recovery == "tell":
        return None
    found = incident.alerts.aggregate(
        since=Max(Coalesce("ends_at", "last_received_at")), firing=Count("pk", Q(status=Alert.Status.FIRING))
    )
    if found["firing"] or found["since"] is None:
        return None
    by_itself = incident.on_recovery == "resolve" and not _is_taken(incident)
    return Pending(found["since"], due_at, next_verb(incident) if by_itself else None)


def _is_taken(incident: Incident) -> bool:
    """Whether a person has had a hand in it."""
    return incident.acknowledged_at is not None or incident.timeline.filter(actor__isnull=False).exists()


def next_verb(incident: Incident) -> str:
    """By which verb of the table an incident goes on that recovered by itself."""
    return {Phase.DETECT: "cancel", Phase.COMMUNICATE: "resolve"}.get(Phase(incident.phase), "confirm_mitigated")


def _inputs(incident: Incident) -> dict[str, Any]:
    since = incident.alerts.aggregate(at=Max("ends_at"))["at"]
    why = "All its alerts are over" + (f" since {since:%H:%M} UTC" if since else "")
    if (seen := proposed_by(incident)) and incident.phase == Phase.COMMUNICATE:
        why = seen
    inputs: dict[str, dict[str, Any]] = {
        "cancel": {"kind": RECOVERED, "reason": why},
        "confirm_mitigated": {"recovered_by_itself": True},
        "resolve": {"confirmation": why},
    }
    return inputs[next_verb(incident)]


def proposed_by(incident: Incident) -> str:
    """What metrics show where they are why Watchbill proposes to resolve it; empty where alerts are."""
    if incident.resolve_proposed_at is None:
        return ""
    now = timezone.now()
    rows = Witness.objects.standing().filter(incident=incident, proposed_at__isnull=False)
    return "; ".join(row.evidence(now) for row in rows)


def _go_on_by_itself(incident: Incident) -> bool:
    """Take the next verb as Watchbill itself, or write down why it can't be. What is mitigated by it goes on once the
    time to watch is over."""
    verb = next_verb(incident)
    try:
        with transaction.atomic():
            after = lifecycle.perform(verb, incident.pk, by=None, inputs=_inputs(incident))
    except Blocked as refusal:
        why = " ".join(blocker.message for blocker in refusal.blockers)
        timeline.record(
            incident, Kind.NOTE, "incident.not_resolved", f"Not resolved by the routing rule: {why}", by=None
        )
        return False
    if after.is_active:
        Incident.objects.filter(pk=after.pk).update(recovery_due_at=after.soak_until or timezone.now())
    return True


def _propose(incident: Incident, now: datetime) -> None:
    if incident.resolve_proposed_at is not None:
        return
    incident.resolve_proposed_at = now
    incident.save(update_fields=["resolve_proposed_at"])
    command = incident.assignments.filter(role__slug=Role.COMMANDER, state=RoleAssignment.State.HELD)
    seat = command.select_related("user").first()
    whom = seat.user if seat else incident.acknowledged_by
    timeline.record(
        incident,
        Kind.ALERT,
        "incident.resolve_proposed",
        "All its alerts are over. Watchbill proposes to resolve it",
        by=None,
        notify=[whom] if whom else [],
    )


@transaction.atomic
def accept(incident_pk: int, *, by: User) -> str:
    """Do what Watchbill proposes, by the verb that the incident's phase has for it; what was done, in words. Raises
    Blocked."""
    incident = lock(incident_pk, by=by)
    _still_proposed(incident)
    verb = next_verb(incident)
    lifecycle.perform(verb, incident_pk, by=by, inputs=_inputs(incident))
    return VERBS[verb].past


@transaction.atomic
def decline(incident_pk: int, *, by: User) -> None:
    """Leave it open, also where what follows is still to come: nothing is proposed or ended by itself until it fires
    and is over once more. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    if pending(incident) is None:
        _still_proposed(incident)
    incident.recovery_due_at = incident.resolve_proposed_at = None
    incident.save(update_fields=["recovery_due_at", "resolve_proposed_at"])
    timeline.record(
        incident, Kind.ALERT, "incident.kept_open", f"{by} keeps it open, although its alerts are over", by=by
    )


def _still_proposed(incident: Incident) -> None:
    if incident.resolve_proposed_at is None or not incident.is_active:
        raise refuse("not_proposed", "This is no longer proposed. Look at where the incident stands.")


def ended_lately(integration: Integration, keys: Collection[str], now: datetime) -> dict[str, Incident]:
    """By its group the incident that Watchbill itself ended a moment ago: what fires again belongs to it."""
    ended = TimelineEntry.objects.filter(incident=OuterRef("pk"), kind=Kind.PHASE, verb="incident.cancel")
    found = Incident.objects.filter(
        Exists(ended.filter(actor=None, recorded_at__gt=now - STEADY)),
        integration=integration,
        group_key__in=keys,
        cancel_kind=RECOVERED,
        cancelled_at__gt=now - STEADY,
        phase=Phase.CANCELLED,
    )
    return {incident.group_key: incident for incident in found.order_by("pk")} if keys else {}


def bring_back(incidents: Iterable[Incident], now: datetime) -> None:
    """Open again those of the locked incidents that Watchbill has ended, in the caller's transaction."""
    lines = []
    for incident in incidents:
        if incident.phase != Phase.CANCELLED:
            continue
        incident.uncancel(at=now)
        incident.save(update_fields=["phase", "phase_before", "cancelled_at", "cancel_kind"])
        lines.append(
            timeline.line(
                incident,
                Kind.PHASE,
                "incident.uncancel",
                "Watchbill took back the cancelling: it fires again",
                by=None,
                phase_from=Phase.CANCELLED,
                phase_to=incident.phase,
            )
        )
    timeline.record_all(lines)
