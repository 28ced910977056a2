"""What django-allauth asks of us."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from teams import secrets
from teams.audit.events import address_of, note
from teams.models import User
from teams.signin import addresses, again, letters
from teams.signin.backends import named
from teams.signin.second_factor import looks_sealed
from teams.signin.sessions import NOWHERE
from teams.signin.through_provider import ThroughProvider

WRONG = "That is not the password of this account, or there is no such account. Check both, or choose a new password."
LATER = "Too many attempts. Wait five minutes, or choose a new password by mail."


class Accounts(ThroughProvider, DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": LATER,
        "incorrect_password": "That is not your password.",
        "incorrect_code": "That code is not right, or it was used before. Wait for the next one and try again.",
        "enter_current_password": "That is not your present password.",
        "rate_limited": "Too many attempts. Wait a minute and try again.",
        "duplicate_email": "That is your address already.",
        "invalid_password_reset": "This link has been used, or it is too old. Ask for another one.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes an account for themselves: people are invited, or come from an identity provider."""
        return False

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or NOWHERE

    def is_safe_url(self, url: str) -> bool:
        """Only paths of this installation: where somebody goes after signing in is never another place."""
        host = context.request.get_host()
        return bool(url_has_allowed_host_and_scheme(url, {host, urlsplit(settings.WATCHBILL_BASE_URL).netloc}))

    def can_delete_email(self, email_address: Any) -> bool:
        """One's address can be changed, not taken away: pages go there."""
        return not email_address.primary

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """The person, or None: for somebody who has left as for a wrong password, so that nothing is told."""
        self.pre_authenticate(request, **credentials)
        user = authenticate(request, **credentials)
        AuthenticationBackend.unstash_authenticated_user()
        if user is None:
            self.authentication_failed(request, **credentials)
            return None
        self._rollback_login_failed_rl_usage()
        return user

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that somebody was refused; the name they gave only where it is an account's."""
        login = credentials.get("username") or credentials.get("email") or ""
        user = named(login)
        if getattr(self, "_confirming", False):
            note("reauthentication.refused", f"{user} gave a wrong password.", user=user, request=request)
        elif user is not None:
            note("sign_in.refused", f"A sign-in as {user} was refused.", user=user, request=request, method="password")
        else:
            note("sign_in.refused", "A sign-in to an account that is not there was refused.", request=request)

    def reauthenticate(self, user: Any, password: str) -> bool:
        self._confirming = True
        try:
            return bool(super().reauthenticate(user, password))
        finally:
            self._confirming = False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """One count for an account, whichever of its names is guessed at."""
        login = str(credentials.get("email") or credentials.get("username") or "").lower()
        user = named(login)
        return f"account:{user.pk}" if user else f"nobody:{login}"

    def pre_login(self, request: HttpRequest, user: Any, **hooks: Any) -> Any:
        addresses.vouch(user)
        return super().pre_login(request, user, **hooks)

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Signing in a short while ago counts as well, not only a confirmation since."""
        return not again.is_fresh(context.request)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _at_base(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _at_base(super().get_email_confirmation_url(request, emailconfirmation))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """The library's letters in our words and look; those that we have none for as the library sends them."""
        if template_prefix in letters.LETTERS:
            letters.send(template_prefix, email, context)
        else:
            super().send_mail(template_prefix, email, context)


class SecondFactors(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": Accounts.error_messages["incorrect_code"],
        "cannot_generate_recovery_codes": "Set up an authenticator app or a passkey first.",
    }

    def encrypt(self, text: str) -> str:
        return secrets.seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """What was sealed; what was kept before anything was is returned as it is. Raises `secrets.Unreadable`."""
        return secrets.unseal(encrypted_text) if looks_sealed(encrypted_text) else encrypted_text

    def build_totp_svg(self, url: str) -> str:
        """The drawing alone, to stand in a page."""
        svg: str = super().build_totp_svg(url)
        return svg[svg.index("<svg") :]

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:  # noqa: A002
        count = Authenticator.objects.filter(user_id=user.pk, type=type).count()
        return "My passkey" if not count else f"Passkey {count + 1}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": super().get_public_key_credential_rp_entity()["id"], "name": "Watchbill"}

    def get_public_key_credential_user_entity(self, user: User) -> dict[str, Any]:
        entity: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return entity | {"display_name": user.name, "name": user.username}


def _at_base(url: str) -> str:
    """A link for a mail, at the address that people use and not at whatever the request called us."""
    parts = urlsplit(url)
    return f"{settings.WATCHBILL_BASE_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
