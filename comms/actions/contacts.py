"""How somebody is reached: contact methods that are proved by a code, and the rules that use them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import time, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse

from comms.actions import notifying
from comms.models import Delivery, Letter
from teams import moments, permits, phonebook
from teams.mails import absolute
from teams.models import ContactMethod, NotificationRule, User

Kind = ContactMethod.Kind
CODE_LASTS = timedelta(minutes=10)
MOST_TRIES = 5
# In an hour, of one person: whoever types a stranger's number must not be able to ring it all night.
MOST_CODES = 5
MOST_TESTS = 10
MOST_METHODS = 20
MOST_RULES = 20


@transaction.atomic
def add(user: User, kind: str, address: str, *, by: User, label: str = "") -> tuple[ContactMethod, str]:
    """A new contact method of `user`, which counts once its code was typed, and the secret that signs what a webhook
    gets, shown once. ValidationError names the field and what to give."""
    _own(user, by)
    cleaned = phonebook.cleaned(kind, address)
    if ContactMethod.objects.filter(user=user).count() >= MOST_METHODS:
        raise ValidationError({"kind": f"{MOST_METHODS} contact methods are the most. Remove one first."})
    secret = secrets.token_urlsafe(32) if kind == Kind.WEBHOOK else ""
    try:
        with transaction.atomic():
            made = ContactMethod.objects.create(
                user=user,
                kind=kind,
                label=label.strip()[:60],
                address=cleaned,
                shown=phonebook.shown(kind, cleaned),
                digest=phonebook.digest_of(kind, cleaned),
                secret=secret,
            )
    except IntegrityError:
        raise ValidationError({"address": "You have this one already."}) from None
    send_code(made, by=by)
    return made, secret


@transaction.atomic
def send_code(method: ContactMethod, *, by: User) -> None:
    """Send six digits through the method itself, good for `CODE_LASTS`; an earlier code is void."""
    method = _locked(method, by)
    if method.verified_at is not None:
        raise ValidationError("It is verified already.")
    _bounded(method.user, Delivery.Kind.CODE, MOST_CODES, "codes")
    code = f"{secrets.randbelow(1_000_000):06}"
    method.code_digest = _digest(method, code)
    method.code_ends_at, method.code_tries = moments.now() + CODE_LASTS, 0
    method.save(update_fields=["code_digest", "code_ends_at", "code_tries"])
    minutes = int(CODE_LASTS.total_seconds() // 60)
    _send(
        method.user,
        method,
        Delivery.Kind.CODE,
        "Your Watchbill code",
        f"{code} is the code that proves to Watchbill that this is yours. It is good for {minutes} minutes.",
    )


def verify(method: ContactMethod, code: str, *, by: User) -> None:
    """Take the code; the method counts from now on, and the first rule of high urgency uses it at once. ValidationError
    for a code that is wrong, too old, or was guessed at too often, each with what to do."""
    if wrong := _tried(method, code, by):
        raise ValidationError({"code": wrong})


@transaction.atomic
def _tried(method: ContactMethod, code: str, by: User) -> str:
    """Why the code is not taken, or nothing. A wrong one is counted whatever becomes of the refusal."""
    method = _locked(method, by)
    if method.verified_at is not None:
        return ""
    if wrong := _why_not(method, code):
        method.code_tries += 1
        method.save(update_fields=["code_tries"])
        return wrong
    method.verified_at, method.code_digest, method.code_ends_at = moments.now(), "", None
    method.save(update_fields=["verified_at", "code_digest", "code_ends_at"])
    rules = NotificationRule.objects.filter(user=method.user, urgency="high")
    if not rules.exists() and method.user.email:
        NotificationRule.objects.create(user=method.user, urgency="high", method=None)
    NotificationRule.objects.get_or_create(user=method.user, urgency="high", delay_minutes=0, method=method)
    return ""


@transaction.atomic
def remove(method: ContactMethod, *, by: User) -> None:
    """Forget the method and the rules that use it. Pages that wait for it go out by the others."""
    _locked(method, by, admin="person.change").delete()


@transaction.atomic
def lose(user: User, method: ContactMethod) -> None:
    """Its provider says that a method leads nowhere any more: it counts no longer, and its person is told by mail. In
    the transaction that notes the failure."""
    lost = ContactMethod.objects.filter(pk=method.pk, verified_at__isnull=False)
    if lost.update(verified_at=None) and user.email:
        page = absolute(reverse("comms:contacts"))
        text = (
            f"{method} does not take pages any more, and your rules leave it out. Open {page} in that "
            "browser and press the button again, or remove it."
        )
        letter = Letter.objects.create(subject="One of the ways to page you is gone", text=f"{text}\n")
        notifying.queue_letter(user, None, Delivery.Kind.ACCOUNT, letter)


@transaction.atomic
def turn(method: ContactMethod, *, on: bool, by: User) -> None:
    """Let pages use it, or not for now."""
    method = _locked(method, by)
    method.disabled_at = None if on else moments.now()
    method.save(update_fields=["disabled_at"])


@transaction.atomic
def test(user: User, method: ContactMethod | None, *, by: User) -> Delivery:
    """Send a test page through the method, or by mail to the account's address, and return its delivery."""
    if by.pk != user.pk:
        permits.require(by, "person.change")
    if method is not None and not method.usable:
        raise ValidationError("Verify it and turn it on first.")
    _bounded(user, Delivery.Kind.TEST, MOST_TESTS, "test pages")
    text = "This is a test page from Watchbill. Nothing is wrong, and there is nothing to do."
    return _send(user, method, Delivery.Kind.TEST, "Test page from Watchbill", text)


