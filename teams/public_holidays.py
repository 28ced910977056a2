"""Public holidays of a country or of a part of it, as the library `holidays` knows them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

import holidays
from django.core.exceptions import ValidationError


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


@lru_cache(maxsize=512)
def named(code: str, year: int) -> dict[date, str]:
    """The public holidays of a year with their names; none for an empty or an unknown code."""
    if not code or not is_country(code):
        return {}
    country, _, part = code.partition("-")
    return dict(holidays.country_holidays(country, subdiv=part or None, years=year))


@lru_cache(maxsize=512)
def days(code: str) -> Callable[[int], frozenset[date]]:
    """The dates of a year's public holidays, as `teams.rotation` asks for them."""

    @lru_cache(maxsize=64)
    def of(year: int) -> frozenset[date]:
        return frozenset(named(code, year))

    return of
