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
    """`custom`: those that are asked for, and those that were once and have a value. No query."""
    wanted = {each.label for each in scene.facts.fields_wanted}
    former = {value.field_id: value.field for value in scene.values.values()}
    fields = {each.pk: each for each in scene.fields} | former
    shown = sorted(fields.values(), key=lambda each: (each.position, each.label))
    return {"custom": [Filled(each, scene.values.get(each.pk), each.label in wanted) for each in shown]}
