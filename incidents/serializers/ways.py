"""What the API answers about ways to stop the bleeding."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import ChangeMark
from incidents.serializers.detected import ChangeShown


class SuggestionShown(serializers.Serializer[Any]):
    """A change that may have done it."""

    change = ChangeShown()
    mark = serializers.ChoiceField(ChangeMark.State.choices, allow_blank=True, help_text="Empty: nobody said anything.")
    marked_by = serializers.CharField(allow_blank=True)
    last_deploy = serializers.BooleanField(help_text="The last one before it began, on the nearest service.")
    kind = serializers.CharField(
        allow_blank=True, help_text="deploy, flag, config or migration, as far as its words say; empty: not known."
    )
    minutes = serializers.FloatField(help_text="Before the trouble began; negative: after.")
    steps = serializers.IntegerField(
        allow_null=True, help_text="Along dependencies to its service: 0 is the incident's own; null: elsewhere."
    )
    score = serializers.FloatField(help_text="How likely, against the others.")
    reason = serializers.CharField(help_text="Why it stands here, in words.")


class WaysShown(serializers.Serializer[Any]):
    """What was said to have caused it, what is suspected, the last deploy, the likeliest; what is ruled out is last."""

    changes = SuggestionShown(many=True)
