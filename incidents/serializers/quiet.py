"""What the API takes and answers of silences and maintenance windows."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import Maintenance, Silence
from teams.api.fields import Given, Line, Moment, ServiceField, Shown, TeamField
from teams.serializers import Person, ServiceName, TeamName

CONDITIONS = (
    'All have to hold. `{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}` (`is`: equals, not,'
    ' one_of, like, present, absent), `{"what": "text", "values": ["disk"]}`,'
    ' `{"what": "severity", "values": ["page"]}`,'
    ' or `{"what": "service", "values": [7]}` and `"integration"` by their ids.'
)


class SilenceShown(Shown):
    conditions = serializers.ListField(child=serializers.DictField(), help_text=CONDITIONS)
    team = TeamName(allow_null=True)
    created_by = Person(allow_null=True)
    ended_by = Person(allow_null=True)
    held_back = serializers.IntegerField(help_text="Alerts that it suppressed.")
    held_now = serializers.IntegerField(help_text="Of these those that fire and are suppressed now.")

    class Meta:
        model = Silence
        fields = [
            *("id", "reason", "conditions", "team", "private", "starts_at", "ends_at", "created_at"),
            *("created_by", "ended_by", "held_back", "held_now"),
        ]


class MaintenanceShown(Shown):
    services = ServiceName(many=True)
    team = TeamName()
    created_by = Person(allow_null=True)
    ended_by = Person(allow_null=True)
    held_back = serializers.IntegerField(help_text="Alerts that it suppressed.")
    held_now = serializers.IntegerField(help_text="Of these those that fire and are suppressed now.")

    class Meta:
        model = Maintenance
        fields = [
            *("id", "title", "services", "team", "private", "starts_at", "ends_at", "created_at"),
            *("created_by", "ended_by", "held_back", "held_now"),
        ]


class SilenceGiven(Given):
    reason = Line(300, help_text="Why.")
    conditions = serializers.ListField(child=serializers.DictField(), required=False, help_text=CONDITIONS)
    team = TeamField(required=False, allow_null=True, help_text="A slug. Null: every team's alerts.")
    private = serializers.BooleanField(required=False)
    starts_at = Moment(required=False, allow_null=True, help_text="Now, when it is left out.")
    ends_at = Moment(required=False, allow_null=True)


class MaintenanceGiven(Given):
    title = Line(help_text="What is done.")
    services = ServiceField(many=True, required=False, help_text="Slugs.")
    private = serializers.BooleanField(required=False)
    starts_at = Moment(required=False, allow_null=True, help_text="Now, when it is left out.")
    ends_at = Moment(required=False, allow_null=True)


def completed(given: dict[str, Any], row: Silence | Maintenance | None, names: tuple[str, ...]) -> dict[str, Any]:
    """What an action is given: what was sent, and of the rest what the row has."""
    return {name: given[name] if name in given else _of(row, name) for name in names}


def _of(row: Silence | Maintenance | None, name: str) -> Any:
    empty: dict[str, Any] = {"conditions": [], "services": [], "reason": "", "title": "", "private": False}
    if row is None:
        return empty.get(name)
    return list(row.services.all()) if name == "services" and isinstance(row, Maintenance) else getattr(row, name)
