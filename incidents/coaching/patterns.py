"""Patterns of phrases: words, not regular expressions, so that whoever writes one can't make it slow.

One pattern a line; words stand with spaces between, upper and lower case alike:

    failed|neglected to     either of two words
    careless*               any ending (and `*full` any beginning)
    should not? have        a word, or several with `|`, that may be missing
    took * long             up to three words between
    <person>                somebody: a word for people, or the name of somebody who took part
    <name>                  the name of somebody who took part
    <nobody>                a word for nobody
    <harm>, <slip>          a verb that makes a person the cause, or says what they left undone
    <act>                   a verb of what somebody did, which judges nothing by itself: pushed, used
    <heed>                  a verb of care: check, test, notice; <heeded>: checked, <heeding>: checking
    <person>'s              a person with “'s”
    ^had                    only where a sentence begins

No gap goes beyond a “not”, nor into the next clause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from incidents.coaching.words import Word, plain

BETWEEN = 3
MOST_PLACES = 12
MOST_ALTERNATIVES = 40
MOST_LINES = 20
CLASSES = ("person", "name", "nobody", "harm", "slip", "act", "heed", "heeded", "heeding")
# What no gap goes beyond.
BAR = "bar"
# What is a class, or a bar, at a word: ends of the spans that begin there.
Spans = Callable[[str, int], Sequence[int]]


class PatternError(ValueError):
    """A pattern that can't be read; says which, and how it is mended."""


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a pattern: words, classes, or a gap of up to `BETWEEN` words."""

    exact: frozenset[str] = frozenset()
    begins: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    owned: tuple[str, ...] = ()
    optional: bool = False
    gap: bool = False

    @property
    def needs(self) -> frozenset[str]:
        """Words and classes one of which it needs; none where any word may do."""
        if self.gap or self.optional or self.begins or self.ends:
            return frozenset()
        return self.exact | {f"<{name}>" for name in self.classes} | {f"<{name}>'s" for name in self.owned}

    def after(self, words: Sequence[Word], at: int, spans: Spans) -> set[int]:
        """Where the next place may begin if this one begins at the word `at`."""
        if self.gap:
            return self._across(words, at, spans)
        found = {at} if self.optional else set()
        if at >= len(words):
            return found
        text = words[at].text
        if text in self.exact or text.startswith(self.begins) or text.endswith(self.ends):
            found.add(at + 1)
        for name in self.classes:
            found.update(spans(name, at))
        for name in self.owned:
            found.update(spans(f"{name}'s", at))
        return found

    def _across(self, words: Sequence[Word], at: int, spans: Spans) -> set[int]:
        found = {at}
        for step in range(at, min(at + BETWEEN, len(words))):
            if spans(BAR, step):
                break
            found.add(step + 1)
        return found


@dataclass(frozen=True, slots=True)
class Pattern:
    """One line. `match` takes steps in proportion to its places and never more: no pattern can take long."""

    places: tuple[Place, ...]
    begins: bool = False
    needs: tuple[frozenset[str], ...] = ()

    def may_match(self, present: frozenset[str]) -> bool:
        """Whether it is worth looking: of each set that it `needs` something is `present`, the words of a sentence and
        the classes among them, written “<person>”."""
        return all(not need.isdisjoint(present) for need in self.needs)

    def match(self, words: Sequence[Word], at: int, spans: Spans) -> int:
        """Where it ends, the shortest way, that begins at the word `at`; 0 where it doesn't. A phrase stands on one
        side of a comma."""
        if self.begins and at:
            return 0
        states = {at}
        for place in self.places:
            states = {after for state in states for after in place.after(words, state, spans)}
            if not states:
                return 0
        end = min((state for state in states if state > at), default=0)
        return 0 if any(word.apart for word in words[at + 1 : end]) else end


@lru_cache(maxsize=4096)
def compiled(text: str) -> tuple[Pattern, ...]:
    """The patterns of `text`, one a line. Raises PatternError."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise PatternError("Give at least one pattern: words as they stand in a sentence.")
    if len(lines) > MOST_LINES:
        raise PatternError(f"Give at most {MOST_LINES} lines; make another phrase for the others.")
    return tuple(_line(line) for line in lines)


def is_readable(text: str) -> bool:
    """Whether `compiled` takes it; nothing at all is readable too."""
    try:
        return not text.strip() or bool(compiled(text))
    except PatternError:
        return False


def _line(line: str) -> Pattern:
    begins = line.startswith("^")
    parts = line.removeprefix("^").split()
    if not parts:
        raise PatternError(f"“{line}” says no word after “^”.")
    if len(parts) > MOST_PLACES:
        raise PatternError(f"“{line}” has more than {MOST_PLACES} words.")
    places = tuple(_place(part, line) for part in parts)
    if places[0].gap or places[0].optional:
        raise PatternError(f"“{line}” has to begin with a word that is always there.")
    if all(place.gap or place.optional for place in places):
        raise PatternError(f"“{line}” would mark everything.")
    return Pattern(places, begins, tuple(place.needs for place in places if place.needs))


def _place(part: str, line: str) -> Place:
    if part == "*":
        return Place(gap=True)
    optional = part.endswith("?")
    exact: set[str] = set()
    begins: list[str] = []
    ends: list[str] = []
    classes: list[str] = []
    owned: list[str] = []
    alternatives = part.removesuffix("?").split("|")
    if len(alternatives) > MOST_ALTERNATIVES:
        raise PatternError(f"“{line}” has more than {MOST_ALTERNATIVES} words for one place.")
    for word in alternatives:
        name = word.removesuffix("'s")
        if name.startswith("<") and name.endswith(">") and name[1:-1] in CLASSES:
            (owned if word.endswith("'s") else classes).append(name[1:-1])
        elif word.endswith("*") and _is_word(word[:-1]):
            begins.append(plain(word[:-1]))
        elif word.startswith("*") and _is_word(word[1:]):
            ends.append(plain(word[1:]))
        elif _is_word(word):
            exact.add(plain(word))
        else:
            known = ", ".join(f"<{each}>" for each in CLASSES)
            raise PatternError(f"“{word}” of “{line}” can't be read. Give words, `*`, `|` and `?`, or one of {known}.")
    return Place(frozenset(exact), tuple(begins), tuple(ends), tuple(classes), tuple(owned), optional)


def _is_word(text: str) -> bool:
    return (len(text) > 1 and all(c.isalnum() or c in "'’-" for c in text)) or text.casefold() in {"a", "i"}
