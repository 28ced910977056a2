"""Seats: who takes them, and how they pass from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.actions import escalation, followers
from incidents.actions.facts import lock
from incidents.models import EscalationRun, Incident, RoleAssignment
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import oncall
from teams.models import EscalationTarget, Role, User

State = RoleAssignment.State


def _seat(incident: Incident, role: Role) -> RoleAssignment | None:
    return incident.assignments.filter(role=role, state=State.HELD).select_related("user").first()


def _must_be_live(incident: Incident) -> None:
    if not incident.is_open:
        raise refuse(
            "incident_over",
            f"{incident.reference} is {incident.get_phase_display().lower()}: roles are settled.",
        )


def _hold(
    incident: Incident, role: Role, user: User, *, at: datetime, accepted: bool, by: User | None
) -> RoleAssignment:
    """Put `user` in the seat, out of which the one before them steps in the same moment."""
    if role.single_seat:
        incident.assignments.filter(role=role, state=State.HELD).update(state=State.ENDED, ended_at=at)
    if user.is_service:
        raise refuse(
            "not_a_person",
            f"{user} is a service account, and a role is for somebody who answers. Name a person.",
            field="commander" if role.slug == Role.COMMANDER else "user",
        )
    incident.assignments.filter(role=role, user=user, state=State.OFFERED).update(state=State.DECLINED, ended_at=at)
    incident.participants.add(user)
    return RoleAssignment.objects.create(
        incident=incident,
        role=role,
        user=user,
        single_seat=role.single_seat,
        state=State.HELD,
        offered_by=by,
        offered_at=at,
        held_at=at,
        accepted_at=at if accepted else None,
    )


@transaction.atomic
def take(incident_pk: int, role: Role, *, by: User, occurred_at: datetime | None = None) -> RoleAssignment:
    """Sit down in an empty seat, or accept the seat that the roster gave. A seat that somebody else holds passes only
    by `offer` and `accept`, or by `relieve`. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    _must_be_live(incident)
    at = timeline.happened(occurred_at, timezone.now())
    mine = incident.assignments.filter(role=role, state=State.HELD, user=by).first()
    if mine is not None:
        return mine if mine.accepted_at else _accepted(incident, mine, at)
    holder = _seat(incident, role)
    if holder is not None and role.single_seat and holder.accepted_at:
        raise refuse(
            "seat_taken",
            f"{holder.user} is {role.name}. Ask them to hand over, or relieve them with a reason.",
            fix_url=f"{incident.get_absolute_url()}#roles",
        )
    seat = _hold(incident, role, by, at=at, accepted=True, by=by)
    followers.took_part(incident, by)
    _answer(incident, by, at)
    ousted = holder.user if holder is not None and role.single_seat else None
    timeline.record(
        incident,
        Kind.ROLE,
        "role.taken",
        f"{by} is {role.name}" + (f", which {ousted} had not accepted" if ousted else ""),
        by=by,
        occurred_at=at,
        data={
            "role": role.slug,
            "user": by.pk,
            "assignment": seat.pk,
            "from": ousted.pk if ousted else None,
        },
        notify=[ousted] if ousted else [],
    )
    return seat


def _accepted(incident: Incident, seat: RoleAssignment, at: datetime) -> RoleAssignment:
    seat.accepted_at = at
    seat.save(update_fields=["accepted_at"])
    _answer(incident, seat.user, at)
    timeline.record(
        incident,
        Kind.ROLE,
        "role.accepted",
        f"{seat.user} accepted {seat.role.name}",
        by=seat.user,
        occurred_at=at,
        data={"role": seat.role.slug, "user": seat.user_id, "assignment": seat.pk},
    )
    return seat


def _answer(incident: Incident, user: User, at: datetime) -> None:
    """Whoever was paged and sits down has answered."""
    if incident.pages.filter(user=user).exists():
        reason = f"{user} took a role"
        escalation.stop(incident, EscalationRun.State.ACKNOWLEDGED, reason, by=user, at=at, quiet=True)


