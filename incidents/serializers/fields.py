"""Inputs that name rows of this room. What the caller may not see does not exist for them."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.models import Change, Incident, IncidentType, Severity
from teams.api.fields import Named

MOST_FIELDS = 100
REFERENCE = re.compile(r"(?:INC-)?([0-9]{1,18})", re.IGNORECASE)


class ById(serializers.PrimaryKeyRelatedField[Any]):
    """A row by its number."""

    default_error_messages = {"does_not_exist": "There is no number {pk_value} here.", "not_a_number": "Give a number."}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, bool) or not isinstance(data, int) or not 0 <= data < 2**63:
            self.fail("not_a_number")
        return super().to_internal_value(data)


class SeverityField(ById):
    """A severity by its level, 1 to 4."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Severity.objects.all(), **kwargs)


class TypeField(Named):
    """A type of incidents by its slug."""

    default_error_messages = {"does_not_exist": "There is no type {value}."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=IncidentType.objects.all(), **kwargs)


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "null"]},
        "description": "The organization's own fields by their keys: a text, a number, a day (2026-11-28) or a "
        "person's name for signing in; null empties one.",
    }
)
class OwnFields(serializers.DictField):
    """Values of the organization's own fields; what they may be is for the action to say."""

    def to_internal_value(self, data: Any) -> Any:
        found = super().to_internal_value(data)
        if len(found) > MOST_FIELDS or any(isinstance(v, dict | list | bool) for v in found.values()):
            raise serializers.ValidationError(f"Give at most {MOST_FIELDS} texts, numbers or nulls by their keys.")
        return found


class ChangeField(ById):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Change.every.all(), **kwargs)

    def get_queryset(self) -> Any:
        return Change.every.visible_to(self.context["request"].user)


@extend_schema_field({"type": ["integer", "string"], "description": "42 or INC-42"})
class IncidentField(serializers.Field[Incident, Any, Any, Any]):
    """An incident by number or reference. A private one of others is as unknown as one that never was."""

    default_error_messages = {"does_not_exist": "There is no incident {given}.", "invalid": "Give 42 or INC-42."}

    def to_internal_value(self, data: Any) -> Incident:
        found = REFERENCE.fullmatch(str(data).strip()) if isinstance(data, int | str) else None
        if found is None or isinstance(data, bool):
            self.fail("invalid")
        user = self.context["request"].user
        incident = Incident.objects.visible_to(user).filter(pk=int(found[1])).first()
        if incident is None:
            self.fail("does_not_exist", given=data)
        return incident

    def to_representation(self, value: Incident) -> int:
        return value.pk
