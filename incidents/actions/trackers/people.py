"""Who is who at a tracker: as somebody said, else by their e-mail address, which is asked for once."""

from __future__ import annotations

import logging
from functools import partial

from django.db import IntegrityError, transaction

from incidents.actions.trackers.working import Steps
from incidents.models import Tracker, TrackerPerson
from incidents.trackers.shapes import Denied, Dialect, Gone, Refused
from teams.models import User

log = logging.getLogger(__name__)


def known_login(tracker: Tracker, user_pk: int | None) -> str:
    """Who somebody is there, as far as is known without asking."""
    if user_pk is None:
        return ""
    return tracker.people.filter(user=user_pk).values_list("login", flat=True).first() or ""


def login_of(tracker: Tracker, user: User, dialect: Dialect) -> Steps[str | None]:
    """Who `user` is there; None where nobody knows. In no transaction: the tracker may be asked."""
    if known := known_login(tracker, user.pk):
        return known
    if not user.email:
        return None
    try:
        login: str = yield partial(dialect.login_of, user.email)
    except (Denied, Gone, Refused):
        # Not every token may look for people; the rest works without.
        return None
    if not login:
        return None
    try:
        with transaction.atomic():
            TrackerPerson.objects.create(tracker=tracker, user=user, login=login, found=True)
    except IntegrityError:
        log.info("%s is somebody else's login at tracker %s", login, tracker.pk)
        return None
    return login


def by_login(tracker: Tracker, login: str) -> User | None:
    """Who has this login, among people who can be given something to do."""
    if not login:
        return None
    return User.objects.present().filter(tracker_logins__tracker=tracker, tracker_logins__login__iexact=login).first()
