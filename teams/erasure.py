"""Erasing a person: their name becomes a pseudonym wherever the database holds it, and the facts stay.

A name stands in texts that nobody can list by hand (a reason, a note, a label of the audit log), and every new table
may hold it. So all free text of all tables is looked through, by what Django knows of its columns.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pgtrigger
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, models, transaction
from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from teams import permits
from teams.audit import events
from teams.audit.retention import unprotected
from teams.audit.tracked import TRACKED
from teams.models import ApiToken, IdempotencyKey, Invitation, ProvidedRole, ScimRecord, TimeOff, User
from teams.secrets import SealedField

VERB = "person.erase"
# Tables of these apps can hold what people wrote; those of the others hold none.
APPS = ("teams", "incidents", "comms", "account", "mfa", "socialaccount", "usersessions", "admin", "pghistory")
# Columns with words of ours, or of a program: somebody called “admin” is not what they say.
OURS = frozenset(
    {"kind", "done", "through", "object", "verb", "phase", "phase_from", "phase_to", "phase_before", "overridden"}
    | {"state", "password", "digest", "request_digest", "hint", "key", "session_key", "uid", "sha256", "content_type"}
    | {"object_id", "time_zone", "country", "fingerprint", "lifecycle"}
    # What decides who gets in, and where the log goes.
    | {"issuer", "client_id", "scopes", "groups_claim", "group", "email_domains", "external_id", "provider", "url"}
    | {"token", "token_secret", "secret"}
)
SHORTEST = 2

Step = Callable[[User], None]
_STEPS: list[Step] = []


def on_erase(step: Step) -> Step:
    """Register what a room does before the names go, in the same transaction: what is to be deleted, or ended."""
    _STEPS.append(step)
    return step


@dataclass(frozen=True, slots=True)
class Name:
    """One way to name a person in a text, and what takes its place. `usual`: replaced unless somebody says no."""

    key: str
    what: str
    text: str
    instead: str
    usual: bool = True

    @property
    def pattern(self) -> str:
        """A PostgreSQL regular expression: whole words, as written in a text or inside JSON."""
        spelled = dict.fromkeys((self.text, json.dumps(self.text, ensure_ascii=False)[1:-1]))
        either = "|".join(r"\s+".join(_escaped(word) for word in text.split()) for text in spelled)
        return f"(?<![[:alnum:]_])(?:{either})(?![[:alnum:]_])"

    @property
    def hint(self) -> str:
        """The longest plain word of it for LIKE, which is quick to say that a text holds no name."""
        words: list[str] = re.findall(r"[^\W_]+", self.text)
        return f"%{max(words, key=len, default='')}%"


@dataclass(frozen=True, slots=True)
class Place:
    """A column of free text."""

    table: str
    column: str
    json: bool
    longest: int | None


def pseudonym(user: User) -> str:
    """Four letters that stay the same for this person, and lead back to nobody without the secret key."""
    return hmac.new(settings.SECRET_KEY.encode(), f"person:{user.pk}".encode(), hashlib.sha256).hexdigest()[:4]


def addresses_of(user: User) -> list[str]:
    """Every e-mail address that is theirs, or that they wanted to change to."""
    others = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return sorted(filter(None, {user.email.lower(), *(email.lower() for email in others)}))


def named(field: str, addresses: Iterable[str]) -> Q:
    """Rows whose `field` is one of `addresses`, however it is spelled."""
    return Q(*(Q(**{f"{field}__iexact": address}) for address in addresses), _connector=Q.OR) or Q(pk__in=())


def names_of(user: User) -> list[Name]:
    """How texts may name somebody, the longest first, so that none is replaced in part."""
    mark = pseudonym(user)
    plain, address = f"Former colleague {mark}", f"former-{mark}@erased.invalid"
    mails = addresses_of(user)
    found = [Name(f"mail{n}", "e-mail address", mail, address) for n, mail in enumerate(mails)]
    found.append(Name("phone", "telephone", user.phone, "[erased]"))
    found.append(Name("name", "name", user.get_full_name(), plain))
    found.append(Name("username", "username", user.username, plain))
    if user.first_name and user.last_name:
        found.append(Name("last", "last name alone", user.last_name, plain, usual=False))
        found.append(Name("first", "first name alone", user.first_name, plain, usual=False))
    unlike: dict[str, Name] = {}
    for name in found:
        if len(name.text) >= SHORTEST:
            unlike.setdefault(name.text.casefold(), name)
    return list(unlike.values())


def count(names: Sequence[Name]) -> dict[str, int]:
    """In how many rows each name stands, by its key; the person's own row is not counted."""
    found = dict.fromkeys((name.key for name in names), 0)
    if not names:
        return found
    with connection.cursor() as cursor:
        for table, places in _tables():
            sums = ", ".join(f"count(*) FILTER (WHERE {_matches(places)})" for _ in names)
            told = [part for name in names for _ in places for part in ([name.hint], name.pattern)]
            cursor.execute(f"SELECT {sums} FROM {table}", told)  # noqa: S608 - names of our own tables
            row = cursor.fetchone()
            for name, number in zip(names, row, strict=True):
                found[name.key] += number
    return found


