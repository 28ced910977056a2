"""The organization's own fields, as fields of a form: `field_<key>` each."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms

from incidents.conditions import FieldsGuard
from incidents.forms.fields import ActForm, Data, DayField, PersonField
from incidents.guards import Verb
from incidents.models import CustomField, CustomValue, Incident
from incidents.phases import PATH, Phase

PREFIX = "field_"


def fields_for(incident: Incident | None, wanted: Iterable[CustomField]) -> dict[str, forms.Field]:
    """A form's field for each of `wanted`, with what stands in the incident."""
    known = {v.field_id: v.value for v in incident.custom_values.select_related("field", "person")} if incident else {}
    return {f"{PREFIX}{field.key}": _field(field, known.get(field.pk), incident) for field in wanted}


def _field(field: CustomField, value: Any, incident: Incident | None) -> forms.Field:
    named: dict[str, Any] = {"label": field.label, "help_text": field.help, "required": False, "initial": value}
    if field.kind == CustomField.Kind.NUMBER:
        widget = forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
        return forms.CharField(max_length=40, widget=widget, **named)
    if field.kind == CustomField.Kind.DATE:
        return DayField(**named)
    if field.kind == CustomField.Kind.USER:
        return PersonField(incident.team if incident else None, **named)
    if field.kind == CustomField.Kind.CHOICE:
        # What was chosen before the choices changed stays choosable.
        old = [value] if value and value not in field.choices else []
        return forms.ChoiceField(choices=[("", "Not chosen"), *((c, c) for c in [*field.choices, *old])], **named)
    return forms.CharField(max_length=2000, **named)


def values_of(given: dict[str, Any]) -> dict[str, Any]:
    """Take the values of such fields out of what a form gave, by their keys."""
    return {name.removeprefix(PREFIX): given.pop(name) for name in list(given) if name.startswith(PREFIX)}


class CustomForm(ActForm):
    all_optional = True

    def __init__(self, incident: Incident, data: Data = None) -> None:
        super().__init__(data)
        self.fields |= fields_for(incident, CustomField.objects.asked())


def still_required(incident: Incident, verb: Verb) -> list[CustomField]:
    """The fields that are empty and that `verb` asks for, of whatever severity: it may be chosen in the same form."""
    into = next((guard.into for guard in verb.guards if isinstance(guard, FieldsGuard)), None)
    if into is None:
        return []
    reached = [phase.value for phase in PATH if into not in PATH or PATH.index(phase) <= PATH.index(into)]
    rows = CustomField.objects.asked().filter(required_from__in=reached)
    return list(rows.exclude(pk__in=CustomValue.objects.filter(incident=incident).values("field")))


def required_to_declare() -> list[CustomField]:
    """The fields that whoever declares an incident is asked for."""
    return list(CustomField.objects.asked().filter(required_from=Phase.DECLARE))
