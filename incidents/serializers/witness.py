"""What the API takes and answers of metrics. Addresses and secrets are taken and never answered."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import MetricCheck, Witness, WitnessPoint
from incidents.models.witness import LONGEST_QUERY, Probe
from teams.api.fields import Given, Line, Shown, Text
from teams.serializers import Person, ServiceName

_PROBE = (
    *("id", "title", "kind", "host", "query", "comparison", "threshold", "hold_minutes", "unit"),
    *("interval_seconds", "sign_in", "username"),
)


class MetricCheckShown(Shown):
    """A metric of a service. Of its address only the host is told."""

    service = ServiceName()

    class Meta:
        model = MetricCheck
        fields = [*_PROBE, "service", "attach"]


class MetricShown(Shown):
    """A metric that an incident is watched by. `state_since`: since when it holds, or does not; while
    `unreadable_since` is set, `error` says why it can't be read, and the rest is what was read last."""

    attached_by = Person(allow_null=True)
    check = serializers.IntegerField(
        source="check_of_id", allow_null=True, help_text="The service's metric that it was attached from."
    )

    class Meta:
        model = Witness
        fields = [
            *_PROBE,
            *("check", "attached_by", "attached_at", "removed_at", "state", "state_since", "value", "value_at"),
            *("error", "unreadable_since", "proposed_at"),
        ]


class PointShown(Shown):
    """What was read at a moment."""

    class Meta:
        model = WitnessPoint
        fields = ["at", "value"]


class MetricGiven(Given):
    """A metric to watch. It is good while it is `below` or `above` the threshold."""

    title = Line(80)
    kind = serializers.ChoiceField(choices=Probe.Kind.choices, default=Probe.Kind.PROMQL)
    url = Line(1000, help_text="Of Prometheus, or of the JSON. https, but for hosts of WATCHBILL_METRIC_HOSTS.")
    query = Text(LONGEST_QUERY, help_text="PromQL that gives one figure, or JMESPath or a JSON pointer.")
    comparison = serializers.ChoiceField(choices=Probe.Comparison.choices, default=Probe.Comparison.BELOW)
    threshold = serializers.FloatField(required=False, allow_null=True)
    hold_minutes = serializers.IntegerField(min_value=0, max_value=1440, default=5)
    unit = Line(12)
    interval_seconds = serializers.IntegerField(min_value=5, max_value=3600, default=15)
    sign_in = serializers.ChoiceField(choices=Probe.SignIn.choices, default=Probe.SignIn.NONE)
    username = Line(200)
    secret = serializers.CharField(
        max_length=4000, required=False, allow_blank=True, write_only=True, help_text="The token or the password."
    )


class MetricAttachGiven(MetricGiven):
    """A metric to watch: one of a service by its number as `check`, or another one with all that it takes."""

    check = serializers.PrimaryKeyRelatedField(
        queryset=MetricCheck.objects.all(), required=False, allow_null=True, help_text="A service's metric."
    )


class MetricCheckGiven(MetricGiven):
    """A metric of a service. An empty `secret` leaves it as it is."""

    attach = serializers.ChoiceField(choices=MetricCheck.Attach.choices, default=MetricCheck.Attach.DECLARE)


class Tried(serializers.Serializer[Any]):
    """What a metric gives now: a figure and whether it is as it should be, or why it can't be read."""

    value = serializers.FloatField(allow_null=True)
    holds = serializers.BooleanField(allow_null=True)
    error = serializers.CharField()