@transaction.atomic
def offer(incident_pk: int, role: Role, user: User, *, by: User, brief: str = "") -> RoleAssignment:
    """Offer a seat. The holder keeps it until the other accepts, so no seat is ever empty in between. An offer to
    oneself is `take`. Raises Blocked where the person holds it already or was asked already."""
    incident = lock(incident_pk, by=by)
    _must_be_live(incident)
    if not user.is_active:
        raise refuse("person_inactive", f"{user} can't sign in any more. Choose somebody else.", field="user")
    standing = incident.assignments.filter(role=role, user=user, state__in=[State.HELD, State.OFFERED]).first()
    if standing is not None:
        done = "holds it already" if standing.state == State.HELD else "has been asked already"
        raise refuse("already_asked", f"{user} {done}.", field="user")
    seat = RoleAssignment.objects.create(
        incident=incident, role=role, user=user, single_seat=role.single_seat, offered_by=by, brief=brief
    )
    incident.participants.add(user)
    timeline.record(
        incident,
        Kind.ROLE,
        "role.offered",
        f"{by} offered {role.name} to {user}",
        by=by,
        reason=brief,
        data={"role": role.slug, "user": user.pk, "assignment": seat.pk},
        notify=[user],
    )
    return seat


@transaction.atomic
def accept(assignment_pk: int, *, by: User, occurred_at: datetime | None = None) -> RoleAssignment:
    """Accept what was offered: the holder before steps out in the same moment. Raises Blocked for somebody else's
    offer and for one that was answered or overtaken."""
    seat = _mine(assignment_pk, by)
    incident = lock(seat.incident_id, by=by)
    seat = _mine(assignment_pk, by)
    now = timeline.happened(occurred_at, timezone.now())
    if seat.state == State.HELD:
        return seat if seat.accepted_at else _accepted(incident, seat, now)
    if seat.state != State.OFFERED:
        raise refuse("offer_over", "This offer is over: it was answered, or somebody else holds the seat now.")
    _must_be_live(incident)
    before = _seat(incident, seat.role) if seat.single_seat else None
    if before is not None:
        before.state, before.ended_at = State.ENDED, now
        before.save(update_fields=["state", "ended_at"])
    seat.state, seat.held_at, seat.accepted_at = State.HELD, now, now
    seat.save(update_fields=["state", "held_at", "accepted_at"])
    incident.participants.add(by)
    followers.took_part(incident, by)
    _answer(incident, by, now)
    took = f"{by} accepted {seat.role.name}"
    timeline.record(
        incident,
        Kind.ROLE,
        "role.accepted",
        f"{took} from {before.user}" if before else took,
        by=by,
        occurred_at=now,
        data={
            "role": seat.role.slug,
            "user": by.pk,
            "assignment": seat.pk,
            "from": before.user_id if before else None,
        },
        notify=[before.user] if before and before.user_id != by.pk else [],
    )
    return seat


@transaction.atomic
def decline(assignment_pk: int, *, by: User, reason: str = "") -> RoleAssignment:
    """Say no to an offer, or to a seat that the roster gave; whoever offered is told. Raises Blocked.

    Command that the roster gave falls back to whoever declared, as acting commander: it is never empty.
    """
    seat = _mine(assignment_pk, by)
    incident = lock(seat.incident_id, by=by)
    seat = _mine(assignment_pk, by)
    given = seat.state == State.HELD and seat.accepted_at is None
    acting = None
    if given and seat.role.slug == Role.COMMANDER:
        acting = seat.offered_by if seat.offered_by_id not in (None, by.pk) else None
        if acting is None or not acting.is_active:
            raise refuse("command_not_left", "Command is handed over, not left: offer it to somebody.", field="user")
    if seat.state != State.OFFERED and not given:
        raise refuse("offer_over", "This offer is over: it was answered, or somebody else holds the seat now.")
    seat.state, seat.ended_at = State.DECLINED, timezone.now()
    seat.save(update_fields=["state", "ended_at"])
    timeline.record(
        incident,
        Kind.ROLE,
        "role.declined",
        f"{by} declined {seat.role.name}" + (f"; {acting} acts" if acting else ""),
        by=by,
        reason=reason,
        data={"role": seat.role.slug, "user": by.pk, "assignment": seat.pk},
        notify=[seat.offered_by] if seat.offered_by else [],
    )
    if acting is not None:
        _hold(incident, seat.role, acting, at=timezone.now(), accepted=False, by=by)
    return seat


