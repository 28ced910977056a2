"""What the API takes and answers of trackers. No token, secret or key is among the answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import Tracker, TrackerLink
from incidents.serializers.fields import ById
from teams.api.fields import Given, Line, Shown, TeamField
from teams.serializers import TeamName

_SET = (
    *("name", "kind", "base_url", "project", "account", "labels", "issue_type", "open_names", "done_names"),
    *("dropped_names", "poll_minutes", "exports", "private_allowed"),
)


class TrackerShown(Shown):
    """A project in which action items become issues. While `paused_at` is set, `error` says why nothing goes there."""

    team = TeamName(allow_null=True, help_text="Null: for the action items of every team.")

    class Meta:
        model = Tracker
        fields = ["id", *_SET, "team", "paused_at", "error", "quiet_until", "worked_at", "created_at"]


class TrackerGiven(Given):
    """A tracker. An empty `token` or `webhook_secret` leaves what is there."""

    name = Line(80)
    kind = serializers.ChoiceField(choices=Tracker.Kind.choices)
    base_url = Line(300, help_text="https, but for hosts of WATCHBILL_TRACKER_HOSTS.")
    project = Line(300, help_text="owner/repository, a path or number, or the key of a project.")
    team = TeamField(required=False, allow_null=True, help_text="A team's slug. Null: every team's.")
    account = Line(200)
    token = serializers.CharField(max_length=2000, required=False, allow_blank=True, write_only=True)
    webhook_secret = serializers.CharField(max_length=500, required=False, allow_blank=True, write_only=True)
    labels = Line(300)
    issue_type = Line(80)
    open_names = Line(300)
    done_names = Line(300)
    dropped_names = Line(300)
    poll_minutes = serializers.IntegerField(min_value=1, max_value=1440, required=False)
    exports = serializers.BooleanField(required=False)
    private_allowed = serializers.BooleanField(
        required=False, help_text="Whoever reads the project then reads items of private incidents."
    )


class TrackerTried(serializers.Serializer[Any]):
    """What the project is called, or why it can't be read."""

    project = serializers.CharField()
    error = serializers.CharField()


class TrackerName(Shown):
    class Meta:
        model = Tracker
        fields = ["id", "name", "kind", "project"]


class IssueLinkShown(Shown):
    """An issue of an action item. `number` is empty until it is opened; `error` says why it is not in step."""

    tracker = TrackerName()

    class Meta:
        model = TrackerLink
        fields = ["id", "tracker", "number", "url", "state", "comments", "error", "synced_at", "due_at", "created_at"]


class IssueLinkGiven(Given):
    """Where an issue is opened, or which one that is there already is linked."""

    tracker = ById(
        queryset=Tracker.objects.all(),
        required=False,
        help_text="A tracker's number. With the address of an issue it may be left out.",
    )
    issue = Line(600, help_text="The address of an issue that is there already, or its number. Empty: open a new one.")
