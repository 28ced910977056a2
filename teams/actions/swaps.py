"""Verbs on swaps: somebody asks to be covered, by one colleague or by anyone, and takes some of theirs in return."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from teams import oncall, permits
from teams.actions.overrides import LONGEST_OVERRIDE, add_override, may_remove, take_back
from teams.actions.warnings import look_soon
from teams.models import Override, Schedule, Swap, User
from teams.spans import Span, covered
from teams.swaps import letters, reading
from teams.words import listed


@dataclass(frozen=True, slots=True)
class Accepted:
    """`warnings`: what to mind from now on, a sentence each."""

    swap: Swap
    warnings: list[str]


@transaction.atomic
def ask_swap(
    schedule: Schedule,
    *,
    by: User,
    starts_at: datetime,
    ends_at: datetime,
    asked: User | None = None,
    back_starts_at: datetime | None = None,
    back_ends_at: datetime | None = None,
    note: str = "",
) -> Swap:
    """Ask `asked`, or with None everybody of the team and the rotation, to stand in for `by` in [starts_at, ends_at),
    which has to be their own duty and to come; they get a mail. `back`: the colleague's duty that `by` takes in return.

    ValidationError names `starts_at`, `ends_at`, `asked`, `back_starts_at` or `back_ends_at`.
    """
    permits.require(by, "override.add", schedule)
    now = timezone.now()
    _check_span("starts_at", "ends_at", Span(starts_at, ends_at), now)
    span, back = Span(starts_at, ends_at), None
    if asked is not None:
        _check_asked(asked, by, schedule)
    if (back_starts_at is None) != (back_ends_at is None):
        missing = "back_starts_at" if back_starts_at is None else "back_ends_at"
        raise ValidationError({missing: "Give both the start and the end of what you take in return, or neither."})
    if back_starts_at is not None and back_ends_at is not None:
        back = Span(back_starts_at, back_ends_at)
        if asked is None:
            raise ValidationError({"back_starts_at": "Choose a colleague to take some of their duty in return."})
        _check_span("back_starts_at", "back_ends_at", back, now)
        if back.meets(span):
            raise ValidationError({"back_starts_at": "That is at the same time. Take another shift in return."})
    if why := _why_not(schedule, by, asked, span, back):
        raise ValidationError(why)
    _check_once(schedule, by, asked, span, now)
    swap = Swap(
        schedule=schedule,
        user=by,
        starts_at=starts_at,
        ends_at=ends_at,
        asked=asked,
        back_starts_at=back_starts_at,
        back_ends_at=back_ends_at,
        note=note.strip(),
    )
    swap.save(force_insert=True)
    anyone = [user for user in reading.stand_ins_of([schedule])[schedule.pk] if user.pk != by.pk]
    letters.asked(swap, [asked] if asked is not None else anyone)
    return swap


def may_answer(by: User, swap: Swap) -> bool:
    """Whether an open swap is for `by` to accept."""
    mine = swap.asked_id in (None, by.pk) and by.pk != swap.user_id
    return mine and permits.may(by, "override.add", swap)


def may_withdraw(by: User, swap: Swap) -> bool:
    return by.pk == swap.user_id or permits.may(by, "roster.change", swap)


def may_undo(by: User, swap: Swap) -> bool:
    """Whether `by` may undo what was agreed: either of the two, or a manager, while some of it is to come."""
    if by.pk in (swap.user_id, swap.answered_by_id):
        return any(o.ends_at > timezone.now() for o in swap.overrides.all()) and permits.may(by, "override.add", swap)
    return any(may_remove(by, override) for override in swap.overrides.all())


@transaction.atomic
def accept_swap(pk: int, *, by: User) -> Accepted:
    """Stand in. Of several who accept at once the first does; the others get a ValidationError that names who. So does
    whoever accepts after the rosters have changed, so that the duty is not the asker's any more, or not theirs.

    What speaks against it without ruling it out (somewhere else at once, away, no rest) is told as warnings.
    """
    swap = _open(pk, for_all=True)
    if not may_answer(by, swap):
        permits.require(by, "override.add", swap)
        raise PermissionDenied(f"{swap.user} asked {swap.asked or 'others'}, so the answer is theirs.")
    span, back = spans(swap)
    if not swap.user.is_active:
        raise ValidationError(f"{swap.user} has left, so there is nothing to swap any more.")
    if why := _why_not(swap.schedule, swap.user, by, span, back):
        raise ValidationError(list(why.values()))
    warnings = cautions(swap, by)
    why_override = f"Swap with {swap.user}" + (f": {swap.note}" if swap.note else "")
    add_override(
        swap.schedule,
        by=by,
        user=by,
        replaces=swap.user,
        starts_at=span.start,
        ends_at=span.end,
        reason=why_override[:200],
        swap=swap,
    )
    if back is not None:
        add_override(
            swap.schedule,
            by=by,
            user=swap.user,
            replaces=by,
            starts_at=back.start,
            ends_at=back.end,
            reason=f"Swap with {by}"[:200],
            swap=swap,
        )
    _settle(swap, Swap.State.ACCEPTED, by)
    _drop_others(swap, by)
    letters.accepted(swap, by)
    return Accepted(swap, warnings)


@transaction.atomic
def decline_swap(pk: int, *, by: User, word: str = "") -> Swap:
    """Say no as the one who was asked. `word` goes to the asker by mail and is kept nowhere."""
    swap = _open(pk)
    if by.pk != swap.asked_id:
        raise PermissionDenied("Only the one who was asked declines. What is for anyone can be left alone.")
    _settle(swap, Swap.State.DECLINED, by)
    letters.declined(swap, by, word.strip()[:200])
    return swap


@transaction.atomic
def withdraw_swap(pk: int, *, by: User) -> Swap:
    """Take the question back: who asked, or a manager of the team."""
    swap = _open(pk)
    if not may_withdraw(by, swap):
        raise PermissionDenied(f"Only {swap.user} or a manager of the team withdraws this.")
    _settle(swap, Swap.State.WITHDRAWN, by)
    return swap


@transaction.atomic
def undo_swap(pk: int, *, by: User) -> int:
    """Take back what an accepted swap made, both ways; what has begun ends now. How many overrides. The other of the
    two is told by mail. ValidationError where nothing of it is to come."""
    swap = (
        Swap.objects.select_for_update(of=("self",)).select_related("schedule__team", "user", "answered_by").get(pk=pk)
    )
    now = timezone.now()
    coming = list(Override.objects.select_for_update(of=("self",)).filter(swap=swap, ends_at__gt=now).order_by("pk"))
    if not coming:
        raise ValidationError("Nothing of this swap is to come any more, and the past stays as it was.")
    if not may_undo(by, swap):
        raise PermissionDenied("Only the two who agreed, or a manager of the team, undo a swap.")
    count = take_back(coming, now)
    look_soon()
    for reader in (swap.user, swap.answered_by):
        if reader is not None and reader.pk != by.pk:
            letters.undone(swap, by, reader)
    return count


def expire(now: datetime) -> int:
    """Close the open swaps whose time has begun, and tell who asked. How many. Each in a transaction of its own."""
    count = 0
    due = Swap.objects.filter(state=Swap.State.OPEN, starts_at__lte=now)
    for pk in due.order_by("starts_at", "pk").values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            swap = (
                due.select_for_update(of=("self",), skip_locked=True)
                .select_related("schedule__team", "user")
                .filter(pk=pk)
                .first()
            )
            if swap is None:
                continue
            _settle(swap, Swap.State.EXPIRED, None, now)
            letters.expired(swap)
            count += 1
    return count


def release(user: User, now: datetime) -> int:
    """Close every open swap of somebody who leaves: what they asked is withdrawn, what they were asked is declined, and
    its asker told. In the caller's transaction. How many."""
    rows = Swap.objects.select_for_update(of=("self",)).filter(Q(user=user) | Q(asked=user), state=Swap.State.OPEN)
    count = 0
    for swap in rows.select_related("schedule__team", "user").order_by("pk"):
        own = swap.user_id == user.pk
        _settle(swap, Swap.State.WITHDRAWN if own else Swap.State.DECLINED, None, now)
        if not own:
            letters.declined(swap, user, "", left=True)
        count += 1
    return count


