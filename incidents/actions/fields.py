"""What an organization asks of its incidents beside what every organization does: entered, and looked after."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction

from incidents import timeline
from incidents.actions.facts import lock
from incidents.guards import Blocker
from incidents.models import CustomField, CustomValue, Incident
from incidents.problems import Blocked
from incidents.timeline import Kind
from teams.models import User

LONGEST = 2000
LARGEST = Decimal(10) ** 14


@transaction.atomic
def set_values(incident_pk: int, values: Mapping[str, Any], *, by: User) -> Incident:
    """Enter values by the keys of their fields; an empty one takes away what stood there. What stays the same leaves
    no trace. Raises Blocked naming each field that can't be what was given, as `field_<key>`."""
    incident = lock(incident_pk, by=by)
    fields = {field.key: field for field in CustomField.objects.asked()}
    before = {value.field_id: value for value in incident.custom_values.select_related("field", "person")}
    wrong, said, told = [], [], {}
    for key, given in values.items():
        field = fields.get(key)
        if field is None:
            known = ", ".join(fields) or "none"
            wrong.append(
                Blocker("field_unknown", f"There is no field {key}. There are: {known}.", field=f"field_{key}")
            )
            continue
        try:
            column, value = read(field, given)
        except ValueError as problem:
            wrong.append(Blocker("field_invalid", str(problem), field=f"field_{key}"))
            continue
        old = before.get(field.pk)
        was = old.value if old else None
        if (was or None) == (value or None) and (value is None) == (was is None):
            continue
        if value in (None, ""):
            if old is not None:
                old.delete()
                said.append(f"{field.label}: empty")
                told[key] = {"from": _json(was), "to": None}
            continue
        fresh = CustomValue(incident=incident, field=field, **{column: value})
        CustomValue.objects.bulk_create(
            [fresh],
            update_conflicts=True,
            unique_fields=["incident", "field"],
            update_fields=["text", "number", "day", "person"],
        )
        said.append(f"{field.label}: {fresh.shown}")
        told[key] = {"from": _json(was), "to": _json(value)}
    if wrong:
        raise Blocked(wrong)
    if said:
        timeline.record(
            incident, Kind.IMPACT, "fields.set", f"{by} set " + "; ".join(said), by=by, data={"fields": told}
        )
    return incident


def read(field: CustomField, given: Any) -> tuple[str, Any]:
    """The column of CustomValue and the value that `given` means for a field; None or "" for none. ValueError says what
    to give instead."""
    if given is None or given == "":
        return "text", None
    kinds = {
        CustomField.Kind.NUMBER: ("number", _number),
        CustomField.Kind.DATE: ("day", _day),
        CustomField.Kind.USER: ("person", _person),
    }
    if field.kind in kinds:
        column, reader = kinds[CustomField.Kind(field.kind)]
        return column, reader(field, given)
    if not isinstance(given, str):
        raise ValueError(f"Give {field.label} as a text.")
    text = given.strip()
    if field.kind == CustomField.Kind.CHOICE and text and text not in field.choices:
        raise ValueError(f"Choose one of: {', '.join(field.choices)}.")
    if len(text) > LONGEST:
        raise ValueError(f"Give {field.label} in at most {LONGEST} characters.")
    return "text", text


def _number(field: CustomField, given: Any) -> Decimal:
    try:
        found = Decimal(str(given).strip().replace(",", ".")) if not isinstance(given, bool) else Decimal("nan")
    except InvalidOperation:
        found = Decimal("nan")
    if not found.is_finite() or abs(found) >= LARGEST:
        raise ValueError(f"Give {field.label} as a number, such as 1200 or 0.5.")
    return round(found, 6)


def _day(field: CustomField, given: Any) -> date:
    try:
        return given if isinstance(given, date) else date.fromisoformat(str(given).strip())
    except ValueError:
        raise ValueError(f"Give {field.label} as a day, such as 2026-11-28.") from None


def _person(field: CustomField, given: Any) -> User:
    named = User.objects.present()
    found = given if isinstance(given, User) else named.filter(username=str(given).strip()).first()
    if found is None:
        raise ValueError(f"Nobody who can sign in is called {given}. Give a person's name for signing in.")
    return found


def _json(value: Any) -> Any:
    if isinstance(value, User):
        return {"user": value.pk}
    return value if value is None or isinstance(value, str) else str(value)
