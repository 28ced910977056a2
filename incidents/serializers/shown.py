"""What the API answers about incidents: as rows, and in full with what can be done now."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.models import CustomField, Incident, IncidentType, Postmortem, RoleAssignment, Severity
from incidents.phases import Phase
from incidents.serializers.detected import ChangeShown
from incidents.serializers.fields import OwnFields
from incidents.serializers.named import IncidentName, SeverityName
from teams.api.fields import Moment, Shown
from teams.serializers import Person, RoleName, ServiceName, TeamName

TRACKS = ("not_required", "current", "due", "overdue", "final_sent")


class SeverityShown(Shown):
    code = serializers.CharField()

    class Meta:
        model = Severity
        fields = [
            "level",
            "code",
            "label",
            "definition",
            "comms_required",
            "update_minutes",
            "meeting_days",
            "circulate_days",
            "postmortem_days",
            "assign_days",
            "action_days",
            "relevance_days",
            "waiver_allowed",
        ]


class ServiceHealth(serializers.Serializer[Any]):
    """How a service is. `trouble`: an incident goes on; `exposed`: one does with something that it depends on."""

    service = ServiceName()
    state = serializers.ChoiceField(("trouble", "exposed", "calm"))
    severity = serializers.IntegerField(allow_null=True, help_text="Of the worst incident. Null: none, or not rated.")
    incidents = IncidentName(many=True, help_text="What goes on with it, the worst first.")
    sources = ServiceName(many=True, help_text="What it depends on and is in trouble, the nearest first.")


class IncidentRow(Shown):
    """An incident as lists show it."""

    reference = serializers.CharField()
    severity = SeverityName(allow_null=True)
    type = serializers.SlugRelatedField("slug", read_only=True, allow_null=True, help_text="The slug of its type.")  # type: ignore[var-annotated]
    team = TeamName(allow_null=True)
    services = ServiceName(many=True)
    commander = Person(allow_null=True)
    over_at = Moment(allow_null=True, help_text="When the trouble ended; null while it lasts.")
    comms_track = serializers.SerializerMethodField()
    url = serializers.SerializerMethodField(help_text="Its page in the console.")

    class Meta:
        model = Incident
        fields = [
            "id",
            "reference",
            "title",
            "phase",
            "severity",
            "team",
            "services",
            "commander",
            "private",
            "drill",
            "type",
            "impact",
            "affected",
            "eta_at",
            "detected_at",
            "acknowledged_at",
            "declared_at",
            "resolved_at",
            "over_at",
            "comms_track",
            "next_update_due_at",
            "created_at",
            "version",
            "url",
        ]

    @extend_schema_field(serializers.ChoiceField(choices=TRACKS))
    def get_comms_track(self, incident: Incident) -> str:
        return incident.comms_track(timezone.now())

    @extend_schema_field(serializers.URLField())
    def get_url(self, incident: Incident) -> str:
        path = incident.get_absolute_url()
        request = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request else path


class Seat(Shown):
    """Somebody in a seat, or being offered it. Held with `accepted_at` null: the roster chose them, and they have not
    said yes yet."""

    role = RoleName()
    user = Person()
    offered_by = Person(allow_null=True)

    class Meta:
        model = RoleAssignment
        fields = [
            "id",
            "role",
            "user",
            "state",
            "offered_by",
            "offered_at",
            "held_at",
            "accepted_at",
            "ended_at",
            "brief",
            "read_back",
            "answer_due_at",
        ]


class HeldSeat(Shown):
    role = RoleName()
    user = Person()

    class Meta:
        model = RoleAssignment
        fields = ["id", "role", "user", "state", "held_at", "accepted_at"]


class TypeShown(Shown):
    class Meta:
        model = IncidentType
        fields = ["slug", "name", "description"]


class CustomFieldShown(Shown):
    """A field of the organization's own. `required_from`: the phase by which it has to be filled in, of the severities
    up to `required_level`; null for all."""

    class Meta:
        model = CustomField
        fields = ["key", "label", "kind", "choices", "help", "required_from", "required_level"]


class BlockerShown(serializers.Serializer[Any]):
    """One thing that is missing. `field` names the input that supplies it; `fix_url` is a page of the console."""

    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField()
    fix_url = serializers.CharField()
    overridable = serializers.BooleanField(help_text="A reason is enough to go on.")


class InputShown(serializers.Serializer[Any]):
    name = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    help = serializers.CharField()
    choices = serializers.ListField(child=serializers.ListField(child=serializers.CharField()))


class VerbShown(serializers.Serializer[Any]):
    """Something that can be done from this phase. `ready`: nothing is missing, even without any input."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    explains = serializers.CharField()
    weight = serializers.ChoiceField(choices=["main", "side"])
    target = serializers.ChoiceField(choices=Phase.choices, allow_null=True)
    ready = serializers.BooleanField()
    overridable = serializers.BooleanField(help_text="What is missing gives way to a reason.")
    inputs = InputShown(many=True)
    blockers = BlockerShown(many=True)
    url = serializers.CharField()


