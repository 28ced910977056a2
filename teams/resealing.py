"""Putting every stored secret under the first encryption key, so that an older key can go."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.db import models, transaction
from pghistory.models import Event

from teams.secrets import Sealed, SealedField, Unreadable, is_current, is_sealed, reseal

BATCH = 200
# What django-allauth seals by way of our adapter; the rest of `data` is public keys and names.
IN_AUTHENTICATOR = ("secret", "seed", "migrated_codes")


@dataclass(slots=True)
class Count:
    """What was found in one place. `behind` are under another key than the first, or were before they were resealed;
    `unreadable` are under none that is known, with the keys of their rows; `plain` were never sealed."""

    place: str
    sealed: int = 0
    behind: int = 0
    plain: int = 0
    unreadable: int = 0
    rows: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Place:
    """A table with secrets: `columns` are read, `changed` gives new values for those that are to be written."""

    model: type[models.Model]
    columns: tuple[str, ...]
    texts: Callable[[Any], list[str]]
    replaced: Callable[[Any, Callable[[str], str]], Any]


def places() -> Iterator[Place]:
    """Every table of every app that holds secrets, found by its fields; a new `SealedField` needs no word here.

    Copies in the history of changes are left alone: nobody reads them, and history is not rewritten.
    """
    for model in apps.get_models():
        columns = tuple(f.attname for f in model._meta.local_concrete_fields if isinstance(f, SealedField))
        if columns and not issubclass(model, Event) and model._meta.managed and not model._meta.proxy:
            yield Place(model, columns, _text_of, lambda held, new: Sealed(new(held.raw)))
    yield Place(Authenticator, ("data",), _texts_of_authenticator, _authenticator_with)


def _text_of(held: Any) -> list[str]:
    return [held.raw] if isinstance(held, Sealed) and held else []


def _texts_of_authenticator(data: Any) -> list[str]:
    found: list[str] = []
    for name in IN_AUTHENTICATOR:
        value = data.get(name)
        found += [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return found


def _authenticator_with(data: Any, new: Callable[[str], str]) -> Any:
    changed = dict(data)
    for name in IN_AUTHENTICATOR:
        value = data.get(name)
        if isinstance(value, str):
            changed[name] = new(value)
        elif isinstance(value, list):
            changed[name] = [new(one) for one in value]
    return changed


def survey() -> list[Count]:
    """What is where, without changing anything."""
    return [_walk(place, write=False) for place in places()]


def rotate() -> list[Count]:
    """Put all that can be read under the first key. A batch of rows is one transaction and is locked while it is
    rewritten, so it may run beside people who work; run again after a stop it finds what is left."""
    return [_walk(place, write=True) for place in places()]


def _walk(place: Place, *, write: bool) -> Count:
    count = Count(place.model._meta.db_table)
    last: Any = None
    while True:
        with transaction.atomic():
            rows = place.model._base_manager.order_by("pk")
            rows = rows.filter(pk__gt=last) if last is not None else rows
            rows = rows.select_for_update(of=("self",)) if write else rows
            batch = list(rows.values_list("pk", *place.columns)[:BATCH])
            for pk, *held in batch:
                _row(place, count, pk, dict(zip(place.columns, held, strict=True)), write=write)
        if len(batch) < BATCH:
            return count
        last = batch[-1][0]


def _row(place: Place, count: Count, pk: Any, held: dict[str, Any], *, write: bool) -> None:
    def new(text: str) -> str:
        return reseal(text) if is_sealed(text) and not is_current(text) else text

    changes = {}
    for column, value in held.items():
        texts = place.texts(value)
        sealed = [t for t in texts if is_sealed(t)]
        behind = [t for t in sealed if not is_current(t)]
        count.sealed += len(sealed)
        count.plain += len(texts) - len(sealed)
        count.behind += len(behind)
        if behind:
            try:
                changes[column] = place.replaced(value, new)
            except Unreadable:
                count.unreadable += len(behind)
                count.rows.append(pk)
    if changes and write:
        place.model._base_manager.filter(pk=pk).update(**changes)
