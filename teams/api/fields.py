"""What the API's inputs and outputs are made of. People are named by username, teams, services and roles by slug."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django_filters import rest_framework as filters
from rest_framework import serializers

from teams import moments
from teams.models import Role, Service, Team, User

FIRST_YEAR, LAST_YEAR = 2000, 2199
RANGE = f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."


class Moment(serializers.DateTimeField):
    """A point in time with its offset, answered in UTC. One without an offset is refused: nobody could say when."""

    default_error_messages = {
        "no_offset": "Add the offset, such as 2026-03-29T14:02:00Z or 2026-03-29T16:02:00+02:00.",
        "out_of_range": RANGE,
    }

    def enforce_timezone(self, value: datetime) -> datetime:
        if timezone.is_naive(value):
            self.fail("no_offset")
        try:
            return value.astimezone(UTC)
        except OverflowError:
            self.fail("out_of_range")

    def to_internal_value(self, value: Any) -> datetime:
        found = super().to_internal_value(value)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.fail("out_of_range")
        return found


class MomentFilter(filters.IsoDateTimeFilter):
    """A time in an address, bounded as `Moment` is: PostgreSQL refuses offsets that Python can write."""

    def filter(self, rows: Any, value: datetime | None) -> Any:
        if value is None:
            return super().filter(rows, value)
        try:
            value = value.astimezone(UTC)
        except OverflowError:
            value = datetime.min.replace(tzinfo=UTC)
        if not FIRST_YEAR <= value.year <= LAST_YEAR:
            name = next((n for n, f in self.parent.filters.items() if f is self), self.field_name)
            raise serializers.ValidationError({name: [RANGE]}, code="out_of_range")
        return super().filter(rows, value)


class Day(serializers.DateField):
    """A calendar day."""

    default_error_messages = {"out_of_range": RANGE}

    def to_internal_value(self, value: Any) -> date:
        found: date = super().to_internal_value(value)
        if not FIRST_YEAR <= found.year <= LAST_YEAR:
            self.fail("out_of_range")
        return found


class Line(serializers.CharField):
    """A line of text; `blank` is left to the action, which says what is missing."""

    def __init__(self, max_length: int = 200, **kwargs: Any) -> None:
        kwargs.setdefault("allow_blank", True)
        kwargs.setdefault("required", False)
        super().__init__(max_length=max_length, **kwargs)


class Text(Line):
    """Text of several lines, in Markdown where it is shown."""

    def __init__(self, max_length: int = 20_000, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)


class Named(serializers.SlugRelatedField[Any]):
    """A row by its speaking name. Where there is none: `does_not_exist`."""

    default_error_messages = {"does_not_exist": "There is no “{value}”.", "invalid": "Give its name as text."}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, str) or "\x00" in data or len(data) > 200:
            self.fail("invalid")
        try:
            data.encode()
        except UnicodeEncodeError:
            self.fail("invalid")
        return super().to_internal_value(data)


class PersonField(Named):
    """Somebody who can sign in, by username."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="username", queryset=User.objects.present(), **kwargs)


class TeamField(Named):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=Team.objects.all(), **kwargs)


class ServiceField(Named):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=Service.objects.select_related("team"), **kwargs)


class RoleField(Named):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(slug_field="slug", queryset=Role.objects.all(), **kwargs)


class Given(serializers.Serializer[Any]):
    """A request's body. A name that is not known is refused rather than ignored: a typing error must not be lost."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping) and (unknown := sorted(set(data) - set(self.fields))):
            known = ", ".join(self.fields) or "nothing"
            message = f"There is no such field. Known here: {known}."
            raise serializers.ValidationError(
                {name: [serializers.ErrorDetail(message, code="unknown")] for name in unknown}
            )
        return super().to_internal_value(data)


class Asked(serializers.Serializer[Any]):
    """Parameters of an address; others are left to whoever reads them."""


class SpanAsked(Asked):
    """Parameters of which `since` and `until` bound a time; a subclass declares both, and how much may be asked for."""

    most_days = 400
    usual_days = 90

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        until = attrs.get("until") or moments.now()
        since = attrs.get("since") or until - timedelta(days=self.usual_days)
        if since >= until:
            raise serializers.ValidationError({"until": "Give a time after `since`."}, code="range_empty")
        if until - since > timedelta(days=self.most_days):
            message = f"Ask for at most {self.most_days} days at once."
            raise serializers.ValidationError({"since": message}, code="range_too_long")
        return {**attrs, "since": since, "until": until}


class Shown(serializers.ModelSerializer[Any]):
    """A row as it is answered: read-only, times in UTC."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {models.DateTimeField: Moment}

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for field in fields.values():
            field.read_only, field.required = True, False
        return fields
