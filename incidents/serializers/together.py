"""What the API reads and answers about people who work together on an incident."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.models import Follow, Incident, IncidentTask, Relation, TeamRequest
from incidents.serializers.fields import IncidentField, SeverityField
from incidents.serializers.named import IncidentName
from teams.api.fields import Given, Line, Moment, PersonField, ServiceField, Shown, TeamField, Text
from teams.serializers import Person, TeamName

# A split tells of itself.
CHOSEN = [(value, label) for value, label in Relation.Kind.choices if value != Relation.Kind.SPLIT_FROM]


class TaskGiven(Given):
    title = Line(default="", help_text="Begin with a verb.")
    owner = PersonField(required=False, allow_null=True, help_text="By username; null: nobody yet.")
    due_at = Moment(required=False, allow_null=True)


class TaskVerbGiven(Given):
    """`note` for done and drop; `owner` and `due_at` for reassign."""

    note = Text(help_text="What came of it, or why it is dropped.")
    owner = PersonField(required=False, allow_null=True)
    due_at = Moment(required=False, allow_null=True)


class TaskShown(Shown):
    owner = Person(allow_null=True)
    created_by = Person(allow_null=True)

    class Meta:
        model = IncidentTask
        fields = [
            "id",
            "title",
            "state",
            "owner",
            "due_at",
            "note",
            "created_by",
            "created_at",
            "given_at",
            "accepted_at",
            "ended_at",
        ]


class AnyTaskShown(TaskShown):
    incident = IncidentName()

    class Meta(TaskShown.Meta):
        fields = ["incident", *TaskShown.Meta.fields]


class TeamAskGiven(Given):
    team = TeamField()
    why = Text(help_text="What is needed of them; they read it in the page.")
    share = serializers.BooleanField(
        required=False, help_text="Let a team that can't see a private incident see it from now on."
    )


class TeamRequestVerbGiven(Given):
    reason = Line(max_length=2000, default="", help_text="For decline: why not, and who could.")


class TeamRequestShown(Shown):
    team = TeamName()
    asked_by = Person(allow_null=True)
    answered_by = Person(allow_null=True)

    class Meta:
        model = TeamRequest
        fields = [
            "id",
            "team",
            "state",
            "why",
            "asked_by",
            "asked_at",
            "answered_by",
            "answered_at",
            "reason",
            "ended_at",
        ]


class RelateGiven(Given):
    """This incident is `kind` of, or by, the other one."""

    other = IncidentField()
    kind = serializers.ChoiceField(choices=CHOSEN, required=False)


class RelationShown(Shown):
    """This incident is `kind` of, or by, `other`; where `reverse`, the other one is that of this one. `other` is null
    where you may not see it."""

    other = serializers.SerializerMethodField()
    reverse = serializers.SerializerMethodField()
    created_by = Person(allow_null=True)

    class Meta:
        model = Relation
        fields = ["id", "kind", "reverse", "other", "created_by", "created_at"]

    def get_reverse(self, row: Relation) -> bool:
        return bool(row.other_id == self.context["incident"].pk)

    @extend_schema_field(IncidentName(allow_null=True))
    def get_other(self, row: Relation) -> object:
        other = row.incident if self.get_reverse(row) else row.other
        return IncidentName(other).data if other.pk in self.context["visible"] else None


class SplitGiven(Given):
    title = Line(default="")
    severity = SeverityField(required=False, allow_null=True)
    services = serializers.ListField(child=ServiceField(), max_length=50, required=False)
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=1000, required=False
    )
    entries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=1000, required=False
    )
    reason = Line(500)


class FollowGiven(Given):
    level = serializers.ChoiceField(choices=Follow.Level.choices, required=False)


class FollowShown(Shown):
    user = Person()

    class Meta:
        model = Follow
        fields = ["user", "level", "by_itself", "created_at"]


class RoomsGiven(Given):
    """What is left out stays; empty: none."""

    call_url = Line(500, help_text="A video room, http:// or https://.")
    chat_url = Line(500, help_text="A chat channel, http:// or https://.")


class RoomsShown(Shown):
    class Meta:
        model = Incident
        fields = ["call_url", "chat_url"]
