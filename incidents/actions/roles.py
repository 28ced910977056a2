"""Seats: who takes them, and how they pass from one to the next."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incidents import handover, timeline
from incidents.actions import escalation, followers, staffing
from incidents.actions.facts import lock
from incidents.actions.seating import answer_by, end, hold, must_be_live, seat_of
from incidents.models import EscalationRun, Incident, RoleAssignment
from incidents.problems import refuse
from incidents.timeline import Kind
from teams.models import Role, User

State = RoleAssignment.State


@transaction.atomic
def take(incident_pk: int, role: Role, *, by: User, occurred_at: datetime | None = None) -> RoleAssignment:
    """Sit down in an empty seat, or accept the seat that the roster gave. A seat that somebody else holds passes only
    by `offer` and `accept`, or by `relieve`. Raises Blocked."""
    incident = lock(incident_pk, by=by)
    must_be_live(incident)
    at = timeline.happened(occurred_at, timezone.now())
    mine = incident.assignments.filter(role=role, state=State.HELD, user=by).first()
    if mine is not None:
        return mine if mine.accepted_at else _accepted(incident, mine, at)
    holder = seat_of(incident, role)
    if holder is not None and role.single_seat and holder.accepted_at:
        raise refuse(
            "seat_taken",
            f"{holder.user} is {role.name}. Ask them to hand over, or relieve them with a reason.",
            fix_url=f"{incident.get_absolute_url()}#roles",
        )
    seat = hold(incident, role, by, at=at, accepted=True, by=by)
    followers.took_part(incident, by)
    answered = _answer(incident, by, at)
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
            "answered": answered,
        },
        notify=[ousted] if ousted else [],
    )
    return seat


def _accepted(incident: Incident, seat: RoleAssignment, at: datetime) -> RoleAssignment:
    seat.accepted_at, seat.answer_due_at = at, None
    seat.save(update_fields=["accepted_at", "answer_due_at"])
    answered = _answer(incident, seat.user, at)
    timeline.record(
        incident,
        Kind.ROLE,
        "role.accepted",
        f"{seat.user} accepted {seat.role.name}",
        by=seat.user,
        occurred_at=at,
        data={"role": seat.role.slug, "user": seat.user_id, "assignment": seat.pk, "answered": answered},
    )
    return seat


def _answer(incident: Incident, user: User, at: datetime) -> bool:
    """Whoever was paged and sits down has answered; who was paged for a team that was called in answers for that.
    Returns whether paging stopped by it."""
    if not incident.pages.filter(user=user, run__request=None).exists():
        return False
    reason = f"{user} took a role"
    return escalation.stop(incident, EscalationRun.State.ACKNOWLEDGED, reason, by=user, at=at, quiet=True)


@transaction.atomic
def offer(incident_pk: int, role: Role, user: User, *, by: User, brief: str = "") -> RoleAssignment:
    """Offer a seat. The holder keeps it until the other accepts, so no seat is ever empty in between. An offer to
    oneself is `take`. Raises Blocked where the person holds it already or was asked already."""
    incident = lock(incident_pk, by=by)
    must_be_live(incident)
    if not user.is_active:
        raise refuse("person_inactive", f"{user} can't sign in any more. Choose somebody else.", field="user")
    standing = incident.assignments.filter(role=role, user=user, state__in=[State.HELD, State.OFFERED]).first()
    if standing is not None:
        done = "holds it already" if standing.state == State.HELD else "has been asked already"
        raise refuse("already_asked", f"{user} {done}.", field="user")
    now = timezone.now()
    seat = RoleAssignment.objects.create(
        incident=incident,
        role=role,
        user=user,
        single_seat=role.single_seat,
        offered_by=by,
        offered_at=now,
        brief=brief.strip(),
        answer_due_at=answer_by(now),
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
def accept(assignment_pk: int, *, by: User, read_back: str = "", occurred_at: datetime | None = None) -> RoleAssignment:
    """Accept what was offered: the holder before steps out in the same moment.

    Who takes over from somebody with a brief says it back in `read_back`; see `handover.said_back`. Raises Blocked
    without it, for somebody else's offer, and for one that was answered or overtaken.
    """
    seat = _mine(assignment_pk, by)
    incident = lock(seat.incident_id, by=by)
    seat = _mine(assignment_pk, by)
    now = timeline.happened(occurred_at, timezone.now())
    if seat.state == State.HELD:
        return seat if seat.accepted_at else _accepted(incident, seat, now)
    if seat.state != State.OFFERED:
        raise refuse("offer_over", "This offer is over: it was answered, or somebody else holds the seat now.")
    must_be_live(incident)
    before = seat_of(incident, seat.role) if seat.single_seat else None
    if asks_read_back(seat, before) and not handover.is_read_back(read_back):
        raise refuse(
            "read_back_missing",
            "Say the hand-over back before you take over: tick each part, or write in a sentence where it stands.",
            field="read_back",
        )
    if before is not None:
        end(before, now)
    seat.state, seat.held_at, seat.accepted_at, seat.answer_due_at = State.HELD, now, now, None
    seat.read_back = read_back.strip()
    seat.save(update_fields=["state", "held_at", "accepted_at", "answer_due_at", "read_back"])
    incident.participants.add(by)
    followers.took_part(incident, by)
    answered = _answer(incident, by, now)
    took = f"{by} accepted {seat.role.name}"
    timeline.record(
        incident,
        Kind.ROLE,
        "role.accepted",
        f"{took} from {before.user}" if before else took,
        by=by,
        occurred_at=now,
        reason=f"Read back: {seat.read_back}" if seat.read_back else "",
        data={
            "role": seat.role.slug,
            "user": by.pk,
            "assignment": seat.pk,
            "from": before.user_id if before else None,
            "held_from": before.held_at.isoformat() if before and before.held_at else None,
            "answered": answered,
        },
        notify=[before.user] if before and before.user_id != by.pk else [],
    )
    return seat


def asks_read_back(seat: RoleAssignment, before: RoleAssignment | None) -> bool:
    """Whether accepting the offer is a hand-over, from `before`, of which a brief was given."""
    return bool(seat.brief and before is not None and before.user_id != seat.user_id)


@transaction.atomic
def decline(assignment_pk: int, *, by: User, reason: str = "") -> RoleAssignment:
    """Say no to an offer, or to a seat that the roster gave; whoever offered is told. Raises Blocked.

    A seat that the roster gave goes to the next of the rosters. Command falls back to whoever declared, as acting
    commander, where nobody else can be asked: it is never empty.
    """
    seat = _mine(assignment_pk, by)
    incident = lock(seat.incident_id, by=by)
    seat = _mine(assignment_pk, by)
    given = seat.state == State.HELD and seat.accepted_at is None
    if seat.state != State.OFFERED and not given:
        raise refuse("offer_over", "This offer is over: it was answered, or somebody else holds the seat now.")
    now = timezone.now()
    following = staffing.following(incident, seat, now) if given and incident.is_open else None
    if given and seat.role.slug == Role.COMMANDER and (following is None or following.user is None):
        raise refuse("command_not_left", "Command is handed over, not left: offer it to somebody.", field="user")
    end(seat, now, State.DECLINED)
    acting = following.candidate if following else None
    said = ""
    if acting is not None:
        said = f"; {acting.user} acts" if acting.source == "declarer" else f"; {acting.user} is asked next"
    timeline.record(
        incident,
        Kind.ROLE,
        "role.declined",
        f"{by} declined {seat.role.name}{said}",
        by=by,
        reason=reason,
        data={"role": seat.role.slug, "user": by.pk, "assignment": seat.pk},
        notify=[seat.offered_by] if seat.offered_by else [],
    )
    if following is not None and following.user is not None:
        staffing.pass_on(incident, seat, following, by=by, at=now)
    return seat


@transaction.atomic
def relieve(incident_pk: int, role: Role, *, by: User, reason: str) -> RoleAssignment:
    """Take a seat from a holder who can't hand it over (asleep, unreachable), with the reason on record."""
    incident = lock(incident_pk, by=by)
    must_be_live(incident)
    if not reason.strip():
        raise refuse("reason_missing", "Say why the holder can't hand over themselves.", field="reason")
    before = seat_of(incident, role)
    if not role.single_seat or (before is not None and before.user_id == by.pk):
        raise refuse("nobody_to_relieve", f"There is nobody to relieve: take {role.name} instead.")
    seat = hold(incident, role, by, at=timezone.now(), accepted=True, by=by)
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
    end(seat, timezone.now())
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
