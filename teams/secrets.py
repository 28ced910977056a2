"""Secrets that have to be read again (of channels, providers, second factors), encrypted at rest.

Fernet: AES-128-CBC with HMAC-SHA256 and the time of writing. The first key of `WATCHBILL_ENCRYPTION_KEYS` encrypts, all
of them decrypt; where there is none, keys are derived from the secret keys. What is only compared is hashed instead.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from teams.problems import Unreadable


def _fernet(key: str) -> Fernet:
    derived = HKDF(hashes.SHA256(), 32, salt=None, info=b"watchbill.secrets").derive(key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


def _boxes() -> list[Fernet]:
    keys = settings.WATCHBILL_ENCRYPTION_KEYS or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_fernet(key) for key in keys]


def _box() -> MultiFernet:
    return MultiFernet(_boxes())


def seal(text: str) -> str:
    """`text`, to be kept."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """What was sealed. Raises `Unreadable`."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def reseal(sealed: str) -> str:
    """The same secret under the first key. Raises `Unreadable`."""
    try:
        return _box().rotate(sealed.encode()).decode()
    except InvalidToken:
        raise Unreadable from None


def is_sealed(text: str) -> bool:
    """Whether `text` looks as `seal` writes it, whatever its key. Says nothing of whether it can be read."""
    try:
        raw = base64.urlsafe_b64decode(text.encode())
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return False
    # Version, time, vector, at least one block, and the digest.
    return len(raw) >= 73 and raw[0] == 0x80 and len(raw) % 16 == 9


def is_current(sealed: str) -> bool:
    """Whether it is under the first key, so that no other is needed for it."""
    try:
        _boxes()[0].decrypt(sealed.encode())
    except InvalidToken:
        return False
    return True


__all__ = ["Sealed", "SealedField", "Unreadable", "is_current", "is_sealed", "reseal", "seal", "unseal"]


class Sealed:
    """A secret as the database holds it. It shows itself to nobody; `open()` decrypts."""

    __slots__ = ("raw",)

    def __init__(self, raw: str) -> None:
        self.raw = raw

    def open(self) -> str:
        """Raises `Unreadable`."""
        return unseal(self.raw)

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and other.raw == self.raw

    def __hash__(self) -> int:
        return hash(self.raw)


class _OpenedWhenRead(DeferredAttribute):
    """Decrypts when the attribute is read, not when its row is: a list of rows comes whole while a key is missing."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        value = instance.__dict__[name] if name in instance.__dict__ else super().__get__(instance, cls)
        return value.open() if isinstance(value, Sealed) else value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(models.TextField[Any, str]):
    """Text that the database holds encrypted. It can't be searched; an empty text stays empty.

    Reading the attribute decrypts and raises `Unreadable`; `values()` give a `Sealed`. A row that is saved again keeps
    what it holds, bit by bit, unless another text was assigned.
    """

    description = "Encrypted text"
    descriptor_class = _OpenedWhenRead

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Sealed | str | None:
        return Sealed(value) if value else value

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        held = model_instance.__dict__
        return held[self.attname] if self.attname in held else super().pre_save(model_instance, add)

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, Sealed) else super().to_python(value)

    def get_prep_value(self, value: Any) -> Any:
        if isinstance(value, Sealed):
            return value.raw
        value = super().get_prep_value(value)
        return seal(value) if value else value
