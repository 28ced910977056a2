"""What happens to accounts, written down, and told to the person where they should know."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from django.contrib.auth import signals as auth
from django.db.models.signals import post_save
from django.http import HttpRequest
from django.utils import timezone

from teams.actions import look_soon
from teams.audit.events import note
from teams.models import AccessEvent, User
from teams.signin import addresses, devices, letters, sessions

NEW_AFTER = timedelta(days=90)
KINDS = {
    Authenticator.Type.TOTP: "an authenticator app",
    Authenticator.Type.WEBAUTHN: "a passkey",
    Authenticator.Type.RECOVERY_CODES: "a recovery code",
}


def listen() -> None:
    """Connect what is below to the signals of Django and django-allauth."""
    for signal, receiver in (
        (auth.user_logged_in, _session_begun),
        (auth.user_logged_out, _signed_out),
        (account.user_logged_in, _signed_in),
        (account.authentication_step_completed, _proven),
        (account.password_changed, _password_changed),
        (account.password_set, _password_changed),
        (account.password_reset, _password_reset),
        (account.email_changed, _address_changed),
        (account.email_confirmed, _address_confirmed),
        (mfa.authenticator_added, _second_factor_added),
        (mfa.authenticator_removed, _second_factor_removed),
        (mfa.authenticator_reset, _codes_made),
        (mfa.authenticator_used, _second_factor_used),
        (mfa.authentication_failed, _second_factor_refused),
    ):
        signal.connect(receiver, dispatch_uid=f"teams.signin.{receiver.__name__}.{id(signal)}")
    post_save.connect(addresses.vouch_for_saved, sender=User, dispatch_uid="teams.signin.vouch")


def method_of(request: HttpRequest, user: User) -> str:
    """How this session was signed in to, in words: "password and an authenticator app"."""
    words = []
    for record in get_authentication_records(request, user):
        if record.get("reauthenticated"):
            continue
        if record["method"] == "mfa":
            words.append(KINDS.get(record.get("type"), "a second factor"))
        elif record["method"] == "socialaccount":
            words.append("single sign-on")
        else:
            words.append(str(record["method"]).replace("_", " "))
    return " and ".join(dict.fromkeys(words)) or "a link"


def _address_confirmed(sender: Any, **more: Any) -> None:
    look_soon()


def _session_begun(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    sessions.begin(request, user)


def _signed_in(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    method = method_of(request, user)
    device = devices.named(request.headers.get("User-Agent", ""))
    before = AccessEvent.objects.filter(kind="sign_in.done", user=user)
    known = before.filter(at__gt=timezone.now() - NEW_AFTER, detail__device=device).exists()
    # The very first sign-in is of a person who has just got the account, and knows.
    first = not known and not before.exists()
    note("sign_in.done", f"{user} signed in with {method}.", user=user, request=request, method=method, device=device)
    if not known and not first:
        letters.send_notice("signin/new_device", user, request, device=device)


def _signed_out(sender: Any, request: HttpRequest | None, user: User | None, **more: Any) -> None:
    if user is None:
        return
    if request is not None:
        sessions.forget(request)
    note("sign_out.done", f"{user} signed out.", user=user, request=request)


def _proven(
    sender: Any, request: HttpRequest, user: User, method: str, reauthenticated: bool = False, **more: Any
) -> None:
    if reauthenticated:
        note("reauthentication.done", f"{user} confirmed who they are.", user=user, request=request, method=method)


def _password_changed(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    note("password.changed", f"{user} changed their password.", user=user, request=request)
    # The session has a new key since.
    sessions.keep(request, user)
    _end_others(request, user)


def _password_reset(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    note("password.reset", f"{user} chose a new password with a link from a mail.", user=user, request=request)
    _end_others(request, user)


def _end_others(request: HttpRequest, user: User) -> None:
    here = request.session.session_key if request.user == user else None
    sessions.end_sessions(user, by=user, except_key=here, request=request, why="The password was changed.")


def _address_changed(
    sender: Any, request: HttpRequest, user: User, from_email_address: Any, to_email_address: Any, **more: Any
) -> None:
    old = from_email_address.email if from_email_address else ""
    said = f"{user} changed their e-mail address to {to_email_address.email}."
    note("address.changed", said, user=user, request=request, before=old, after=to_email_address.email)


def _second_factor_added(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    if authenticator.type == Authenticator.Type.RECOVERY_CODES:
        _codes_made(sender, request, user)
    else:
        what = KINDS[Authenticator.Type(authenticator.type)]
        said = f"{user} added {what}."
        note("second_factor.added", said, user=user, request=request, factor=authenticator.type)


def _second_factor_removed(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    # Recovery codes go with the last of the others.
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        what = KINDS[Authenticator.Type(authenticator.type)]
        said = f"{user} removed {what}."
        note("second_factor.removed", said, user=user, request=request, factor=authenticator.type)


def _codes_made(sender: Any, request: HttpRequest, user: User, **more: Any) -> None:
    note("recovery_codes.generated", f"{user} has new recovery codes.", user=user, request=request)


def _second_factor_used(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    what = KINDS[Authenticator.Type(authenticator.type)]
    note("second_factor.used", f"{user} used {what}.", user=user, request=request, factor=authenticator.type)


def _second_factor_refused(
    sender: Any, request: HttpRequest, user: User, authenticator: Authenticator, **more: Any
) -> None:
    kind = "reauthentication.refused" if more.get("reauthentication") else "second_factor.refused"
    note(kind, f"{user} gave a wrong code.", user=user, request=request, factor=authenticator.type)
