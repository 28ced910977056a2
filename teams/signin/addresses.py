"""Which e-mail addresses count as somebody's own.

The address on the person's row was written by somebody who may (an administrator, a command, an identity provider), or
was confirmed by its reader before it got there: it always counts. An address that a person wants to change to waits in
a row of django-allauth's until the link that was sent there is opened.
"""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction

from teams.models import User


@transaction.atomic
def vouch(user: User) -> None:
    """Let the address on the row of `user` count as verified, and be the one that mail goes to.

    Addresses are kept in small letters, so that one mailbox is one address everywhere.
    """
    email = user.email.lower()
    if email != user.email:
        User.objects.filter(pk=user.pk).update(email=email)
        user.email = email
    if not email or EmailAddress.objects.filter(user=user, email=email, verified=True, primary=True).exists():
        return
    # Somebody else's address of the same name can only be left over: the people's own are unique.
    EmailAddress.objects.filter(email=email, verified=True).exclude(user=user).delete()
    EmailAddress.objects.filter(user=user, primary=True).exclude(email=email).delete()
    EmailAddress.objects.update_or_create(user=user, email=email, defaults={"verified": True, "primary": True})


def vouch_for_saved(sender: Any, instance: User, raw: bool = False, **more: Any) -> None:
    """Receiver of a person's saving. Rows that a fixture loads bring their own."""
    if not raw:
        vouch(instance)
