"""What the coach knows of a language: a file each, named by its code."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
WORDS = (
    "people",
    "nobody",
    "not",
    "joins",
    "bars",
    "asks",
    "small",
    "predicates",
    "goes_on",
    "leads",
    "past",
    "sounded",
    "lone",
)
LANGUAGES = tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Language:
    """`people` to `lone` are words, each told of in the file; `harm` to `heeding` verbs as found, each with its base
    form; `past_ends` how a word in the past ends; `objects` pronouns as they stand after a preposition; `phrases` what
    an installation starts with."""

    code: str
    name: str
    harm: Mapping[str, str]
    slip: Mapping[str, str]
    act: Mapping[str, str]
    heed: Mapping[str, str]
    heeded: Mapping[str, str]
    heeding: Mapping[str, str]
    people: frozenset[str]
    nobody: frozenset[str]
    not_: frozenset[str]
    joins: frozenset[str]
    bars: frozenset[str]
    asks: frozenset[str]
    small: frozenset[str]
    predicates: frozenset[str]
    goes_on: frozenset[str]
    leads: frozenset[str]
    past: frozenset[str]
    sounded: frozenset[str]
    lone: frozenset[str]
    past_ends: tuple[str, ...]
    objects: Mapping[str, str]
    article: str
    no_role: str
    phrases: tuple[Mapping[str, str], ...]

    @property
    def classes(self) -> dict[str, Collection[str]]:
        """Words by the name that patterns have for them."""
        return {
            "nobody": self.nobody,
            "harm": self.harm,
            "slip": self.slip,
            "act": self.act,
            "heed": self.heed,
            "heeded": self.heeded,
            "heeding": self.heeding,
        }

    def denies(self, word: str) -> bool:
        return word in self.not_ or word.endswith("n't")

    def base(self, word: str) -> str:
        """The base form of a verb that it knows, or nothing."""
        return next((found for verbs in self._verbs if (found := verbs.get(word))), "")

    @property
    def _verbs(self) -> tuple[Mapping[str, str], ...]:
        return self.harm, self.slip, self.heed, self.heeded, self.heeding, self.act

    def is_past(self, word: str) -> bool:
        """Whether it looks like what somebody did."""
        return word in self.past or word.endswith(self.past_ends)


@lru_cache
def language(code: str) -> Language:
    """KeyError where there is no file for `code`."""
    if code not in LANGUAGES:
        raise KeyError(code)
    given: dict[str, Any] = yaml.safe_load((HERE / f"{code}.yaml").read_text())
    words = {name: frozenset(given[name].split()) for name in WORDS}
    cared = {base: forms.split() for base, forms in given["heed"].items()}
    return Language(
        code=code,
        name=given["name"],
        people=words["people"],
        nobody=words["nobody"],
        not_=words["not"],
        joins=words["joins"],
        bars=words["bars"],
        asks=words["asks"],
        small=words["small"],
        predicates=words["predicates"],
        goes_on=words["goes_on"],
        leads=words["leads"],
        past=words["past"],
        sounded=words["sounded"],
        lone=words["lone"],
        past_ends=tuple(given["past_ends"].split()),
        harm=given["harm"],
        slip=given["slip"],
        act=given["act"],
        heed={base: base for base in cared},
        heeded={forms[0]: base for base, forms in cared.items()},
        heeding={form: base for base, forms in cared.items() for form in forms[1:]},
        objects=given["objects"],
        article=given["article"],
        no_role=given["no_role"],
        phrases=tuple(given["phrases"]),
    )