@transaction.atomic
def set_rules(user: User, urgency: str, rules: Iterable[tuple[int, ContactMethod | None]], *, by: User) -> None:
    """Let pages of `urgency` reach `user` by exactly these: minutes after the page, and the method (None: the
    account's e-mail). None at all is mail at once."""
    _own(user, by)
    wanted = list(dict.fromkeys((minutes, method.pk if method else None) for minutes, method in rules))
    if len(wanted) > MOST_RULES:
        raise ValidationError(f"{MOST_RULES} rules are the most.")
    mine = set(ContactMethod.objects.filter(user=user).values_list("pk", flat=True))
    for minutes, pk in wanted:
        if not 0 <= minutes <= NotificationRule.LONGEST:
            raise ValidationError(f"Give 0 to {NotificationRule.LONGEST} minutes.")
        if pk is not None and pk not in mine:
            raise ValidationError("Choose one of your own contact methods.")
    User.objects.select_for_update().get(pk=user.pk)
    NotificationRule.objects.filter(user=user, urgency=urgency).delete()
    NotificationRule.objects.bulk_create(
        NotificationRule(user=user, urgency=urgency, delay_minutes=minutes, method_id=pk) for minutes, pk in wanted
    )


@transaction.atomic
def set_quiet(user: User, start: time | None, end: time | None, *, by: User) -> None:
    """The hours of each day, on the person's own clock, in which low urgency waits; both None for none."""
    _own(user, by)
    if (start is None) != (end is None):
        raise ValidationError({"quiet_until" if end is None else "quiet_from": "Give both ends, or neither."})
    if start is not None and start == end:
        raise ValidationError({"quiet_until": "Give an end unlike the start."})
    user.quiet_from, user.quiet_until = start, end
    user.save(update_fields=["quiet_from", "quiet_until"])


def _why_not(method: ContactMethod, code: str) -> str:
    if not method.code_digest or method.code_ends_at is None:
        return "No code was sent. Send one first."
    if method.code_tries >= MOST_TRIES:
        return "That was one guess too many. Send a new code."
    if moments.now() > method.code_ends_at:
        return "The code is too old. Send a new one."
    if not hmac.compare_digest(method.code_digest, _digest(method, "".join(code.split()))):
        return "That is not the code. Look at the last message again, or send a new code."
    return ""


def _digest(method: ContactMethod, code: str) -> str:
    return hashlib.sha256(f"{method.pk}:{method.digest}:{code}".encode()).hexdigest()


def _own(user: User, by: User) -> None:
    permits.require(by, "self.change")
    if by.pk != user.pk:
        raise PermissionDenied("How somebody is reached is theirs to say.")


def _locked(method: ContactMethod, by: User, *, admin: str = "") -> ContactMethod:
    found = ContactMethod.objects.select_for_update(of=("self",)).select_related("user").get(pk=method.pk)
    if admin and by.pk != found.user_id:
        permits.require(by, admin)
    else:
        _own(found.user, by)
    return found


def _bounded(user: User, kind: str, most: int, what: str) -> None:
    since = moments.now() - timedelta(hours=1)
    if Delivery.objects.filter(user=user, kind=kind, created_at__gte=since).count() >= most:
        raise ValidationError(f"{most} {what} in an hour are the most. Wait a little.")


def _send(user: User, method: ContactMethod | None, kind: Delivery.Kind, subject: str, text: str) -> Delivery:
    letter = Letter.objects.create(subject=subject, text=f"{text}\n")
    return notifying.queue_letter(user, method, kind, letter)
