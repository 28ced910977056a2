"""How evenly duty falls, as the API shows it, and a rotation as it is asked about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError as Refused
from django.utils import timezone
from rest_framework import serializers

from teams.api.fields import Asked, Day, Given, Line, Moment, PersonField
from teams.hours import restrictions_from_json
from teams.models import Layer
from teams.serializers import Person, bounded
from teams.shares.measures import in_hours
from teams.zones import validate_zone

MOST_CREWS, MOST_TOGETHER = 100, 20


class FairnessAsked(Asked):
    """`from` and `until`: at most 400 days; left out, the last 90 days."""

    until = Moment(required=False, help_text="Left out: 90 days after `from`, or now.")

    def get_fields(self) -> dict[str, Any]:
        start = Moment(required=False, help_text="Left out: 90 days before `until`.")
        return {"from": start, **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        usual = timedelta(days=90)
        start, end = attrs.get("from"), attrs.get("until")
        end = end or (start + usual if start else timezone.now())
        start = start or end - usual
        return bounded(start, end)


class Hours(serializers.FloatField):
    """A length in hours."""

    def to_representation(self, value: Any) -> Any:
        return round(in_hours(value), 3)


class Count(serializers.IntegerField):
    """How many days there are in a set of them."""

    def to_representation(self, value: Any) -> int:
        return len(value)


class ShareShown(serializers.Serializer[Any]):
    user = Person()
    in_rotation = serializers.BooleanField(source="regular", help_text="False: only stood in, or has left.")
    hours = Hours(source="load.total")
    nights = Count(source="load.nights", help_text="23:00 to 07:00, of which at least two hours are duty.")
    night_hours = Hours(source="load.night")
    weekends = Count(source="load.weekends")
    weekend_hours = Hours(source="load.weekend")
    holidays = Count(source="load.holidays", help_text="Days that are public holidays where the person lives.")
    holiday_hours = Hours(source="load.holiday")
    weighted_hours = serializers.FloatField(
        source="load.weight", help_text="Night and weekend count once more, public holidays twice more."
    )
    pages_sent = serializers.IntegerField(source="paged", help_text="That came while they were on call here.")
    pages_answered = serializers.IntegerField(source="answered")


class SpreadShown(serializers.Serializer[Any]):
    percent = serializers.IntegerField(
        help_text="Between the most and the least of weighted hours, in percent of the average."
    )
    verdict = serializers.ChoiceField(["even", "a bit uneven", "uneven"])


class SharesShown(serializers.Serializer[Any]):
    """Who has how much of [`start`, `end`), most first. `spread` compares who is in the rotation; null: nothing to
    compare."""

    start = Moment()
    end = Moment()
    spread = SpreadShown(allow_null=True)
    people = ShareShown(source="rows", many=True)


class LayerSetup(Given):
    """A rotation that there may be. `crews`: the people of each turn, in order."""

    layer = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=2**31 - 1,
        help_text="The layer whose place it takes. Left out: a new one.",
    )
    crews = serializers.ListField(
        child=serializers.ListField(child=PersonField(), max_length=MOST_TOGETHER), max_length=MOST_CREWS
    )
    kind = serializers.ChoiceField(Layer.Kind.choices, default=Layer.Kind.WEEK)
    every = serializers.IntegerField(default=1, min_value=1, max_value=366)
    anchor_date = Day(help_text="The day of the first hand-off.")
    handoff_time = serializers.TimeField(help_text="Local time of each hand-off.")
    time_zone = Line(max_length=64, default="", help_text="Empty: the schedule's.")
    restrictions = serializers.JSONField(
        default=list,  # type: ignore[arg-type]
        help_text='Hours in which it is on: [{"weekdays": [0], "start": "09:00", "end": "17:00"}].',
    )
    holidays = serializers.ChoiceField(Layer.Holidays.choices, default=Layer.Holidays.ON)
    position = serializers.IntegerField(
        required=False, min_value=0, max_value=32767, help_text="A higher layer wins. Left out: its own, or on top."
    )

    def validate_time_zone(self, value: str) -> str:
        if value:
            try:
                validate_zone(value)
            except Refused as error:
                raise serializers.ValidationError(error.messages, code="unknown_zone") from error
        return value

    def validate_restrictions(self, value: Any) -> Any:
        try:
            restrictions_from_json(value)
        except ValueError as error:
            raise serializers.ValidationError(f"These hours can't be read: {error}.", code="invalid") from error
        return value


class ProposedShown(serializers.Serializer[Any]):
    """`start_with` is the crew to put first, counted from 1 in the order that was given."""

    start_with = serializers.IntegerField(source="crew")
    starts = Person(many=True, help_text="Its people.")
    before = SpreadShown(help_text="With the start that was given.")
    after = SpreadShown()
    sentence = serializers.CharField()


class ProposalShown(serializers.Serializer[Any]):
    """`proposal` null: there is nothing to choose, as with one person."""

    proposal = ProposedShown(allow_null=True)
