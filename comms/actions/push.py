"""Browsers that take pushes: the installation's key, and a subscription that its browser renewed."""

from __future__ import annotations

import base64
import json

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare

from comms.models import PushKey
from teams import phonebook
from teams.models import ContactMethod

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
def renew(endpoint: str, auth: str, subscription: str) -> bool:
    """Put a browser's new subscription in the place of its former one, which it proves to be its own by knowing the
    secret of that. Returns whether there was one; ValidationError for a subscription that can't be read."""
    cleaned = phonebook.cleaned(Kind.PUSH, subscription)
    former = json.dumps({"endpoint": endpoint})
    found = ContactMethod.objects.select_for_update().filter(
        kind=Kind.PUSH, digest=phonebook.digest_of(Kind.PUSH, former)
    )
    for method in found:
        if constant_time_compare(json.loads(method.address)["keys"]["auth"], auth):
            method.address, method.shown = cleaned, phonebook.shown(Kind.PUSH, cleaned)
            method.digest = phonebook.digest_of(Kind.PUSH, cleaned)
            method.trouble, method.trouble_at = "", None
            try:
                with transaction.atomic():
                    method.save(update_fields=["address", "shown", "digest", "trouble", "trouble_at"])
            except IntegrityError:
                raise ValidationError({"subscription": "This subscription is known already."}) from None
            return True
    return False
