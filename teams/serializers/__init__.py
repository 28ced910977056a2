"""Teams, people and rosters as the API shows and reads them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from teams.api.fields import Asked, Given, Line, Moment, PersonField, Shown
from teams.models import (
    ApiToken,
    EscalationPolicy,
    EscalationStep,
    EscalationTarget,
    Layer,
    LayerMember,
    Membership,
    Override,
    Role,
    Schedule,
    Service,
    Team,
    User,
)
from teams.models.token import SCOPE_NAMES
from teams.versions import crews_of

LONGEST_SPAN = timedelta(days=400)


class Person(Shown):
    """A person, as named everywhere: inputs take the `username`."""

    name = serializers.CharField()

    class Meta:
        model = User
        fields = ["id", "username", "name"]


class PersonDetail(Shown):
    name = serializers.CharField()
    initials = serializers.CharField()

    class Meta:
        model = User
        fields = ["id", "username", "name", "initials", "time_zone"]


class TeamName(Shown):
    class Meta:
        model = Team
        fields = ["id", "slug", "name"]


class ServiceName(Shown):
    class Meta:
        model = Service
        fields = ["id", "slug", "name", "tier"]


class RoleName(Shown):
    class Meta:
        model = Role
        fields = ["slug", "name"]


class ScheduleName(Shown):
    team = TeamName()

    class Meta:
        model = Schedule
        fields = ["id", "name", "team"]


class Member(Shown):
    user = Person()

    class Meta:
        model = Membership
        fields = ["user", "role"]


class TeamDetail(Shown):
    memberships = Member(many=True)
    services = ServiceName(many=True)

    class Meta:
        model = Team
        fields = [
            "id",
            "slug",
            "name",
            "description",
            "memberships",
            "services",
            "escalation_policy",
            "commander_schedule",
        ]


class RoleDetail(Shown):
    schedule = ScheduleName(allow_null=True)

    class Meta:
        model = Role
        fields = ["slug", "name", "duties", "does", "does_not", "single_seat", "wanted", "schedule", "position"]


class WatchShown(serializers.Serializer[Any]):
    """A span of duty, `[start, end)`: of one person, or of several who stand it together."""

    user = Person(help_text="The first of `users`, who is the primary.")
    users = Person(many=True)
    start = Moment()
    end = Moment()
    layer = serializers.CharField(
        source="layer.name", default=None, allow_null=True, help_text="Null: somebody stands in."
    )
    instead_of = Person(allow_null=True, help_text="For whom somebody stands in. Null: for whoever it would be.")


class HandoffShown(serializers.Serializer[Any]):
    at = Moment()
    outgoing = Person(allow_null=True, help_text="The first of `leaving`.")
    incoming = Person(allow_null=True, help_text="The first of `coming`.")
    leaving = Person(many=True)
    coming = Person(many=True)


class OnCallShown(serializers.Serializer[Any]):
    """Whose watch it is on one schedule at one moment; `watch` null: a gap."""

    schedule = ScheduleName()
    watch = WatchShown(allow_null=True)
    next_handoff = HandoffShown(allow_null=True)


class MyWatch(WatchShown):
    schedule = ScheduleName()


class RotaPlace(Shown):
    user = Person()

    class Meta:
        model = LayerMember
        fields = ["user", "position"]


class LayerShown(Shown):
    rota = RotaPlace(many=True)
    people = serializers.SerializerMethodField(help_text="The usernames of each turn, in order.")
    restrictions = serializers.JSONField(help_text="Hours in which the layer is on. Empty: always.")
    starts_at = Moment(allow_null=True, help_text="In effect since, or from. Null: ever.")

    class Meta:
        model = Layer
        fields = [
            "id",
            "name",
            "position",
            "every",
            "kind",
            "anchor_date",
            "handoff_time",
            "time_zone",
            "starts_at",
            "ends_at",
            "restrictions",
            "holidays",
            "rota",
            "people",
        ]

    def get_people(self, layer: Layer) -> list[list[str]]:
        return [[user.username for user in crew] for crew in crews_of(layer)]


class ScheduleShown(Shown):
    team = TeamName()

    class Meta:
        model = Schedule
        fields = ["id", "name", "team", "time_zone", "country"]


class ScheduleDetail(ScheduleShown):
    layers = LayerShown(many=True)

    class Meta(ScheduleShown.Meta):
        fields = [*ScheduleShown.Meta.fields, "layers"]


class OverrideShown(Shown):
    user = Person()
    replaces = Person(allow_null=True, help_text="Whose duty it is. Null: whoever is on call.")
    created_by = Person(allow_null=True)

    class Meta:
        model = Override
        fields = [
            "id",
            "schedule",
            "user",
            "replaces",
            "starts_at",
            "ends_at",
            "reason",
            "created_at",
            "created_by",
        ]


class GapShown(serializers.Serializer[Any]):
    start = Moment()
    end = Moment()


@extend_schema_serializer(many=False)
class ShiftsShown(serializers.Serializer[Any]):
    """The final schedule in a span, and where nobody is on call."""

    start = Moment()
    end = Moment()
    shifts = WatchShown(many=True)
    gaps = GapShown(many=True)


class TargetShown(Shown):
    """Exactly one of schedule, user, team and webhook is set. `way` says who of a schedule or a team."""

    schedule = ScheduleName(allow_null=True)
    user = Person(allow_null=True)
    team = TeamName(allow_null=True)
    webhook = serializers.CharField(source="webhook.name", allow_null=True, default=None, help_text="Its name.")

    class Meta:
        model = EscalationTarget
        fields = ["way", "schedule", "user", "team", "webhook"]


class StepShown(Shown):
    targets = TargetShown(many=True)

    class Meta:
        model = EscalationStep
        fields = ["position", "delay_minutes", "worst_level", "hours", "time_zone", "targets"]


class PolicyShown(Shown):
    team = TeamName()
    fallback_user = Person(allow_null=True)
    steps = StepShown(many=True)

    class Meta:
        model = EscalationPolicy
        fields = ["id", "name", "team", "repeat", "fallback_user", "acknowledge_minutes", "steps"]


class TokenShown(Shown):
    scopes = serializers.ListField(child=serializers.ChoiceField(SCOPE_NAMES), help_text="What it was made for.")
    state = serializers.ChoiceField(ApiToken.State.choices, help_text="Only a valid one is accepted.")
    expires_at = Moment(allow_null=True, help_text="Null: never.")
    last_used_from = serializers.CharField(allow_null=True, help_text="The address that last used it.")

    class Meta:
        model = ApiToken
        fields = [
            "id",
            "name",
            "hint",
            "scopes",
            "state",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_from",
            "revoked_at",
        ]


class TokenMade(TokenShown):
    """The one answer that carries the key itself."""

    token = serializers.CharField(help_text="Shown once: keep it now.")

    class Meta(TokenShown.Meta):
        fields = [*TokenShown.Meta.fields, "token"]


class Me(PersonDetail):
    teams = TeamName(many=True)
    on_call = serializers.SerializerMethodField(help_text="Your watches that run now.")

    class Meta(PersonDetail.Meta):
        fields = [*PersonDetail.Meta.fields, "country", "email", "role", "teams", "on_call"]

    @extend_schema_field(MyWatch(many=True))
    def get_on_call(self, user: User) -> Any:
        return MyWatch(self.context["watches"], many=True).data


class TokenGiven(Given):
    name = Line(max_length=80, required=True, allow_blank=False, help_text="What it is for.")
    scopes = serializers.ListField(
        child=serializers.ChoiceField(SCOPE_NAMES),
        required=False,
        max_length=len(SCOPE_NAMES),
        help_text="What it may do, as far as you may. Left out: read.",
    )
    expires_at = Moment(
        required=False,
        allow_null=True,
        help_text="When it ends, within a year. Left out: in 90 days. Null: never, where the organization allows that.",
    )


class TokensAsked(Asked):
    state = serializers.ChoiceField(ApiToken.State.choices, required=False, help_text="Only those in this state.")


class OverrideGiven(Given):
    """Somebody stands in. Where overrides overlap, the last one made wins."""

    user = PersonField()
    replaces = PersonField(
        default=None,
        allow_null=True,
        help_text="Whose duty it is: the others of the shift stay. Null: everybody's on call then.",
    )
    starts_at = Moment()
    ends_at = Moment()
    reason = Line(default="")


class KnownAt(Asked):
    """`known_at`: answer as the rosters stood in the database then. Left out: as they are known now."""

    known_at = Moment(required=False)


class At(KnownAt):
    """`at`: the moment that is asked about. Left out: now."""

    at = Moment(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"at": attrs.get("at") or timezone.now(), "known_at": attrs.get("known_at")}


class Span(Asked):
    """`from` and `until`: at most 400 days; left out, the next two weeks."""

    until = Moment(required=False)

    def get_fields(self) -> dict[str, Any]:
        return {"from": Moment(required=False), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return spanned(attrs)


class KnownSpan(Span, KnownAt):
    """A span, as it was known at a moment."""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {**spanned(attrs), "known_at": attrs.get("known_at")}


def spanned(attrs: dict[str, Any]) -> dict[str, Any]:
    """`start` and `end` of what was asked for with `from` and `until`. ValidationError by field."""
    start = attrs.get("from") or timezone.now()
    return bounded(start, attrs.get("until") or start + timedelta(days=14))


def bounded(start: datetime, end: datetime) -> dict[str, Any]:
    """`start` and `end` of a span that may be asked for at once. ValidationError names `until`."""
    if end <= start:
        raise serializers.ValidationError({"until": "It has to end after it starts."}, code="ends_first")
    if end - start > LONGEST_SPAN:
        raise serializers.ValidationError(
            {"until": f"Ask for at most {LONGEST_SPAN.days} days at once."}, code="too_long"
        )
    return {"start": start, "end": end}
