"""Secrets that have to be read again (of channels, providers, second factors), encrypted at rest.

Fernet: AES-128-CBC with HMAC-SHA256 and the time of writing. The first key of `WATCHBILL_ENCRYPTION_KEYS` encrypts, all
of them decrypt; where there is none, keys are derived from the secret keys. What is only compared is hashed instead.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models


class Unreadable(Exception):
    """None of the keys at hand decrypts it: the key it was written with is missing from the settings."""


def _fernet(key: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"watchbill.secrets").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _box() -> MultiFernet:
    keys = settings.WATCHBILL_ENCRYPTION_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([_fernet(key) for key in keys])


def seal(text: str) -> str:
    """`text`, to be kept."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises `Unreadable`."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("No key in WATCHBILL_ENCRYPTION_KEYS (or secret key) decrypts this.") from None


def reseal(sealed: str) -> str:
    """The same secret under the first key. Raises `Unreadable`."""
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable("No key in WATCHBILL_ENCRYPTION_KEYS (or secret key) decrypts this.") from None


class SealedField(models.TextField[str, str]):
    """Text that the database holds encrypted. It can't be searched; an empty text stays empty."""

    description = "Encrypted text"

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> str | None:
        return unseal(value) if value else value

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return seal(value) if value else value