def refusal(user: User, *, by: User) -> str:
    """Why `by` can't erase `user` now, or nothing."""
    if user.erased_at:
        return f"{user.name} has been erased already."
    if user.pk == by.pk:
        return "Nobody erases themselves: ask another administrator."
    if user.is_active:
        return f"{user.name} can still sign in. Deactivate them first."
    return ""


def require(user: User, *, by: User) -> None:
    """PermissionDenied unless `by` may erase (and see all that is kept of) `user`."""
    permits.require(by, VERB)
    if user.role == User.Role.OWNER and by.role != User.Role.OWNER:
        raise PermissionDenied("Only an owner erases or exports an owner.")


@transaction.atomic
def erase(
    user: User, *, by: User, confirm: str, keys: Iterable[str] | None = None, request: HttpRequest | None = None
) -> int:
    """Let `user` be nobody. `confirm` is their username, typed; `keys` are the `Name`s to replace, else the usual ones.

    Returns how many rows held a name. ValidationError names `confirm`; PermissionDenied for who may not.
    """
    user = User.objects.select_for_update().get(pk=user.pk)
    require(user, by=by)
    if why := refusal(user, by=by):
        raise ValidationError(why)
    if confirm != user.username:
        raise ValidationError({"confirm": f"Type the username of this person, {user.username}, to confirm."})
    wanted = None if keys is None else set(keys)
    names = [name for name in names_of(user) if (name.usual if wanted is None else name.key in wanted)]
    mark = pseudonym(user)
    if User.objects.filter(username=f"former-{mark}").exists():
        mark = f"{mark}-{user.pk}"
    with _quietly(), unprotected():
        # The rooms first: they ask for the addresses that go with the rest.
        for step in _STEPS:
            step(user)
        ended = _end_all(user)
        user.username = f"former-{mark}"
        user.first_name, user.last_name = "Former colleague", mark
        user.email, user.phone = f"former-{mark}@erased.invalid", ""
        user.time_zone, user.country = "", ""
        user.set_unusable_password()
        user.erased_at = timezone.now()
        user.save()
        touched = _replace(names)
    text = f"{by.name} erased a person, who is {user.name} now"
    events.note("person.erased", text, user=user, by=by, request=request, rows=touched, ended=ended)
    return touched


def erase_address(address: str) -> int:
    """Put a pseudonym wherever an e-mail address stands that is nobody's who signs in here; how many rows that were.
    In the caller's transaction. The address of a person goes with them, by `erase`, and is left alone here."""
    people = User.objects.filter(email__iexact=address).exists()
    if people or EmailAddress.objects.filter(email__iexact=address).exists():
        return 0
    with _quietly(), unprotected():
        return _replace([Name("mail", "e-mail address", address, "erased@erased.invalid")])


def _quietly() -> Any:
    """Without events: they would keep what was there before."""
    return pgtrigger.ignore(*(f"{row.model._meta.label}:audit" for row in TRACKED.values() if not row.inserts_only))


