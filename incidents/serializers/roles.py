"""What the API answers of checklists, reminders, hand-overs and role policies."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.models import IncidentType, RoleDuty, RolePolicy
from teams.api.fields import Moment, Shown
from teams.serializers import Person, RoleName, ScheduleName, ServiceName, TeamName


class Suggestion(serializers.Serializer[Any]):
    user = Person()
    why = serializers.CharField(help_text="By which roster, in words.")


class HandoverShown(serializers.Serializer[Any]):
    brief = serializers.CharField(help_text="Markdown, each section with a heading: correct it before you send it.")
    suggested = Suggestion(allow_null=True, help_text="Null: the rosters name nobody who is free.")


class DutyShown(Shown):
    """A line of a role's checklist, and whether it was ticked in this incident."""

    role = RoleName()
    done_at = Moment(allow_null=True)
    done_by = Person(allow_null=True)

    class Meta:
        model = RoleDuty
        fields = ["id", "role", "phase", "text", "done_at", "done_by"]


class ReminderShown(serializers.Serializer[Any]):
    """Something that the commander is reminded of."""

    key = serializers.CharField(help_text="Stays the same as long as it is about the same thing.")
    text = serializers.CharField()
    why = serializers.CharField()
    does = serializers.CharField(
        help_text="What answers it: update, note, judge, fill, offer, hand_over or divide. New ones may come."
    )
    role = serializers.CharField(help_text="The slug of the role that it is about. Empty: of none.")
    about = serializers.IntegerField(allow_null=True, help_text="The mitigation or the person that it is about.")


class TypeName(Shown):
    class Meta:
        model = IncidentType
        fields = ["slug", "name"]


class RolePolicyShown(Shown):
    """From which roster a role is filled. A condition that is null holds always."""

    role = RoleName()
    type = TypeName(allow_null=True)
    team = TeamName(allow_null=True)
    service = ServiceName(allow_null=True)
    schedule = ScheduleName()

    class Meta:
        model = RolePolicy
        fields = [
            *("id", "name", "enabled", "role", "type", "severity_from", "severity_to"),
            *("team", "service", "schedule", "position"),
        ]
