"""Host names of pages. Pure but for its refusal."""

from __future__ import annotations

from string import ascii_lowercase, digits

from django.core.exceptions import ValidationError

# As browsers send them; an internationalised name is written in its xn-- form.
_SIGNS = frozenset(ascii_lowercase + digits + "-")


def is_name(value: str) -> bool:
    """Whether it is a host name of at least two parts, as a browser asks for it."""
    parts = value.split(".")
    return len(parts) > 1 and len(value) <= 253 and all(map(_is_part, parts)) and parts[-1][0] in ascii_lowercase


def _is_part(part: str) -> bool:
    return 0 < len(part) <= 63 and _SIGNS.issuperset(part) and not part.startswith("-") and not part.endswith("-")


def validate_domain(value: str) -> None:
    """ValidationError for what is no host name."""
    if not is_name(value):
        raise ValidationError(
            "Write a host name alone and in small letters, such as status.example.org: no https://, no port, no path."
        )
