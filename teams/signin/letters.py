"""What is mailed about getting in: one table of letters, so that text and HTML say the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from teams import mails
from teams.audit.events import address_of
from teams.models import User
from teams.signin import devices

NOT_ME = "If it was not you, choose a new password at once and tell an administrator."


@dataclass(frozen=True, slots=True)
class Letter:
    """`says`, `link` and `foot` may name what is in the context in braces. `link`: a button's words and the URL."""

    subject: str
    says: tuple[str, ...]
    link: tuple[str, str] = ("", "")
    foot: str = "If it was not you, do nothing: nothing has changed."
    notice: bool = False


def _notice(subject: str, *says: str, foot: str = NOT_ME, link: tuple[str, str] | None = None) -> Letter:
    """What happened to an account: with when, where from and with which device."""
    return Letter(subject, says, link or ("Look at your account", "{account_url}"), foot, notice=True)


LETTERS = {
    "account/email/password_reset_key": Letter(
        "Choose a new password for Watchbill",
        (
            "Somebody, most likely you, asked for a new password for {username}.",
            "The link opens a page where you choose one. It works once, and for a day.",
        ),
        ("Choose a new password", "{password_reset_url}"),
        "If it was not you, do nothing: your password stays as it is.",
    ),
    "account/email/unknown_account": Letter(
        "No Watchbill account for this address",
        (
            "Somebody, most likely you, asked for a new password for {email} at {base_url}.",
            "No account there has this address. Try another address of yours, or ask an administrator to invite you.",
        ),
    ),
    "account/email/account_already_exists": Letter(
        "You have a Watchbill account already",
        (
            "Somebody, most likely you, wanted to use {email} for an account at {base_url}. An account has it already.",
            "If you have forgotten its password, choose a new one.",
        ),
        ("Choose a new password", "{base_url}/account/password/reset/"),
    ),
    "account/email/email_confirmation": Letter(
        "Confirm your e-mail address",
        (
            "{name} wants to use this address for Watchbill. Pages and notices go there once it is confirmed.",
            "The link opens a page with a button. It works for three days.",
        ),
        ("Confirm the address", "{activate_url}"),
        "If it was not you, do nothing: the address is not used.",
    ),
    "account/email/password_changed": _notice("Your password was changed", "The password of {name} was changed."),
    "account/email/password_set": _notice("A password was set", "{name} has a password now."),
    "account/email/password_reset": _notice(
        "Your password was reset",
        "The password of {name} was replaced, with a link that was sent to this address. Every session was ended.",
    ),
    "account/email/email_changed": _notice(
        "Your e-mail address was changed", "Mail for {name} goes to {to_email} from now on, no longer to {from_email}."
    ),
    "account/email/email_deleted": _notice(
        "An e-mail address was removed", "{deleted_email} no longer belongs to the account of {name}."
    ),
    "account/email/email_confirm": _notice("Your e-mail address is confirmed", "Mail for {name} comes here now."),
    "mfa/email/totp_activated": _notice(
        "An authenticator app was added", "Signing in as {name} takes a code of an authenticator app from now on."
    ),
    "mfa/email/totp_deactivated": _notice(
        "Your authenticator app was removed", "Signing in as {name} no longer takes a code of an authenticator app."
    ),
    "mfa/email/webauthn_added": _notice("A passkey was added", "A passkey was added to the account of {name}."),
    "mfa/email/webauthn_removed": _notice("A passkey was removed", "A passkey of {name} was removed."),
    "mfa/email/recovery_codes_generated": _notice(
        "New recovery codes were made", "{name} has new recovery codes. The earlier ones no longer work."
    ),
    "signin/new_device": _notice(
        "Somebody signed in with a new device",
        "{name} signed in with {device}, which was not seen here in the last 90 days.",
        foot="If it was you, do nothing. If not, end the session and choose a new password at once.",
        link=("See your sessions", "{sessions_url}"),
    ),
}
LETTERS["account/email/email_confirmation_signup"] = LETTERS["account/email/email_confirmation"]


def send(name: str, to: str, context: dict[str, Any]) -> None:
    """Send the letter `name` of the table. `context` may have the `user`, and what the library gives: `timestamp`,
    `ip` and `user_agent` of the request, and the addresses and links that the letter names."""
    letter = LETTERS[name]
    user = context.get("user") or User.objects.filter(email__iexact=to).first()
    given = {key: str(value) for key, value in context.items()} | {
        "email": to,
        "name": user.name if user else to,
        "username": user.username if user else "",
        "base_url": settings.WATCHBILL_BASE_URL,
        "account_url": settings.WATCHBILL_BASE_URL + reverse("signin:profile"),
        "sessions_url": settings.WATCHBILL_BASE_URL + reverse("signin:sessions"),
    }
    filled = {
        "subject": letter.subject,
        "says": [line.format(**given) for line in letter.says],
        "label": letter.link[0],
        "url": letter.link[1].format(**given),
        "foot": letter.foot,
        "facts": _facts(context, user) if letter.notice else [],
        "base_url": settings.WATCHBILL_BASE_URL,
    }
    mails.post(to, letter.subject, "signin/mail/letter", filled)


def send_notice(name: str, user: User, request: HttpRequest | None, **more: Any) -> None:
    """A notice of the table to `user`, with the facts of the request."""
    if not user.email:
        return
    about = {
        "user": user,
        "timestamp": timezone.now(),
        "ip": address_of(request) or "",
        "user_agent": request.headers.get("User-Agent", "") if request else "",
    }
    send(name, user.email, about | more)


def _facts(context: dict[str, Any], user: User | None) -> list[tuple[str, str]]:
    zone = (user.time_zone if user else "") or "UTC"
    at = context.get("timestamp")
    facts = [("When", f"{at.astimezone(ZoneInfo(zone)):%-d %B %Y, %H:%M} ({zone})" if at else "")]
    facts.append(("Address", str(context.get("ip") or "")))
    facts.append(("Device", devices.named(str(context.get("user_agent") or ""))))
    return [(name, value) for name, value in facts if value and value not in (devices.UNKNOWN, "0.0.0.0")]  # noqa: S104