def spans(swap: Swap) -> tuple[Span, Span | None]:
    """What is given away, and what is taken in return."""
    back = Span(swap.back_starts_at, swap.back_ends_at) if swap.back_starts_at and swap.back_ends_at else None
    return Span(swap.starts_at, swap.ends_at), back


def cautions(swap: Swap, user: User) -> list[str]:
    """What speaks against `user` standing in, and against the asker taking what is in return; a sentence each."""
    span, back = spans(swap)
    both = [each for each in (span, back) if each is not None]
    start, end = min(each.start for each in both), max(each.end for each in both)
    pool = reading.pool([swap.schedule], start, end, also=[user, swap.user])
    found = []
    for who, theirs, gives in ((user, span, back), (swap.user, back, span)):
        if theirs is not None and (against := pool.suits(who, swap.schedule, theirs, gives=gives).against):
            found.append(f"{who} is {listed(against)}.")
    return found


def _open(pk: int, *, for_all: bool = False) -> Swap:
    """The swap, locked and open. `for_all`: with its schedule locked, so that no roster changes meanwhile."""
    # Not `answered_by`: whoever had to wait for the lock would read it as it was before.
    rows = Swap.objects.select_for_update(of=("self",)).select_related("schedule__team", "user", "asked")
    swap: Swap | None = rows.filter(pk=pk).first()
    if swap is None:
        raise ValidationError("This swap is gone.")
    if for_all:
        Schedule.objects.select_for_update().get(pk=swap.schedule_id)
    who = swap.answered_by
    match swap.stands(timezone.now()):
        case Swap.State.ACCEPTED:
            raise ValidationError(f"{who} accepted this already." if who else "This was accepted already.")
        case Swap.State.DECLINED:
            raise ValidationError(f"{who or swap.asked} declined this already.")
        case Swap.State.WITHDRAWN:
            raise ValidationError("This was withdrawn, so there is nothing to answer any more.")
        case Swap.State.EXPIRED:
            raise ValidationError(
                "Its time has begun, so it can't be answered any more. An override changes who is on."
            )
    return swap


