"""Who has to have something beside their password, and whether they do."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.http import HttpRequest

from teams import secrets
from teams.models import Organization, User

# Set by single sign-on: its provider has asked for what it wants to ask for.
SSO = "watchbill_sso"
STRONG = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# Where the library keeps what it seals and unseals through its adapter.
_SEALED = ("secret", "seed")


def is_required(user: User, organization: Organization) -> bool:
    """Whether `organization` asks `user` for a second factor. Whoever has no password (a service account, somebody
    who only comes through a provider or with a passkey) has nothing that it would stand beside."""
    wanted = organization.second_factor_for
    if wanted == Organization.SecondFactor.NOBODY or not user.has_usable_password():
        return False
    return wanted == Organization.SecondFactor.EVERYBODY or user.role in (User.Role.OWNER, User.Role.ADMIN)


def has_one(user: User) -> bool:
    """Whether `user` has an authenticator app or a passkey. Recovery codes alone are none."""
    return bool(Authenticator.objects.filter(user_id=user.pk, type__in=STRONG).exists())


def is_missing(request: Any) -> bool:
    """Whether the request (Django's or the API's) is of somebody who must have a second factor and has none."""
    user = request.user
    if not isinstance(user, User):
        return False
    session = getattr(request, "session", None)
    if session is not None and session.get(SSO):
        return False
    return is_required(user, Organization.of(request)) and not has_one(user)


def note_missing(request: HttpRequest) -> bool:
    """`is_missing`, asked once a request and left on it for the page that says so."""
    if not hasattr(request, "second_factor_missing"):
        request.second_factor_missing = is_missing(request)  # type: ignore[attr-defined]
    return bool(request.second_factor_missing)  # type: ignore[attr-defined]


def looks_sealed(text: str) -> bool:
    """Whether it begins as everything does that `teams.secrets` has sealed."""
    return text.startswith("gAAAA")


@transaction.atomic
def reseal() -> int:
    """Seal every second factor's secret under the first key, those included that were kept in the clear; how many.
    Raises `secrets.Unreadable`."""
    rows = Authenticator.objects.select_for_update().exclude(type=Authenticator.Type.WEBAUTHN)
    for row in rows:
        for name in _SEALED:
            if text := row.data.get(name):
                row.data[name] = secrets.reseal(text) if looks_sealed(text) else secrets.seal(text)
        row.save(update_fields=["data"])
    return len(rows)
