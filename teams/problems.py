"""What goes wrong below the actions."""

from __future__ import annotations


class Unreadable(Exception):
    """None of the keys at hand decrypts a secret: the key that it was written with is missing from the settings, or
    what is kept was changed."""

    def __str__(self) -> str:
        return (
            "A stored secret can't be read with the keys at hand. Add the key that it was written with to"
            " WATCHBILL_ENCRYPTION_KEYS (or to WATCHBILL_SECRET_KEY_FALLBACKS, if it was derived from a secret key)"
            " and restart; or enter the secret again."
        )
