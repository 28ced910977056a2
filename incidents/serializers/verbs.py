"""The inputs of each verb of `incidents.phases`, read off its row in the table."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from rest_framework import serializers

from incidents.guards import Input, Verb
from incidents.serializers.fields import IncidentField, SeverityField
from teams.api.fields import Given, Line, Moment, PersonField, Text

LONGEST_PROMISE = 7 * 24 * 60

FIELDS: dict[str, Callable[..., serializers.Field[Any, Any, Any, Any]]] = {
    "text": lambda **kw: Line(max_length=2000, **kw),
    "longtext": Text,
    "severity": SeverityField,
    "user": PersonField,
    "incident": IncidentField,
    "minutes": lambda **kw: serializers.IntegerField(min_value=1, max_value=LONGEST_PROMISE, **kw),
    "datetime": Moment,
    "bool": serializers.BooleanField,
}


def _field(given: Input) -> serializers.Field[Any, Any, Any, Any]:
    told: dict[str, Any] = {
        "required": False,
        "allow_null": True,
        "label": given.label,
        "help_text": f"{given.label}. {given.help}".strip(),
    }
    if given.kind == "choice":
        return serializers.ChoiceField(choices=list(given.choices), **told)
    return FIELDS[given.kind](**told)


@cache
def verb_serializer(verb: Verb) -> type[Given]:
    """A serializer with the verb's inputs, `override` and `occurred_at`. Nothing is required here: the guards say all
    that is missing at once."""
    fields: dict[str, Any] = {i.name: _field(i) for i in verb.inputs}
    if "reason" not in fields:
        fields["reason"] = Line(max_length=2000, allow_null=True, help_text="Why, where something is overridden.")
    fields["override"] = serializers.BooleanField(
        required=False, help_text="Go on although a process guard says no; wants a reason, which is kept."
    )
    fields["occurred_at"] = Moment(required=False, allow_null=True, help_text="When it happened, if not just now.")
    name = "".join(part.capitalize() for part in verb.name.split("_")) + "Given"
    return type(name, (Given,), {**fields, "__doc__": verb.explains})
