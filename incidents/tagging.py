"""Which tags a contributing factor may have, from its words and from what similar incidents had. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Protocol, TypeVar

from incidents.coaching.patterns import Pattern, PatternError, compiled
from incidents.coaching.words import Word, sentences

T = TypeVar("T", bound="Tag")
MOST = 3
MOST_WORDS = 60
# That its own words name it says more than that one similar incident had it.
OF_WORDS, OF_OTHERS = 2.0, 1.0


class Tag(Protocol):
    @property
    def pk(self) -> int: ...
    @property
    def words(self) -> str: ...


@lru_cache(maxsize=512)
def patterns(words: str) -> tuple[Pattern, ...]:
    """The patterns of a tag's words, with commas or lines between. Raises PatternError."""
    parts = [part.strip() for part in words.replace("\n", ",").split(",") if part.strip()]
    if len(parts) > MOST_WORDS:
        raise PatternError(f"Give at most {MOST_WORDS} words.")
    return tuple(compiled(part)[0] for part in parts)


def _known(words: str) -> tuple[Pattern, ...]:
    """`patterns`, and none of what can't be read: whoever writes a factor can't mend it."""
    try:
        return patterns(words)
    except PatternError:
        return ()


def suggested(text: str, tags: Iterable[T], before: Mapping[int, int] | None = None) -> list[T]:
    """Up to `MOST` of `tags`, the likeliest first. `before`: in how many similar incidents each tag was found, by its
    key."""
    before = before or {}
    most = max(before.values(), default=0)
    scored = []
    read = [sentence.words for sentence in sentences(text)]
    for place, tag in enumerate(tags):
        hits = sum(_says(words, _known(tag.words)) for words in read)
        worth = OF_WORDS * min(hits, 3) + (OF_OTHERS * before.get(tag.pk, 0) / most if most else 0)
        if worth:
            scored.append((-worth, place, tag))
    return [tag for _, _, tag in sorted(scored, key=lambda each: each[:2])[:MOST]]


def _says(words: tuple[Word, ...], wanted: tuple[Pattern, ...]) -> int:
    return sum(any(each.match(words, at, _no_classes) for at in range(len(words))) for each in wanted)


def _no_classes(_name: str, _at: int) -> tuple[int, ...]:
    return ()
