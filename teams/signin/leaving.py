"""Somebody leaves, or comes back: what that means for their sessions, tokens and watches.

The administration, SCIM and the API call the same two verbs. Refusals are ValidationErrors that name the way out;
somebody who may not do it at all gets PermissionDenied.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.http import urlencode

from teams import mails, oncall, permits, tokens
from teams.actions import look_soon, overrides, swaps
from teams.audit.events import note
from teams.ical import feeds
from teams.models import Membership, Override, ScimRecord, Team, User
from teams.signin.ending import end_sessions
from teams.zones import is_zone

AHEAD = timedelta(weeks=4)


@dataclass(frozen=True, slots=True)
class Left:
    """What ended with somebody's access."""

    sessions: int
    tokens: int
    overrides: int
    swaps: int
    gaps: list[oncall.Watch]


@dataclass(frozen=True, slots=True)
class _Open:
    """A schedule in a letter. `watches`: start, end, and where to find cover."""

    name: str
    url: str
    watches: list[tuple[str, str, str]]


def why_not(user: User, *, by: User | None) -> str:
    """Why `user` can't be deactivated by `by`, as a sentence; empty where they can."""
    if by is not None and by.pk == user.pk:
        return "You can't deactivate yourself. Ask another owner or admin."
    return why_owner(user)


def why_owner(user: User) -> str:
    """Why `user` has to stay an owner, as a sentence; empty where they needn't. Ask it after `lock_owners` where the
    answer decides a write."""
    if user.role == User.Role.OWNER and user.is_active and not _other_owners(user).exists():
        return f"{user} is the last active owner. Make somebody else an owner first."
    return ""


def lock_owners() -> None:
    """Hold all owners until the transaction ends, so that two who take each other's access can't both succeed."""
    list(User.objects.select_for_update().filter(role=User.Role.OWNER).order_by("pk").values_list("pk"))


def keep_an_owner(people: QuerySet[User]) -> None:
    """Raise PermissionDenied if no active owner is left without `people`. In the transaction that removes them."""
    lock_owners()
    owners = User.objects.filter(role=User.Role.OWNER, is_active=True)
    gone = set(people.values_list("pk", flat=True))
    left = [pk for pk in owners.values_list("pk", flat=True) if pk not in gone]
    if not left and owners.exists():
        raise PermissionDenied("That would leave no active owner. Make somebody else an owner first.")


def why_not_back(user: User) -> str:
    """Why `user` can't be let in again, as a sentence; empty where they can."""
    return f"{user} was erased, and nobody is behind that account. Invite the person anew." if user.erased_at else ""


def _other_owners(user: User) -> QuerySet[User]:
    return User.objects.filter(role=User.Role.OWNER, is_active=True).exclude(pk=user.pk)


def _allowed(user: User, by: User | None) -> None:
    permits.require(by, "person.change", user)
    if by is not None and user.role == User.Role.OWNER and by.role != User.Role.OWNER:
        raise PermissionDenied("Only owners deactivate or reactivate an owner.")


@transaction.atomic
def deactivate(user: User, *, by: User | None, through: str, request: HttpRequest | None = None) -> Left | None:
    """Take somebody's access away at once: sessions, tokens and calendar feeds end, open swaps of theirs are closed,
    and what they stood in for goes back to the rotation. Accounts of identity providers stay linked, and open nothing.

    Owners, and the managers of whose rosters they are on, are told by mail which watches of the next weeks nobody
    stands. `by` None: an identity provider or Watchbill itself. None for somebody who was deactivated before.
    """
    _allowed(user, by)
    lock_owners()
    row = User.objects.select_for_update().get(pk=user.pk)
    if not row.is_active:
        if through != "scim":
            _by_scim(row, False)
        return None
    if problem := why_not(row, by=by):
        raise ValidationError(problem)
    row.is_active = user.is_active = False
    row.save(update_fields=["is_active"])
    _by_scim(row, through == "scim")
    now = timezone.now()
    feeds.revoke_all(row, now)
    left = Left(
        sessions=end_sessions(row),
        tokens=tokens.revoke_all(row, by=by, request=request),
        overrides=_give_back(row, now),
        swaps=swaps.release(row, now),
        gaps=oncall.watches_of(row, now, now + AHEAD),
    )
    note(
        "person.deactivated",
        f"{row} was deactivated",
        user=row,
        by=by,
        through=through,
        request=request,
        sessions=left.sessions,
        tokens=left.tokens,
        overrides=left.overrides,
        swaps=left.swaps,
        gaps=len(left.gaps),
    )
    _tell(row, left, by=by, through=through)
    look_soon()
    return left


