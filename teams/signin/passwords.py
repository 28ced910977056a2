"""A password that somebody gives to somebody else."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from teams.audit.events import note
from teams.models import User
from teams.signin import letters, sessions


@transaction.atomic
def given(user: User, *, by: User, request: HttpRequest | None = None) -> None:
    """What goes with a password of `user` that `by` has just set: sessions end, it is written down, a mail says so.
    The session in which somebody sets their own stays."""
    note("password.changed", f"{by} set a new password for {user}.", user=user, by=by, request=request)
    here = request.session.session_key if request and by.pk == user.pk else None
    if here is not None and request is not None:
        sessions.keep(request, user)
    sessions.end_sessions(user, by=by, except_key=here, request=request, why="The password was changed.")
    letters.send_notice("account/email/password_changed", user, request)
