"""What the API answers about ways to stop the bleeding."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import ChangeMark, Mitigation
from incidents.remembering import Memory
from incidents.serializers.detected import ChangeShown
from incidents.serializers.named import IncidentName


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


class AlikeShown(serializers.Serializer[Any]):
    incident = IncidentName()
    likeness = serializers.FloatField(help_text="How much it looked like this one, 0 to 1.")


class MemoryShown(serializers.Serializer[Any]):
    """What came of one kind of mitigation in incidents that looked like this one and that you may see."""

    kind = serializers.ChoiceField(Mitigation.Kind.choices)
    tried = serializers.IntegerField()
    worked = serializers.IntegerField(help_text="And held.")
    partly = serializers.IntegerField()
    harmful = serializers.IntegerField()
    effect_seconds = serializers.SerializerMethodField(help_text="Median from its start until it was seen to help.")
    said = serializers.CharField(help_text="The same in words.")
    example = serializers.CharField(help_text="What was done, in the words of the likest that helped.")
    incidents = AlikeShown(many=True, source="like", help_text="The likest first.")

    def get_effect_seconds(self, memory: Memory) -> float | None:
        return memory.effect.total_seconds() if memory.effect is not None else None


class WaysShown(serializers.Serializer[Any]):
    """What was said to have caused it, what is suspected, the last deploy, the likeliest; what is ruled out is last."""

    changes = SuggestionShown(many=True)
    memory = MemoryShown(many=True, help_text="What helped before, the most promising first.")
