"""What a schedule's page asks for, put to the actions: to save it, or to see what would come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from teams import actions, oncall, versions
from teams.admin.live import RowRefused, complaints
from teams.admin.schedule.forms import LayerForm, OverrideForm
from teams.models import Layer, Schedule, User

# What the actions call a thing, and the form.
FIELDS = {"people": "rota"}
LAYER, STAND_IN = LayerForm.Meta.fields, OverrideForm.Meta.fields


@dataclass(frozen=True)
class Draft:
    """The valid part of a page. Rows have the prefix of their form, to tell it what is refused."""

    time_zone: str | None = None
    country: str | None = None
    effective_at: datetime | None = None
    layers: tuple[tuple[str, actions.LayerChange], ...] = ()
    stand_ins: tuple[tuple[str, dict[str, Any]], ...] = ()
    taken_back: tuple[tuple[str, Any], ...] = ()

    def without(self, prefix: str) -> Draft:
        """What is left when the form with this prefix is refused; "" is the schedule's own."""
        if not prefix:
            return replace(self, time_zone=None, country=None, effective_at=None)
        kept: dict[str, Any] = {
            name: tuple(row for row in getattr(self, name) if row[0] != prefix)
            for name in ("layers", "stand_ins", "taken_back")
        }
        return replace(self, **kept)


@dataclass(frozen=True)
class Outcome:
    """What would come of a draft. `says`: (layer, what becomes of it); `problems`: what had to be left out."""

    rota: oncall.Rota | None
    says: list[tuple[str, str]] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def drafted(form: Any, formsets: Iterable[Any]) -> Draft:
    """What a bound page asks for, as far as it is valid."""
    given = form.cleaned_data if hasattr(form, "cleaned_data") else {}
    layers: list[tuple[str, actions.LayerChange]] = []
    stand_ins: list[tuple[str, dict[str, Any]]] = []
    taken_back: list[tuple[str, Any]] = []
    for formset in formsets:
        for row in formset.forms:
            saved = row.instance.pk is not None
            if formset._should_delete_form(row):
                if saved and formset.model is Layer:
                    layers.append((row.prefix, actions.LayerChange(row.instance, gone=True)))
                elif saved:
                    taken_back.append((row.prefix, row.instance.pk))
            elif row.errors or not (saved or row.has_changed()):
                continue
            elif formset.model is Layer:
                layers.append((row.prefix, _change(row)))
            elif not saved:
                stand_ins.append((row.prefix, {name: row.cleaned_data[name] for name in STAND_IN}))
    return Draft(
        given.get("time_zone"),
        given.get("country"),
        given.get("effective_at"),
        tuple(layers),
        tuple(stand_ins),
        tuple(taken_back),
    )


def _change(row: Any) -> actions.LayerChange:
    values = {name: row.cleaned_data[name] for name in LAYER} | {"position": row.instance.position}
    return actions.LayerChange(row.instance if row.instance.pk else None, values, row.cleaned_data["rota"])


def carry_out(draft: Draft, schedule: Schedule, by: User) -> None:
    """Do what `draft` asks for. RowRefused for the first that an action refuses."""
    try:
        actions.change_roster(
            schedule,
            [change for _, change in draft.layers],
            by=by,
            effective_at=draft.effective_at,
            time_zone=draft.time_zone,
            country=draft.country,
        )
    except ValidationError as error:
        named = {FIELDS.get(name, name): said for name, said in error.message_dict.items()}
        number = getattr(error, "number", None)
        prefix = "" if number is None or "effective_at" in named else draft.layers[number][0]
        raise RowRefused(prefix, ValidationError(named)) from error
    for prefix, key in draft.taken_back:
        with _told(prefix):
            actions.remove_override(key, by=by)
    for prefix, values in draft.stand_ins:
        with _told(prefix):
            actions.add_override(schedule, by=by, **values)


@contextmanager
def _told(prefix: str) -> Iterator[None]:
    """Say which form it was that an action refuses."""
    try:
        yield
    except ValidationError as error:
        raise RowRefused(prefix, error) from error


def outcome(schedule: Schedule, draft: Draft, by: User) -> Outcome:
    """What `draft` would leave of `schedule`, as a save would; without the rows that it would refuse."""
    before = [] if schedule._state.adding else versions.histories(schedule)
    problems: list[str] = []

    def verbs(row: Schedule) -> Outcome:
        carry_out(draft, row, by)
        says = versions.changes(before, versions.histories(row), row.time_zone, timezone.now())
        return Outcome(oncall.load([row])[0], says, problems)

    while True:
        try:
            return actions.trial(schedule, verbs)
        except RowRefused as refusal:
            problems += refusal.error.messages
            left = draft.without(refusal.prefix)
            if left == draft:
                raise
            draft = left


def mistakes(form: Any, formsets: Iterable[Any]) -> list[str]:
    """What is wrong with a bound page, in words."""
    named = ("time_zone", "country", "effective_at")
    wrong = [f"{form.fields[name].label}: {e}" for name in named for e in form.errors.get(name, ())]
    for formset in formsets:
        for number, row in enumerate(formset.forms, 1):
            empty = row.empty_permitted and not row.has_changed()
            if row.errors and not empty and not formset._should_delete_form(row):
                wrong += complaints(row, f"{formset.model._meta.verbose_name.capitalize()} {number}")
    return wrong
