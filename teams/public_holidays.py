"""Public holidays of a country or of a part of it, as the library `holidays` knows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

import holidays
from django.core.exceptions import ValidationError
from holidays.registry import COUNTRIES


@cache
def _parts() -> dict[str, list[str]]:
    return dict(holidays.list_supported_countries(include_aliases=False))


def is_country(code: str) -> bool:
    """Whether `code` is a country such as `DE`, or a part of one such as `DE-BY`, whose holidays are known."""
    country, _, part = code.partition("-")
    return country in _parts() and (not part or part in _parts()[country])


def validate_country(value: str) -> None:
    """Raise ValidationError unless `value` is empty or the holidays of it are known."""
    if value and not is_country(value):
        raise ValidationError(
            "No public holidays are known for “%(value)s”. Give a country such as DE, or a part of one such as DE-BY.",
            code="unknown_country",
            params={"value": value},
        )


@cache
def country_codes() -> tuple[str, ...]:
    """Every country and part of one, sorted: `DE`, `DE-BB`, `DE-BE` …"""
    found = []
    for country, parts in sorted(_parts().items()):
        found += [country, *(f"{country}-{part}" for part in sorted(parts))]
    return tuple(found)


@cache
def countries() -> tuple[tuple[str, str], ...]:
    """(code, name) of every country and part of one, parts behind their country: `DE` Germany, `DE-BY` Germany,
    Bayern …"""
    words = {code: _spaced(name) for name, code, *_ in COUNTRIES.values()}
    found = []
    for country, parts in _parts().items():
        name = words.get(country, country)
        aliases = getattr(holidays, country).subdivisions_aliases.items() if parts else ()
        # Of several names the longest: `BD` of `BRC` is another abbreviation.
        known = {short: long for long, short in sorted(aliases, key=lambda pair: len(pair[0]))}
        found.append((name.casefold(), "", country, name))
        for part in parts:
            told = known.get(part, part)
            found.append((name.casefold(), told.casefold(), f"{country}-{part}", f"{name}, {told}"))
    return tuple((code, name) for _, _, code, name in sorted(found))


def _spaced(name: str) -> str:
    """`BosniaAndHerzegovina`, as the library writes it, as people do."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    return re.sub(r" (And|Of|The)(?= )", lambda found: found[0].lower(), words)


def coming(code: str, today: date, count: int = 4) -> list[tuple[date, str]]:
    """The next public holidays from `today` on, with their names in English."""
    known = named(code, today.year) | named(code, today.year + 1)
    return [(day, known[day]) for day in sorted(known) if day >= today][:count]


@lru_cache(maxsize=512)
def named(code: str, year: int) -> dict[date, str]:
    """The public holidays of a year with their names; none for an empty or an unknown code."""
    if not code or not is_country(code):
        return {}
    country, _, part = code.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year, language="en_US"))


@lru_cache(maxsize=512)
def days(code: str) -> Callable[[int], frozenset[date]]:
    """The dates of a year's public holidays, as `teams.rotation` asks for them."""

    @lru_cache(maxsize=64)
    def of(year: int) -> frozenset[date]:
        return frozenset(named(code, year))

    return of
