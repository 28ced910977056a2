"""Texts with something else in the place of names. PURE."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping


def replaced(texts: Iterable[str], known: Mapping[str, str]) -> list[str]:
    """`texts` with what `known` has for each name in them, whatever its case; a name is a whole word. Keys are names in
    casefold. At the beginning of a sentence what is put in begins with a capital."""
    if not known:
        return list(texts)
    longest_first = sorted(known, key=len, reverse=True)
    found = re.compile(rf"(?<![\w@])(?:{'|'.join(map(re.escape, longest_first))})(?!\w)", re.IGNORECASE)
    return [found.sub(lambda match: _cased(match, known[match.group().casefold()]), text) for text in texts]


def _cased(match: re.Match[str], instead: str) -> str:
    before = match.string[: match.start()].rstrip()
    starts = not before or before[-1] in ".!?:*-#" or match.string[: match.start()].endswith("\n")
    return instead[0].upper() + instead[1:] if starts else instead
