"""Browsers that take pushes: the installation's key, and a subscription that its browser renewed."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from comms.actions import contacts
from comms.models import PushKey
from teams import phonebook
from teams.models import ContactMethod, User

Kind = ContactMethod.Kind


def key() -> PushKey:
    """The installation's key, made when it is first asked for."""
    found = PushKey.objects.first()
    if found is not None:
        return found
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    point = private.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    public = base64.urlsafe_b64encode(point).decode().rstrip("=")
    try:
        with transaction.atomic():
            return PushKey.objects.create(private=pem.decode(), public=public)
    except IntegrityError:
        # Another process made it at the same moment.
        return PushKey.objects.get()


@transaction.atomic
def subscribe(
    user: User, subscription: str, *, by: User, label: str = "", former: tuple[str, str] | None = None
) -> ContactMethod:
    """Let pages of `user` be pushed to the browser of `subscription`. It counts once the code that is pushed was typed.

    `former` is the endpoint and secret that this browser had before: its method takes the new subscription and keeps
    its rules. ValidationError for what can't be read, or for too many codes.
    """
    cleaned = phonebook.cleaned(Kind.PUSH, subscription)
    if former is not None:
        renew(*former, cleaned, of=user)
    digest = phonebook.digest_of(Kind.PUSH, cleaned)
    method = ContactMethod.objects.filter(user=user, kind=Kind.PUSH, digest=digest).first()
    if method is None:
        method, _ = contacts.add(user, Kind.PUSH, cleaned, by=by, label=label)
    elif method.verified_at is None:
        contacts.send_code(method, by=by)
    return method


@transaction.atomic
def renew(endpoint: str, auth: str, subscription: str, *, of: User | None = None) -> bool:
    """Put a browser's new subscription in the place of its former one, which it proves to be its own by knowing the
    secret of that. Returns whether there was one; ValidationError for a subscription that can't be read.

    People who share a browser share its subscription, so all of theirs are renewed, or only those of `of`.
    """
    cleaned = phonebook.cleaned(Kind.PUSH, subscription)
    digest = phonebook.digest_of(Kind.PUSH, cleaned)
    former = ContactMethod.objects.filter(
        kind=Kind.PUSH, digest=phonebook.digest_of(Kind.PUSH, json.dumps({"endpoint": endpoint}))
    )
    if of is not None:
        former = former.filter(user=of)
    renewed = False
    for method in former.select_for_update().order_by("pk"):
        if not constant_time_compare(json.loads(method.address)["keys"]["auth"], auth):
            continue
        others = ContactMethod.objects.filter(user_id=method.user_id, kind=Kind.PUSH, digest=digest)
        if others.exclude(pk=method.pk).exists():
            raise ValidationError({"subscription": "This subscription is known already."})
        method.address, method.shown, method.digest = cleaned, phonebook.shown(Kind.PUSH, cleaned), digest
        method.trouble, method.trouble_at = "", None
        method.save(update_fields=["address", "shown", "digest", "trouble", "trouble_at"])
        renewed = True
    return renewed
