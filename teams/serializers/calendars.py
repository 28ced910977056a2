"""Calendars in and out, as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from teams.api.fields import Given, Line, Moment, Shown
from teams.ical.reading import MAX_BYTES
from teams.models import CalendarFeed, CalendarSource, Schedule
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


class Stranger(serializers.Serializer[Any]):
    name = serializers.CharField(help_text="As the calendar names them.")
    shifts = serializers.IntegerField()


class CalendarShown(Shown):
    """The calendar that a schedule is fed by. Its address is a secret and is not told."""

    place = serializers.CharField(help_text="The host it is read from, or the file's name.")
    unmatched = Stranger(many=True, help_text="Who stands in it and is nobody here.")
    problems = serializers.ListField(child=serializers.CharField(), help_text="What of it can't be used.")
    error = serializers.CharField(help_text="Why the last try failed. Empty: it didn't.")
    read_at = Moment(allow_null=True, help_text="When it was last read whole: what was read then counts.")

    class Meta:
        model = CalendarSource
        fields = ["place", "read_at", "tried_at", "due_at", "error", "failures", "unmatched", "problems"]


class CalendarGiven(Given):
    """Either an address or the text of a file."""

    url = Line(max_length=2000, help_text="https://, http:// or webcal://. It is kept encrypted.")
    file = serializers.CharField(
        required=False, trim_whitespace=False, max_length=MAX_BYTES, help_text="The text of an .ics file."
    )
    file_name = Line(max_length=120)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "file" in attrs:
            attrs["file"] = attrs["file"].encode(errors="replace")
        return attrs
