"""Who is named in a text, as `@handle` or `@"Full Name"`. Who that is, `actions.mentions` finds out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# An address such as bob@example.org names nobody, and neither does the end of a path.
HANDLE = re.compile(r'(?<![\w@/.+-])@(?:"([^"\n]{1,80})"|(\w[\w.+@-]{0,149}))')
MOST = 20


@dataclass(frozen=True, slots=True)
class Named:
    """A handle without its sign and quotes, and where all of it stands in the text: [start, end)."""

    handle: str
    start: int
    end: int


def each(text: str) -> Iterator[Named]:
    """Every handle of a text, in its order. A full stop after one is the sentence's."""
    for found in HANDLE.finditer(text):
        quoted, plain = found.groups()
        if quoted is not None:
            if quoted.strip():
                yield Named(quoted.strip(), found.start(), found.end())
            continue
        handle = plain.rstrip(".+@-")
        yield Named(handle, found.start(), found.start() + 1 + len(handle))


def handles(text: str) -> list[str]:
    """The different handles of a text in lower case, at most `MOST`."""
    return list(dict.fromkeys(named.handle.casefold() for named in each(text)))[:MOST]
