"""The organization's own fields of an incident."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from incidents.models import CustomField, CustomValue
from incidents.presenters.helm import Scene


@dataclass(frozen=True, slots=True)
class Filled:
    field: CustomField
    value: CustomValue | None
    missing: bool


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    values = {v.field_id: v for v in scene.incident.custom_values.select_related("field", "person")}
    fields = CustomField.objects.filter(pk__in=values) | CustomField.objects.asked()
    wanted = {each.label for each in scene.facts.fields_wanted}
    return {"custom": [Filled(f, values.get(f.pk), f.label in wanted) for f in fields.distinct()]}
