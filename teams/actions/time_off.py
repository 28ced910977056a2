"""Verbs on time off: when somebody is away. The rotation stays as it is; whoever looks is warned."""

from __future__ import annotations

from copy import copy
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from teams import permits
from teams.actions.warnings import look_soon
from teams.models import Organization, TimeOff, User

# A day that has begun can still be taken off; what lies further back is the past.
BEGUN = timedelta(days=1)
LONGEST = timedelta(days=366)


def may_change(by: User | None, row: TimeOff) -> bool:
    """Whether `by` may say when the row's person is away: themselves, and whoever may change the roster of one of their
    teams."""
    if by is not None and by.pk == row.user_id:
        return permits.may(by, "away.change", row)
    return permits.may(by, "roster.change", row)


@transaction.atomic
def add_time_off(*, by: User | None, user: User, starts_at: datetime, ends_at: datetime, note: str = "") -> TimeOff:
    """Note that `user` is away in [starts_at, ends_at), aware. ValidationError names `user`, `starts_at` or `ends_at`;
    PermissionDenied where it is not for `by` to say."""
    made = TimeOff(user=user, starts_at=starts_at, ends_at=ends_at, note=note.strip(), created_by=by)
    _require(by, made)
    if not user.is_active or user.is_service:
        raise ValidationError({"user": f"{user} stands no watch. Choose somebody else."})
    check(made, None, timezone.now())
    made.save(force_insert=True)
    look_soon()
    return made


@transaction.atomic
def change_time_off(
    pk: int, *, by: User | None, starts_at: datetime, ends_at: datetime, note: str | None = None
) -> TimeOff:
    """Give a time off another span. Of one that has begun only the end, to now or later. `note` None: as it was."""
    row = _locked(pk, by)
    before = copy(row)
    if not _moved(before, starts_at):
        starts_at = before.starts_at
    row.starts_at, row.ends_at = starts_at, ends_at
    if note is not None:
        row.note = note.strip()
    check(row, before, timezone.now())
    row.save(update_fields=["starts_at", "ends_at", "note"])
    look_soon()
    return row


@transaction.atomic
def remove_time_off(pk: int, *, by: User | None) -> TimeOff | None:
    """Take it back. One that has begun ends now, and is returned; None when it is gone."""
    row, now = _locked(pk, by), timezone.now()
    look_soon()
    if row.starts_at < now:
        row.ends_at = now
        row.save(update_fields=["ends_at"])
        return row
    row.delete()
    return None


def _require(by: User | None, row: TimeOff) -> None:
    if not may_change(by, row):
        if by is not None and by.pk == row.user_id:
            raise permits.refusal(by, "away.change", row)
        raise PermissionDenied(f"Only {row.user}, a manager of their team or an administrator says when they are away.")


def _locked(pk: int, by: User | None) -> TimeOff:
    row: TimeOff | None = TimeOff.objects.select_for_update(of=("self",)).select_related("user").filter(pk=pk).first()
    if row is None:
        raise ValidationError("This time off is gone.")
    _require(by, row)
    if row.ends_at <= timezone.now():
        raise ValidationError("This time off is over, and the past stays as it was.")
    return row


def check(row: TimeOff, before: TimeOff | None, now: datetime) -> None:
    """ValidationError where a time off can't be noted, or be changed from what it was `before`. In a transaction."""
    if before is not None and before.starts_at <= now and _moved(before, row.starts_at):
        raise ValidationError({"starts_at": "It has begun already, and the past stays as it was. Change its end."})
    if (before is None or _moved(before, row.starts_at)) and row.starts_at < now - BEGUN:
        raise ValidationError({"starts_at": "That is in the past, which stays as it was. Start today or later."})
    if row.ends_at <= row.starts_at:
        raise ValidationError({"ends_at": "It ends before it starts. Give an end after the start."})
    if row.ends_at <= now:
        raise ValidationError({"ends_at": "That is over already. Give an end that is still to come."})
    if row.ends_at - row.starts_at > LONGEST:
        raise ValidationError({"ends_at": "That is more than a year. Give a nearer end."})
    # Of two that are noted at the same moment, the second sees the first.
    User.objects.select_for_update().get(pk=row.user_id)
    others = TimeOff.objects.filter(user=row.user, starts_at__lt=row.ends_at, ends_at__gt=row.starts_at)
    if other := others.exclude(pk=row.pk).first():
        zone = ZoneInfo(row.user.time_zone or Organization.current().time_zone)
        raise ValidationError(
            {
                "starts_at": f"{row.user} is away from {_said(other.starts_at, zone)} to {_said(other.ends_at, zone)} "
                "already. Change that one, or choose other times."
            }
        )


def _moved(before: TimeOff, starts_at: datetime) -> bool:
    """Whether it is another start. A form has no seconds."""
    return abs(starts_at - before.starts_at) >= timedelta(minutes=1)


def _said(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y, %H:%M}"
