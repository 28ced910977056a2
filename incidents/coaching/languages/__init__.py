"""What the coach knows of a language: a file each, named by its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
WORDS = ("people", "nobody", "not", "joins", "asks", "small", "predicates", "goes_on")
LANGUAGES = tuple(sorted(path.stem for path in HERE.glob("*.yaml")))


@dataclass(frozen=True, slots=True)
class Language:
    """`people` to `goes_on` are words, each told of in the file; `harm` and `slip` verbs as found, each with its base
    form; `objects` pronouns as they stand after a preposition; `phrases` what an installation starts with."""

    code: str
    name: str
    harm: Mapping[str, str]
    slip: Mapping[str, str]
    people: frozenset[str]
    nobody: frozenset[str]
    not_: frozenset[str]
    joins: frozenset[str]
    asks: frozenset[str]
    small: frozenset[str]
    predicates: frozenset[str]
    goes_on: frozenset[str]
    objects: Mapping[str, str]
    article: str
    no_role: str
    phrases: tuple[Mapping[str, str], ...]


@lru_cache
def language(code: str) -> Language:
    """KeyError where there is no file for `code`."""
    if code not in LANGUAGES:
        raise KeyError(code)
    given: dict[str, Any] = yaml.safe_load((HERE / f"{code}.yaml").read_text())
    words = {name: frozenset(given[name].split()) for name in WORDS}
    return Language(
        code=code,
        name=given["name"],
        people=words["people"],
        nobody=words["nobody"],
        not_=words["not"],
        joins=words["joins"],
        asks=words["asks"],
        small=words["small"],
        predicates=words["predicates"],
        goes_on=words["goes_on"],
        harm=given["harm"],
        slip=given["slip"],
        objects=given["objects"],
        article=given["article"],
        no_role=given["no_role"],
        phrases=tuple(given["phrases"]),
    )
