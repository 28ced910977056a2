"""What the API reads about incidents."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.actions.notes import WRITABLE
from incidents.models import ActionItem, ChangeMark, Mitigation, TimelineEntry
from incidents.serializers.coached import FactorField
from incidents.serializers.deck import CardField
from incidents.serializers.fields import ById, ChangeField, OwnFields, SeverityField, TypeField
from teams.api.fields import Asked, Day, Given, Line, Moment, PersonField, ServiceField, TeamField, Text

WORDS = [(k.value, str(k.label)) for k in WRITABLE]


def _services() -> Any:
    return serializers.ListField(child=ServiceField(), max_length=50, required=False)


class ReportGiven(Given):
    """Something looks wrong: a title, and a service or a team to be paged."""

    title = Line(default="")
    team = TeamField(required=False, allow_null=True)
    services = _services()
    summary = Text()
    impact = Text()
    affected = Line(default="", help_text="Who feels it, and how many.")
    type = TypeField(required=False, allow_null=True)
    private = serializers.BooleanField(required=False)
    severity = SeverityField(
        required=False, allow_null=True, help_text="Given, the incident is declared at once: roles are filled."
    )
    commander = PersonField(required=False, allow_null=True, help_text="Together with a severity. None: the roster's.")
    custom_fields = OwnFields(required=False)
    reason = Line(max_length=2000, default="", help_text="Why it is declared without what the organization requires.")
    override = serializers.BooleanField(required=False, default=False)
    impact_started_at = Moment(required=False, allow_null=True, help_text="Leave it out until somebody knows.")
    occurred_at = Moment(required=False, allow_null=True, help_text="When it was noticed, if not just now.")


class FactsGiven(Given):
    """What is known of the incident. What is left out stays."""

    title = Line()
    summary = Text()
    impact = Text()
    affected = Line(help_text="Who feels it, and how many.")
    type = TypeField(required=False, allow_null=True)
    custom_fields = OwnFields(required=False)
    impact_started_at = Moment(required=False, allow_null=True)
    impact_ended_at = Moment(required=False, allow_null=True)
    eta_at = Moment(required=False, allow_null=True)
    private = serializers.BooleanField(required=False)
    shared_with = serializers.ListField(
        child=TeamField(), max_length=50, required=False, help_text="Teams that see it while it is private."
    )
    services = _services()


class SeverityGiven(Given):
    severity = SeverityField()
    reason = Line(max_length=2000)


class NoteGiven(Given):
    """A note or a decision. `time_unknown`: nobody knows when it happened."""

    text = Text()
    kind = serializers.ChoiceField(choices=WORDS, required=False)
    occurred_at = Moment(required=False, allow_null=True)
    time_unknown = serializers.BooleanField(required=False)


class CommandGiven(Given):
    """A line as it is typed under the timeline: a command such as `/severity 2 because nobody can pay`, or a note."""

    text = Text()


class PinGiven(Given):
    entry = serializers.IntegerField(min_value=1, max_value=2**62, help_text="The line of the timeline to pin.")


@extend_schema_field(OpenApiTypes.BINARY)
class File(serializers.FileField):
    """A file of a form. What it is, and whether it may be kept, is for the action to find out."""


class AttachGiven(Given):
    """Files with a note or a decision; without `text` the timeline says that files were attached."""

    files = serializers.ListField(
        child=File(allow_empty_file=True),
        max_length=50,
        error_messages={"required": "Send one or more files as multipart/form-data, each as a field “files”."},
    )
    text = Text()
    kind = serializers.ChoiceField(choices=WORDS, required=False)
    occurred_at = Moment(required=False, allow_null=True)
    time_unknown = serializers.BooleanField(required=False)


class CorrectionGiven(Given):
    """What is right instead; the wrong entry stays and is pointed to."""

    text = Text()
    occurred_at = Moment(required=False, allow_null=True)


class TakeGiven(Given):
    occurred_at = Moment(required=False, allow_null=True)


class OfferGiven(Given):
    user = PersonField()
    brief = Text(help_text="Condition, actions, needs: what the next holder reads first.")


class AcceptGiven(Given):
    read_back = Line(
        max_length=2000, help_text="The brief of a hand-over, said back: where it stands, what runs, what was promised."
    )


class TickGiven(Given):
    done = serializers.BooleanField(default=True, help_text="False takes it back.")


class SnoozeGiven(Given):
    key = serializers.CharField(max_length=60, help_text="That of a reminder.")


class ReasonGiven(Given):
    reason = Line(max_length=2000, default="")


class Nothing(Given):
    """No input."""


class ProposalGiven(Given):
    """One attempt to restore service, with what is expected of it named before it runs."""

    kind = serializers.ChoiceField(choices=Mitigation.Kind.choices)
    title = Line()
    carried_by = PersonField(required=False, allow_null=True)
    change = ChangeField(required=False, allow_null=True)
    card = CardField(
        required=False, allow_null=True, help_text="A generic mitigation; what it says stands where nothing is given."
    )
    expected_effect = Line()
    success_signal = Line()
    rollback_plan = Line()
    deadline_at = Moment(required=False, allow_null=True)
    occurred_at = Moment(required=False, allow_null=True)


class MitigationVerbGiven(Given):
    note = Text(help_text="What was seen.")
    carried_by = PersonField(required=False, allow_null=True, help_text="For execute: who does it, if not you.")
    occurred_at = Moment(required=False, allow_null=True)
    override = serializers.BooleanField(required=False)
    reason = Line(max_length=2000)


class MoveGiven(Given):
    alerts = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=1000, help_text="Their ids."
    )
    target = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, allow_null=True, help_text="An incident's id; null: a new one."
    )
    reason = Line(500, help_text="Kept on both timelines.")


class UndoGiven(Given):
    entry = serializers.IntegerField(
        min_value=1, max_value=2**62, help_text="The line of the timeline that tells of the move."
    )


class SuspectGiven(Given):
    """The change that is suspected; null takes it back."""

    change = ChangeField(allow_null=True)
    occurred_at = Moment(required=False, allow_null=True)


class MarkGiven(Given):
    """What a change has to do with the incident; empty takes back what was said."""

    state = serializers.ChoiceField(ChangeMark.State.choices, allow_blank=True)
    occurred_at = Moment(required=False, allow_null=True)


class RollBackGiven(Given):
    """How a change is rolled back, with what is expected of it named before it runs."""

    carried_by = PersonField(required=False, allow_null=True, help_text="Who does it, if not you.")
    call = serializers.BooleanField(default=True, help_text="Call the webhook of its service, where one is set.")
    expected_effect = Line()
    success_signal = Line()
    rollback_plan = Line()
    deadline_at = Moment(required=False, allow_null=True)
    occurred_at = Moment(required=False, allow_null=True)
    override = serializers.BooleanField(required=False)
    reason = Line(max_length=2000)


class SectionGiven(Given):
    """The text of a section. `version` is the one that you read: somebody else's newer text is never overwritten."""

    key = serializers.SlugField(max_length=40)
    text = Text(required=True)
    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)