class StepOfPath(serializers.Serializer[Any]):
    """A phase on the way. `at` is empty where a step was skipped or is still to come."""

    phase = serializers.ChoiceField(choices=Phase.choices)
    label = serializers.CharField()  # type: ignore[assignment]
    purpose = serializers.CharField()
    state = serializers.ChoiceField(choices=["done", "current", "to_come"])
    at = Moment(allow_null=True)


class RecoveryPending(serializers.Serializer[Any]):
    """What follows at `due_at` if no alert fires again until then."""

    since = Moment(help_text="When the last alert was over.")
    due_at = Moment()
    verb = serializers.ChoiceField(
        ("cancel", "confirm_mitigated", "resolve"),
        allow_null=True,
        help_text="What Watchbill takes by itself. Null: it proposes to resolve.",
    )


class PostmortemState(Shown):
    class Meta:
        model = Postmortem
        fields = ["state", "due_on", "public", "published_at"]


class IncidentDetail(IncidentRow):
    """All that is known of an incident, and what can be done now."""

    custom_fields = serializers.SerializerMethodField()
    path = StepOfPath(many=True)
    roles = HeldSeat(many=True, source="held_roles")
    offers = HeldSeat(many=True)
    wanted_seats = RoleName(many=True, help_text="Seats that somebody should take.")
    verbs = VerbShown(many=True)
    reported_by = Person(allow_null=True)
    acknowledged_by = Person(allow_null=True)
    confirmed_by = Person(allow_null=True)
    participants = Person(many=True)
    suspect_change = ChangeShown(allow_null=True)
    merged_into = IncidentName(allow_null=True, source="shown_target")
    merged_from = IncidentName(many=True, source="shown_sources")
    postmortem = PostmortemState(allow_null=True, source="shown_postmortem")
    recovery = RecoveryPending(allow_null=True, help_text="Null: an alert fires, or nothing is to follow.")

    @extend_schema_field(OwnFields)
    def get_custom_fields(self, incident: Incident) -> dict[str, Any]:
        values = incident.custom_values.select_related("field", "person").order_by("field__position", "field__label")
        return {v.field.key: v.person.username if v.person else v.shown or None for v in values}

    class Meta(IncidentRow.Meta):
        fields = [
            *IncidentRow.Meta.fields,
            "summary",
            "custom_fields",
            "path",
            "roles",
            "offers",
            "wanted_seats",
            "verbs",
            "reported_by",
            "acknowledged_by",
            "participants",
            "impact_started_at",
            "impact_ended_at",
            "mitigation_started_at",
            "mitigated_at",
            "soak_until",
            "first_resolved_at",
            "review_started_at",
            "closed_at",
            "cancelled_at",
            "cancel_kind",
            "recovered_by_itself",
            "confirmation",
            "confirmed_by",
            "relapses",
            "reopens",
            "comms_required",
            "last_update_at",
            "final_update_at",
            "suspect_change",
            "recovery",
            "resolve_proposed_at",
            "merged_into",
            "merged_from",
            "postmortem",
        ]
