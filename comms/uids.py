import secrets

_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


def short_uid() -> str:
    """A random public id of 12 characters, without ones that are easily confused (0 o 1 l i u)."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))
