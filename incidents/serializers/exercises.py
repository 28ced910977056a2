"""What the API reads and answers about drills."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.actions.exercises import scoring
from incidents.drilling.script import STEPS
from incidents.models import Exercise
from incidents.serializers.fields import IncidentField
from incidents.serializers.named import IncidentName
from teams.api.fields import Given, Line, PersonField, ServiceField, Shown, TeamField, Text
from teams.serializers import Person


class ExerciseStep(serializers.Serializer[Any]):
    step = serializers.ChoiceField(list(STEPS.items()))
    seconds = serializers.IntegerField(allow_null=True, help_text="Of the story, from the first alert on; null: never.")
    target = serializers.IntegerField(allow_null=True, help_text="By when it should be done; null: nobody set one.")


class ExerciseScore(serializers.Serializer[Any]):
    steps = ExerciseStep(many=True)
    met = serializers.IntegerField(help_text="Targets that were reached in time.")
    of = serializers.IntegerField(help_text="Of so many.")
    promises_kept = serializers.IntegerField()
    promises_due = serializers.IntegerField()
    wrong_mitigations = serializers.IntegerField(help_text="Carried out without the effect that was hoped for.")
    commander_hands_on = serializers.IntegerField(help_text="How often the commander carried one out.")
    severity_fits = serializers.BooleanField()
    hints = serializers.IntegerField()


class ExerciseShown(Shown):
    incident = IncidentName()
    past = serializers.SerializerMethodField(help_text="The incident that it replays, where you may see it.")
    facilitator = Person(allow_null=True)
    state = serializers.ChoiceField(Exercise.State.choices)

    class Meta:
        model = Exercise
        fields = [
            *("id", "name", "incident", "scenario", "past", "facilitator", "state", "speed"),
            *("created_at", "started_at", "ended_at"),
        ]

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_past(self, exercise: Exercise) -> str | None:
        seen = exercise.past_id is not None and exercise.past_id in self.context.get("seen", ())
        return f"INC-{exercise.past_id}" if seen else None


class ExerciseDetail(ExerciseShown):
    score = serializers.SerializerMethodField(help_text="While it goes on, so far.")

    class Meta(ExerciseShown.Meta):
        fields = [*ExerciseShown.Meta.fields, "debrief", "score"]

    @extend_schema_field(ExerciseScore)
    def get_score(self, exercise: Exercise) -> Any:
        found = exercise.score or scoring.score(exercise)
        targets = exercise.read_script().targets
        steps = [{"step": name, "seconds": found["steps"].get(name), "target": targets.get(name)} for name in STEPS]
        return ExerciseScore({**found, "steps": steps}).data


class ExerciseGiven(Given):
    """A drill of a scenario, or of a past incident. Nobody is called for it."""

    scenario = Line(max_length=80, default="", help_text="Its slug; leave it out for a past incident.")
    past = IncidentField(required=False, allow_null=True)
    team = TeamField(required=False, allow_null=True)
    service = ServiceField(
        required=False, allow_null=True, help_text="Stands for the first service that the scenario names."
    )
    participants = serializers.ListField(child=PersonField(), max_length=100, required=False)
    speed = serializers.ChoiceField(Exercise.Speed.choices, required=False)
    start = serializers.BooleanField(required=False, help_text="Start its clock at once.")


class SpeedGiven(Given):
    speed = serializers.ChoiceField(Exercise.Speed.choices)


class DebriefGiven(Given):
    debrief = Text()


class ScenarioShown(serializers.Serializer[Any]):
    slug = serializers.CharField()
    title = serializers.CharField()
    own = serializers.BooleanField(help_text="Written here; the others come with Watchbill.")
