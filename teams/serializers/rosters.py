"""Schedules and layers as programs write them, and the history that comes of it."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from teams.api.fields import Asked, Day, Given, Line, Moment, TeamField
from teams.models import Layer, User
from teams.serializers import LayerShown, Person, spanned

MOST_TURNS, MOST_IN_A_TURN, MOST_LAYERS, MOST_WINDOWS = 200, 20, 50, 40
NEEDED = ("name", "kind", "anchor_date", "handoff_time")


class Clock(serializers.TimeField):
    """A local time, to the second."""

    def to_internal_value(self, value: Any) -> time:
        found: time = super().to_internal_value(value)
        return found.replace(microsecond=0)


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MOST_TURNS,
        "items": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "example": ["alice", ["bob", "carol"]],
    }
)
class TurnsField(serializers.Field[Any, Any, Any, Any]):
    """Who takes turns, by username; a list within the list stands one turn together. Gives lists of users."""

    default_error_messages = {
        "invalid": "Give a list of usernames; a list within it are people who stand one turn together.",
        "too_many": f"Give at most {MOST_TURNS} turns of at most {MOST_IN_A_TURN} people.",
        "does_not_exist": "There is no “{value}”.",
    }

    def to_internal_value(self, data: Any) -> list[list[User]]:
        if not isinstance(data, list):
            self.fail("invalid")
        crews = [turn if isinstance(turn, list) else [turn] for turn in data]
        if len(crews) > MOST_TURNS or any(len(crew) > MOST_IN_A_TURN for crew in crews):
            self.fail("too_many")
        names = {name for crew in crews for name in crew if isinstance(name, str)}
        if any(not isinstance(name, str) or not _sayable(name) for crew in crews for name in crew):
            self.fail("invalid")
        known = {user.username: user for user in User.objects.filter(username__in=names)}
        for name in (name for crew in crews for name in crew if name not in known):
            self.fail("does_not_exist", value=name)
        return [[known[name] for name in crew] for crew in crews]


def _sayable(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in name


class WindowGiven(Given):
    """Hours of some days. An end at or before the start is on the next day."""

    weekdays = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=6), min_length=1, max_length=7, help_text="Monday is 0."
    )
    start = Clock()
    end = Clock()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        clocks = {name: _said(attrs[name]) for name in ("start", "end")}
        return {"weekdays": sorted(set(attrs["weekdays"])), **clocks}


def _said(clock: time) -> str:
    return f"{clock:%H:%M:%S}" if clock.second else f"{clock:%H:%M}"


class LayerFields(Given):
    """What a layer says; what is left out stays as it is."""

    name = Line(max_length=80, allow_blank=False)
    position = serializers.IntegerField(
        required=False, min_value=0, max_value=998, help_text="A higher layer wins. Left out of a new one: on top."
    )
    every = serializers.IntegerField(required=False, min_value=1, max_value=366)
    kind = serializers.ChoiceField(Layer.Kind.choices, required=False)
    anchor_date = Day(required=False, help_text="The day of the first hand-over, from which turns are counted.")
    handoff_time = Clock(required=False, help_text="Local time of each hand-over, in the layer's zone.")
    time_zone = Line(max_length=64, help_text="Empty: the schedule's.")
    ends_at = Moment(required=False, allow_null=True, help_text="Null: runs on.")
    restrictions = WindowGiven(  # type: ignore[call-arg] # of the list
        many=True, required=False, max_length=MOST_WINDOWS, help_text="Empty: always."
    )
    holidays = serializers.ChoiceField(
        Layer.Holidays.choices, required=False, help_text="On public holidays of the schedule's country."
    )
    people = TurnsField(
        required=False, help_text="Who takes turns, by username. A list within the list stands one turn together."
    )


class WithEffect(Given):
    effective_at = Moment(
        required=False,
        allow_null=True,
        help_text="From when the change counts. Left out: as soon as the running shift ends.",
    )


class LayerGiven(LayerFields, WithEffect):
    """A new layer."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in NEEDED:
            fields[name].required = True
        return fields


class LayerChanged(LayerFields, WithEffect):
    """A layer that is there."""


class LayerTried(LayerFields):
    """A layer of a preview. With `id`, what becomes of one that is there; without, a new one."""

    id = serializers.IntegerField(required=False, min_value=1, max_value=2**63 - 1)
    gone = serializers.BooleanField(default=False, help_text="It ends.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "id" not in attrs and (missing := [name for name in NEEDED if name not in attrs]):
            required = self.fields["name"].error_messages["required"]
            raise serializers.ValidationError(dict.fromkeys(missing, required), code="required")
        return attrs


class PreviewGiven(WithEffect):
    """Layers to try; those that are not named stay as they are. `from` and `until` as for the shifts."""

    layers = LayerTried(many=True, max_length=MOST_LAYERS)  # type: ignore[call-arg] # of the list
    until = Moment(required=False)

    def get_fields(self) -> dict[str, Any]:
        return {"from": Moment(required=False), **super().get_fields()}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"layers": attrs["layers"], "effective_at": attrs.get("effective_at"), **spanned(attrs)}


class ScheduleGiven(Given):
    team = TeamField()
    name = Line(max_length=80, required=True, allow_blank=False)
    time_zone = Line(max_length=64, default="UTC", allow_blank=False, help_text="Such as Europe/Berlin.")
    country = Line(max_length=16, default="", help_text="Whose public holidays, such as DE or DE-BY. Empty: none.")


class ScheduleChanged(WithEffect):
    """What is left out stays as it is. Another zone or country counts from `effective_at`."""

    name = Line(max_length=80, allow_blank=False)
    time_zone = Line(max_length=64, allow_blank=False)
    country = Line(max_length=16)


class EffectAsked(Asked):
    """`effective_at`: when the layer ends. Left out: with its running shift."""

    effective_at = Moment(required=False)


class VersionShown(LayerShown):
    """What a layer says in `[starts_at, ends_at)`."""

    layer = serializers.SerializerMethodField(help_text="The layer's number, which its newest version keeps.")
    state = serializers.SerializerMethodField()
    changed_by = Person(allow_null=True)
    known_from = Moment(help_text="Since when this is known.")
    known_until = Moment(allow_null=True, help_text="Null: it holds today.")

    class Meta(LayerShown.Meta):
        fields = [*LayerShown.Meta.fields, "layer", "state", "changed_by", "known_from", "known_until"]

    def get_layer(self, version: Layer) -> int:
        return version.replaced_by_id or version.pk

    @extend_schema_field(serializers.ChoiceField(("former", "now", "pending")))
    def get_state(self, version: Layer) -> str:
        now: datetime = self.context.get("known_at") or timezone.now()
        if version.ends_at is not None and version.ends_at <= now:
            return "former"
        return "pending" if version.starts_at is not None and version.starts_at > now else "now"