class PostmortemGiven(Given):
    """Sections and facts of the postmortem; what is left out stays. `version` is the one that you read, for its
    facts."""

    version = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    title = Line(allow_blank=False)
    sections = SectionGiven(many=True, required=False)
    owner = PersonField(required=False, allow_null=True)
    facilitator = PersonField(required=False, allow_null=True)
    participants = serializers.ListField(
        child=PersonField(), max_length=200, required=False, help_text="Everybody who takes part, by username."
    )
    participants_seen = serializers.ListField(
        child=PersonField(),
        max_length=200,
        required=False,
        help_text="Who took part as you read it: only what you changed of that is done.",
    )
    due_on = Day(required=False, allow_null=True)
    meet_by = Day(required=False, allow_null=True)
    circulate_on = Day(required=False, allow_null=True, help_text="When those who meet have the text.")
    meeting_at = Moment(required=False, allow_null=True)
    meeting_minutes = serializers.IntegerField(min_value=5, max_value=480, required=False)
    meeting_place = Line(max_length=300)
    people_affected = serializers.IntegerField(min_value=0, max_value=2**62, required=False, allow_null=True)
    people_unit = Line(max_length=30)
    requests_affected = serializers.IntegerField(min_value=0, max_value=2**62, required=False, allow_null=True)
    requests_unit = Line(max_length=30)
    cost = serializers.DecimalField(14, 2, min_value=Decimal(0), required=False, allow_null=True)
    cost_currency = Line(max_length=3, help_text="By its code, where there is a cost: EUR.")
    names_as_roles = serializers.BooleanField(
        required=False, allow_null=True, help_text="Once published, people stand by their roles. Null: as usual."
    )
    public = serializers.BooleanField(required=False)
    public_title = Line()
    public_wording = Text(help_text="What the status page says of it, in Markdown.")
    public_as_written = serializers.BooleanField(
        required=False, help_text="Without a public wording, the sections are public as they are."
    )
    entries = serializers.ListField(
        child=ById(queryset=TimelineEntry.objects.none()),
        max_length=2000,
        required=False,
        help_text="Numbers of the timeline's entries that are told.",
    )
    entries_seen = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62),
        max_length=2000,
        required=False,
        help_text="The entries as you read them: only what you changed of them is done.",
    )

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        if "story" in self.context:
            fields["entries"].child.queryset = self.context["story"]  # type: ignore[attr-defined]
        return fields


class PostmortemVerbGiven(Given):
    reason = Line(
        max_length=2000,
        help_text="Of sending back: what is to be changed. Of publishing: why nobody said what would have helped.",
    )
    approvers = serializers.ListField(
        child=PersonField(), max_length=50, required=False, help_text="Whom `submit` asks, by username."
    )
    announce = Text(help_text="What `publish` tells the readers of the status page.")
    occurred_at = Moment(required=False, allow_null=True)


class ActionItemGiven(Given):
    """Concrete is what begins with a verb and has an owner, a due date, a kind and an end state."""

    title = Line()
    kind = serializers.ChoiceField(choices=ActionItem.Kind.choices, required=False, allow_blank=True)
    priority = serializers.ChoiceField(choices=ActionItem.Priority.choices, required=False)
    owner = PersonField(required=False, allow_null=True)
    team = TeamField(required=False, allow_null=True)
    due_on = Day(required=False, allow_null=True)
    late_reason = Line(max_length=300, help_text="Why it takes longer than its severity and priority allow.")
    end_state = Line(max_length=300, help_text="How will we know that it is done?")
    tracker_url = serializers.URLField(max_length=200, required=False, allow_blank=True)
    factor = FactorField(required=False, allow_null=True, help_text="Which contributing factor it answers.")


class ActionItemAdded(ActionItemGiven):
    occurred_at = Moment(required=False, allow_null=True, help_text="When it was agreed, if not just now.")


class SettleGiven(Given):
    """`done` wants evidence, `dropped` a reason; `open` takes either back."""

    state = serializers.ChoiceField(choices=ActionItem.State.choices)
    evidence = Text()


class Hours(Asked):
    hours = serializers.IntegerField(
        min_value=1, max_value=24 * 30, default=24, help_text="How far back from the start of the incident."
    )
