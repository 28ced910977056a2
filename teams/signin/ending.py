"""Ending somebody's sessions, wherever they are signed in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.utils import timezone

from teams.models import User


def _sessions() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Key, person's ID and contents of every session that somebody is signed in with. From the sessions themselves: a
    list kept beside them could miss one."""
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator(500):
        held = session.get_decoded()
        if SESSION_KEY in held:
            yield session.session_key, str(held[SESSION_KEY]), held


def end_where(only: Callable[[str, dict[str, Any]], bool]) -> Counter[str]:
    """End at once the sessions to whose person's ID and contents `only` says yes; how many ended, by person's ID."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    found = [(key, person) for key, person, held in _sessions() if only(person, held)]
    for key, _ in found:
        store(key).delete()
    UserSession.objects.filter(session_key__in=[key for key, _ in found]).delete()
    return Counter(person for _, person in found)


def end_sessions(user: User) -> int:
    """End all sessions of `user` at once; how many there were."""
    return end_where(lambda person, held: person == str(user.pk)).total()
