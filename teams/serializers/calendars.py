"""Calendars in and out, as the API shows and reads them."""

from __future__ import annotations

from rest_framework import serializers

from teams.api.fields import Given, Shown
from teams.models import CalendarFeed, Schedule
from teams.serializers import ScheduleName


class FeedShown(Shown):
    schedule = ScheduleName(allow_null=True, help_text="Null: your own duty, on all schedules.")

    class Meta:
        model = CalendarFeed
        fields = ["id", "hint", "schedule", "created_at", "last_used_at"]


class FeedMade(FeedShown):
    """The one answer that carries the link itself."""

    url = serializers.CharField(help_text="Shown once: keep it now.")

    class Meta(FeedShown.Meta):
        fields = [*FeedShown.Meta.fields, "url"]


class FeedGiven(Given):
    schedule = serializers.PrimaryKeyRelatedField(
        queryset=Schedule.objects.select_related("team"),
        required=False,
        allow_null=True,
        help_text="Everybody's duty on this schedule. Left out: your own, on all schedules.",
    )
