"""What the API answers of promises and estimates, and of how well they are kept."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import Estimate, Promise, Severity
from incidents.serializers.named import IncidentName
from teams import moments
from teams.api.fields import Line, Moment, Shown, SpanAsked, TeamField
from teams.serializers import Person


class PromiseShown(Shown):
    """The next update, promised for `due_at`. Broken and without `ended_at`: stakeholders wait for it."""

    incident = IncidentName()
    made_by = Person(allow_null=True)
    minutes_late = serializers.SerializerMethodField(help_text="By how many minutes it came late, or is now.")

    class Meta:
        model = Promise
        fields = [
            *("id", "incident", "made_at", "made_by", "to_readers", "due_at", "outcome", "told_at", "ended_at"),
            "minutes_late",
        ]

    def get_minutes_late(self, row: Promise) -> int:
        return row.minutes_late(moments.now())


class EstimateShown(Shown):
    """When readers were told that service is expected back. `minutes_off`: how long after the range it was, negative
    before it, 0 within."""

    incident = IncidentName()
    made_by = Person(allow_null=True)
    minutes_off = serializers.SerializerMethodField(allow_null=True)

    class Meta:
        model = Estimate
        fields = [
            *("id", "incident", "made_at", "made_by", "early_at", "late_at", "confidence", "outcome", "back_at"),
            "minutes_off",
        ]

    def get_minutes_off(self, row: Estimate) -> int | None:
        return None if row.back_at is None else row.minutes_off(row.back_at)


class ScoreAsked(SpanAsked):
    """At most 400 days; left out, the last 90."""

    since = Moment(required=False, help_text="At or after this time. Left out: 90 days before `until`.")
    until = Moment(required=False, help_text="Before this time. Left out: now.")
    team = TeamField(required=False, help_text="A team's slug.")
    severity = serializers.PrimaryKeyRelatedField(
        queryset=Severity.objects.all(), required=False, help_text="A severity's level."
    )
    q = Line(help_text="Words of the incidents, or a reference such as INC-42.")


class RateShown(serializers.Serializer[Any]):
    """`percent` is cut and never rounded up; null where nothing was due."""

    label = serializers.CharField()  # type: ignore[assignment]
    key = serializers.CharField(allow_null=True, help_text="A team's slug, or a severity's level.")
    kept = serializers.IntegerField()
    broken = serializers.IntegerField()
    counted = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)
    late_minutes = serializers.IntegerField(allow_null=True, help_text="The median of those that came late.")


class HitsShown(serializers.Serializer[Any]):
    """What became of estimates; `inside` came true."""

    label = serializers.CharField()  # type: ignore[assignment]
    key = serializers.CharField(allow_null=True, allow_blank=True, help_text="A team's slug, or a confidence.")
    inside = serializers.IntegerField()
    early = serializers.IntegerField()
    late = serializers.IntegerField()
    counted = serializers.IntegerField()
    percent = serializers.IntegerField(allow_null=True)
    off_minutes = serializers.IntegerField(allow_null=True, help_text="The median of those that were wrong.")


class PromiseScoreShown(serializers.Serializer[Any]):
    all = RateShown()
    by_team = RateShown(many=True)
    by_severity = RateShown(many=True)


class EstimateScoreShown(serializers.Serializer[Any]):
    all = HitsShown()
    by_team = HitsShown(many=True)
    by_confidence = HitsShown(many=True)


class ScoreShown(serializers.Serializer[Any]):
    since = Moment()
    until = Moment()
    promises = PromiseScoreShown()
    estimates = EstimateScoreShown()
