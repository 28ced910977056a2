"""Verbs on API tokens: one's own, and those of service accounts. Who may is `teams.access`'s to say."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from teams import access, keys, mails, permits
from teams.audit.events import address_of, note
from teams.models import ApiToken, Organization, User
from teams.models.token import SCOPE_NAMES, USUAL_LIFE

LONGEST_LIFE = timedelta(days=366)
# How long before its end a token's owner is told.
WARNINGS = (timedelta(days=7), timedelta(days=1))
USED_EVERY = timedelta(minutes=1)
USUAL_END = "in 90 days"


class Refused(Exception):
    """A key that opens nothing. `code` is for programs, the text for people."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


def usable_scopes(owner: User, *, by: User) -> list[str]:
    """Scopes with something in them that `owner` may do, and that `by` may hand out. Nobody gives more than they have:
    keeping people in step with an identity provider is for service accounts, and for who decides how people get in."""
    found = [
        scope
        for scope in SCOPE_NAMES
        if any(row.scope == scope and permits.may_somewhere(owner, row.name) for row in access.TABLE.values())
    ]
    if owner.is_service and permits.may(by, "security.change"):
        found.append("provision")
    return found


def may_last() -> bool:
    """Whether the organization lets tokens be made that never end."""
    return Organization.current().tokens_may_last


@transaction.atomic
def issue(
    *,
    by: User,
    name: str,
    scopes: Iterable[str] = ("read",),
    expires_at: datetime | str | None = USUAL_END,
    owner: User | None = None,
    request: HttpRequest | None = None,
) -> tuple[ApiToken, str]:
    """Make a token of `by`, or of the service account `owner`; return its row and the key, which is never seen again.

    `expires_at` None is never. ValidationError names `name`, `scopes` or `expires_at`.
    """
    owner = owner or by
    _may_keep(owner, by=by)
    now = timezone.now()
    wanted = list(dict.fromkeys(scopes))
    ends = now + USUAL_LIFE if isinstance(expires_at, str) else expires_at
    wrong = {"name": _wrong_name(name), "scopes": _wrong_scopes(wanted, owner, by), "expires_at": _wrong_end(ends, now)}
    if any(wrong.values()):
        raise ValidationError({field: text for field, text in wrong.items() if text})
    token, raw = ApiToken.issue(
        owner, name.strip(), scopes=wanted, expires_at=ends, made_by=by, due_at=_next_word(ends, now)
    )
    text = f"{by} made the API token “{token.name}” ({token.hint}…)" + (f" of {owner}" if owner != by else "")
    note("token.made", text, user=owner, by=by, request=request, token=token.pk, scopes=token.scopes)
    reader = by if owner.is_service else owner
    mails.send(
        reader.email,
        "token_made",
        f"A new API token: {token.name}",
        token=token,
        owner=owner,
        scopes=[access.SCOPES[scope] for scope in token.scopes],
        expires=mails.when(ends, reader) if ends else "",
        made=mails.when(now, reader),
        address=address_of(request),
        url=mails.absolute(url_of(owner)),
    )
    return token, raw


def _wrong_name(name: str) -> str:
    if not name.strip():
        return "Say what it is for, so that it can be revoked with confidence."
    return "Give at most 80 characters." if len(name.strip()) > 80 else ""


def _wrong_scopes(wanted: list[str], owner: User, by: User) -> str:
    if not wanted:
        return "Choose what it may do, at least one thing."
    if unknown := [scope for scope in wanted if scope not in access.SCOPES]:
        return f"There is no scope “{unknown[0][:40]}”. There are: {', '.join(SCOPE_NAMES)}."
    usable = usable_scopes(owner, by=by)
    if over := [scope for scope in wanted if scope not in usable]:
        said = ", ".join(f"“{scope}”" for scope in over)
        if owner.is_service:
            return f"{owner} could not use {said}: give the account another role first, or leave it out."
        return f"You may do nothing of {said}, so a token of yours can't either. Leave it out."
    return ""


def _wrong_end(ends: datetime | None, now: datetime) -> str:
    if ends is None:
        return "" if may_last() else "Every token ends here. Give an end within a year."
    if ends <= now:
        return "That is over already. Give an end that is still to come."
    return "That is more than a year. Give a nearer end." if ends > now + LONGEST_LIFE else ""


def url_of(owner: User) -> str:
    """The page of the console where the tokens of `owner` are kept."""
    return reverse("teams:service_account", args=[owner.pk]) if owner.is_service else reverse("teams:tokens")


