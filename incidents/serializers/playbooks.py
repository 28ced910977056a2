"""What the API takes and answers of playbooks, and of those at work in incidents."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents.actions.playbooks import StepGiven
from incidents.models import Playbook, PlaybookRun, PlaybookStep, RunStep
from incidents.serializers.fields import ById, SeverityField, TypeField
from incidents.serializers.named import SeverityName
from incidents.serializers.roles import TypeName
from teams.api.fields import Given, Line, PersonField, RoleField, ServiceField, Shown, TeamField, Text
from teams.serializers import Person, RoleName, ServiceName, TeamName

LONGEST_STEP = 4000
STEP_STATES = [("done", "Done"), ("skipped", "Skipped"), ("open", "To do")]


class PlaybookStepShown(Shown):
    """Whose it is: a role's, a person's, or anybody's."""

    role = RoleName(allow_null=True)
    person = Person(allow_null=True)

    class Meta:
        model = PlaybookStep
        fields = ["position", "text", "role", "person"]


class PlaybookShown(Shown):
    """Suggested for what it names; what is empty means any."""

    team = TeamName()
    services = ServiceName(many=True)
    types = TypeName(many=True)
    severities = SeverityName(many=True)
    phases = serializers.ListField(child=serializers.CharField())
    steps = PlaybookStepShown(many=True)
    updated_by = Person(allow_null=True)

    class Meta:
        model = Playbook
        fields = [
            *("id", "kind", "title", "summary", "team", "services", "types", "severities", "phases", "steps"),
            *("updated_at", "updated_by", "retired_at"),
        ]


class StepInput(Given):
    text = Text(LONGEST_STEP, help_text="What is done, in Markdown.")
    role = RoleField(required=False, allow_null=True, help_text="A role's slug.")
    person = PersonField(required=False, allow_null=True, help_text="A username; instead of a role.")


class PlaybookGiven(Given):
    """A playbook. `steps` replaces all of them."""

    kind = serializers.ChoiceField(choices=Playbook.Kind.choices, required=False)
    title = Line(help_text="What it is for.")
    summary = Text(help_text="When to use it, in Markdown.")
    services = serializers.ListField(child=ServiceField(), max_length=100, required=False)
    types = serializers.ListField(child=TypeField(), max_length=50, required=False)
    severities = serializers.ListField(child=SeverityField(), max_length=4, required=False)
    phases = serializers.ListField(
        child=serializers.CharField(max_length=16), max_length=6, required=False, help_text="From detect to review."
    )
    steps = serializers.ListField(child=StepInput(), max_length=60, required=False)

    def validate_steps(self, steps: list[dict[str, Any]]) -> list[StepGiven]:
        return [StepGiven(each.get("text", ""), each.get("role"), each.get("person")) for each in steps]


class NewPlaybookGiven(PlaybookGiven):
    team = TeamField(help_text="A slug: who keeps it.")


class RunStepShown(Shown):
    role = RoleName(allow_null=True)
    person = Person(allow_null=True)
    settled_by = Person(allow_null=True)

    class Meta:
        model = RunStep
        fields = ["id", "position", "text", "role", "person", "state", "settled_at", "settled_by", "reason"]


class PlaybookRunShown(Shown):
    """A playbook at work, its steps as they were when it was started."""

    steps = RunStepShown(many=True)
    started_by = Person(allow_null=True)

    class Meta:
        model = PlaybookRun
        fields = ["id", "playbook", "title", "kind", "started_at", "started_by", "ended_at", "steps"]


class PlaybookField(ById):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Playbook.objects.all(), **kwargs)


class StartGiven(Given):
    playbook = PlaybookField(help_text="Its number.")


class StepSettledGiven(Given):
    state = serializers.ChoiceField(choices=STEP_STATES)
    reason = Line(500, help_text="Why it is skipped.")


class PutAwayGiven(Given):
    reason = Line(500, help_text="Kept on the timeline.")
