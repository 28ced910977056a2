"""Links that calendar programs read duty by: made, revoked, and answered."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from teams import mails, oncall, permits
from teams.ical import publishing, writing
from teams.models import CalendarFeed, PublishedShift, Schedule, User

MOST = 50
USED_EVERY = timedelta(hours=1)
# Longer than any of ours, shorter than what one would hash for no reason.
LONGEST_KEY = 100


@dataclass(frozen=True, slots=True)
class Text:
    """A feed as it is answered. `changed`: when a shift in it last changed."""

    name: str
    body: bytes
    changed: datetime

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


@transaction.atomic
def issue(*, by: User, schedule: Schedule | None = None) -> tuple[CalendarFeed, str]:
    """Make a link to `by`'s own duty on all schedules, or to all of `schedule`; its row and the address, which is never
    seen again. ValidationError when `by` has as many as there may be."""
    permits.require(by, "feed.change")
    if schedule is not None:
        permits.require(by, "team.view", schedule)
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if feeds_of(by).count() >= MOST:
        raise ValidationError(f"You have {MOST} calendar feeds. Revoke one that you no longer use first.")
    key = secrets.token_urlsafe(32)
    feed = CalendarFeed.objects.create(user=by, schedule=schedule, digest=_digest(key), hint=key[:6])
    return feed, address(key)


@transaction.atomic
def revoke(feed_pk: int, *, by: User) -> CalendarFeed:
    """End one of `by`'s own links at once. One that was revoked before stays as it was."""
    permits.require(by, "feed.change")
    feed = CalendarFeed.objects.select_for_update().get(pk=feed_pk, user=by)
    if feed.revoked_at is None:
        feed.revoked_at = timezone.now()
        feed.save(update_fields=["revoked_at"])
    return feed


def revoke_all(user: User, now: datetime) -> int:
    """End every link of `user`, who leaves; returns how many. The caller has asked whether it may."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).update(revoked_at=now)


def feeds_of(user: User) -> QuerySet[CalendarFeed]:
    """`user`'s links that work, the last made first."""
    return CalendarFeed.objects.filter(user=user, revoked_at=None).select_related("schedule__team")


def address(key: str) -> str:
    return mails.absolute(reverse("teams:feed", args=[key]))


def opened_by(key: str, now: datetime) -> CalendarFeed | None:
    """The feed that `key` opens, noted as used; None where it was revoked, never was, or its person has left or may no
    longer see what it shows."""
    if len(key) > LONGEST_KEY:
        return None
    feeds = CalendarFeed.objects.select_related("user", "schedule__team")
    feed = feeds.filter(digest=_digest(key), revoked_at=None).first()
    if feed is None:
        return None
    sees = permits.may(feed.user, "team.view", feed.schedule) if feed.schedule else permits.may(feed.user, "self.view")
    if not sees:
        return None
    if feed.last_used_at is None or feed.last_used_at < now - USED_EVERY:
        # Programs ask every few minutes, several at once.
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        CalendarFeed.objects.filter(stale, pk=feed.pk).update(last_used_at=now)
    return feed


def text(feed: CalendarFeed, now: datetime) -> Text:
    """What a calendar program reads."""
    if feed.schedule is not None:
        shifts = publishing.brought_up([feed.schedule], now)
        name = f"On call: {feed.schedule}"
    else:
        shifts = publishing.brought_up(_mine(feed.user), now, of=feed.user)
        name = f"On call: {feed.user.name}"
    body = writing.calendar(name, [_entry(row, own=feed.schedule is None) for row in shifts])
    return Text(name, body, max((row.changed_at for row in shifts), default=feed.created_at))


def _mine(user: User) -> QuerySet[Schedule]:
    """Where `user` has duty, or was told of some that went away."""
    told = Schedule.objects.filter(published_shifts__user=user)
    found: QuerySet[Schedule] = Schedule.objects.filter(
        Q(pk__in=oncall.schedules_of([user]).values("pk")) | Q(pk__in=told.values("pk"))
    )
    return found.select_related("team").order_by("pk")


def _entry(row: PublishedShift, *, own: bool) -> writing.Entry:
    return writing.Entry(
        # The installation's address is no part of it: it may move, and the events stay the same.
        uid=f"{row.uid}@watchbill",
        sequence=row.sequence,
        start=row.starts_at,
        end=row.ends_at,
        summary=f"On call: {row.schedule}" if own else f"{row.user.name} on call: {row.schedule}",
        description=f"{row.user.name} is on call for {row.schedule.team.name}, on the schedule {row.schedule.name}.",
        url=mails.absolute(row.schedule.get_absolute_url()),
        changed=row.changed_at,
        cancelled=row.cancelled,
    )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
