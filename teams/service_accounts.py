"""Verbs on service accounts: users that nobody signs in as, for programs that outlive whoever set them up."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.text import slugify

from teams import permits, tokens
from teams.audit.events import note
from teams.models import User

# Never an owner: what owns the installation is a person.
ROLES = [choice for choice in User.Role.choices if choice[0] != User.Role.OWNER]
# Nothing is ever delivered there (RFC 2606).
NOWHERE = "service.invalid"


@transaction.atomic
def make(*, by: User, name: str, role: str, request: HttpRequest | None = None) -> User:
    """Make a service account. ValidationError names `name` or `role`."""
    permits.require(by, "token.service")
    username = f"service-{slugify(name)}"[:150]
    wrong = {}
    if not slugify(name):
        wrong["name"] = "Name what uses it, in letters from A to Z or digits: “Deploy pipeline”."
    elif len(name.strip()) > 80:
        wrong["name"] = "Give at most 80 characters."
    elif User.objects.filter(username=username).exists():
        wrong["name"] = "There is a service account of that name already. Choose another name."
    if role not in dict(ROLES):
        wrong["role"] = f"Choose one of {', '.join(value for value, _ in ROLES)}."
    if wrong:
        raise ValidationError(wrong)
    account = User(
        username=username, first_name=name.strip(), email=f"{username}@{NOWHERE}", role=role, is_service=True
    )
    account.set_unusable_password()
    account.save()
    note(
        "service_account.made",
        f"{by} made the service account {account}",
        user=account,
        by=by,
        request=request,
        role=role,
    )
    return account


@transaction.atomic
def change_role(account_pk: int, *, by: User, role: str, request: HttpRequest | None = None) -> User:
    """Give a service account another role; its tokens do as much of their scopes as that allows."""
    account = _locked(account_pk, by=by)
    if role not in dict(ROLES):
        raise ValidationError({"role": f"Choose one of {', '.join(value for value, _ in ROLES)}."})
    before, account.role = account.role, role
    if before != role:
        account.save(update_fields=["role"])
        text = f"{by} made the service account {account} {account.get_role_display().lower()}"
        note("service_account.changed", text, user=account, by=by, request=request, role=role, before=before)
    return account


@transaction.atomic
def switch_off(account_pk: int, *, by: User, request: HttpRequest | None = None) -> User:
    """End a service account and all of its tokens; what it did stays told under its name."""
    account = _locked(account_pk, by=by)
    if account.is_active:
        account.is_active = False
        account.save(update_fields=["is_active"])
        ended = tokens.revoke_all(account, by=by, request=request)
        text = f"{by} switched off the service account {account}; {ended} of its tokens ended with it"
        note("service_account.ended", text, user=account, by=by, request=request)
    return account


def _locked(account_pk: int, *, by: User) -> User:
    permits.require(by, "token.service")
    return User.objects.select_for_update().get(pk=account_pk, is_service=True)
