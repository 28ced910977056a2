"""Rows as what strangers are told of them. The one way from the database to a public page, its JSON, its feeds and the
mail of its updates: a field that `comms.snapshot.public` does not list is not read here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar, overload

from django.db.models import Model, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_noop

from comms import places, theme
from comms.models import (
    Component,
    ComponentChange,
    ComponentGroup,
    Correction,
    MaintenanceUpdate,
    PageIncident,
    PageMaintenance,
    StatusPage,
    StatusUpdate,
)
from comms.snapshot.public import (
    PublicChange,
    PublicComponent,
    PublicCorrection,
    PublicGroup,
    PublicIncident,
    PublicLogo,
    PublicMaintenance,
    PublicMonth,
    PublicPage,
    PublicPart,
    PublicPostmortem,
    PublicUpdate,
)
from incidents.models import Postmortem
from teams import dates

# How sure somebody is of when service is back; said in the reader's language where it is shown.
SURE = {
    "low": gettext_noop("low confidence"),
    "medium": gettext_noop("medium confidence"),
    "high": gettext_noop("high confidence"),
}
# What no reader is to get: characters that XML has no place for, one of which would keep a feed from being written, and
# those that make the text around them run the other way.
CONTROLS = {*range(0x20), *range(0x7F, 0xA0), *range(0xD800, 0xE000), 0xFFFE, 0xFFFF} - {0x09, 0x0A}
BIDI = {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}
DROPPED = dict.fromkeys(CONTROLS | BIDI)
PLAIN = (str, int, float, bool, datetime, date, timedelta, type(None))
Shape = TypeVar("Shape")
Row = TypeVar("Row", bound=Model)


def page(row: StatusPage, *, dressed: bool | None = None) -> PublicPage:
    """With its logos where it is `dressed`; unless that is said, where it is shown at an address of its own."""
    wears = hasattr(row, "lang") if dressed is None else dressed
    pictures = row.logos.defer("data", "icon") if wears else ()
    return _pick(
        PublicPage,
        row,
        languages=tuple(row.languages),
        lang=getattr(row, "lang", row.language),
        base=getattr(row, "base", places.usual(row)),
        theme=theme.version_of(row),
        logos=tuple(_pick(PublicLogo, each) for each in pictures),
        url=row.get_absolute_url(),
    )


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
    return _pick(
        PublicUpdate,
        row,
        state_label=row.get_state_display(),
        changes=tuple(change(each) for each in rows),
        corrections=tuple(correction(each) for each in row.corrections.all()) if row.pk else (),
    )


def correction(row: Correction) -> PublicCorrection:
    return _pick(PublicCorrection, row, before="" if row.erased else row.before)


def incident(row: PageIncident) -> PublicIncident:
    """One that was fetched `with_story()`."""
    story = tuple(update(each) for each in row.story)
    return _incident(row, story, tuple(component(each) for each in row.affected))


def head(row: PageIncident) -> PublicIncident:
    """One without its updates; it may be unsaved, for a preview."""
    return _incident(row, (), ())


def maintenance(row: PageMaintenance) -> PublicMaintenance:
    """One that was fetched `with_story()`."""
    story = tuple(_planned_update(each) for each in row.story)
    parts = tuple(_pick(PublicPart, each, component=component(each.component)) for each in row.parts.all())
    return _maintenance(row, story, parts)


def planned(row: PageMaintenance) -> PublicMaintenance:
    """One without what was told of it; it may be unsaved, for a preview."""
    return _maintenance(row, (), ())


def postmortem(row: Postmortem, title: str = "", sections: Sequence[tuple[str, str]] = ()) -> PublicPostmortem:
    """`title` and `sections` (label, Markdown) as they are without names; left out where only its address is told."""
    url = reverse("comms:postmortem", args=[row.public_slug])
    return _pick(PublicPostmortem, row, title=title, sections=tuple(sections), url=url)


def month(row: StatusPage, name: str) -> PublicMonth:
    return PublicMonth(
        name, dates.month(date.fromisoformat(f"{name}-01")), reverse("comms:month", args=[row.slug, name])
    )


def _incident(
    row: PageIncident, story: tuple[PublicUpdate, ...], affected: tuple[PublicComponent, ...]
) -> PublicIncident:
    url = row.get_absolute_url()
    sure = SURE.get(row.eta_confidence, "")
    label = row.get_impact_display()
    return _pick(PublicIncident, row, impact_label=label, sure=sure, url=url, story=story, affected=affected)


def _maintenance(
    row: PageMaintenance, story: tuple[PublicUpdate, ...], parts: tuple[PublicPart, ...]
) -> PublicMaintenance:
    affected = tuple(each.component for each in parts)
    return _pick(PublicMaintenance, row, url=row.get_absolute_url(), story=story, parts=parts, affected=affected)


def _planned_update(row: MaintenanceUpdate) -> PublicUpdate:
    """In the shape of any update; nothing is promised and nothing is corrected of maintenance."""
    changes = tuple(change(each) for each in row.component_changes.all())
    none = dict.fromkeys(("eta_early_at", "eta_at", "next_update_at")) | {"eta_confidence": ""}
    return _pick(PublicUpdate, row, state_label=row.get_state_display(), changes=changes, corrections=(), **none)


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
