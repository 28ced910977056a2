"""Words in a row. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def listed(words: Sequence[str], last: str = "and") -> str:
    """ "a, b and c"; empty for none."""
    return f" {last} ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
