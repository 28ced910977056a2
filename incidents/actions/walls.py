"""Links by which a screen in an office shows what goes on, without an account: made, revoked and opened."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from incidents.models import WallLink
from incidents.problems import refuse
from teams import mails, moments, permits
from teams.models import Team, User

MOST = 50
USED_EVERY = timedelta(minutes=10)
# Longer than any of ours, shorter than what one would hash for no reason.
LONGEST_KEY = 100


@transaction.atomic
def issue(*, by: User, name: str, teams: Iterable[Team] = ()) -> tuple[WallLink, str]:
    """Make a link to the wall of these teams, of all without any; its row and the address, which is never seen again.

    Raises Blocked without a name that says where the screen hangs, and where there are as many as there may be.
    """
    permits.require(by, "wall.change")
    name = " ".join(name.split())[:80]
    if not name:
        raise refuse("name_missing", "Say where the screen hangs, such as “Second floor”.", field="name")
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if working().count() >= MOST:
        raise refuse("too_many", f"There are {MOST} links to walls. Revoke one that no screen uses any more.")
    key = secrets.token_urlsafe(32)
    link = WallLink.objects.create(name=name, digest=_digest(key), hint=key[:6], made_by=by)
    link.teams.set(teams)
    return link, mails.absolute(reverse("incidents:wall_by_link", args=[key]))


@transaction.atomic
def revoke(pk: int, *, by: User) -> WallLink:
    """End a link at once. One that was revoked before stays as it was."""
    permits.require(by, "wall.change")
    link = WallLink.objects.select_for_update().get(pk=pk)
    if link.revoked_at is None:
        link.revoked_at = moments.now()
        link.save(update_fields=["revoked_at"])
    return link


def working() -> QuerySet[WallLink]:
    """Links that were not revoked, the last made first."""
    return WallLink.objects.filter(revoked_at=None).select_related("made_by").prefetch_related("teams")


def opened_by(key: str, now: datetime) -> WallLink | None:
    """The link that `key` opens, noted as used; None where it was revoked, never was, or whoever made it has left or
    may no longer make one."""
    if len(key) > LONGEST_KEY:
        return None
    link = working().filter(digest=_digest(key)).first()
    if link is None or not permits.may_somewhere(link.made_by, "wall.change"):
        return None
    if link.last_used_at is None or link.last_used_at < now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        WallLink.objects.filter(stale, pk=link.pk).update(last_used_at=now)
    return link


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
