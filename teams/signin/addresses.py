"""Which e-mail addresses count as somebody's own.

The address on the person's row was written by somebody who may (an administrator, a command, an identity provider), or
was confirmed by its reader before it got there: it counts. An address that a person wants to change to waits in a row
of django-allauth's until the link that was sent there is opened, and so does the first address of somebody whose
identity provider has not verified it: theirs is the one unverified row that is primary.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import QuerySet

from teams.models import User


def waiting() -> QuerySet[EmailAddress]:
    """The first addresses of people that nobody has proved to be theirs."""
    found: QuerySet[EmailAddress] = EmailAddress.objects.filter(primary=True, verified=False)
    return found


@transaction.atomic
def vouch(user: User) -> None:
    """Let the address on the row of `user` count as verified, unless it waits for its link, and be the one that mail
    goes to.

    Addresses are kept in small letters, so that one mailbox is one address everywhere.
    """
    email = user.email.lower()
    if email != user.email:
        User.objects.filter(pk=user.pk).update(email=email)
        user.email = email
    # The one that mail goes to already: verified, or waiting.
    if not email or EmailAddress.objects.filter(user=user, email=email, primary=True).exists():
        return
    # Somebody else's address of the same name can only be left over: the people's own are unique.
    EmailAddress.objects.filter(email=email, verified=True).exclude(user=user).delete()
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})


def vouch_for_saved(sender: Any, instance: User, raw: bool = False, **more: Any) -> None:
    """Receiver of a person's saving. Rows that a fixture loads bring their own, and so does whoever comes from an
    identity provider for the first time. Who was erased has none."""
    if not raw and not hasattr(instance, "address_follows") and instance.erased_at is None:
        vouch(instance)
