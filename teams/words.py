"""Words in a row, and words as they come. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"; empty for none."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def storable(text: str) -> str:
    """Text from an address or a form without what PostgreSQL keeps in no text."""
    return text.replace("\x00", "")
