"""What the API reads and answers about what becomes of action items."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.actions.counterfactuals import LONGEST
from incidents.actions.relevance import ANSWERS
from incidents.models import Counterfactual, NoItemsDecision
from incidents.serializers.named import IncidentName
from teams.api.fields import Day, Given, Line, Shown, Text
from teams.serializers import Person

EFFECTS = [pair for pair in Counterfactual.Effect.choices if pair[0] != "none"]


class FollowedName(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    incident = IncidentName()


class CounterfactualShown(Shown):
    item = FollowedName(allow_null=True)
    mitigation = FollowedName(allow_null=True)
    by = Person(allow_null=True)

    class Meta:
        model = Counterfactual
        fields = ["id", "item", "mitigation", "effect", "minutes", "note", "by", "at"]


class HindsightCandidate(serializers.Serializer[Any]):
    """An open action item or an earlier mitigation that may have helped."""

    item = FollowedName(allow_null=True)
    mitigation = FollowedName(allow_null=True)
    why = serializers.CharField(help_text="Why it is asked about.")


class HindsightShown(serializers.Serializer[Any]):
    """What is asked of an incident before it is closed, and what was answered."""

    answered = serializers.BooleanField()
    answers = CounterfactualShown(many=True)
    candidates = HindsightCandidate(many=True)


class HindsightAnswer(Given):
    """`item` or `mitigation` by its number; an empty `effect` takes back what was said of it."""

    item = serializers.IntegerField(min_value=1, max_value=2**62, required=False, allow_null=True)
    mitigation = serializers.IntegerField(min_value=1, max_value=2**62, required=False, allow_null=True)
    effect = serializers.ChoiceField(choices=EFFECTS, allow_blank=True)
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST, required=False, allow_null=True)


class HindsightGiven(Given):
    answers = serializers.ListField(child=HindsightAnswer(), max_length=100, required=False)
    none = serializers.BooleanField(required=False, default=False, help_text="Nothing would have helped.")
    note = Line(max_length=500, default="")


class NoItemsShown(Shown):
    by = Person()

    class Meta:
        model = NoItemsDecision
        fields = ["reason", "by", "at"]


class ItemsStanding(serializers.Serializer[Any]):
    """How the action items stand for approval."""

    concrete = serializers.IntegerField(help_text="How many are concrete.")
    lacking = serializers.CharField(
        help_text="Open ones that are not, with what each lacks; empty where there are none."
    )
    remarks = serializers.ListField(child=serializers.CharField(), help_text="What is noticed of all of them together.")
    none_needed = NoItemsShown(allow_null=True, help_text="That somebody decided that none is needed.")


class NoItemsGiven(Given):
    reason = Text(help_text="Why nothing follows from it.")


class RelevantGiven(Given):
    """`keep` with a day that is still to come, `done` with evidence as the note, `dropped` with a reason."""

    answer = serializers.ChoiceField(choices=list(ANSWERS.items()))
    due_on = Day(required=False, allow_null=True)
    note = Text()
