"""Passwords, checked in the same time whoever was named."""

from __future__ import annotations

from typing import Any

from allauth.account.auth_backends import AuthenticationBackend
from django.db.models import Q
from django.http import HttpRequest

from teams.models import User


def named(login: str) -> User | None:
    """Who signs in as `login`, a username or an e-mail address in any case; one's own spelling goes first."""
    found = User.objects.filter(Q(username__iexact=login) | Q(email__iexact=login)) if login else []
    return min(found, key=lambda u: (u.username != login, u.username.lower() != login.lower()), default=None)


class ByPassword(AuthenticationBackend):
    """One look and one check of the password. django-allauth's own tries an address up to three times, which tells a
    stopwatch that the account is there; where there is none, it hashes once all the same."""

    def _authenticate(self, request: HttpRequest | None, **credentials: Any) -> Any:
        login = credentials.get("username") or credentials.get("email") or ""
        return self._check_password(named(login), credentials.get("password") or "")
