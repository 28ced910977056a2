"""Rows as what strangers are told of them. The one way from the database to a public page, its JSON, its feeds and the
mail of its updates: a field that `comms.snapshot.public` does not list is not read here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar, overload

from django.db.models import Model, QuerySet
from django.urls import reverse

from comms import months
from comms.models import Component, ComponentChange, ComponentGroup, PageIncident, StatusPage, StatusUpdate
from comms.snapshot.public import (
    PublicChange,
    PublicComponent,
    PublicGroup,
    PublicIncident,
    PublicMonth,
    PublicPage,
    PublicPostmortem,
    PublicUpdate,
)
from incidents.models import Postmortem

# What no reader is to get: characters that XML has no place for, one of which would keep a feed from being written, and
# those that make the text around them run the other way.
CONTROLS = {*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {0x09, 0x0A}
BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
DROPPED = dict.fromkeys(CONTROLS | BIDI)
PLAIN = (str, int, float, bool, datetime, date, timedelta, type(None))
Shape = TypeVar("Shape")
Row = TypeVar("Row", bound=Model)


def page(row: StatusPage) -> PublicPage:
    return _pick(PublicPage, row, url=row.get_absolute_url())


def group(row: ComponentGroup) -> PublicGroup:
    return _pick(PublicGroup, row)


def component(row: Component) -> PublicComponent:
    """Loads the group where it is not loaded yet."""
    return _pick(PublicComponent, row, group=group(row.group) if row.group else None)


def change(row: ComponentChange) -> PublicChange:
    return _pick(PublicChange, row, component=component(row.component), new_label=row.get_new_status_display())


def update(row: StatusUpdate, changes: Iterable[ComponentChange] | None = None) -> PublicUpdate:
    """One that is published, or that is to be shown to its author; `changes` are those that the row has, unless they
    are given."""
    rows = row.component_changes.all() if changes is None else changes
    return _pick(PublicUpdate, row, state_label=row.get_state_display(), changes=tuple(change(each) for each in rows))


def incident(row: PageIncident) -> PublicIncident:
    """One that was fetched `with_story()`."""
    story = tuple(update(each) for each in row.story)
    return _incident(row, story, tuple(component(each) for each in row.affected))


def head(row: PageIncident) -> PublicIncident:
    """One without its updates; it may be unsaved, for a preview."""
    return _incident(row, (), ())


def postmortem(row: Postmortem, title: str = "", sections: Sequence[tuple[str, str]] = ()) -> PublicPostmortem:
    """`title` and `sections` (label, Markdown) as they are without names; left out where only its address is told."""
    url = reverse("comms:postmortem", args=[row.public_slug])
    return _pick(PublicPostmortem, row, title=title, sections=tuple(sections), url=url)


def month(row: StatusPage, name: str) -> PublicMonth:
    return PublicMonth(name, months.label(name), reverse("comms:month", args=[row.slug, name]))


def _incident(
    row: PageIncident, story: tuple[PublicUpdate, ...], affected: tuple[PublicComponent, ...]
) -> PublicIncident:
    url = row.get_absolute_url()
    return _pick(PublicIncident, row, impact_label=row.get_impact_display(), url=url, story=story, affected=affected)


def _pick(shape: type[Shape], row: Any, **given: Any) -> Shape:
    """The shape from the row's attributes of the same names, and what is `given` for those that the row has not."""
    names = [each.name for each in fields(shape)]  # type: ignore[arg-type]
    values = {name: readable(given[name] if name in given else getattr(row, name)) for name in names}
    for name, value in values.items():
        if not _plain(value):
            raise TypeError(f"{shape.__name__}.{name} would be {type(value).__name__}: give its plain value")
    return shape(**values)


def readable(value: Any) -> Any:
    """A value, its texts without what no reader is to get."""
    if isinstance(value, str):
        return value.translate(DROPPED)
    return tuple(map(readable, value)) if isinstance(value, tuple) else value


def _plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_plain, value))
    if is_dataclass(value):
        return type(value).__module__ == PublicPage.__module__
    return isinstance(value, PLAIN)


class Told(Sequence[Shape], Generic[Row, Shape]):
    """A list of rows, of which only the shapes are had; for pages of a list, which count it and take a part."""

    def __init__(self, rows: QuerySet[Row], make: Callable[[Row], Shape]) -> None:
        self._rows, self._make = rows, make

    def __len__(self) -> int:
        return self._rows.count()

    @overload
    def __getitem__(self, asked: int) -> Shape: ...
    @overload
    def __getitem__(self, asked: slice) -> list[Shape]: ...
    def __getitem__(self, asked: int | slice) -> Shape | list[Shape]:
        found = self._rows[asked]
        return [self._make(row) for row in found] if isinstance(asked, slice) else self._make(found)  # type: ignore[arg-type, union-attr]

    def __iter__(self) -> Iterator[Shape]:
        return (self._make(row) for row in self._rows)