@transaction.atomic
def relieve(incident_pk: int, role: Role, *, by: User, reason: str) -> RoleAssignment:
    """Take a seat from a holder who can't hand it over (asleep, unreachable), with the reason on record."""
    incident = lock(incident_pk, by=by)
    _must_be_live(incident)
    if not reason.strip():
        raise refuse("reason_missing", "Say why the holder can't hand over themselves.", field="reason")
    before = _seat(incident, role)
    if not role.single_seat or (before is not None and before.user_id == by.pk):
        raise refuse("nobody_to_relieve", f"There is nobody to relieve: take {role.name} instead.")
    seat = _hold(incident, role, by, at=timezone.now(), accepted=True, by=by)
    timeline.record(
        incident,
        Kind.ROLE,
        "role.relieved",
        f"{by} took over {role.name}" + (f" from {before.user}" if before else ""),
        by=by,
        reason=reason,
        data={
            "role": role.slug,
            "user": by.pk,
            "assignment": seat.pk,
            "from": before.user_id if before else None,
        },
        notify=[before.user] if before and before.user_id != by.pk else [],
    )
    return seat


@transaction.atomic
def leave(assignment_pk: int, *, by: User) -> RoleAssignment:
    """Step out of a seat. Command is only handed over, never left. Raises Blocked."""
    seat = _mine(assignment_pk, by)
    incident = lock(seat.incident_id, by=by)
    seat = _mine(assignment_pk, by)
    if seat.role.slug == Role.COMMANDER and incident.is_active:
        raise refuse("command_not_left", "Command is handed over, not left: offer it to somebody.", field="user")
    if seat.state != State.HELD:
        raise refuse("not_held", f"You do not hold {seat.role.name} any more.")
    seat.state, seat.ended_at = State.ENDED, timezone.now()
    seat.save(update_fields=["state", "ended_at"])
    timeline.record(
        incident,
        Kind.ROLE,
        "role.left",
        f"{by} left {seat.role.name}",
        by=by,
        data={"role": seat.role.slug, "user": by.pk, "assignment": seat.pk},
    )
    return seat


def _mine(assignment_pk: int, by: User) -> RoleAssignment:
    seat = RoleAssignment.objects.select_related("role", "user", "offered_by", "incident").get(pk=assignment_pk)
    if seat.user_id != by.pk:
        raise refuse("not_yours", f"This is {seat.user}'s to answer.")
    return seat


def assign_on_declare(
    incident: Incident, *, commander: User | None, by: User | None, at: datetime
) -> list[RoleAssignment]:
    """Fill the seats from the rosters, in the declaring transaction.

    Command goes to whoever was named, else the team's commander roster, else the role's own roster, else the team's
    primary on call, else the declarer as acting commander: declaring never waits for a commander. Whoever the roster
    chose is told and has still to accept.
    """
    seats = []
    chosen: dict[str, User] = {}
    for role in Role.objects.select_related("schedule"):
        if _seat(incident, role) is not None:
            continue
        user = _candidate(incident, role, commander=commander, by=by, at=at, chosen=chosen)
        if user is None:
            continue
        chosen[role.slug] = user
        own = by is not None and user.pk == by.pk
        seat = _hold(incident, role, user, at=at, accepted=own, by=by)
        timeline.record(
            incident,
            Kind.ROLE,
            "role.assigned",
            f"{user} is {role.name}" if own else f"{user} is {role.name} (to be accepted)",
            by=by,
            occurred_at=at,
            data={"role": role.slug, "user": user.pk, "assignment": seat.pk, "accepted": own},
            notify=[] if own else [user],
        )
        seats.append(seat)
    return seats


def _candidate(
    incident: Incident,
    role: Role,
    *,
    commander: User | None,
    by: User | None,
    at: datetime,
    chosen: dict[str, User],
) -> User | None:
    if role.slug == Role.COMMANDER:
        if commander is not None:
            return commander
        for roster in (incident.team.commander_schedule if incident.team else None, role.schedule):
            if roster is not None and (user := oncall.who(roster, at)):
                return user
        return next(primaries(incident, at), None) or by
    command = chosen.get(Role.COMMANDER)
    if role.schedule is not None:
        user = oncall.who(role.schedule, at)
        return user if user and user != command else None
    if role.slug == Role.OPERATIONS:
        return next((u for u in primaries(incident, at) if u != command), None)
    return None


def primaries(incident: Incident, at: datetime) -> Iterator[User]:
    """People on call at `at` for the owning team, in the order in which its escalation policy would page them."""
    policy = escalation.policy_for(incident)
    targets = EscalationTarget.objects.filter(step__policy=policy).select_related("schedule__team", "user")
    for target in targets.order_by("step__position", "pk"):
        people = oncall.crew(target.schedule, at) if target.schedule else [target.user]
        yield from (user for user in people if user is not None and user.is_active)
