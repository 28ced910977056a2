"""Swaps and time off as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from teams.api.fields import Given, Line, Moment, PersonField, Shown
from teams.away.reading import Affected
from teams.models import Override, Swap, TimeOff
from teams.serializers import Person, ScheduleName


class SwapOverride(Shown):
    """What accepting it made."""

    user = Person()
    replaces = Person(allow_null=True)

    class Meta:
        model = Override
        fields = ["id", "user", "replaces", "starts_at", "ends_at"]


class SwapShown(Shown):
    schedule = ScheduleName()
    user = Person(help_text="Who asks to be covered.")
    asked = Person(allow_null=True, help_text="Null: anyone of the team or the rotation.")
    answered_by = Person(allow_null=True)
    state = serializers.SerializerMethodField()
    overrides = SwapOverride(many=True)

    class Meta:
        model = Swap
        fields = [
            "id",
            "schedule",
            "user",
            "asked",
            "starts_at",
            "ends_at",
            "back_starts_at",
            "back_ends_at",
            "note",
            "state",
            "created_at",
            "answered_at",
            "answered_by",
            "overrides",
        ]

    @extend_schema_field(serializers.ChoiceField(Swap.State.choices))
    def get_state(self, swap: Swap) -> str:
        return swap.stands(timezone.now())


class SwapAccepted(SwapShown):
    warnings = serializers.SerializerMethodField(help_text="What to mind from now on, a sentence each.")

    class Meta(SwapShown.Meta):
        fields = [*SwapShown.Meta.fields, "warnings"]

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, swap: Swap) -> list[str]:
        found: list[str] = self.context["warnings"]
        return found


class SwapGiven(Given):
    """A span of your own duty that somebody is asked to cover."""

    starts_at = Moment()
    ends_at = Moment()
    asked = PersonField(required=False, allow_null=True, help_text="Left out: anyone of the team or the rotation.")
    back_starts_at = Moment(required=False, allow_null=True, help_text="Their duty that you take in return.")
    back_ends_at = Moment(required=False, allow_null=True)
    note = Line(default="")


class SwapDeclined(Given):
    word = Line(default="", help_text="Goes to the asker by mail and is not kept.")


class TimeOffShown(Shown):
    user = Person()
    created_by = Person(allow_null=True)

    class Meta:
        model = TimeOff
        fields = ["id", "user", "starts_at", "ends_at", "note", "created_at", "created_by"]


class TimeOffGiven(Given):
    """When somebody is away, `[starts_at, ends_at)`."""

    user = PersonField(required=False, help_text="Left out: you.")
    starts_at = Moment()
    ends_at = Moment()
    note = Line(default="")


class TimeOffChange(Given):
    starts_at = Moment(required=False)
    ends_at = Moment(required=False)
    note = Line()


class CandidateShown(serializers.Serializer[Any]):
    """How a watch suits somebody. Those whom it suits best come first."""

    user = Person()
    free = serializers.BooleanField(help_text="Neither away nor on call anywhere at that time.")
    away = serializers.BooleanField()
    on_call_on = ScheduleName(many=True, source="elsewhere", help_text="Other schedules, at some of that time.")
    back_to_back = serializers.BooleanField(source="close", help_text="On call right before or after.")
    hours = serializers.IntegerField(help_text="Their hours of duty in the two weeks before and after.")


class CoverShown(serializers.Serializer[Any]):
    """A watch within the time off, as far as it is to come, and who could cover it."""

    schedule = ScheduleName()
    start = Moment(source="span.start")
    end = Moment(source="span.end")
    candidates = CandidateShown(many=True, source="stand_ins")
    asked = serializers.SerializerMethodField(help_text="Ids of open swaps about it.")

    @extend_schema_field(serializers.ListField(child=serializers.IntegerField()))
    def get_asked(self, found: Affected) -> list[int]:
        return [swap.pk for swap in found.swaps]