@transaction.atomic
def reactivate(user: User, *, by: User | None, through: str, request: HttpRequest | None = None) -> bool:
    """Let somebody sign in again; what ended stays ended. False where they were active. ValidationError for whoever was
    erased."""
    _allowed(user, by)
    row = User.objects.select_for_update().get(pk=user.pk)
    if row.is_active:
        return False
    if problem := why_not_back(row):
        raise ValidationError(problem)
    row.is_active = user.is_active = True
    row.save(update_fields=["is_active"])
    _by_scim(row, False)
    note("person.reactivated", f"{row} was reactivated", user=row, by=by, through=through, request=request)
    look_soon()
    return True


def _by_scim(user: User, did: bool) -> None:
    """Remember whether SCIM deactivated them: it brings back nobody else."""
    ScimRecord.objects.filter(user=user).update(deactivated=did)


def _give_back(user: User, now: datetime) -> int:
    """End the overrides that `user` stands in now and remove those to come, so that the rotation is back."""
    mine = Override.objects.select_for_update().filter(user=user, ends_at__gt=now).order_by("pk")
    return overrides.take_back(mine, now)


def _tell(user: User, left: Left, *, by: User | None, through: str) -> None:
    """Write to owners about every gap, and to managers about those of their teams."""
    owners = list(_other_owners(user))
    teams = {w.schedule.team_id for w in left.gaps} | set(user.memberships.values_list("team_id", flat=True))
    managing = Membership.objects.filter(
        team__in=teams, role=Membership.Role.MANAGER, user__is_active=True
    ).select_related("user")
    readers: dict[int, tuple[User, set[int]]] = {o.pk: (o, teams) for o in owners}
    for membership in managing:
        readers.setdefault(membership.user_id, (membership.user, set()))[1].add(membership.team_id)
    names = dict(Team.objects.filter(pk__in=teams).values_list("pk", "name"))
    for reader, theirs in readers.values():
        if by is not None and reader.pk == by.pk and not left.gaps:
            continue
        gaps = [w for w in left.gaps if w.schedule.team_id in theirs]
        _write(reader, user, gaps, sorted(names[t] for t in theirs if t in names), by=by, through=through)


def _write(
    reader: User, user: User, gaps: list[oncall.Watch], teams: list[str], *, by: User | None, through: str
) -> None:
    schedules: dict[int, _Open] = {}
    for watch in gaps:
        address = settings.WATCHBILL_BASE_URL + watch.schedule.get_absolute_url()
        found = schedules.setdefault(watch.schedule.pk, _Open(str(watch.schedule), address, []))
        start, end = _clock(watch.start, reader.time_zone), _clock(watch.end, reader.time_zone)
        query = urlencode({"starts_at": watch.start.isoformat(), "ends_at": watch.end.isoformat()})
        found.watches.append((start, end, f"{address}?{query}#override"))
    context = {
        "person": user,
        "by": by,
        "through": {"scim": "the identity provider (SCIM)"}.get(through, ""),
        "schedules": list(schedules.values()),
        "gaps": len(gaps),
        "teams": teams,
        "weeks": AHEAD.days // 7,
        "base_url": settings.WATCHBILL_BASE_URL,
    }
    count = f"{len(gaps)} watch{'es' if len(gaps) > 1 else ''} without anybody" if gaps else "no watch is open"
    mails.post(reader.email, f"{user} has left: {count}", "teams/mail/left", context, mails.AUTOMATIC)


def _clock(at: datetime, zone: str) -> str:
    """`at` on the reader's clock, with the zone's name: "Mon 30 Nov 09:00 CET"."""
    return f"{at.astimezone(ZoneInfo(zone if is_zone(zone) else 'UTC')):%a %-d %b %H:%M %Z}"