def _settle(swap: Swap, state: Swap.State, by: User | None, now: datetime | None = None) -> None:
    swap.state, swap.answered_by, swap.answered_at = state, by, now or timezone.now()
    swap.save(update_fields=["state", "answered_by", "answered_at"])


def _drop_others(swap: Swap, by: User) -> None:
    """Withdraw what else was asked about the same duty: it is not the asker's any more."""
    mine = Q(user=swap.user, starts_at__lt=swap.ends_at, ends_at__gt=swap.starts_at)
    if swap.back_starts_at and swap.back_ends_at:
        mine |= Q(user=by, starts_at__lt=swap.back_ends_at, ends_at__gt=swap.back_starts_at)
    rest = Swap.objects.select_for_update(of=("self",), skip_locked=True).filter(
        mine, schedule=swap.schedule_id, state=Swap.State.OPEN
    )
    for other in rest.order_by("pk"):
        _settle(other, Swap.State.WITHDRAWN, None)


def _check_span(first: str, last: str, span: Span, now: datetime) -> None:
    if span.end <= span.start:
        raise ValidationError({last: "It ends before it starts. Give an end after the start."})
    if span.start <= now:
        raise ValidationError({first: "That has begun already. Start later, or let somebody stand in at once."})
    if span.end - span.start > LONGEST_OVERRIDE:
        raise ValidationError({last: "That is more than a year. Give a nearer end."})


def _check_asked(asked: User, by: User, schedule: Schedule) -> None:
    if asked.pk == by.pk:
        why = "You can't ask yourself. Choose a colleague, or anyone."
    elif not asked.is_active or asked.is_service:
        why = f"{asked} can't stand a watch. Choose somebody else, or anyone."
    elif not permits.may(asked, "override.add", schedule):
        why = f"{asked} is neither of {schedule.team} nor in the rotation. Choose somebody else, or anyone."
    else:
        return
    raise ValidationError({"asked": why})


def _why_not(schedule: Schedule, user: User, other: User | None, span: Span, back: Span | None) -> dict[str, str]:
    """Why the rosters don't let `other` (None: somebody) and `user` swap, by field; empty where they do."""
    wanted = [each for each in (span, back) if each is not None]
    start, end = min(each.start for each in wanted), max(each.end for each in wanted)
    duty: dict[int, list[Span]] = {}
    for watch in oncall.load([schedule], since=start)[0].watches(start, end):
        for each in watch.users:
            duty.setdefault(each.pk, []).append(Span(watch.start, watch.end))
    mine, theirs = duty.get(user.pk, []), duty.get(other.pk, []) if other else []
    if not covered(mine, span):
        return {"starts_at": f"Not all of that is duty of {user} on {schedule}. Choose a span within one's own shifts."}
    if other is not None and any(each.meets(span) for each in theirs):
        return {"asked": f"{other} is on call on this schedule then already. Choose somebody else."}
    if other is not None and back is not None:
        if not covered(theirs, back):
            return {"back_starts_at": f"Not all of that is duty of {other} on {schedule}. Choose one of their shifts."}
        if any(each.meets(back) for each in mine):
            return {"back_starts_at": f"{user} is on call then already. Choose another shift."}
    return {}


def _check_once(schedule: Schedule, by: User, asked: User | None, span: Span, now: datetime) -> None:
    same = Swap.objects.in_state(Swap.State.OPEN, now).filter(
        schedule=schedule, user=by, asked=asked, starts_at=span.start, ends_at=span.end
    )
    if same.exists():
        whom = asked or "everybody"
        raise ValidationError({"asked": f"You asked {whom} already. Wait for an answer, or withdraw that first."})
