"""Who took part, and the role that each held: names are found in a text, and told as roles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from incidents.coaching.words import WORD, Word, plain

# A shorter part of a name is too often a word.
SHORTEST = 3


@dataclass(frozen=True, slots=True)
class Person:
    """`name` as it is shown, `role` the name of the role they held ("" for none), `username` as they are mentioned."""

    name: str
    role: str = ""
    username: str = ""


class People:
    """Names as they stand in texts: in full, the first or the last alone, or the username."""

    def __init__(self, people: Sequence[Person]) -> None:
        self._names: dict[tuple[str, ...], Person] = {}
        for person in people:
            parts = tuple(plain(match[0]) for match in WORD.finditer(person.name))
            for name in (parts, parts[:1], parts[-1:], (plain(person.username),)):
                if name and (len(name) > 1 or len(name[0]) >= SHORTEST):
                    self._names.setdefault(name, person)
        self._longest = max(map(len, self._names), default=0)

    def at(self, words: Sequence[Word], start: int, *, owning: bool = False) -> tuple[int, Person] | None:
        """Where a name ends that begins at the word `start`, and whose it is. `owning`: with “'s” after it."""
        # “Will” and “Mark” are names, “will” and “mark” are not.
        if start >= len(words) or not words[start].capital:
            return None
        for length in range(min(self._longest, len(words) - start), 0, -1):
            name = tuple(word.text for word in words[start : start + length])
            owns = name[-1].endswith("'s")
            if owns == owning and (found := self._names.get((*name[:-1], name[-1].removesuffix("'s")))):
                return start + length, found
        return None
