"""What the API reads and answers about people who work together on an incident."""

from __future__ import annotations

from incidents.models import IncidentTask
from incidents.serializers.named import IncidentName
from teams.api.fields import Given, Line, Moment, PersonField, Shown, Text
from teams.serializers import Person


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
