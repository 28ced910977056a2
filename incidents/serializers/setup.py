"""What the API answers of how alerts come in and where they go. No key, secret or setting of a tool is among it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import Integration, RoutingRule
from incidents.serializers.named import SeverityName
from incidents.serializers.quiet import CONDITIONS
from teams.api.fields import Moment, Shown
from teams.models import EscalationPolicy
from teams.serializers import ServiceName, TeamName


class PolicyName(Shown):
    team = TeamName()

    class Meta:
        model = EscalationPolicy
        fields = ["id", "name", "team"]


class RoutingRuleShown(Shown):
    """A routing rule. A target that is null stays as it would be without the rule."""

    conditions = serializers.ListField(
        child=serializers.DictField(), help_text=f"{CONDITIONS} Routing rules ask for the time as well."
    )
    when = serializers.ListField(child=serializers.CharField(), help_text="The conditions in words.")
    grouping = serializers.CharField(help_text="What becomes one incident, in words.")
    wrong = serializers.CharField(help_text="Why the rule can't be read and matches nothing. Empty where it can.")
    team = TeamName(allow_null=True)
    service = ServiceName(allow_null=True)
    severity = SeverityName(allow_null=True)
    policy = PolicyName(allow_null=True)
    matched = serializers.IntegerField(help_text="New alerts that it decided for.")
    last_matched_at = Moment(allow_null=True)

    class Meta:
        model = RoutingRule
        fields = [
            *("id", "position", "name", "enabled", "is_default", "conditions", "when", "wrong"),
            *("team", "service", "severity", "policy", "priority", "private", "declares"),
            *("group_by", "group_labels", "group_minutes", "grouping", "on_recovery", "recovery_minutes"),
            *("matched", "last_matched_at"),
        ]


class EventCounts(serializers.Serializer[Any]):
    """Of the last 24 hours."""

    events = serializers.IntegerField()
    rejected = serializers.IntegerField(help_text="Of these what could not be read.")
    troubled = serializers.IntegerField(help_text="Of the others what was read in part, or waits to be tried again.")


class IntegrationShown(Shown):
    team = TeamName()
    service = ServiceName(allow_null=True, help_text="For what names no known service itself.")
    last_event_at = Moment(allow_null=True, source="last_used_at", help_text="Null: it never sent anything.")
    lately = EventCounts()

    class Meta:
        model = Integration
        fields = [
            *("id", "name", "kind", "team", "service", "private", "ceiling", "created_at"),
            *("last_event_at", "lately"),
        ]