def _end_all(user: User) -> dict[str, int]:
    """Delete all by which they got in, and what only they had a use for; how many of each."""
    keys = set(UserSession.objects.filter(user=user).values_list("session_key", flat=True)) | set(_sessions_of(user))
    return {
        "sessions": Session.objects.filter(session_key__in=keys).delete()[0],
        "devices": UserSession.objects.filter(user=user).delete()[0],
        "tokens": ApiToken.objects.filter(user=user).delete()[0],
        "second_factors": Authenticator.objects.filter(user=user).delete()[0],
        "invitations": Invitation.objects.filter(Q(accepted_by=user) | named("email", addresses_of(user))).delete()[0],
        "mail_addresses": EmailAddress.objects.filter(user=user).delete()[0],
        "accounts_elsewhere": SocialAccount.objects.filter(user=user).delete()[0],
        "provided_roles": ProvidedRole.objects.filter(user=user).delete()[0],
        "provisioning": _unprovision(user),
        "contact_methods": user.contact_methods.all().delete()[0],
        "notification_rules": user.notification_rules.all().delete()[0],
        "time_off": TimeOff.objects.filter(user=user).delete()[0],
        "answers": IdempotencyKey.objects.filter(user=user).delete()[0],
    }


def _unprovision(user: User) -> int:
    """Let SCIM know nothing of them: their ID at the provider goes, and no client finds them to take them back up."""
    known = ScimRecord.objects.filter(user=user).exclude(external_id="").count()
    nobody = {"external_id": "", "provider": None, "gone_at": timezone.now()}
    ScimRecord.objects.update_or_create(user=user, defaults=nobody)
    return known


def _sessions_of(user: User) -> Iterator[str]:
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            yield session.session_key


def _replace(names: Sequence[Name]) -> int:
    """Put the pseudonym where the names stand; how many rows that were. The timeline and its attachments let it pass
    by this setting, which ends with the transaction, and for their texts alone."""
    if not names:
        return 0
    touched = 0
    any_of = ([name.hint for name in names], "|".join(name.pattern for name in names))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL watchbill.erasing = 'on'")
        for table, places in _tables():
            sets: list[str] = []
            told: list[Any] = []
            for place in places:
                value = f'"{place.column}"' + ("::text" if place.json else "")
                for name in names:
                    value = f"regexp_replace({value}, %s, %s, 'gi')"
                    told += [name.pattern, name.instead]
                if place.json:
                    value = f"({value})::jsonb"
                elif place.longest:
                    value = f"left({value}, {place.longest})"
                sets.append(f'"{place.column}" = {value}')
            told += any_of * len(places)
            cursor.execute(f"UPDATE {table} SET {', '.join(sets)} WHERE {_matches(places)}", told)  # noqa: S608
            touched += cursor.rowcount
        cursor.execute(
            "UPDATE teams_auditevent SET document = to_tsvector('simple', label || ' ' || kind)"
            " || jsonb_to_tsvector('simple', COALESCE(before, '{}'), '[\"string\", \"numeric\"]')"
            " || jsonb_to_tsvector('simple', COALESCE(after, '{}'), '[\"string\", \"numeric\"]')"
            " WHERE document @@ to_tsquery('simple', %s)",
            [" | ".join(_lexeme(w) for name in names for w in name.text.split() if any(map(str.isalnum, w)))],
        )
        cursor.execute("SET LOCAL watchbill.erasing = 'off'")
    return touched


def _lexeme(word: str) -> str:
    """A word as a beginning in a text search, whatever signs are in it."""
    return "'" + word.replace("\\", "").replace("'", "") + "':*"


def _tables() -> Iterator[tuple[str, list[Place]]]:
    """Every table with free text; the people's own is written by hand, so that no namesake is renamed."""
    for model in apps.get_models(include_auto_created=True):
        meta = model._meta
        if meta.proxy or not meta.managed or meta.app_label not in APPS or model is User:
            continue
        places = [place for f in meta.local_concrete_fields if (place := _place(meta.db_table, f)) is not None]
        if places:
            yield f'"{meta.db_table}"', places


def _place(table: str, field: Any) -> Place | None:
    if field.primary_key or field.is_relation or field.choices or field.name in OURS:
        return None
    if isinstance(field, (models.SlugField, SealedField)):
        return None
    if isinstance(field, models.JSONField):
        return Place(table, str(field.column), True, None)
    if isinstance(field, (models.CharField, models.TextField)):
        return Place(table, str(field.column), False, field.max_length)
    return None


def _matches(places: Sequence[Place]) -> str:
    texts = (f'"{p.column}"{"::text" if p.json else ""}' for p in places)
    return " OR ".join(f"({text} ILIKE ANY(%s) AND {text} ~* %s)" for text in texts)


def _escaped(word: str) -> str:
    """A word without a meaning in a regular expression."""
    return re.sub(r"([^\w])", r"\\\1", word)
