"""Sessions: which somebody has, how long they last, and ending them.

django-allauth keeps a row for each (`UserSession`) beside Django's own. We write it at sign-in, and at most once a
minute afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from teams.audit.events import address_of, note
from teams.models import Organization, User
from teams.models.organization import LONGEST_SESSION
from teams.signin import devices
from teams.signin.again import SIGNED_IN

SEEN_EVERY = timedelta(minutes=1)
# For the column that takes no null, where a request has no address.
NOWHERE = "0.0.0.0"  # noqa: S104


@dataclass(frozen=True, slots=True)
class Shown:
    """A session as its person sees it."""

    pk: int
    device: str
    handheld: bool
    address: str
    signed_in_at: datetime
    last_seen_at: datetime
    here: bool


def begin(request: HttpRequest, user: User) -> None:
    """Write down that `user` signed in to this session."""
    request.session[SIGNED_IN] = timezone.now().timestamp()
    keep(request, user)


def keep(request: HttpRequest, user: User) -> None:
    """Have a row for the session of this request, under the key that it has now."""
    if key := request.session.session_key:
        UserSession.objects.update_or_create(session_key=key, defaults=_facts(request) | {"user": user})


def forget(request: HttpRequest) -> None:
    """Drop the row of a session that its person signs out of."""
    if key := request.session.session_key:
        UserSession.objects.filter(session_key=key).delete()


def see(request: HttpRequest, now: datetime) -> str:
    """Note that the session is in use, unless it has reached a limit: why it ends then, in words, else nothing."""
    key = request.session.session_key
    assert key is not None
    assert isinstance(request.user, User)
    row = UserSession.objects.filter(session_key=key).first()
    if row is None:
        # Older than this bookkeeping: its time begins now.
        UserSession.objects.get_or_create(session_key=key, defaults=_facts(request) | {"user": request.user})
        return ""
    limits = Organization.of(request)
    stamp = request.session.get(SIGNED_IN)
    signed_in = datetime.fromtimestamp(stamp, UTC) if stamp else row.created_at
    if now - row.last_seen_at > timedelta(days=limits.session_idle_days):
        return f"It was not used for {_days(limits.session_idle_days)}."
    if now - signed_in > timedelta(days=limits.session_days):
        return f"Sessions last {_days(limits.session_days)}."
    if row.last_seen_at < now - SEEN_EVERY:
        # Whoever comes first writes: of many requests at once, one.
        stale = UserSession.objects.filter(pk=row.pk, last_seen_at__lt=now - SEEN_EVERY)
        stale.update(**_facts(request) | {"last_seen_at": now})
    return ""


def close(request: HttpRequest, why: str) -> None:
    """End the session of this request, which goes on as nobody's."""
    user = request.user
    assert isinstance(user, User)
    UserSession.objects.filter(session_key=request.session.session_key).delete()
    note("session.ended", f"A session of {user} ended. {why}", user=user, request=request, why=why)
    request.session.flush()
    request.user = AnonymousUser()


def of(user: User, *, here: str | None = None) -> list[Shown]:
    """The sessions of `user` that still let them in, the latest used first; `here` is the key of the one that asks.
    Rows whose session is gone are dropped on the way."""
    shown, gone = [], []
    rows = list(UserSession.objects.filter(user=user).order_by("-last_seen_at", "-pk"))
    alive = Session.objects.filter(session_key__in=[r.session_key for r in rows], expire_date__gt=timezone.now())
    data = {session.session_key: session.get_decoded() for session in alive}
    for row in rows:
        kept = data.get(row.session_key, {})
        if kept.get(HASH_SESSION_KEY) != user.get_session_auth_hash():
            gone.append(row.pk)
            continue
        stamp = kept.get(SIGNED_IN)
        shown.append(
            Shown(
                pk=row.pk,
                device=devices.named(row.user_agent),
                handheld=devices.is_handheld(row.user_agent),
                address="" if row.ip == NOWHERE else row.ip,
                signed_in_at=datetime.fromtimestamp(stamp, UTC) if stamp else row.created_at,
                last_seen_at=row.last_seen_at,
                here=row.session_key == here,
            )
        )
    if gone:
        UserSession.objects.filter(pk__in=gone).delete()
    return sorted(shown, key=lambda s: not s.here)


def end(session_pk: int, *, by: User, request: HttpRequest | None = None) -> Shown | None:
    """End one of the sessions of `by`; None where it is gone already, or is somebody else's."""
    row = UserSession.objects.filter(pk=session_pk, user=by).first()
    if row is None:
        return None
    found = next((s for s in of(by) if s.pk == session_pk), None)
    _end([row], by=by, request=request)
    return found


def end_sessions(
    user: User, *, by: User | None, except_key: str | None = None, request: HttpRequest | None = None, why: str = ""
) -> int:
    """End every session of `user`, but for the one with `except_key`; how many. `by` None: Watchbill itself, as when
    an identity provider says that somebody has left."""
    return _end(list(UserSession.objects.filter(user=user).exclude(session_key=except_key or "")), by, request, why)


@transaction.atomic
def _end(rows: list[UserSession], by: User | None, request: HttpRequest | None = None, why: str = "") -> int:
    ended = 0
    for row in rows:
        if not _store().exists(row.session_key):
            continue
        ended += 1
        _store().delete(row.session_key)
        device = devices.named(row.user_agent)
        said = f"A session of {row.user} ({device}) was ended. {why}".strip()
        note("session.ended", said, user=row.user, by=by, request=request, device=device, why=why)
    UserSession.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return ended


def sweep(now: datetime) -> int:
    """Drop what is left of sessions that nobody can use any more; how many rows of ours."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    dead = UserSession.objects.filter(last_seen_at__lt=now - timedelta(days=LONGEST_SESSION))
    return int(dead.delete()[0])


def _store() -> Any:
    return import_module(settings.SESSION_ENGINE).SessionStore()


def _facts(request: HttpRequest) -> dict[str, str]:
    return {
        "ip": address_of(request) or NOWHERE,
        "user_agent": request.headers.get("User-Agent", "")[: UserSession._meta.get_field("user_agent").max_length],
    }


def _days(number: int) -> str:
    return "a day" if number == 1 else f"{number} days"