def _may_keep(owner: User, *, by: User) -> None:
    """PermissionDenied unless `by` may make a token of `owner`: one's own, or a service account's."""
    if owner.pk == by.pk and not owner.is_service:
        permits.require(by, "self.tokens")
        return
    permits.require(by, "token.service")
    if not owner.is_service:
        raise PermissionDenied("Whoever has a token acts as its owner, so people make their own.")
    if not owner.is_active:
        raise PermissionDenied(f"{owner} is switched off.")


@transaction.atomic
def revoke(token_pk: int, *, by: User, request: HttpRequest | None = None) -> None:
    """End a token at once: one's own, or anybody's for whoever may. One that was revoked before stays as it was."""
    token = ApiToken.objects.select_for_update(of=("self",)).select_related("user").get(pk=token_pk)
    permits.require(by, "self.tokens" if token.user_id == by.pk else "token.service")
    _end(token, by=by, request=request)


@transaction.atomic
def revoke_all(user: User, *, by: User | None, request: HttpRequest | None = None) -> int:
    """End every token of `user`, who leaves or may have been robbed; returns how many. The caller has asked whether
    `by` may. Tokens that `user` made for service accounts go on: those belong to the organization."""
    found = ApiToken.objects.select_for_update(of=("self",)).select_related("user").filter(user=user, revoked_at=None)
    return sum(_end(token, by=by, request=request) for token in found)


def _end(token: ApiToken, *, by: User | None, request: HttpRequest | None) -> bool:
    if token.revoked_at is not None:
        return False
    token.revoked_at, token.due_at = timezone.now(), None
    token.save(update_fields=["revoked_at", "due_at"])
    text = f"The API token “{token.name}” ({token.hint}…) of {token.user} was revoked"
    note("token.revoked", text, user=token.user, by=by, request=request, token=token.pk)
    return True


def recognise(raw: str, *, address: str | None = None) -> ApiToken:
    """The token that `raw` is the key of, with its owner, noted as used from `address`. Raises Refused."""
    if not keys.whole(raw):
        raise Refused(
            "token_refused",
            "This is not a whole token: copy it again from its first letter to its last, or make a new one.",
        )
    now = timezone.now()
    token = ApiToken.objects.select_related("user").filter(digest=ApiToken.digest_of(raw)).first()
    if token is None or token.revoked_at is not None or not token.user.is_active:
        raise Refused(
            "token_refused", "This token is unknown or revoked, or its owner can't sign in any more. Make a new one."
        )
    if token.expires_at is not None and token.expires_at <= now:
        raise Refused("token_expired", f"This token ended at {token.expires_at:%Y-%m-%dT%H:%MZ}. Make a new one.")
    _used(token, now, address)
    return token


def _used(token: ApiToken, now: datetime, address: str | None) -> None:
    """Note when and from where a token was last used, at most once a minute: a busy script must not write with each
    request."""
    if token.last_used_at is None or token.last_used_at < now - USED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now, last_used_from=address)


def _next_word(ends: datetime | None, now: datetime) -> datetime | None:
    """When something is next to be said of a token's end: a warning before it, or that it is here."""
    if ends is None:
        return None
    return min((at for at in (*(ends - ahead for ahead in WARNINGS), ends) if at > now), default=None)


def tell_due(now: datetime, *, limit: int = 100) -> int:
    """Warn of tokens that end soon, and note those that have ended; returns how many."""
    count = 0
    while count < limit and _tell_one(now):
        count += 1
    return count


@transaction.atomic
def _tell_one(now: datetime) -> bool:
    due = ApiToken.objects.select_for_update(skip_locked=True, of=("self",)).select_related("user", "made_by")
    token = due.filter(due_at__lte=now).order_by("due_at", "pk").first()
    if token is None:
        return False
    ends = token.expires_at
    token.due_at = _next_word(ends, now)
    token.save(update_fields=["due_at"])
    if ends is None or token.revoked_at is not None or not token.user.is_active:
        return True
    if ends <= now:
        text = f"The API token “{token.name}” ({token.hint}…) of {token.user} has ended"
        note("token.expired", text, user=token.user, by=None, token=token.pk)
        return True
    for reader in _readers(token):
        mails.send(
            reader.email,
            "token_ending",
            f"An API token ends soon: {token.name}",
            token=token,
            owner=token.user,
            expires=mails.when(ends, reader),
            used=mails.when(token.last_used_at, reader) if token.last_used_at else "",
            url=mails.absolute(url_of(token.user)),
        )
    return True


def _readers(token: ApiToken) -> list[User]:
    """Whom a token's end concerns: its owner; of a service account who made it, else the owners of the organization."""
    if not token.user.is_service:
        return [token.user]
    maker = token.made_by
    if maker is not None and permits.may(maker, "token.service"):
        return [maker]
    return list(User.objects.present().filter(role=User.Role.OWNER))
